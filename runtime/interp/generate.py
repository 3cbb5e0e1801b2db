#!/usr/bin/env python3
"""Writes the interpreter's plain handlers and the tables that choose among them.

A *pattern* is a small expression tree of wasm instructions whose leaves are
  R  a frame slot            A  the accumulator (a variant of R, chosen late)
  I  a 32-bit immediate (sign-extended for i64)       J  a 64-bit immediate
  F  an f32 immediate        D  an f64 immediate
The translator holds operands as patterns and grows them with `combine`: the pattern of
`i32.add` over the patterns of its operands, when this file lists it. One pattern is one
handler: one dispatch. Patterns that end a statement (stores, branches) have no result.

Everything is derived from runtime/opcodes.def and the families of families.py; what an
instruction computes is in runtime/numeric/.

usage: generate.py opcodes.def OUTPUT_DIRECTORY [--all]
--all writes every fused form, used or not, and no sequences: for counting (choose.py)
"""
import os
import re
import sys
from collections import namedtuple

from families import (NEGATED, SWAPPED, SUFFIXES, Families, base, is_leaf, leaf_name)
from sequences import read_list, write_sequence_table, write_sequences, write_sizes

HERE = os.path.dirname(os.path.abspath(__file__))
CLASS_CTYPE = {"i": "uint32_t", "l": "uint64_t", "f": "float", "d": "double", "v": "wr__v128"}
IMM_BYTES = {"I": 4, "J": 8, "F": 4, "D": 8, "O": 4, "P": 8, "L": 2, "G": 4, "B": 4, "W": 16}
LEAF_IMMS = "IJFD"
NONE = 0xFFFF
MAX_RUN = 4
# What newer processors do better: handlers_wide.c.
WIDE = re.compile(r"wr__v128|x(?:2|4|8|16)_|wr__num_\w+_(?:ceil|floor|trunc|nearest|popcnt|clz|ctz)\(")


# ---- the instruction table -------------------------------------------------------------------

class Op:
    def __init__(self, number, name, text, imm, sig, access="NONE", effects="NONE",
                 page=None):
        self.number, self.name, self.text, self.imm = number, name, text, imm
        self.special = sig[0] == "S"
        self.params, self.results = ([], []) if self.special else map(list, sig.split("_"))
        self.access = None if access == "NONE" else access
        self.traps = effects != "NONE" and "T" in effects
        self.page = page

    def memory_type(self):
        """The type of the value in memory, for WR__LOAD and WR__STORE: loads with a sign say how wide
        it becomes."""
        return self.access + ("l" if self.access[0] == "s" and self.results == ["l"] else "")

    def width_bytes(self):
        return int(self.access[1:]) // 8


def read_table(path):
    ops = {}
    rows = re.findall(r'^OP\((\w+),\s*(0x\w+),\s*(\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(\w+),'
                      r'\s*(\w+),\s*(\w+)\)', open(path).read(), re.M)
    for number, (page, _, name, text, imm, sig, access, effects, _) in enumerate(rows):
        ops[name] = Op(number, name, text, imm, sig, access, effects, page)
    return ops


# Not in the table: moves, and memory accesses with explicit checks. They are numbered after it.
def add_pseudo(ops):
    number = len(ops)

    def pseudo(name, imm, sig, of=None):
        nonlocal number
        ops[name] = Op(number, name, name, imm, sig)
        if of:
            ops[name].access, ops[name].traps = of.access, of.traps
        number += 1

    pseudo("copy", "NONE", "l_l")
    pseudo("copy_v128", "NONE", "v_v")
    pseudo("get_global", "GLOBAL", "_l")
    pseudo("get_global_v128", "GLOBAL", "_v")
    pseudo("set_global", "GLOBAL", "l_")
    pseudo("set_global_v128", "GLOBAL", "v_")
    for c in "ilfd":
        pseudo("tee_" + c, "TEE", c + "_" + c)
    pseudo("select_l", "NONE", "lli_l")
    pseudo("select_v128", "NONE", "vvi_v")
    for name in [n for n, op in ops.items() if is_access(op)]:
        op = ops[name]
        for addr in "il":
            pseudo("checked%s_%s" % ("32" if addr == "i" else "64", name), op.imm,
                   addr + "".join(op.params[1:]) + "_" + "".join(op.results), of=op)


