#!/usr/bin/env python3
"""Writes a binary module whose program is one straight line of instructions: straight.py COUNT fill|grow|call OUT."""
import sys


def leb(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def vector(items):
    return leb(len(items)) + b"".join(items)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def name(text):
    return leb(len(text)) + text.encode()


def main():
    count, kind, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    steps = {
        # i32.const 0, i32.const 1, i32.const 65536, memory.fill
        "fill": b"\x41\x00\x41\x01\x41\x80\x80\x04\xfc\x0b\x00",
        # i32.const 0, memory.grow, drop
        "grow": b"\x41\x00\x40\x00\x1a",
        # i32.const 1, i64.const 1, i32.const 0, call 0 (clock_time_get), drop
        "call": b"\x41\x01\x42\x01\x41\x00\x10\x00\x1a",
    }
    body = b"\x00" + steps[kind] * count + b"\x0b"
    types = vector([b"\x60\x00\x00", b"\x60\x03\x7f\x7e\x7f\x01\x7f"])
    imports = vector([name("wasi_snapshot_preview1") + name("clock_time_get") + b"\x00\x01"])
    exports = vector([name("_start") + b"\x00\x01", name("memory") + b"\x02\x00"])
    with open(path, "wb") as file:
        file.write(b"\0asm\1\0\0\0" + section(1, types) + section(2, imports) + section(3, vector([b"\x00"]))
                   + section(5, vector([b"\x00\x01"])) + section(7, exports)
                   + section(10, vector([leb(len(body)) + body])))


if __name__ == "__main__":
    main()
