#!/usr/bin/env python3
"""The pages for readers name only what is there: every relative link, and every path of the tree that
stands in backquotes, exists."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name not in ("build", ".git"))
PATH = re.compile(r"`((?:%s)/[\w./-]*[\w/])`" % "|".join(map(re.escape, FOLDERS)))
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")

pages = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
problems, seen = [], 0
for page in pages:
    for number, line in enumerate(page.read_text().splitlines(), 1):
        names = [ROOT / name for name in PATH.findall(line)]
        names += [page.parent / name for name in LINK.findall(line)]
        for name in names:
            seen += 1
            if not name.exists():
                shown = name.resolve().relative_to(ROOT)
                problems.append(f"{page.relative_to(ROOT)}:{number}: {shown} is not there")
if problems:
    print("\n".join(problems))
else:
    print(f"{seen} files are named, and there")
sys.exit(1 if problems or not seen else 0)
