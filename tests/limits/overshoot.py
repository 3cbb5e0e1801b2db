#!/usr/bin/env python3
"""How late the guests of guests.py end under a deadline, in the interpreter and natively.

  overshoot.py BUILD [--bound MS] [--delay MS] [--only PART] [--keep FOLDER]

Prints the five largest. Fails where one is above the bound (default 50, for a machine with nothing else to do): each
that is gets two more tries, alone."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import guests

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINE = {"interp": 20000, "native": 1000}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--bound", type=float, default=50)
    parser.add_argument("--delay", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--engine", choices=["interp", "native"])
    parser.add_argument("--keep", type=pathlib.Path)
    return parser.parse_args()


def prepare(folder):
    """What the guests find: a large file without blocks, a long link, a folder of many files."""
    (folder / "given").mkdir(parents=True, exist_ok=True)
    given = folder / "given"
    with open(given / "file", "wb") as file:
        file.truncate(8 << 30)
    (given / "link").symlink_to("x" * 4000)
    for number in range(2000):
        (given / f"entry{number}").touch()
    return given


def run(options, engine, files, given):
    """{file name: (milliseconds, how it ended)}."""
    program = options.build / "tests" / "overshoot"
    environment = dict(os.environ, WASMRUN_COMPILE=str(options.build / "bin" / "wasmrun-compile"))
    with open("/dev/zero", "rb") as zero:
        text = subprocess.run([program, engine, str(options.delay), given, *files], stdin=zero, env=environment,
                              stderr=subprocess.PIPE, text=True).stderr
    out = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] != "failed":
            out[pathlib.Path(parts[0]).name] = (float(parts[1]), parts[2])
        else:
            print(line[:300])
    return out


def measure(options, engine, folder, given):
    table = (ROOT / "runtime" / "opcodes.def").read_text()
    functions = (ROOT / "wasi" / "p1" / "define.c").read_text()
    files = []
    for name, text in guests.guests(table, functions, LINE[engine]).items():
        if options.only not in name:
            continue
        path = folder / f"{name}.wat"
        path.write_text(text)
        files.append(path)
    late = run(options, engine, files, given)
    missing = [path.name for path in files if path.name not in late]
    for _ in range(2):
        above = [path for path in files if late.get(path.name, (0,))[0] > options.bound]
        for name, again in (run(options, engine, above, given) if above else {}).items():
            late[name] = min(late[name], again)
    return late, missing


def main():
    options = parse()
    options.build = options.build.resolve()
    results, missing = {}, []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        given = prepare(folder)
        engines = [options.engine] if options.engine else ["interp", "native"]
        if not (options.build / "bin" / "wasmrun-compile").exists():
            engines = ["interp"]
        for engine in engines:
            late, unmeasured = measure(options, engine, folder, given)
            results.update({f"{engine} {name.removesuffix('.wat')}": value for name, value in late.items()})
            missing += [f"{engine} {name}" for name in unmeasured]
    order = sorted(results.items(), key=lambda item: -item[1][0])
    wrong = [name for name, (ms, how) in order if ms > options.bound or ms < 0]
    print(f"{len(results)} guests; the largest overshoots:")
    for name, (ms, how) in order[:5]:
        print(f"  {ms:6.1f} ms  {name} ({how})")
    for name in wrong:
        print(f"wrong: {name}: {results[name][0]:.1f} ms, {results[name][1]}")
    for name in missing:
        print(f"not measured: {name}")
    return 1 if wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main())
