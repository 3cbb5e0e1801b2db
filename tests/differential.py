"""The text format against wabt, over the modules of the official suite, one by one and both ways:

- the module's text: our binary and wabt's are the same;
- our text of that binary: wabt reads it back as the same binary.

Custom sections are left aside, and so is what the specification leaves open: the count of data
segments, and whether elements are written as function indices or as `ref.func` of them. wabt does
not know all of WebAssembly 3.0; the modules that it cannot read are in differential.txt, with
those that it is known to read in another way. A module that becomes readable is as much a failure
as one that stops to be: the list says what was compared.

    tests/differential.py WASMRUN SUITE [--list]    --list prints differential.txt anew
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LIST = pathlib.Path(__file__).with_suffix(".txt")
# The proposal that wasmrun does not have.
EXCLUDED = "custom-descriptors"
WABT_VERSION = "1.0.32"
CUSTOM, ELEMENTS, DATA_COUNT = 0, 9, 12
TOKEN = re.compile(rb';;[^\n\r]*|\(;|\(|\)|"(?:[^"\\]|\\.)*"|[^\s()";]+|.', re.S)

Module = collections.namedtuple("Module", "place text")


# ---- scripts --------------------------------------------------------------------------

def comment_end(data, at):
    """Behind the block comment that begins at `at`; they nest."""
    depth = 0
    for mark in re.finditer(rb"\(;|;\)", data[at:]):
        depth += 1 if mark.group() == b"(;" else -1
        if depth == 0:
            return at + mark.end()
    return len(data)


def top_forms(data):
    """(start, text, first words) of each form that stands in no other."""
    at = depth = start = 0
    words = []
    while at < len(data):
        token = TOKEN.match(data, at).group()
        if token == b"(;":
            at = comment_end(data, at)
            continue
        at += len(token)
        if token == b"(":
            if depth == 0:
                start, words = at - 1, []
            depth += 1
        elif token == b")":
            depth -= 1
            if depth == 0:
                yield start, data[start:at], words
        elif depth == 1 and len(words) < 4 and re.match(rb"[^\s;]", token):
            words.append(token)


def modules_of(suite):
    """The modules that are written as text and are not asserted to be wrong."""
    for path in sorted(pathlib.Path(suite).rglob("*.wast")):
        name = str(path.relative_to(suite))
        if EXCLUDED in name:
            continue
        data = path.read_bytes()
        for start, text, words in top_forms(data):
            kind = [word for word in words[1:] if not word.startswith(b"$")][:1]
            if words[0] != b"module" or kind and kind[0] in (b"quote", b"binary", b"instance"):
                continue
            if kind == [b"definition"]:
                text = text.replace(b"definition", b"", 1)
            yield Module((name, data[:start].count(b"\n") + 1), text)


# ---- binaries -------------------------------------------------------------------------

def read_u32(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def sections(binary):
    at, found = 8, []
    while at < len(binary):
        kind = binary[at]
        size, at = read_u32(binary, at + 1)
        if kind not in (CUSTOM, DATA_COUNT):
            body = binary[at:at + size]
            found.append((kind, elements(body) if kind == ELEMENTS else body))
        at += size
    return found


# Instructions of constant expressions, with what follows them.
CONSTANT = re.compile(rb"(?:[\x41\x42\x23\xd0\xd2][\x80-\xff]*[\x00-\x7f]|\x43.{4}|\x44.{8}|"
                      rb"[\x6a-\x6c\x7c-\x7e])*\x0b", re.S)


def constant(body, at):
    """The constant expression there, and what is behind it. wabt reads no others."""
    end = CONSTANT.match(body, at).end()
    return body[at:end], end


def elements(body):
    """The segments as (mode, table, offset, type, expressions), whichever way they were written."""
    count, at = read_u32(body, 0)
    found = []
    for _ in range(count):
        flags, at = read_u32(body, at)
        table, offset, element, items = 0, b"", 0x70, []
        if not flags & 1:
            if flags & 2:
                table, at = read_u32(body, at)
            offset, at = constant(body, at)
        if flags & 3:
            element = body[at] if flags & 4 else 0x70
            at += 1
        size, at = read_u32(body, at)
        for _ in range(size):
            if flags & 4:
                item, at = constant(body, at)
            else:
                index_at = at
                _, at = read_u32(body, at)
                item = b"\xd2" + body[index_at:at] + b"\x0b"
            items.append(item)
        found.append((0 if not flags & 1 else flags & 3, table, offset, element, items))
    return found


# ---- comparing ------------------------------------------------------------------------

def run(*command):
    return subprocess.run(command, capture_output=True).returncode == 0


def same(a, b):
    x, y = a.read_bytes(), b.read_bytes()
    return x == y or sections(x) == sections(y)


def compare(wasmrun, folder, number, module):
    """What sets the module apart, or None where all is the same."""
    base = str(pathlib.Path(folder, str(number)))
    text, ours, printed = (pathlib.Path(base + end) for end in (".wat", ".ours", ".printed"))
    theirs, back = pathlib.Path(base + ".theirs"), pathlib.Path(base + ".back")
    text.write_bytes(module.text)
    if not run(wasmrun, "wat2wasm", text, "-o", ours):
        return "refused by wasmrun"
    if not run(wasmrun, "wasm2wat", ours, "-o", printed):
        return "not printed by wasmrun"
    read = run("wat2wasm", "--enable-all", text, "-o", theirs)
    read_back = run("wat2wasm", "--enable-all", printed, "-o", back)
    if read and not same(ours, theirs):
        return "other binary"
    if read_back and not same(ours, back):
        return "other binary of the print"
    return {(True, True): None, (True, False): "print not read", (False, True): "source not read",
            (False, False): "not read"}[read, read_back]


def compare_all(wasmrun, suite):
    """The number of modules, and by verdict and file the lines of those that are set apart."""
    modules = list(modules_of(suite))
    found = {}
    with tempfile.TemporaryDirectory(prefix="wasmrun-wabt-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = pool.map(lambda item: compare(wasmrun, folder, *item), enumerate(modules))
        for module, verdict in zip(modules, verdicts):
            if verdict:
                name, line = module.place
                found.setdefault((verdict, name), []).append(line)
    return len(modules), found


def as_lines(found):
    return [f"{verdict}: {name} {' '.join(map(str, lines))}"
            for (verdict, name), lines in sorted(found.items())]


def known_lines():
    return [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]


def check(wasmrun, suite):
    """(modules that are the same both ways, modules set apart, what is not as the list says)."""
    count, found = compare_all(wasmrun, suite)
    lines, known = as_lines(found), known_lines()
    wrong = [f"+ {line}" for line in lines if line not in known]
    wrong += [f"- {line}" for line in known if line not in lines]
    apart = sum(len(places) for places in found.values())
    return count - apart, apart, "\n".join(wrong)


def version_is_known():
    try:
        done = subprocess.run(["wat2wasm", "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return False
    return done.stdout.strip() == WABT_VERSION


def main():
    wasmrun, suite = sys.argv[1:3]
    if "--list" in sys.argv:
        print("\n".join(as_lines(compare_all(wasmrun, suite)[1])))
        return 0
    alike, apart, wrong = check(wasmrun, suite)
    print(wrong or "as listed", f"{alike} the same both ways, {apart} listed", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
