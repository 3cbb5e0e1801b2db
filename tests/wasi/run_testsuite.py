#!/usr/bin/env python3
"""Runs the prebuilt preview 1 programs of WebAssembly/wasi-testsuite against wasmrun.

The programs are data: this reads the JSON file beside each, gives it a copy of its directory,
and compares exit status and output with what the file says. The format is described in that
repository, doc/specification.md.

usage: run_testsuite.py --wasmrun PROGRAM [--tests FOLDER] [--only TEXT] [-- OPTION...]

FOLDER defaults to $WASMRUN_WASI_TESTSUITE. What follows -- goes to wasmrun (such as
--engine interp). The status is 0 when every program passed, and 77 (skipped) without FOLDER.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_S = 60
SKIPPED = 77


def read_specification(wasm):
    """What is expected of a program; the format's defaults where the file says nothing."""
    path = wasm.with_suffix(".json")
    given = json.loads(path.read_text()) if path.exists() else {}
    known = {"args": [], "root": None, "dirs": [], "env": {}, "exit_code": 0, "stdout": None,
             "stderr": None}
    unknown = set(given) - set(known)
    if unknown:
        raise ValueError(f"{path}: unknown keys {sorted(unknown)}")
    return {**known, **given}


def copy_directory(source, target):
    """A fresh copy, without what an earlier run left behind; writable, wherever it came from."""
    shutil.copytree(source, target, symlinks=True,
                    ignore=shutil.ignore_patterns("*.cleanup"))
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def command(wasmrun, options, wasm, specification, scratch, program):
    line = [wasmrun, "run", *options]
    for name, value in specification["env"].items():
        line += ["--env", f"{name}={value}"]
    roots = [(specification["root"], "/")] if specification["root"] else []
    roots += [(name, name) for name in specification["dirs"]]
    for name, guest in roots:
        target = scratch / name
        copy_directory(wasm.parent / name, target)
        line += ["--dir", f"{target}::{guest}"]
    return [*line, str(program), *specification["args"]]


def run_one(wasmrun, options, wasm, program=None, status=None):
    """None when the program did what it should, or else what was wrong. What runs is program, if it is
    given, by the specification of wasm, but for another status, if that is given."""
    specification = read_specification(wasm)
    if status is not None:
        specification = {**specification, "exit_code": status, "stdout": None, "stderr": None}
    with tempfile.TemporaryDirectory(prefix="wasi-testsuite-") as scratch:
        line = command(wasmrun, options, wasm, specification, pathlib.Path(scratch), program or wasm)
        try:
            done = subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL,
                                  timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return f"did not end within {TIMEOUT_S} s"
    if done.returncode != specification["exit_code"]:
        tail = done.stderr.decode(errors="replace").strip()[-600:]
        return f"exit status {done.returncode} instead of {specification['exit_code']}: {tail}"
    for stream, data in (("stdout", done.stdout), ("stderr", done.stderr)):
        wanted = specification[stream]
        if wanted is not None and data.decode(errors="replace") != wanted:
            return f"{stream} is {data!r} instead of {wanted!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmrun", required=True)
    parser.add_argument("--tests", default=os.environ.get("WASMRUN_WASI_TESTSUITE"))
    parser.add_argument("--only", default="", help="programs whose path has this text")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    if not arguments.tests:
        print("skipped: WASMRUN_WASI_TESTSUITE is not set")
        return SKIPPED
    folder = pathlib.Path(arguments.tests)
    programs = [p for p in sorted(folder.rglob("*.wasm")) if arguments.only in str(p)]
    if not programs:
        print(f"no programs in {folder}")
        return 1
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(
            lambda p: run_one(arguments.wasmrun, arguments.options, p), programs))
    failed = 0
    for program, wrong in zip(programs, results):
        if wrong is not None:
            failed += 1
            print(f"FAILED {program.relative_to(folder)}: {wrong}")
    print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
