#!/usr/bin/env python3
"""Runs the programs of run_testsuite.py as components: the same programs, by the same JSON files, behind
the adapter that turns preview 1 into WASI 0.2; and real components of other toolchains.

usage: run_components.py --wasmrun PROGRAM [--only TEXT] [--jobs N] [-- OPTION...]

The folders are $WASMRUN_COMPONENTS, with p1adapted/ and guests/ in it, and $WASMRUN_WASI_TESTSUITE, which
has the JSON files. The status is 0 when every program passed, and 77 (skipped) without the folders.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    from wasi import run_testsuite
except ImportError:  # run by itself
    import run_testsuite

SKIPPED = 77
# Programs that the adapter changes, whatever runs them (wasmtime 49 gives the same), with the status that they
# then end with: wasi:cli/exit has no statuses but 0 and 1, and the adapter's own assertion fails (a trap) in the
# way in which AssemblyScript lays out arguments and variables.
EXPLAINED = {
    "assemblyscript-args_get-multiple-arguments": 134,
    "assemblyscript-environ_get-multiple-variables": 134,
    "assemblyscript-fd_write-to-invalid-fd": 1,
    "assemblyscript-proc_exit-failure": 1,
}


def specification_of(program, testsuite):
    """p1adapted/LANGUAGE-NAME.wasm is NAME.wasm of that language's programs; its JSON file or, where there
    is none, the place it would have."""
    language, name = program.stem.split("-", 1)
    found = sorted(testsuite.rglob(f"{language}/**/wasm32-wasip1/{name}.wasm"))
    if len(found) != 1:
        raise ValueError(f"{program.name}: {len(found)} programs of that name in {testsuite}")
    return found[0]


def run_adapted(wasmrun, options, program, testsuite):
    """None when the program did what it should, or else what was wrong."""
    specification = specification_of(program, testsuite)
    status = EXPLAINED.get(program.stem)
    return run_testsuite.run_one(wasmrun, options, specification, program, status)


def run_guest(wasmrun, options, program, arguments, expected, status):
    """The same for a guest that reads its standard input and a file in its directory."""
    with tempfile.TemporaryDirectory(prefix="components-") as scratch:
        (pathlib.Path(scratch) / "in.txt").write_text("from a file\n")
        line = [wasmrun, "run", *options, "--dir", f"{scratch}::/", "--env", "NAME=value", str(program),
                *arguments]
        done = subprocess.run(line, capture_output=True, text=True, input="first\nsecond\n",
                              timeout=run_testsuite.TIMEOUT_S, check=False)
    if done.returncode != status:
        return f"exit status {done.returncode} instead of {status}: {done.stderr.strip()[-600:]}"
    if done.stdout != expected:
        return f"stdout is {done.stdout!r} instead of {expected!r}"
    return None


PYTHON = """argv ['py-command.wasm', 'a'] env value
{"v": "3.14.0", "sum": 4999950000, "sha": "2d711642"}
from a file
stdin: first
stdin: second
"""
GUESTS = {
    "py-command": (["a"], PYTHON, 0),
    "hello.component": (["in.txt"], "arg 0: hello.component.wasm\narg 1: in.txt\nNAME=value\n"
                        "file: from a file\nstdin: first\nstdin: second\n", 1),
    "qjs-command--sync": ([], "hi 1,2,3\n", 0),
}


def jobs(wasmrun, options, components, testsuite):
    """(name, function that returns what was wrong or None) for everything."""
    for program in sorted((components / "p1adapted").glob("*.wasm")):
        yield (f"p1adapted/{program.stem}",
               lambda program=program: run_adapted(wasmrun, options, program, testsuite))
    for stem, (arguments, expected, status) in GUESTS.items():
        program = components / "guests" / f"{stem}.wasm"
        yield (f"guests/{stem}",
               lambda p=program, a=arguments, e=expected, s=status: run_guest(wasmrun, options, p, a, e, s))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmrun", required=True)
    parser.add_argument("--components", default=os.environ.get("WASMRUN_COMPONENTS"))
    parser.add_argument("--tests", default=os.environ.get("WASMRUN_WASI_TESTSUITE"))
    parser.add_argument("--only", default="", help="programs whose name has this text")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    if not arguments.components or not arguments.tests:
        print("skipped: WASMRUN_COMPONENTS or WASMRUN_WASI_TESTSUITE is not set")
        return SKIPPED
    chosen = [job for job in jobs(arguments.wasmrun, arguments.options, pathlib.Path(arguments.components),
                                  pathlib.Path(arguments.tests)) if arguments.only in job[0]]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda job: job[1](), chosen))
    failed = 0
    for (name, _), wrong in zip(chosen, results):
        if wrong is not None:
            failed += 1
            print(f"FAILED {name}: {wrong}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
