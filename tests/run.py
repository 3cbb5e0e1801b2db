#!/usr/bin/env python3
"""Runs the tests of one or more builds and adds them up.

    tests/run.py [-k PART] [-v] BUILD...

BUILD is a preset that was built (release, dev, ...). For each: whether it is complete, the unit
tests, the golden files (tests/golden/README.md says how they are written), what suites.py has, such
as the official suites; and once, the checks of the source tree.
A build for another processor (aarch64) runs under its emulator. Some builds run only the golden
files that GOLDEN_OF names.
-k runs only tests whose name contains PART. What a package provides is no reason to skip: a test
that lacks it fails. What the machine forbids is listed at the end. The last line is
`N passed, N failed, N skipped`, and the status is 0 if none failed.

The tests have a home and a folder for temporary files of their own, which must be empty in the end.
"""
import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # tests leave nothing in the tree

import fuzzing
import golden
import suites
from result import failed, passed, skipped, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Builds for another processor: what their programs run under on a machine that has not that one.
EMULATORS = {"aarch64": ["qemu-aarch64", "-L", str(ROOT / "build" / "sysroot-aarch64")]}
# The golden files of builds that do not run all: those that need nothing but `wasmrun` itself, and
# those with threads.
GOLDEN_OF = {"aarch64": {"gc", "interpreter", "programs", "threads", "traps"}, "tsan": {"threads"},
             "fuzz": set()}


def emulator_of(build):
    """The words before a program of the build; none where it runs by itself."""
    return [] if platform.machine() == build.name else EMULATORS.get(build.name, [])


def programs_of(build):
    """The folder of the build's programs, or one with scripts that start them emulated."""
    emulator = emulator_of(build)
    if not emulator:
        return build / "bin"
    folder = build / "emulated"
    folder.mkdir(exist_ok=True)
    for program in (build / "bin").iterdir():
        script = folder / program.name
        script.write_text(f'#!/bin/sh\nexec {shlex.join([*emulator, str(program)])} "$@"\n')
        script.chmod(0o755)
    return folder


def run_unit(program, environment, emulator):
    """One cmocka program; a result for each test in it."""
    name = f"unit/{program.name}"
    try:
        done = subprocess.run([*emulator, program], capture_output=True, text=True, errors="replace",
                              timeout=300, env=environment, cwd=program.parent)
    except subprocess.TimeoutExpired:
        return [failed(name, "did not end within 300 s")]
    text = done.stdout + done.stderr
    results = []
    reasons = dict(re.findall(r"^cannot run (\S+): (.*)$", text, re.M))
    for verdict, test in re.findall(r"^\[ *(OK|FAILED|SKIPPED) *\] (?!\d+ test)(\S+)$", text, re.M):
        make = {"OK": passed, "FAILED": lambda n: failed(n, text),
                "SKIPPED": lambda n: skipped(n, reasons[test]) if test in reasons else
                failed(n, "skipped without a reason")}[verdict]
        if f"{name}/{test}" not in [r.name for r in results]:
            results.append(make(f"{name}/{test}"))
    if done.returncode != 0 and not any(r.verdict == "failed" for r in results):
        results.append(failed(name, f"status {done.returncode}\n{text}"))
    if not results:
        results.append(failed(name, "ran no test\n" + text))
    return results


def run_api(program, environment, emulator):
    """A program that checks itself: its status is its verdict."""
    name = f"{program.name.split('_')[0]}/{program.name}"
    try:
        done = subprocess.run([*emulator, program], capture_output=True, text=True, errors="replace",
                              timeout=120, env=environment, cwd=program.parent)
    except subprocess.TimeoutExpired:
        return [failed(name, "did not end within 120 s")]
    if done.returncode != 0:
        return [failed(name, f"status {done.returncode}\n{done.stdout}{done.stderr}")]
    return [passed(name)]


def run_exports(build, environment):
    """What the libraries export, and that something calls it."""
    name = "api/exports"
    command = [sys.executable, ROOT / "tests" / "api" / "exports.py", setting(build, "CMAKE_C_COMPILER"), build]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return [passed(name) if done.returncode == 0 else failed(name, done.stdout + done.stderr)]


