#!/usr/bin/env python3
"""Conditional compilation stays where it belongs (platform/, the dispatcher, header guards and
export macros) and stays rare: features are run-time switches."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MOST = 48


def conditionals(path):
    """The #if lines of a file, without the guard around a header and C++'s extern "C"."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b\s*(.*)", line)
        if not match:
            continue
        what = match.group(2).strip()
        if match.group(1) == "ifndef" and re.fullmatch(r"(WR__|WASMRUN_|WASM_|WR_)\w+_(H|INC)|WASMRUN_H|WASM_H", what):
            continue
        if what == "__cplusplus":
            continue
        yield number, line.strip()


def main():
    found = []
    for part in ("runtime", "wasi", "cli", "spec-tests", "compiler"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix not in (".c", ".h", ".inc", ".def") or path.name == "wasm.h":
                continue
            found += [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in conditionals(path)]
    print("\n".join(found))
    print(f"{len(found)} conditionals, at most {MOST}")
    return 1 if len(found) > MOST else 0


sys.exit(main())