def is_access(op):
    return op.access and op.page != "THREADS"


class Pattern:
    def __init__(self, gen, tree):
        self.tree = tree
        self.name = leaf_name(tree)
        self.leaves, self.imms = [], []  # classes of R leaves; letters of immediates
        self.traps = self.reads_memory = self.reads_global = False
        self.cls = None
        self.fused = not is_leaf(tree) and not all(map(is_leaf, tree[1:]))
        self.collect(gen, tree)
        if not is_leaf(tree):
            results = gen.ops[tree[0]].results
            self.cls = results[0] if results else None
        else:
            self.cls = tree[1]

    def collect(self, gen, tree):
        if is_leaf(tree):
            if tree[0] in "RA":
                self.leaves.append(tree[1])
            else:
                self.imms.append(tree[0])
            return
        for child in tree[1:]:
            self.collect(gen, child)
        op = gen.ops[tree[0]]
        self.imms += own_imms(op)
        self.reads_memory |= op.access is not None
        self.traps |= op.traps
        if op.name.startswith("get_global"):
            self.reads_global = True

    def layout(self):
        """Byte positions: [leaf…], destination (or None), [immediate…], size."""
        at = 8
        leaves = []
        for _ in self.leaves:
            leaves.append(at)
            at += 2
        dst = None
        if self.cls:
            dst = at
            at += 2
        spots = {}
        order = sorted(range(len(self.imms)), key=lambda k: IMM_BYTES[self.imms[k]])
        for k in order:
            width = min(IMM_BYTES[self.imms[k]], 8)
            at = (at + width - 1) // width * width
            spots[k] = at
            at += IMM_BYTES[self.imms[k]]
        return leaves, dst, [spots[k] for k in range(len(self.imms))], (at + 7) // 8 * 8


def own_imms(op):
    if op.name.startswith("checked"):
        return ["P", "L"] + (["L"] if op.imm == "MEMARG_LANE" else [])
    return {"MEMARG": ["O"], "MEMARG_LANE": ["O", "L"], "LANE": ["L"], "LANES16": ["W"],
            "GLOBAL": ["G"], "TEE": ["L"]}.get(op.imm, [])


def needs_check(op):
    """Does the instruction trap by what its operands are?"""
    return op.traps and not op.access


# ---- handler bodies ------------------------------------------------------------------------------

