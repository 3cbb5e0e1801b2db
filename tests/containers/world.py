"""What tests of containers share: a folder of their own, bundles, commands, and what this machine
can do. A check is a function that returns what was wrong, or None, or raises Skip or Missing."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time
import traceback

from result import failed, missing, passed, skipped

TIMEOUT_S = 60


class Skip(Exception):
    """This machine forbids the check; the reason."""


class Missing(Exception):
    """A package provides what the check needs; the name of that."""


class Done:
    """What came of a command."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr

    def wrong(self, status=0, stdout=None, stderr=None):
        """What is not as expected, or None; stdout and stderr are texts that must occur."""
        problems = []
        if self.status != status:
            problems.append(f"status {self.status}, not {status}")
        if stdout is not None and stdout not in self.stdout:
            problems.append(f"standard output lacks {stdout!r}")
        if stderr is not None and stderr not in self.stderr:
            problems.append(f"standard error lacks {stderr!r}")
        if not problems:
            return None
        return "; ".join(problems) + f"\nstdout: {self.stdout}\nstderr: {self.stderr}"


class World:
    """`programs` is the build's folder of programs; the program for containers comes from the
    release build where this one has none (sanitizers cannot be linked statically)."""

    def __init__(self, programs, environment):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oci-"))
        self.environment = dict(environment)
        self.guests = pathlib.Path(environment["GUESTS"])
        self.static = programs / "wasmrun-oci"
        if not self.static.exists():
            self.static = programs.parent.parent / "release" / "bin" / "wasmrun-oci"
        self.host = programs / "wasmrun"
        self.state = self.folder / "state"
        self.cleanup = lambda: None
        self.wrapper = self.make_wrapper("runtime", {})

    def make_wrapper(self, name, settings):
        """A runtime as engines want one, a path: wasmrun with settings of the test."""
        path = self.folder / f"{name}.json"
        settings = {"program": str(self.static), "state": str(self.state)} | settings
        path.write_text(json.dumps(settings))
        path.chmod(0o600)
        script = self.folder / name
        script.write_text(f'#!/bin/sh\nexec "{self.host}" oci --wasmrun-settings "{path}" "$@"\n')
        script.chmod(0o755)
        return str(script)

    def run(self, *words, timeout=TIMEOUT_S, **options):
        options.setdefault("cwd", self.folder)  # conmon leaves a file where it was started
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              errors="replace", timeout=timeout, env=self.environment,
                              stdin=subprocess.DEVNULL, **options)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return Done(status, done.stdout, done.stderr)

    def make_bundle(self, name, args, files=(), spec=None, **config):
        """A bundle whose root holds guests by name, or files with their content."""
        bundle = self.folder / name
        root = bundle / "rootfs"
        root.mkdir(parents=True)
        for file in files:
            if isinstance(file, str):
                shutil.copy(self.guests / file, root / file)
            else:
                (root / file[0]).parent.mkdir(parents=True, exist_ok=True)
                (root / file[0]).write_bytes(file[1])
        document = {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
                    "process": {"args": args, "cwd": "/", "env": ["PATH=/bin"]}} | (spec or {})
        document |= config
        (bundle / "config.json").write_text(json.dumps(document))
        return bundle

    def left(self):
        """What is left in the folder of records."""
        return sorted(str(p.relative_to(self.state)) for p in self.state.rglob("*"))

    def end(self):
        self.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def need_tools(*names):
    for name in names:
        if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Missing(name)
    if os.geteuid() != 0:
        raise Skip("needs root")


def wait_until(condition, timeout=20):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def open_files_limit():
    return min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def run_checks(prefix, checks, make_world):
    """Results of checks that share a world, which is made when the first runs."""
    results, world, reason = [], None, None
    for check in checks:
        name = f"containers/{prefix}/{check.__name__}"
        try:
            if reason:
                raise Skip(reason)
            if world is None:
                world = make_world()
            wrong = check(world)
            results.append(passed(name) if wrong is None else failed(name, wrong))
        except Skip as skip:
            reason = reason or (str(skip) if world is None else None)
            results.append(skipped(name, str(skip)))
        except Missing as what:
            results.append(missing(name, what))
        except subprocess.TimeoutExpired as late:
            results.append(failed(name, f"did not end in time: {late.cmd}"))
        except Exception:  # of the check itself: the others still run
            results.append(failed(name, traceback.format_exc()))
    if world is not None:
        world.end()
    return results
