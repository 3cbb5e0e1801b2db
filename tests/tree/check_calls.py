#!/usr/bin/env python3
"""Every call follows the layers of docs/design.md, as includes do: the objects of a folder refer to
what is defined in it and in the folders before it; the command line, WASI and the conformance runner
refer to public functions alone. Read from the symbols of a build."""
import pathlib
import shutil
import subprocess
import sys

from check_includes import COMPILER_LAYERS, ROOT, RUNTIME_ORDER, WASI_LAYERS

USERS = ("wasi", "cli", "spec-tests")
NM = shutil.which("llvm-nm-19") or shutil.which("nm")


def objects(build, part):
    """(source, object) of every source of a part that the build has compiled."""
    for path in sorted((build / part).rglob("*.o")):
        below = path.relative_to(build / part).parts
        if "CMakeFiles" not in below:
            continue
        at = below.index("CMakeFiles")
        source = ROOT.joinpath(part, *below[:at], *below[at + 2:-1], path.name[:-2])
        if source.is_file():
            yield source, path


def find_build():
    """The build with all objects of the runtime and of the compiler whose newest is newest."""
    best = None
    for build in (ROOT / "build").glob("*"):
        parts = ("runtime", "compiler")
        found = {source: path for part in parts for source, path in objects(build, part)}
        if any(p not in found for part in parts for p in (ROOT / part).rglob("*.c")):
            continue
        newest = max(path.stat().st_mtime for path in found.values())
        if best is None or newest > best[0]:
            best = newest, build
    return best[1] if best else None


def symbols(pairs):
    """({symbol: source that defines it}, [(source, symbol that it refers to)])"""
    pairs = list(pairs)
    source_of = {str(path): source for source, path in pairs}
    text = subprocess.run([NM, "-A", "-P", *source_of], capture_output=True, text=True, check=True)
    defined, used = {}, []
    for line in text.stdout.splitlines():
        place, name, kind = line.split()[:3]
        source = source_of[place.rstrip(":")]
        if kind in "Uw":
            used.append((source, name))
        elif kind.isupper():
            defined[name] = source
    return defined, used


def folder_of(source, part):
    below = source.relative_to(ROOT / part).parts
    return below[0] if len(below) > 1 else None


def main():
    build = find_build()
    if not build:
        print("no complete build of the runtime and the compiler under build/: make build-release")
        return 1
    problems, followed = [], 0
    defined, used = symbols(objects(build, "runtime"))
    for source, name in used:
        callee = defined.get(name)
        if not callee:
            continue
        followed += 1
        here, there = folder_of(source, "runtime"), folder_of(callee, "runtime")
        if RUNTIME_ORDER.index(there) > RUNTIME_ORDER.index(here):
            problems.append(f"{source.relative_to(ROOT)}: {name} of {there}/ is above it")
    for part, layers in (("compiler", COMPILER_LAYERS), ("wasi", WASI_LAYERS)):
        own, calls = symbols(objects(build, part))
        for source, name in calls:
            here = folder_of(source, part)
            there = own.get(name) and folder_of(own[name], part)
            followed += 1
            if here in layers and there in layers and there not in layers[here]:
                problems.append(f"{source.relative_to(ROOT)}: {name} of {there}/ is above it")
    for part in USERS:
        for source, name in symbols(objects(build, part))[1]:
            followed += name in defined
            if name in defined and name.startswith("wr__"):
                problems.append(f"{source.relative_to(ROOT)}: {name} is not public")
    print("\n".join(problems) or f"{followed} references follow the layers")
    return 1 if problems or not followed else 0


sys.exit(main())