def run_component_values(build, environment):
    """Random values through components."""
    name = "component/values"
    command = [sys.executable, ROOT / "tests" / "component" / "values.py", programs_of(build) / "wasmrun",
               "--count", "200" if build.name == "release" else "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    return [passed(name) if done.returncode == 0 else failed(name, done.stdout + done.stderr)]


def run_overshoot(build, environment):
    """How late guests end, with a bound for a machine that does other things too."""
    name = "limits/overshoot"
    command = [sys.executable, ROOT / "tests" / "limits" / "overshoot.py", build, "--bound", "250"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=900, env=environment)
    except subprocess.TimeoutExpired:
        return [failed(name, "did not end within 900 s")]
    return [passed(name) if done.returncode == 0 else failed(name, done.stdout + done.stderr)]


def environment_of(build, scratch):
    """Nothing of the user's: neither a home, nor settings that name folders in it."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("XDG_") and name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    environment.update(
        HOME=str(scratch / "home"),
        TMPDIR=str(scratch / "t"),
        PYTHONDONTWRITEBYTECODE="1",
        PATH=f"{programs_of(build)}:{environment['PATH']}",
        BUILD=str(build),
        SRC=str(ROOT),
        GUESTS=str(guests_of(build)),
        NPM=str(ROOT / "build" / "npm"),
        LC_ALL="C.UTF-8",
        UBSAN_OPTIONS="print_stacktrace=1",
    )
    environment.pop("NO_COLOR", None)
    # A compiler makes code for every processor: a build without one borrows the release build's.
    compiler = programs_of(ROOT / "build" / "release") / "wasmrun-compile"
    if not (programs_of(build) / "wasmrun-compile").exists() and compiler.exists():
        environment.setdefault("WASMRUN_COMPILE", str(compiler))
    return environment


def guests_of(build):
    """Guest programs are the same in every build, so one build makes them for all."""
    own = build / "guests"
    return own if own.is_dir() else ROOT / "build" / "release" / "guests"


def setting(build, name):
    """A setting of CMake's for the build; empty if there is none."""
    cache = build / "CMakeCache.txt"
    text = cache.read_text() if cache.exists() else ""
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.M)
    return found.group(1) if found else ""


def check_complete(build):
    """What the build left out because a package is missing."""
    note = build / "missing"
    left_out = note.read_text().splitlines() if note.exists() else []
    return [failed("complete", f"not built: {line}, then build again") for line in left_out] or \
        [passed("complete")]


def has_source(program):
    """A program of a build that is older than the tree may be left of a test that is gone."""
    stems = (program.name, program.name.rsplit("_", 1)[0])
    return any((ROOT / "tests" / "unit" / f"{stem}.c").exists() for stem in stems)


def jobs_of(build, wanted, scratch):
    """The tests of a build: a name and a function that gives results."""
    environment, emulator = environment_of(build, scratch), emulator_of(build)
    has_compiler = setting(build, "WASMRUN_COMPILER") != "OFF"
    jobs = [("complete", lambda: check_complete(build))]
    for program in sorted((build / "tests").glob("test_*")):
        if program.is_file() and os.access(program, os.X_OK) and has_source(program):
            jobs.append((f"unit/{program.name}",
                         lambda program=program: run_unit(program, environment, emulator)))
    for program in sorted((build / "tests").glob("api_*")):
        jobs.append((f"api/{program.name}",
                     lambda program=program: run_api(program, environment, emulator)))
    if (build / "tests" / "alloc_sweep").exists() and not emulator:
        jobs.append(("alloc/alloc_sweep", lambda: run_api(build / "tests" / "alloc_sweep",
                                                          environment, emulator)))
    if not emulator and (programs_of(build) / "wasmrun").exists():
        jobs.append(("component/values", lambda: run_component_values(build, environment)))
    if build.name == "release":
        jobs.append(("api/exports", lambda: run_exports(build, environment)))
        jobs.append(("limits/overshoot", lambda: run_overshoot(build, environment)))
    if (build / "tests" / "stress").exists() and not emulator:
        compiler = programs_of(build) / "wasmrun-compile"
        stressed = dict(environment, WASMRUN_COMPILE=str(compiler)) if compiler.exists() else environment
        jobs.append(("stress/stress", lambda: run_api(build / "tests" / "stress", stressed, emulator)))
    for program in sorted((build / "tests").glob("fuzz_*")):
        if program.is_file():
            jobs.append((f"fuzz/{program.name}", lambda program=program: [
                fuzzing.run(program, environment, build, fuzzing.SHORT_SECONDS)[0]]))
    for program in sorted((build / "tests").glob("replay_*")):
        if not emulator and not program.is_dir():
            jobs.append((f"replay/{program.name}", lambda program=program: [
                fuzzing.replay(program, environment, build)]))
    for path in sorted((ROOT / "tests" / "golden").glob("*.test")):
        if path.stem not in GOLDEN_OF.get(build.name, {path.stem}):
            continue
        for case in golden.parse(path):
            if not golden.is_for(case, environment, has_compiler):
                continue
            jobs.append((case.name, lambda case=case: [golden.run(case, environment)]))
    jobs += suites.jobs(build.name, programs_of(build), environment)
    return [job for job in jobs if wanted in job[0]]


