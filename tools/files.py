#!/usr/bin/env python3
"""Prints a table of a folder's files, each with the first sentence of its first comment:
tools/files.py runtime > table; the READMEs are made with it."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def sentence(path):
    text = path.read_text(errors="replace").lstrip()
    if path.suffix in (".c", ".h", ".def", ".inc"):
        match = re.match(r"/\*(.*?)\*/", text, re.S)
        text = re.sub(r"\n \* ?", " ", match.group(1)) if match else ""
        text = text.removeprefix(f" {path.name}: ")
    elif path.suffix == ".py":
        match = re.search(r'"""(.*?)"""', text, re.S)
        text = match.group(1) if match else ""
    elif path.suffix in (".sh", ".cpp", ".txt"):
        lines = [line for line in text.splitlines() if not line.startswith("#!")]
        comment = []
        for line in lines:
            if not re.match(r"(#|//)", line):
                break
            comment.append(re.sub(r"^(#|//) ?", "", line))
        text = " ".join(comment)
    text = " ".join(text.split())
    match = re.match(r"(.*?[^.][.;])(\s|$)", text)
    return (match.group(1).rstrip(";") if match else text).replace("|", "\\|")


def main():
    folder = sys.argv[1]
    names = subprocess.run(["git", "ls-files", folder], capture_output=True, text=True, cwd=ROOT)
    last = None
    for name in sorted(names.stdout.splitlines(), key=lambda n: (str(pathlib.Path(n).parent), n)):
        path = ROOT / name
        inner = pathlib.Path(name).relative_to(folder)
        if path.suffix not in (".c", ".h", ".def", ".inc", ".py", ".sh", ".cpp"):
            continue
        if inner.parent != last:
            last = inner.parent
            print(f"\n## {last}/\n" if str(last) != "." else "")
            print("| file | holds |\n| --- | --- |")
        print(f"| `{inner.name}` | {sentence(path)} |")


main()
