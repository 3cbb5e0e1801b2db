#!/usr/bin/env python3
"""Every source file says in its first comment what lives there; no function is longer than 80
lines; every folder has a README."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LONGEST = 80


def long_functions(path):
    """(name, lines) of functions over LONGEST lines: from a line that opens a block in column 0
    to the brace that closes it in column 0."""
    start = name = None
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = re.match(r"[A-Za-z].*?(\w+)\(.*\{$", line)
        if match and start is None:
            start, name = number, match.group(1)
        elif line.startswith("}") and start is not None:
            if number - start - 1 > LONGEST:
                yield name, number - start - 1
            start = None


# Functions that only one file may call, the one that makes them safe to use.
GUARDED = {
    "LLVMConstIntGetZExtValue": "compiler/lower/util.c",
    "LLVMConstIntGetSExtValue": "compiler/lower/util.c",
}


def guarded_calls(where, text):
    for name, home in GUARDED.items():
        if str(where) != home and re.search(rf"\b{name}\b", text):
            yield f"{where}: {name} is for {home} alone"


def main():
    problems = []
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    files = [ROOT / name for name in tracked.stdout.splitlines()]
    for path in files:
        if path.suffix not in (".c", ".h") or path.name == "wasm.h" or not path.exists():
            continue
        where = path.relative_to(ROOT)
        if not path.read_text(errors="replace").lstrip().startswith("/*"):
            problems.append(f"{where}: no first comment")
        problems += guarded_calls(where, path.read_text(errors="replace"))
        problems += [f"{where}: {name} has {lines} lines" for name, lines in long_functions(path)]
    for folder in sorted({path.relative_to(ROOT).parts[0] for path in files
                          if len(path.relative_to(ROOT).parts) > 1}):
        if not folder.startswith(".") and not (ROOT / folder / "README.md").exists():
            problems.append(f"{folder}/: no README.md")
    print("\n".join(problems) or f"{len(files)} files")
    return 1 if problems or not files else 0


sys.exit(main())