def tree_jobs(wanted):
    """Checks of the sources themselves, the same for every build."""
    jobs = []
    for path in sorted((ROOT / "tests" / "tree").glob("check_*.py")):
        name = f"tree/{path.stem}"

        def run(path=path, name=name):
            done = subprocess.run([sys.executable, path], capture_output=True, text=True, cwd=ROOT)
            output = done.stdout + done.stderr
            return [passed(name) if done.returncode == 0 else failed(name, output)]

        jobs.append((name, run))
    return [job for job in jobs if wanted in job[0]]


def run_all(label, jobs, workers, verbose):
    results = []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for batch in pool.map(lambda job: job[1](), jobs):
            for result in batch:
                results.append(result)
                if result.verdict == "failed":
                    print(f"FAILED {label}: {result.name}\n{indent(result.detail)}", flush=True)
                elif verbose:
                    print(f"passed {label}: {result.name}", flush=True)
    return results


def run_groups(options, scratch):
    """Pairs of a build's name and a result."""
    (scratch / "home").mkdir()
    (scratch / "t").mkdir()  # short: podman takes paths of 50 characters
    tempfile.tempdir = str(scratch / "t")
    before = untracked()
    groups = [("tree", tree_jobs(options.wanted))]
    for name in options.builds:
        groups.append((name, jobs_of(ROOT / "build" / name, options.wanted, scratch)))
    total = []
    for label, jobs in groups:
        start = time.monotonic()
        results = run_all(label, jobs, options.workers, options.verbose)
        total += [(label, result) for result in results]
        print(f"{label}: {count(results, 'passed')} passed, {count(results, 'failed')} failed, "
              f"{count(results, 'skipped')} skipped in {time.monotonic() - start:.1f} s", flush=True)
    if total:
        total.append(("all", check_left(scratch / "t", before)))
    return total


def untracked():
    """Files in the tree that git does not know, ignored ones included, without those of builds."""
    done = subprocess.run(["git", "ls-files", "--others"], capture_output=True, text=True, cwd=ROOT)
    return {name for name in done.stdout.splitlines() if not name.startswith("build/")}


def check_left(folder, before):
    left = sorted(path.name for path in folder.iterdir()) + sorted(untracked() - before)
    if not left:
        return passed("leaves nothing")
    result = failed("leaves nothing", "left behind: " + ", ".join(left))
    print(f"FAILED {result.name}: {result.detail}", flush=True)
    return result


def indent(text):
    lines = text.rstrip().splitlines()
    if len(lines) > 60:
        lines = lines[:30] + [f"... {len(lines) - 60} lines ..."] + lines[-30:]
    return "\n".join("    " + line for line in lines)


def count(results, verdict):
    return sum(r.count for r in results if r.verdict == verdict)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs="+", metavar="BUILD")
    parser.add_argument("-k", default="", metavar="PART", dest="wanted")
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1, dest="workers")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)

    for name in options.builds:
        if not (ROOT / "build" / name / "bin").is_dir():
            parser.error(f"{name} is not built: make build-{name}")
    with tempfile.TemporaryDirectory(prefix="wr-") as folder:
        total = run_groups(options, pathlib.Path(folder))
    lines = table(total)
    if lines:
        print("Skipped, because this machine forbids it:", *lines, sep="\n")
    results = [result for _, result in total]
    failures = count(results, "failed")
    if not results:
        print("no test ran")
    print(f"{count(results, 'passed')} passed, {failures} failed, {count(results, 'skipped')} skipped")
    return 1 if failures or not results else 0


if __name__ == "__main__":
    sys.exit(main())
