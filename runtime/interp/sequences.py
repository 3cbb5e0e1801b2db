"""Handlers for sequences: instructions that often follow one another, in one dispatch.

A sequence is a handler that does what two to four instructions do that stand one behind the
other. The code stays as it is; only the word that the first instruction starts with names the
handler of the sequence (sequences.c). A jump into the middle finds the word of the instruction
there, so sequences may span labels, and every instruction keeps its pc for traps.

sequences.txt lists them, by the names of their handlers; the beginning of a sequence is one too.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
NONE = 0xFFFF

# Handlers of control.inc that may end a sequence, and that may stand within it (with their body's
# end as a parameter). Their bodies are macros of machine.h.
LAST = ("br", "br_back", "br_table", "br_table_acc", "ret", "ret_slot", "ret_acc", "call")
WITHIN = ("const_v128",)


def control_names():
    """The names in control_names.inc, which are followed by those of the operations."""
    here = os.path.dirname(os.path.abspath(__file__))
    own = open(os.path.join(here, "control_names.inc")).read()
    operations = open(os.path.join(here, os.pardir, "operations", "operations.def")).read()
    return re.findall(r"^WR__CONTROL\((\w+)\)", own, re.M) + re.findall(
        r"^OPERATION\((\w+)\)", operations, re.M)


def member(gen, name, last):
    """The statements of one member."""
    if name in LAST:
        if not last:
            raise SystemExit("sequences.txt: nothing comes after %s" % name)
        return ["WR__DO_%s();" % name]
    if name in WITHIN:
        return ["WR__DO_%s(%s);" % (name, "WR__NEXT" if last else "WR__THEN_NEXT")]
    if name not in gen.bodies:
        raise SystemExit("sequences.txt: there is no handler %s" % name)
    lines, end = gen.bodies[name]
    return lines + [end if last else end.replace("WR__", "WR__THEN_", 1)]


def read_list(name):
    """The lines of a file of this folder, without comments."""
    return [line.strip() for line in open(os.path.join(HERE, name)) if line.strip() and line[0] != "#"]


def write_sequences(gen, sequences, emit):
    """Writes a handler for each line; gives [(first part's name, last member's name, joined name)]."""
    rows, seen = [], set()
    for line in sequences:
        names = line.split()
        if len(names) > 2 and "__".join(names[:-1]) not in seen:
            raise SystemExit("sequences.txt: %s comes without its beginning" % line.strip())
        joined = "__".join(names)
        if joined in seen:
            raise SystemExit("sequences.txt: %s comes twice" % line.strip())
        seen.add(joined)
        parts = [member(gen, n, k == len(names) - 1) for k, n in enumerate(names)]
        for part in parts[1:]:
            if any(re.match(r"WR__(LOAD|STORE)\(", line) for line in part):
                part.insert(0, "WR__SETTLE_PC();")
        emit(joined, ["{\n    %s\n  }" % "\n    ".join(p) for p in parts], "")
        rows.append(("__".join(names[:-1]), names[-1], joined))
    return rows


def write_sequence_table(gen, directory, rows):
    """(handler, handler that follows) -> handler of both, as an open-addressed hash table."""
    controls = control_names()
    number = {name: k for k, name in enumerate(gen.names + controls)}
    bits = max(1, (5 * len(rows) // 4).bit_length())
    table = [None] * (1 << bits)
    for row in rows:
        first, second, joined = (number[name] for name in row)
        at = (first << 16 | second) * 0x9E3779B1 % (1 << 32) >> 32 - bits
        while table[at]:
            at = (at + 1) % len(table)
        table[at] = (first, second, joined)
    with open(directory + "/sequences.inc", "w") as f:
        f.write("/* Made by generate.py. */\nenum { WR__JOIN_BITS = %d };\n" % bits)
        f.write("static const struct { uint16_t first, second, joined; } wr__joins[] = {\n")
        f.write("".join("  {%d, %d, %d},\n" % (row or (NONE, NONE, NONE)) for row in table))
        f.write("};\n")
        for name, members in (("firsts", {row[0] for row in rows}), ("seconds", {row[1] for row in rows})):
            words = [0] * (len(number) // 32 + 1)
            for member_name in members:
                words[number[member_name] // 32] |= 1 << number[member_name] % 32
            f.write("static const uint32_t wr__join_%s[] = {%s};\n" % (name, ", ".join("0x%xu" % w for w in words)))


def write_sizes(gen, directory):
    """Names and sizes of the instructions that something can follow, for counting; 0 for the others."""
    with open(directory + "/sizes.inc", "w") as f:
        for name in gen.names + control_names():
            end = gen.bodies[name][1] if name in gen.bodies else ""
            size = re.search(r", (\d+)\);$|^WR__NEXT\((\d+)\);$", end)
            width = 32 if name in WITHIN else int(size[1] or size[2]) if size else 0
            f.write('{"%s", %d},\n' % (name, width))
