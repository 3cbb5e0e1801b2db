#!/usr/bin/env python3
"""Native code takes nothing of the runtime's structures for granted that runtime/image/layout.def does
not list: every offsetof and sizeof of one in compiler/ has a row there."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
rows = (ROOT / "runtime/image/layout.def").read_text()
fields = set(re.findall(r"^FIELD\((\w+), (\w+)\)", rows, re.M))
sizes = set(re.findall(r"^SIZE\((\w+)\)", rows, re.M))
# What lies in images themselves, which the version covers, and the compiler's own.
FORMAT = re.compile(r"wr__(image|object_bytes|line|partition|machine|compile|walker|sections)")

problems, uses = [], 0
for path in sorted((ROOT / "compiler").rglob("*.[ch]")):
    text = path.read_text()
    for kind, field in re.findall(r"offsetof\((\w+), (\w+)[.\w]*\)", text):
        uses += 1
        if kind.startswith("wr__") and (kind, field) not in fields:
            problems.append(f"{path.relative_to(ROOT)}: FIELD({kind}, {field}) is missing")
    for kind in re.findall(r"sizeof\((wr__\w+)\)", text):
        uses += 1
        if not FORMAT.match(kind) and kind not in sizes:
            problems.append(f"{path.relative_to(ROOT)}: SIZE({kind}) is missing")
if problems:
    print("\n".join(problems), "in runtime/image/layout.def", sep="\n")
else:
    print(f"{uses} uses are listed")
sys.exit(1 if problems or not uses else 0)
