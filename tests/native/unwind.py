#!/usr/bin/env python3
"""Reads a jitdump, and prints what its unwind tables say of each function.

    unwind.py FILE

Puts code and tables together as perf does (code, to a multiple of 8, .eh_frame, .eh_frame_hdr), and lets llvm-dwarfdump
read them: a line for each rule of how the caller is found, from which byte of the function on. Fails where a function
has no table before it, where that is for other bytes, or where the header's table leads elsewhere.
"""
import os
import struct
import subprocess
import sys
import tempfile

LOAD, UNWINDING = 0, 4
TEXT_AT = 0x80


def records(data):
    at = struct.unpack_from("<I", data, 8)[0]
    while at < len(data):
        kind, size, _ = struct.unpack_from("<IIQ", data, at)
        assert size >= 16 and at + size <= len(data), "records follow one another to the end"
        yield kind, data[at + 16:at + size]
        at += size


def elf(machine, code, frames):
    """A file of .text and .eh_frame."""
    names = b"\0.text\0.eh_frame\0.shstrtab\0"
    text = code + bytes(-len(code) % 8)
    frames_at = TEXT_AT + len(text)
    names_at = frames_at + len(frames)
    sections_at = names_at + len(names) + -(names_at + len(names)) % 8
    sections = [(0, 0, 0, 0, 0), (1, 1, 6, TEXT_AT, len(code)), (7, 1, 2, frames_at, len(frames)), (17, 3, 0, names_at, len(names))]
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 0, sections_at, 0, 64, 0, 0, 64, 4, 3)
    body = head.ljust(TEXT_AT, b"\0") + text + frames + names
    table = b"".join(struct.pack("<IIQQQQIIQQ", name, kind, flags, at if flags else 0, at, size, 0, 0, 8, 0)
                     for name, kind, flags, at, size in sections)
    return body.ljust(sections_at, b"\0") + table


def check_header(header, frames, code_size):
    """Its one row leads from the function's start to the entry for it."""
    version, pointer, count, table = header[:4]
    assert (version, pointer, count, table) == (1, 0x1B, 3, 0x3B)
    to_frames, rows, function, entry = struct.unpack_from("<iIii", header, 4)
    padded = code_size + -code_size % 8
    assert rows == 1 and to_frames + 4 == -len(frames) and function == -len(frames) - padded
    place = len(frames) + entry
    start, size = struct.unpack_from("<iI", frames, place + 8)
    assert padded + place + 8 + start == 0 and size == code_size, "the entry is for this function"


def rules(machine, code, frames):
    with tempfile.NamedTemporaryFile() as file:
        file.write(elf(machine, code, frames))
        file.flush()
        text = subprocess.run(["llvm-dwarfdump-19", "--eh-frame", file.name], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        if line.startswith("  0x") and "CFA=" in line:
            at, rule = line.split(":", 1)
            yield int(at, 16) - TEXT_AT, rule.strip()


with open(sys.argv[1], "rb") as dump:
    data = dump.read()
machine = struct.unpack_from("<I", data, 12)[0]
pending = None
for kind, payload in records(data):
    if kind == UNWINDING:
        size, header_size, mapped = struct.unpack_from("<QQQ", payload)
        assert size == len(payload) - 24 and mapped == 0
        pending = payload[24:24 + size - header_size], payload[24 + size - header_size:]
    elif kind == LOAD:
        code_size = struct.unpack_from("<Q", payload, 24)[0]
        name, _, code = payload[40:].partition(b"\0")
        assert pending and len(code) == code_size, "a table comes before each function"
        check_header(pending[1], pending[0], code_size)
        for at, rule in rules(machine, code, pending[0]):
            print(f"{name.decode()}+{at}: {rule}")
        pending = None