class Body:
    """The C statements of one handler, evaluated left to right, operands first."""

    def __init__(self, gen, pattern, acc_leaf=None):
        self.gen, self.pattern, self.acc_leaf = gen, pattern, acc_leaf
        self.leaf_at, self.dst_at, self.imm_at, self.size = pattern.layout()
        self.lines, self.temps, self.leaf, self.imm = [], 0, 0, 0
        places = [(at, "R") for at in self.leaf_at + ([self.dst_at] if self.dst_at else [])]
        self.fields = [Field(*place) for place in places + list(zip(self.imm_at, pattern.imms))]

    def temp(self, cls, expr):
        name = "t%d" % self.temps
        self.temps += 1
        self.lines.append("%s %s = %s;" % (CLASS_CTYPE[cls], name, expr))
        return name

    def next_imm(self, cls=None):
        letter, at = self.pattern.imms[self.imm], self.imm_at[self.imm]
        self.imm += 1
        if letter == "I":
            return "WR__IMM_%s(%d)" % ("U32" if cls == "i" else "S32", at)
        return {"J": "WR__IMM_U64(%d)", "F": "WR__IMM_F32(%d)", "D": "WR__IMM_F64(%d)",
                "O": "WR__IMM_U32(%d)", "P": "WR__IMM_U64(%d)", "L": "WR__IMM_U16(%d)",
                "G": "WR__IMM_U32(%d)", "B": "WR__IMM_S32(%d)", "W": "WR__IMM_BYTES(%d)"}[letter] % at

    def value(self, tree):
        if is_leaf(tree):
            kind, cls = tree
            if kind in LEAF_IMMS:
                return self.temp(cls, self.next_imm(cls))
            at = self.leaf_at[self.leaf]
            from_acc = self.leaf == self.acc_leaf
            self.leaf += 1
            return self.temp(cls, "WR__ACC_%s()" % cls if from_acc else "WR__GET_%s(%d)" % (cls, at))
        op = self.gen.ops[tree[0]]
        args = [self.value(c) for c in tree[1:]]
        return self.apply(op, args)

    def apply(self, op, args):
        name = op.name
        if name.startswith("checked"):
            return self.access(op, name[10:], args, checked=name[7:9])
        if op.access:
            return self.access(op, name, args, checked=None)
        if name in ("copy", "copy_v128"):
            return args[0]
        if name.startswith("tee_"):
            self.lines.append("WR__TEE_%s(%s, %s);" % (name[4], self.next_imm(), args[0]))
            return args[0]
        if name.startswith("get_global"):
            return self.temp(op.results[0], "WR__GLOBAL_%s(%s)" % (op.results[0], self.next_imm()))
        if name.startswith("set_global"):
            self.lines.append("WR__SET_GLOBAL_%s(%s, %s);" % (op.params[0], self.next_imm(), args[0]))
            return None
        if name.startswith("select"):
            return self.temp(op.results[0], "%s ? %s : %s" % (args[2], args[0], args[1]))
        if needs_check(op):
            self.lines.append("WR__CHECK(wr__check_%s(%s));" % (name, ", ".join(args)))
        if op.imm in ("LANE", "LANES16"):
            args = args + [self.next_imm()]
            if "replace_lane" in name:
                args = [args[0], args[1], args[2]]
        return self.temp(op.results[0], "wr__num_%s(%s)" % (name, ", ".join(args)))

    def access(self, op, name, args, checked):
        ctype, width = op.memory_type(), op.width_bytes()
        offset = self.next_imm()
        if checked:
            memory = self.next_imm()
            self.lines.append("WR__CHECKED_ADDRESS(ea, %s, %s, %s, %d);"
                              % (memory, args[0], offset, width))
            load, store = "WR__CHECKED_LOAD", "WR__CHECKED_STORE"
        else:
            self.lines.append("WR__ADDRESS(ea%d, %s, %s);" % (self.temps, args[0], offset))
            load, store = "WR__LOAD", "WR__STORE"
        ea = "ea" if checked else "ea%d" % self.temps
        if name.startswith("v128_store") and name.endswith("_lane"):
            bits = name[len("v128_store"):-len("_lane")]
            lane = self.next_imm()
            self.lines.append("%s(%s, %s, WR__LANE_%s(%s, %s));" % (store, ctype, ea, bits, args[1], lane))
            return None
        if "store" in name:
            self.lines.append("%s(%s, %s, %s);" % (store, ctype, ea, args[1]))
            return None
        self.lines.append("WR__TYPE_%s m%d;" % (ctype, self.temps))
        raw = "m%d" % self.temps
        self.lines.append("%s(%s, %s, %s);" % (load, ctype, ea, raw))
        if name.endswith("_lane"):
            bits = name[len("v128_load"):-len("_lane")]
            return self.temp("v", "WR__WITH_LANE_%s(%s, %s, (WR__BYTES_%s)%s)"
                             % (bits, args[1], self.next_imm(), ctype, raw))
        if name.startswith("v128_load") and name != "v128_load":
            return self.temp("v", "wr__num_%s((WR__BYTES_%s)%s)" % (name, ctype, raw))
        return self.temp(op.results[0], "(%s)%s" % (CLASS_CTYPE[op.results[0]], raw)
                         if op.results[0] != "v" else raw)


