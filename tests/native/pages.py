#!/usr/bin/env python3
"""Runs a module with native code until it waits for input, and looks at its pages.

    pages.py WASMRUN [OPTION...] MODULE

Prints `file` or `copy`: where the code is mapped from, and `memory` where the guest's memory begins with pages
of it. Fails where a page can be written and executed, or where a page of the image is this process's own or, of a
file, private and dirty; of the guest's memory, where that are more pages than it wrote to, 16.
"""
import os
import re
import subprocess
import sys
import time

wasmrun, *options, module = sys.argv[1:]
with open(module, "rb") as file:
    os.fsync(file.fileno())  # a page that is still to be written to the disk counts as dirty too
process = subprocess.Popen([wasmrun, "--engine", "native", *options, module], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
assert process.stdout.read(1) == b"r", "the module says that it is there"
with open(f"/proc/{process.pid}/smaps") as file:
    text = file.read()
process.stdin.close()
process.wait(60)

problems, found, memory = [], None, False
for part in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.M)[1:]:
    head, *lines = part.splitlines()
    fields = dict(re.match(r"(\w+):\s+(.*)", line).groups() for line in lines if ":" in line)
    permissions, name = head.split()[1], " ".join(head.split()[5:])
    if "w" in permissions and "x" in permissions:
        problems.append(f"writable and executable: {head}")
    if module.rsplit("/", 1)[-1] in name or "wasmrun-code" in name:
        if "x" in permissions:
            found = "copy" if "wasmrun-code" in name else "file"
        own = int(fields["Anonymous"].split()[0])
        if "w" in permissions:
            memory = True
            if own > 64:
                problems.append(f"memory that was not written to, {own} kB: {head}")
        elif own:
            problems.append(f"its own, {fields['Anonymous']}: {head}")
        if "w" not in permissions and "wasmrun-code" not in name and fields["Private_Dirty"] != "0 kB":
            problems.append(f"private dirty, {fields['Private_Dirty']}: {head}")
    if options and module.rsplit("/", 1)[-1] in name:
        problems.append(f"still mapped from the file: {head}")
if not found:
    problems.append("no code is mapped")
print("\n".join(problems) or found + " memory" * memory)
sys.exit(1 if problems else 0)
