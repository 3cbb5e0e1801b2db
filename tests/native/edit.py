#!/usr/bin/env python3
"""Changes a file with native code as an attacker, a mistake or another tool would.

    edit.py HOW FILE OUTPUT

HOW is one of the functions below. Sections are rewritten with sizes in the fewest bytes, so that an
image that moves also loses its alignment, as after other tools.
"""
import struct
import sys

IMAGE, SIGNATURE = b"wasmrun.image", b"wasmrun.signature"
HEADER = 512  # of the image: runtime/image/format.h


def read_leb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def leb(value):
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def sections(data):
    """(id, name or None, start, contents start, end) of each; a custom's contents follow its name."""
    at, found = 8, []
    while at < len(data):
        start = at
        size, body = read_leb(data, at + 1)
        end, name = body + size, None
        if data[start] == 0:
            length, text = read_leb(data, body)
            name, body = data[text:text + length], text + length
        found.append((data[start], name, start, body, end))
        at = end
    return found


def custom(name, contents):
    payload = leb(len(name)) + name + contents
    return b"\0" + leb(len(payload)) + payload


def place(data, wanted, last=False):
    found = [s for s in sections(data) if s[1] == wanted]
    return found[-1 if last else 0]


def image_at(data):
    _, _, _, body, _ = place(data, IMAGE)
    return body + 4 + struct.unpack_from("<I", data, body)[0]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def header_field(data, offset, form, change):
    at = image_at(data) + HEADER + offset
    value = change(struct.unpack_from(form, data, at)[0])
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form):]


def module(data):
    """A byte of a data segment: still a valid module, but another."""
    segments = next(s for s in sections(data) if s[0] == 11)
    return flipped(data, segments[4] - 1)


def code(data):
    """A byte of native code."""
    text = struct.unpack_from("<Q", data, image_at(data) + HEADER + 72)[0]
    return flipped(data, image_at(data) + text + 20)


def signature(data):
    return flipped(data, place(data, SIGNATURE)[3] + 40)


def signer(data):
    """Another key's name on it."""
    return flipped(data, place(data, SIGNATURE)[3] + 3)


def unsigned(data):
    _, _, start, _, end = place(data, SIGNATURE)
    return data[:start] + data[end:]


def version(data):
    return header_field(data, 8, "<I", lambda v: v + 1)


def layout(data):
    return header_field(data, 152, "<Q", lambda v: v ^ 1)


def processor(data):
    """Needs sse3 and lse, which no processor has both, and something that none has."""
    return header_field(data, 32, "<Q", lambda v: v | 1 << 63 | 1 << 26 | 1)


def machine(data):
    return header_field(data, 24, "<I", lambda v: 183 if v == 62 else 62)


def truncated(data):
    return data[:place(data, IMAGE)[4] - 1000]


def cut(data):
    """An image without its end, in a section that is well-formed."""
    _, _, start, body, end = place(data, IMAGE)
    return data[:start] + custom(IMAGE, data[body:end - 1000]) + data[end:]


def moved(data):
    """Our sections first, as tools write that sort custom sections."""
    ours = [s for s in sections(data) if s[1] in (IMAGE, SIGNATURE)]
    rest = [s for s in sections(data) if s[1] not in (IMAGE, SIGNATURE)]
    return data[:8] + b"".join(custom(s[1], data[s[3]:s[4]]) for s in ours) + \
        b"".join(data[s[2]:s[4]] for s in rest)


def appended(data):
    return data + custom(b"note", b"by another tool")


def main():
    how, source, output = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    data = globals()[how](data)
    with open(output, "r+b" if source == output else "wb") as file:
        file.write(data)


main()