# ---- the handlers and their tables --------------------------------------------------------------------

Field = namedtuple("Field", "at letter")  # an operand's place in an instruction, and its kind


def mark_last(text, fields):
    """Marks the slots behind which the rest of their 8 bytes is zero: one shift extracts those."""
    def place(match):
        at = int(match[2])
        behind = [f for f in fields if f.at > at and f.at // 8 == at // 8]
        return match[1] + ("" if behind or not fields else "WR__LAST + ") + match[2] + match[3]

    return re.sub(r"(WR__GET_\w\(|WR__RESULT\(\w, )(\d+)([,)])", place, text)


class Generator(Families):
    def __init__(self, ops, measured):
        self.ops, self.measured = ops, measured
        self.patterns = []   # in order; the first are the leaves
        self.by_tree = {}
        self.branches = {}   # pattern name -> True: br_if and br_unless exist over it
        self.selects = []

    def add(self, tree):
        """Lists a pattern, and those that it grows from; a fused one only where it is used."""
        if tree in self.by_tree or not self.is_wanted(tree):
            return
        self.add_always(tree)

    def is_wanted(self, tree):
        if self.everything or is_leaf(tree) or all(map(is_leaf, tree[1:])):
            return True
        name = leaf_name(tree)
        return any(prefix + name + suffix in self.measured
                   for prefix in ("", "br_if_", "br_unless_", "br_if_back_") for suffix in SUFFIXES)

    def add_always(self, tree):
        if tree in self.by_tree:
            return
        for child in tree[1:] if not is_leaf(tree) else ():
            self.add_always(child)
        self.by_tree[tree] = len(self.patterns)
        self.patterns.append(Pattern(self, tree))

    def build(self):
        for cls in "ilfdv":
            self.add(("R", cls))
        self.family_single()
        self.family_int_chains()
        self.family_memory()
        self.family_float_chains()
        self.family_simd_chains()
        self.family_tees()
        self.family_conditions()

    # ---- output

    def handler_names(self):
        return self.names

    def write(self, directory):
        self.names, self.bodies, self.variant_rows, chunks = [], {}, {}, []

        def emit_one(name, lines, last, fields=()):
            lines, last = [mark_last(line, fields) for line in lines], mark_last(last, fields)
            self.names.append(name)
            self.bodies[name] = (lines, last)
            chunks.append("WR__HANDLER(%s) {\n  %s\n  %s\n}\n" % (name, "\n  ".join(lines), last))
            return len(self.names) - 1

        def emit(name, lines, last, fields=()):
            number = emit_one(name, lines, last, fields)
            for suffix, variant in self.variants(name, lines, last):
                used = [f for f in fields if f.letter != "O" or "_z" not in suffix]
                self.variant_rows[number, suffix] = emit_one(name + suffix, *variant, used)
            self.plain_count = len(self.names)
            return number

        rows = []
        for pattern in self.patterns:
            rows.append(self.write_pattern(pattern, emit))
        branch_rows = [self.write_branches(tree, emit) for tree in self.branches]
        run_rows = self.write_runs(emit)
        loop_rows = self.write_loop_ends(emit)
        select_rows = [self.write_selects(tree, emit) for tree in self.selects]
        sequence_rows = write_sequences(self, self.sequences, emit_one)
        parts = 4
        step = (len(chunks) + parts - 1) // parts
        for k in range(parts):
            with open("%s/handlers_%d.inc" % (directory, k), "w") as f:
                f.write("".join(chunks[k * step:(k + 1) * step]))
        wide = [] if self.everything else [k for k, chunk in enumerate(chunks) if WIDE.search(chunk)]
        with open(directory + "/handlers_wide.inc", "w") as f:
            f.write("".join(chunks[k] for k in wide))
        wide = set(wide)
        with open(directory + "/wide_names.inc", "w") as f:
            f.write("".join("WR__%s(%s)\n" % ("WIDE" if k in wide else "PLAIN", n) for k, n in enumerate(self.names)))
        with open(directory + "/handler_names.inc", "w") as f:
            f.write("".join("WR__PLAIN(%s)\n" % n for n in self.names))
        self.write_tables(directory, rows, branch_rows, run_rows, loop_rows, select_rows)
        write_sequence_table(self, directory, sequence_rows)
        write_sizes(self, directory)

    # Of a handler: _z, where the offsets of its accesses are zero; _t, where the result goes to the
    # accumulator alone; and both.
    def variants(self, name, lines, last):
        zero = [re.sub(r"^(WR__ADDRESS\(.*), WR__IMM_U32\(\d+\)\);$", r"\1, 0u);", line) for line in lines]
        held = re.sub(r"^WR__RESULT\((\w), \d+, ", r"WR__HELD(\1, ", last)
        for suffix, body, end in (("_z", zero, last), ("_t", lines, held), ("_z_t", zero, held)):
            changed = ("_z" not in suffix or zero != lines) and ("_t" not in suffix or held != last)
            if suffix == "_z_t" and name + "_z" not in self.names:
                continue
            if changed and (self.everything or name + suffix in self.measured):
                yield suffix, (body, end)

    def is_measured(self, name):
        return self.everything or any(name + variant in self.measured for variant in ("", "_z", "_t", "_z_t"))

    def write_pattern(self, p, emit):
        leaves, dst, imms, size = p.layout()
        base_name = p.name + ("_" + p.tree[1] if is_leaf(p.tree) else "")
        if is_leaf(p.tree) and p.tree[0] == "R":
            return (p, NONE, [NONE] * 3)
        if p.tree[0].startswith("tee_"):
            return (p, NONE, [NONE] * 3)  # never alone: the emitter writes the local instead
        last = "WR__RESULT(%s, %d, %%s, %d);" % (p.cls, dst, size) if p.cls else "WR__NEXT(%d);" % size

        def handler(name, acc_leaf):
            body = Body(self, p, acc_leaf)
            result = body.value(p.tree)
            return emit(name, body.lines, last % result if p.cls else last, body.fields)

        main = handler(base_name, None)
        acc = [NONE] * 3
        if "checked" not in p.name:
            for k in {0, len(p.leaves) - 1} & {0, 1, 2, 3}:
                if p.leaves and self.is_measured(base_name + "_acc%d" % k):
                    acc[k if k < 3 else 2] = handler(base_name + "_acc%d" % k, k)
        return (p, main, acc)

    def write_branches(self, tree, emit):
        """br_if and br_unless, forward and (polling) back, over a condition."""
        p = Pattern(self, tree)
        p.cls = None
        p.imms = p.imms + ["B"]
        ids = []
        for acc_leaf in [None] + list(range(min(len(p.leaves), 2 if is_leaf(tree) or all(map(is_leaf, tree[1:])) else 0))):
            for kind in ("if", "unless", "if_back"):
                name = "br_%s_%s%s" % (kind, leaf_name(tree), "" if acc_leaf is None else "_acc%d" % acc_leaf)
                if acc_leaf is not None and not self.is_measured(name):
                    ids.append(NONE)
                    continue
                body = Body(self, p, acc_leaf)
                cond = body.value(tree)
                disp = body.next_imm()
                macro = {"if": "WR__BRANCH_IF(%s, %s, %d);", "unless": "WR__BRANCH_IF(!%s, %s, %d);",
                         "if_back": "WR__BRANCH_BACK_IF(%s, %s, %d);"}[kind]
                ids.append(emit(name, body.lines, macro % (cond, disp, body.size), body.fields))
        while len(ids) < 9:
            ids.append(NONE)
        return (tree, ids, p)

    # Runs of one kind of statement in one dispatch: x = y + k, and moves. Each entry is laid out as
    # in the single instruction, so a run grows by appending.
    def write_runs(self, emit):
        rows = []
        for k in range(2, MAX_RUN + 1):
            lines = []
            for n in range(k):
                at = 8 + 8 * n
                lines.append("uint32_t t%d = WR__GET_i(%d) + WR__IMM_U32(%d);" % (n, at, at + 4))
                if n + 1 < k:
                    lines.append("WR__PUT_i(%d, t%d);" % (at + 2, n))
            size = 8 + 8 * k
            adds = emit("add_run_%d" % k, lines, "WR__RESULT(i, %d, t%d, %d);" % (size - 6, k - 1, size))
            lines = []
            for n in range(k):
                at = 8 + 4 * n
                lines.append("uint64_t t%d = WR__GET_l(%d);" % (n, at))
                if n + 1 < k:
                    lines.append("WR__SLOT(%d) = t%d;" % (at + 2, n))
            size = (8 + 4 * k + 7) // 8 * 8
            copies = emit("copy_run_%d" % k, lines, "WR__RESULT(l, %d, t%d, %d);" % (8 + 4 * k - 2, k - 1, size))
            rows.append((adds, copies))
        return rows

    # A run of additions, then the end of a loop over one more: most loops end so.
    def write_loop_ends(self, emit):
        rows = []
        for tree in self.branches:
            if is_leaf(tree):
                continue
            kept = tree if tree[0] == "tee_i" else tree[1] if not is_leaf(tree[1]) and tree[1][0] == "tee_i" else None
            if kept != ("tee_i", ("i32_add", ("R", "i"), ("I", "i"))) or len(tree) > 2 and not is_leaf(tree[2]):
                continue
            ids = []
            p = Pattern(self, tree)
            p.cls, p.imms = None, p.imms + ["B"]
            for k in range(1, MAX_RUN + 1):
                name = "add_run_%d_br_back_%s" % (k, leaf_name(tree))
                body = Body(self, p)
                shift = 8 * k
                body.leaf_at = [a + shift for a in body.leaf_at]
                body.imm_at = [a + shift for a in body.imm_at]
                for n in range(k):
                    body.lines.append("WR__PUT_i(%d, WR__GET_i(%d) + WR__IMM_U32(%d));"
                                      % (10 + 8 * n, 8 + 8 * n, 12 + 8 * n))
                cond = body.value(tree)
                disp = body.next_imm()
                ids.append(emit(name, body.lines, "WR__BRANCH_BACK_IF(%s, %s, %d);" % (cond, disp, body.size + shift)))
            rows.append((self.by_tree[tree], ids))
        return rows

    def write_selects(self, tree, emit):
        """select over two slots, with the condition computed by the handler."""
        ids = []
        for cls in "lv":
            R = ("R", cls)
            op = "select_l" if cls == "l" else "select_v128"
            p = Pattern(self, (op, R, R, tree))
            name = "select_%s_%s" % (cls, leaf_name(tree))
            body = Body(self, p)
            body.value(p.tree)
            ids.append(emit(name, body.lines, "WR__RESULT(%s, %d, t%d, %d);"
                            % (cls, body.dst_at, body.temps - 1, body.size), body.fields))
        return (tree, ids)

    def write_tables(self, directory, rows, branch_rows, run_rows, loop_rows, select_rows):
        out, header = ["/* Made by generate.py. */\n"], ["/* Made by generate.py. */\n"]
        header.append("enum {\n")
        for kind, cls in (("R", "i"), ("R", "l"), ("R", "f"), ("R", "d"), ("R", "v"), ("I", "i"), ("I", "l"),
                          ("J", "l"), ("F", "f"), ("D", "d")):
            header.append("  WR__PAT_%s_%s = %d,\n" % (kind, cls, self.by_tree[(kind, cls)]))
        header.append("  WR__PAT_COUNT = %d,\n};\n" % len(rows))
        header.append("enum {\n")
        for name, op in self.ops.items():
            if op.number >= self.table_size:
                header.append("  WR__PSEUDO_%s = %d,\n" % (name, op.number))
        header.append("};\n")
        branch_index = {tree: k for k, (tree, _, _) in enumerate(branch_rows)}
        select_index = {tree: k for k, (tree, _) in enumerate(select_rows)}
        out.append("const wr__pattern wr__patterns[] = {\n")
        for p, main, acc in rows:
            leaves, dst, imms, size = p.layout()
            negated = self.negation(p.tree)
            out.append("  {%d, {%s}, %d, %d, %d, %d, {%s}, {%s}, '%s', %d, %d, %d, %d, %d, %d, %d}, /* %d %s */\n" % (
                main, ", ".join(map(str, acc)), size, len(p.leaves), dst or 0, len(imms),
                ", ".join(map(str, (imms + [0] * 4)[:4])),
                ", ".join(str(IMM_BYTES[x]) for x in (p.imms + ["L"] * 4)[:4]),
                p.cls or "-", p.traps, p.reads_memory, p.reads_global,
                sum(1 << k for k, letter in enumerate(p.imms) if letter == "O"),
                branch_index.get(p.tree, NONE), select_index.get(p.tree, NONE),
                NONE if negated is None else negated, self.by_tree[p.tree], p.name))
        out.append("};\n")
        self.write_variants(out)
        out.append("const wr__branch_pattern wr__branch_patterns[] = {\n")
        for tree, ids, p in branch_rows:
            leaves, dst, imms, size = p.layout()
            out.append("  {{%s}, %d, {%s}, %d}, /* %s */\n" % (
                ", ".join(map(str, ids)), size, ", ".join(map(str, imms[:-1] + [0] * (4 - len(imms[:-1])))), imms[-1], leaf_name(tree)))
        out.append("};\n")
        out.append("const wr__select_pattern wr__select_patterns[] = {\n")
        for tree, ids in select_rows:
            p = Pattern(self, ("select_l", ("R", "l"), ("R", "l"), tree))
            leaves, dst, imms, size = p.layout()
            out.append("  {{%s}, %d, %d, %d}, /* %s */\n" % (
                ", ".join(map(str, ids)), size, dst, imms[0] if imms else 0, leaf_name(tree)))
        out.append("};\n")
        header.append("enum { WR__MAX_RUN = %d };\n" % MAX_RUN)
        out.append("/* By length, from 2. */\nconst wr__run_row wr__runs[] = {%s};\n"
                   % ", ".join("{%d, %d}" % r for r in run_rows))
        out.append("/* By length, from 1. */\nconst wr__loop_end wr__loop_ends[] = {\n")
        for pattern, ids in loop_rows:
            out.append("  {%d, {%s}},\n" % (pattern, ", ".join(map(str, ids))))
        out.append("};\n")
        header.append("enum { WR__PAT_ADD_RI = %d, WR__PAT_COPY = %d };\n" % (
            self.by_tree[("i32_add", ("R", "i"), ("I", "i"))], self.by_tree[("copy", ("R", "l"))]))
        out.append("const char wr__leaf_cls[][5] = {%s};\n" % ", ".join(
            '"%s"' % "".join((p.leaves + ["-"] * 4)[:4]) for p, _, _ in rows))
        out.append("const uint16_t wr__checked_ops[][3] = {%s};\n" % ", ".join(
            "{%d, %d, %d}" % (self.ops[n[10:]].number, op.number, self.ops["checked64_" + n[10:]].number)
            for n, op in self.ops.items() if n.startswith("checked32_")))
        self.write_combine(out, header)
        header.append("enum { WR__LOOP_END_COUNT = %d, WR__CHECKED_OP_COUNT = %d };\n" % (
            len(loop_rows), sum(n.startswith("checked32_") for n in self.ops)))
        with open(directory + "/patterns.inc", "w") as f:
            f.write("".join(out))
        with open(directory + "/patterns.h", "w") as f:
            f.write("".join(header))

    def write_variants(self, out):
        """By handler: its variants, or NONE."""
        zero, held = {}, {}
        for (number, suffix), variant in self.variant_rows.items():
            (zero if suffix == "_z" else held)[number if suffix != "_z_t" else zero.get(number)] = variant
        for name, rows in (("wr__zero_offsets", zero), ("wr__held", held)):
            out.append("const uint16_t %s[] = {%s};\n" % (
                name, ", ".join(str(rows.get(k, NONE)) for k in range(self.plain_count))))

    def negation(self, tree):
        t, name = base(tree[0]) if not is_leaf(tree) else ("", "")
        if t in ("i32", "i64") and name in NEGATED:
            return self.by_tree.get((t + "_" + NEGATED[name],) + tree[1:])
        return None

    def write_combine(self, out, header):
        """(op, left pattern, right pattern) -> pattern, as an open-addressed hash table of words: the
        key's three 16-bit parts, then the pattern."""
        entries = {}
        for tree, ident in self.by_tree.items():
            if is_leaf(tree):
                continue
            op = self.ops[tree[0]]
            kids = [self.by_tree[c] for c in tree[1:]] + [NONE, NONE]
            if len(tree) > 3:
                continue
            entries[(op.number, kids[0], kids[1])] = ident
        size = 1
        while size < 2 * len(entries):
            size *= 2
        table = [NONE] * size
        for (op, l, r), ident in entries.items():
            key = op << 32 | l << 16 | r
            at = combine_hash(key) & (size - 1)
            while table[at] != NONE:
                at = (at + 1) & (size - 1)
            table[at] = key << 16 | ident
        header.append("enum { WR__COMBINE_SIZE = %d };\n" % size)
        out.append("const uint64_t wr__combine_table[] = {\n")
        for word in table:
            out.append("  0x%xu,\n" % word)
        out.append("};\n")
        ternary = [(self.ops[t[0]].number, i) for t, i in self.by_tree.items() if len(t) == 4]
        out.append("const wr__ternary_row wr__ternary_patterns[] = {\n")
        for op, ident in ternary:
            out.append("  {%d, %d},\n" % (op, ident))
        out.append("};\n")
        mirrors = [NONE] * (1 + max(op.number for op in self.ops.values()))
        for op in self.ops.values():
            if (re.match(r"(i32|i64|f32|f64)_(add|mul|and|or|xor|eq|ne)$", op.name)
                    or re.match(r"v128_(and|or|xor)$|\w+x\d+_(add|mul|eq|ne)$", op.name)):
                mirrors[op.number] = op.number
        for t in ("i32", "i64"):
            for a, b in SWAPPED.items():
                mirrors[self.ops[t + "_" + a].number] = self.ops[t + "_" + b].number
        out.append("const uint16_t wr__mirror_ops[] = {%s};\n" % ", ".join(map(str, mirrors)))
        header.append("enum { WR__TERNARY_COUNT = %d, WR__MIRROR_COUNT = %d };\n" % (len(ternary), len(mirrors)))


def combine_hash(key):
    return (key * 0x9E3779B97F4A7C15 & (1 << 64) - 1) >> 40


def generate(opcodes, directory, measured, sequences, everything=False):
    ops = read_table(opcodes)
    size = len(ops)
    add_pseudo(ops)
    gen = Generator(ops, measured)
    gen.everything, gen.sequences = everything, sequences
    gen.table_size = size
    gen.build()
    gen.write(directory)
    return gen


def main():
    everything = "--all" in sys.argv[3:]
    sequences = [] if everything else read_list("sequences.txt")
    gen = generate(sys.argv[1], sys.argv[2], set(read_list("measured.txt")), sequences, everything)
    print("%d patterns, %d handlers" % (len(gen.patterns), len(gen.names)))


if __name__ == "__main__":
    main()
