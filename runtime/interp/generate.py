#!/usr/bin/env python3
"""Writes the interpreter's plain handlers and the tables that choose among them.

A *pattern* is a small expression tree of wasm instructions whose leaves are
  R  a frame slot            A  the accumulator (a variant of R, chosen late)
  I  a 32-bit immediate (sign-extended for i64)       J  a 64-bit immediate
  F  an f32 immediate        D  an f64 immediate
The translator holds operands as patterns and grows them with `combine`: the pattern of
`i32.add` over the patterns of its operands, when this file lists it. One pattern is one
handler: one dispatch. Patterns that end a statement (stores, branches) have no result.

Everything is derived from runtime/opcodes.def and the families below; what an
instruction computes is in runtime/numeric/. To add a fused form, add it to a family; those that
programs use are listed in measured.txt, and only those are written.

usage: generate.py opcodes.def OUTPUT_DIRECTORY
"""
import os
import re
import sys

CLASS_CTYPE = {"i": "uint32_t", "l": "uint64_t", "f": "float", "d": "double", "v": "wr__v128"}
IMM_BYTES = {"I": 4, "J": 8, "F": 4, "D": 8, "O": 4, "P": 8, "L": 2, "G": 4, "B": 4, "W": 16}
LEAF_IMMS = "IJFD"
NONE = 0xFFFF
MAX_RUN = 4
ACC_SUFFIXES = ("", "_acc0", "_acc1", "_acc2", "_acc3")


# ---- the instruction table -------------------------------------------------------------------

class Op:
    def __init__(self, number, name, text, imm, sig):
        self.number, self.name, self.text, self.imm = number, name, text, imm
        self.params, self.results = ([], []) if sig == "SPECIAL" else map(list, sig.split("_"))
        self.special = sig == "SPECIAL"


def read_table(path):
    ops = {}
    rows = re.findall(r'^OP\((\w+),\s*(0x\w+),\s*(\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(\w+)\)',
                      open(path).read(), re.M)
    for number, (_, _, name, text, imm, sig, _) in enumerate(rows):
        ops[name] = Op(number, name, text, imm, sig)
    return ops


# Not in the table: moves, and memory accesses with explicit checks. They are numbered after it.
def add_pseudo(ops):
    number = len(ops)

    def pseudo(name, imm, sig):
        nonlocal number
        ops[name] = Op(number, name, name, imm, sig)
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
                   addr + "".join(op.params[1:]) + "_" + "".join(op.results))


def is_access(op):
    return op.imm in ("MEMARG", "MEMARG_LANE") and "atomic" not in op.name


# ---- trees -------------------------------------------------------------------------------------
# A tree is a leaf ('R', class) | ('A', class) | ('I'|'J'|'F'|'D', class), or (op name, child, …).

def is_leaf(tree):
    return len(tree[0]) == 1


def leaf_name(tree):
    return tree[0] if is_leaf(tree) else tree[0] + "".join("_" + leaf_name(c) for c in tree[1:])


COMMUTATIVE = {"add", "mul", "and", "or", "xor", "eq", "ne", "min", "max"}


def base(op):
    """('i32', 'add') of 'i32_add'; ('', name) where there is no type."""
    m = re.match(r"(i32|i64|f32|f64)_(\w+)$", op)
    return m.groups() if m else ("", op)


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
        if "load" in op.name or "store" in op.name:
            self.reads_memory = self.traps = True
        if may_trap(op):
            self.traps = True
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


def may_trap(op):
    return bool(re.match(r"i(32|64)_(div|rem)_|i(32|64)_trunc_f", op.name))


# ---- handler bodies ------------------------------------------------------------------------------

ACCESS = {  # name: (C type of the value in memory, width in bytes)
    "i32_load": ("u32", 4), "i64_load": ("u64", 8), "f32_load": ("f32", 4), "f64_load": ("f64", 8),
    "i32_load8_s": ("s8", 1), "i32_load8_u": ("u8", 1), "i32_load16_s": ("s16", 2),
    "i32_load16_u": ("u16", 2), "i64_load8_s": ("s8l", 1), "i64_load8_u": ("u8", 1),
    "i64_load16_s": ("s16l", 2), "i64_load16_u": ("u16", 2), "i64_load32_s": ("s32l", 4),
    "i64_load32_u": ("u32", 4), "i32_store": ("u32", 4), "i64_store": ("u64", 8),
    "f32_store": ("f32", 4), "f64_store": ("f64", 8), "i32_store8": ("u8", 1),
    "i32_store16": ("u16", 2), "i64_store8": ("u8", 1), "i64_store16": ("u16", 2),
    "i64_store32": ("u32", 4), "v128_load": ("v128", 16), "v128_store": ("v128", 16),
    "v128_load8_splat": ("u8", 1), "v128_load16_splat": ("u16", 2), "v128_load32_splat": ("u32", 4),
    "v128_load64_splat": ("u64", 8), "v128_load32_zero": ("u32", 4), "v128_load64_zero": ("u64", 8),
    "v128_load8x8_s": ("u64", 8), "v128_load8x8_u": ("u64", 8), "v128_load16x4_s": ("u64", 8),
    "v128_load16x4_u": ("u64", 8), "v128_load32x2_s": ("u64", 8), "v128_load32x2_u": ("u64", 8),
    "v128_load8_lane": ("u8", 1), "v128_load16_lane": ("u16", 2), "v128_load32_lane": ("u32", 4),
    "v128_load64_lane": ("u64", 8), "v128_store8_lane": ("u8", 1), "v128_store16_lane": ("u16", 2),
    "v128_store32_lane": ("u32", 4), "v128_store64_lane": ("u64", 8),
}


class Body:
    """The C statements of one handler, evaluated left to right, operands first."""

    def __init__(self, gen, pattern, acc_leaf=None):
        self.gen, self.pattern, self.acc_leaf = gen, pattern, acc_leaf
        self.leaf_at, self.dst_at, self.imm_at, self.size = pattern.layout()
        self.lines, self.temps, self.leaf, self.imm = [], 0, 0, 0

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
        if name in ACCESS:
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
        if may_trap(op):
            self.lines.append("WR__CHECK(wr__check_%s(%s));" % (name, ", ".join(args)))
        if op.imm in ("LANE", "LANES16"):
            args = args + [self.next_imm()]
            if "replace_lane" in name:
                args = [args[0], args[1], args[2]]
        return self.temp(op.results[0], "wr__num_%s(%s)" % (name, ", ".join(args)))

    def access(self, op, name, args, checked):
        ctype, width = ACCESS[name]
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

    def text(self, name, last):
        return "WR__HANDLER(%s) {\n  %s\n  %s\n}\n" % (name, "\n  ".join(self.lines), last)


# ---- the families -----------------------------------------------------------------------------------

INT_CHAIN = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl"]
SHIFTS = {"shl", "shr_u", "shr_s", "rotl", "rotr"}
INT_COMPARE = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
FLOAT_COMPARE = ["eq", "ne", "lt", "gt", "le", "ge"]
NEGATED = {"eq": "ne", "ne": "eq", "lt_s": "ge_s", "ge_s": "lt_s", "gt_s": "le_s", "le_s": "gt_s",
           "lt_u": "ge_u", "ge_u": "lt_u", "gt_u": "le_u", "le_u": "gt_u"}
SWAPPED = {"eq": "eq", "ne": "ne", "lt_s": "gt_s", "gt_s": "lt_s", "le_s": "ge_s", "ge_s": "le_s",
           "lt_u": "gt_u", "gt_u": "lt_u", "le_u": "ge_u", "ge_u": "le_u"}
CLASS_OF = {"i32": "i", "i64": "l", "f32": "f", "f64": "d"}


class Generator:
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
        if is_leaf(tree) or all(map(is_leaf, tree[1:])):
            return True
        name = leaf_name(tree)
        return any(prefix + name + suffix in self.measured
                   for prefix in ("", "br_if_", "br_unless_", "br_if_back_") for suffix in ACC_SUFFIXES)

    def add_always(self, tree):
        if tree in self.by_tree:
            return
        for child in tree[1:] if not is_leaf(tree) else ():
            self.add_always(child)
        self.by_tree[tree] = len(self.patterns)
        self.patterns.append(Pattern(self, tree))

    # One instruction over slots and immediates.
    def family_single(self):
        for op in list(self.ops.values()):
            if op.special or "atomic" in op.name or len(op.results) > 1:
                continue
            if op.imm in ("I32", "I64", "F32", "F64", "V128", "MEM", "FENCE", "TEE"):
                continue
            if op.name.startswith("memory_") or op.name.startswith("select") or not op.results and not op.params:
                continue
            if "a" in op.params:
                params = ["i"] + op.params[1:]
            else:
                params = op.params
            self.add((op.name,) + tuple(("R", c) for c in params))
            if op.name.startswith("checked"):
                continue
            if len(params) == 2 and params[1] in "il" and op.imm in ("NONE", "MEMARG") and base(op.name)[1] != "sub":
                self.add((op.name, ("R", params[0]), ("I", params[1])))
            if len(params) == 2 and params[1] == "l" and op.imm == "NONE" and not op.name.startswith("i64x2"):
                self.add((op.name, ("R", params[0]), ("J", params[1])))
            if len(params) == 2 and params[1] in "fd" and op.imm == "NONE" and params[0] in "fd":
                self.add((op.name, ("R", params[0]), ("F" if params[1] == "f" else "D", params[1])))
                if base(op.name)[1] in ("sub", "div"):
                    self.add((op.name, ("F" if params[1] == "f" else "D", params[0]), ("R", params[1])))
            if len(params) == 2 and params[0] in "il" and base(op.name)[1] in ("sub", "shl", "shr_u", "rotl"):
                self.add((op.name, ("I", params[0]), ("R", params[1])))
        for kind, cls, in (("I", "i"), ("I", "l"), ("J", "l"), ("F", "f"), ("D", "d")):
            self.add((kind, cls))

    # Two integer operations in a row, the inner one on the left unless order matters.
    def family_int_chains(self):
        for t in ("i32", "i64"):
            c = CLASS_OF[t]
            R, I = ("R", c), ("I", c)
            for outer in INT_CHAIN:
                for inner in INT_CHAIN:
                    if "rotl" in (outer, inner) and not {outer, inner} & {"add", "xor"}:
                        continue
                    inners = [(t + "_" + inner, R, I)] if inner != "sub" else []
                    if inner not in SHIFTS:
                        inners.append((t + "_" + inner, R, R))
                    for tree in inners:
                        o = t + "_" + outer
                        if outer != "sub":
                            self.add((o, tree, I))
                        if outer not in SHIFTS:
                            self.add((o, tree, R))
                            if outer == "sub":
                                self.add((o, R, tree))
            # x op (y shift k) op z, and both sides inner: the shapes of hashes and ciphers
            for outer in ("add", "xor", "or"):
                for left in ("shl", "shr_u", "and", "rotl"):
                    for right in ("shl", "shr_u", "and", "rotl"):
                        self.add((t + "_" + outer, (t + "_" + left, R, I), (t + "_" + right, R, I)))
            for outer in ("add", "xor"):
                for middle in ("add", "xor", "or", "and"):
                    for inner in ("shl", "shr_u", "rotl"):
                        self.add((t + "_" + outer, (t + "_" + middle, (t + "_" + inner, R, I), R), R))
                for middle in ("add", "xor", "and"):
                    for inner in ("add", "xor", "and"):
                        self.add((t + "_" + outer, (t + "_" + middle, (t + "_" + inner, R, R), R), R))
        # widths meet
        for inner in ("i32_add", "i32_and", "i32_shl", "i32_shr_u"):
            for kind in "RI":
                self.add(("i64_extend_i32_u", (inner, ("R", "i"), (kind, "i"))))
        for outer in ("i64_add", "i64_mul"):
            for ext in ("i64_extend_i32_u", "i64_extend_i32_s"):
                self.add((outer, (ext, ("R", "i")), ("R", "l")))
                self.add((outer, (ext, ("R", "i")), (ext, ("R", "i"))))
                self.add((outer, (ext, ("R", "i")), ("I", "l")))
        for inner in ("add", "mul", "and", "xor", "or", "shr_u", "shl", "rotl"):
            self.add(("i32_wrap_i64", ("i64_" + inner, ("R", "l"), ("I", "l"))))
            if inner not in SHIFTS:
                self.add(("i32_wrap_i64", ("i64_" + inner, ("R", "l"), ("R", "l"))))
        for cmp in INT_COMPARE:
            for inner in ("and", "add"):
                self.add(("i32_" + cmp, ("i32_" + inner, ("R", "i"), ("I", "i")), ("I", "i")))
                self.add(("i32_" + cmp, ("i32_" + inner, ("R", "i"), ("I", "i")), ("R", "i")))
        self.add(("i32_eqz", ("i32_and", ("R", "i"), ("I", "i"))))
        self.add(("i32_eqz", ("i32_and", ("R", "i"), ("R", "i"))))
        self.add(("i64_eqz", ("i64_and", ("R", "l"), ("I", "l"))))

    def addresses(self):
        R, I = ("R", "i"), ("I", "i")
        return [R, ("i32_add", R, R), ("i32_add", R, I), ("i32_add", ("i32_shl", R, I), R),
                ("i32_shl", R, I), ("i32_add", ("i32_add", R, R), I), ("i32_and", R, I),
                ("i32_add", ("i32_and", R, I), R), ("i32_add", ("i32_add", R, I), R),
                ("i32_add", ("i32_mul", R, I), R)]

    LOADS = ["i32_load", "i64_load", "f32_load", "f64_load", "i32_load8_s", "i32_load8_u",
             "i32_load16_s", "i32_load16_u", "i64_load8_u", "i64_load16_u", "i64_load32_s",
             "i64_load32_u", "v128_load", "v128_load32_splat", "v128_load64_splat",
             "v128_load32_zero", "v128_load64_zero"]
    STORES = ["i32_store", "i64_store", "f32_store", "f64_store", "i32_store8", "i32_store16",
              "i64_store8", "i64_store16", "i64_store32", "v128_store"]

    # Address arithmetic inside the access, loads as operands, values computed by the store.
    def family_memory(self):
        R, I = ("R", "i"), ("I", "i")
        for load in self.LOADS:
            for address in self.addresses():
                self.add_always((load, address))
        for store in self.STORES:
            c = self.ops[store].params[1]
            for address in self.addresses()[:5]:
                self.add_always((store, address, ("R", c)))
                if c in "il" and address in (R, ("i32_add", R, R)):
                    self.add_always((store, address, ("I", c)))
        loaded = {"i": ["i32_load", "i32_load8_u", "i32_load8_s", "i32_load16_u", "i32_load16_s"],
                  "l": ["i64_load", "i64_load32_u", "i64_load8_u"], "f": ["f32_load"], "d": ["f64_load"],
                  "v": ["v128_load"]}
        short = [R, ("i32_add", R, R), ("i32_add", R, I)]
        for t, c in CLASS_OF.items():
            X = ("R", c)
            for load in loaded[c]:
                for address in short:
                    L = (load, address)
                    if c in "il":
                        for o in ("add", "sub", "mul", "and", "or", "xor"):
                            self.add_always((t + "_" + o, L, X))
                            if o == "sub":
                                self.add_always((t + "_" + o, X, L))
                            if address == R and o != "sub":
                                self.add_always((t + "_" + o, L, ("I", c)))
                        for o in ("shl", "shr_u", "shr_s", "rotl"):
                            if address == R:
                                self.add_always((t + "_" + o, L, ("I", c)))
                    else:
                        for o in ("add", "sub", "mul", "div"):
                            self.add_always((t + "_" + o, L, X))
                            if o in ("sub", "div"):
                                self.add_always((t + "_" + o, X, L))
                            if o != "div" and address == R:
                                self.add_always((t + "_" + o, L, L))
                        self.add_always((t + "_add", (t + "_mul", L, X), X))
                        self.add_always((t + "_sub", X, (t + "_mul", L, X)))
                        if address == R:
                            self.add_always((t + "_add", (t + "_mul", L, L), X))
                if c in "il":
                    for cmp in INT_COMPARE:
                        for address in short[:2]:
                            L = (load, address)
                            self.add_always((t + "_" + cmp, L, ("I", c)))
                            self.add_always((t + "_" + cmp, L, X))
                    self.add_always((t + "_eqz", (load, R)))
        for o in ("add", "sub", "and", "or", "xor"):
            for kind in "RI" if o != "sub" else "R":
                # read, change, write
                self.add_always(("i32_store", R, ("i32_" + o, ("i32_load", R), (kind, "i"))))
                self.add_always(("i64_store", R, ("i64_" + o, ("i64_load", R), (kind, "l"))))
                self.add_always(("i32_store8", R, ("i32_" + o, ("i32_load8_u", R), (kind, "i"))))
                self.add_always(("i32_store", R, ("i32_" + o, R, (kind, "i"))))
                self.add_always(("i32_store8", R, ("i32_" + o, R, (kind, "i"))))
                self.add_always(("i64_store", R, ("i64_" + o, ("R", "l"), (kind, "l"))))
        for t, c in (("f32", "f"), ("f64", "d")):
            X = ("R", c)
            for o in ("add", "sub", "mul"):
                for address in short:
                    self.add_always((t + "_store", address, (t + "_" + o, X, X)))
                self.add_always((t + "_store", R, (t + "_" + o, (t + "_load", R), X)))
            self.add_always((t + "_store", R, (t + "_add", (t + "_mul", X, X), X)))
            self.add_always((t + "_store", R, (t + "_add", (t + "_mul", (t + "_load", R), X), X)))
            self.add_always((t + "_store", R, (t + "_load", R)))
        for a, b in (("i32_load", "i32_store"), ("i64_load", "i64_store"), ("i32_load8_u", "i32_store8"),
                     ("i32_load16_u", "i32_store16"), ("v128_load", "v128_store")):
            self.add_always((b, R, (a, R)))
            self.add_always((b, ("i32_add", R, R), (a, ("i32_add", R, R))))

    def family_float_chains(self):
        for t, c in (("f32", "f"), ("f64", "d")):
            X, K = ("R", c), ("F" if c == "f" else "D", c)
            for outer in ("add", "sub", "mul", "div"):
                for inner in ("add", "sub", "mul", "div"):
                    for tree in ((t + "_" + inner, X, X), (t + "_" + inner, X, K)):
                        self.add_always((t + "_" + outer, tree, X))
                        self.add_always((t + "_" + outer, tree, K))
                        if outer in ("sub", "div"):
                            self.add_always((t + "_" + outer, X, tree))
            for outer in ("add", "sub"):
                self.add_always((t + "_" + outer, (t + "_mul", X, X), (t + "_mul", X, X)))
            for f in ("sqrt", "neg", "abs"):
                for inner in ("add", "sub", "mul"):
                    self.add_always((t + "_" + f, (t + "_" + inner, X, X)))
            self.add_always((t + "_sqrt", (t + "_add", (t + "_mul", X, X), X)))
            for o in ("add", "sub", "mul"):
                self.add_always((t + "_" + o, (t + "_convert_i32_s", ("R", "i")), X))
                self.add_always((t + "_" + o, (t + "_convert_i32_s", ("R", "i")), K))

    def family_simd_chains(self):
        V = ("R", "v")
        for t in ("f32x4", "f64x2"):
            for outer in ("add", "sub"):
                self.add((t + "_" + outer, (t + "_mul", V, V), V))
                self.add((t + "_" + outer, V, (t + "_mul", V, V)))
                self.add((t + "_" + outer, (t + "_mul", ("v128_load", ("R", "i")), V), V))
            for o in ("add", "sub", "mul"):
                self.add((t + "_" + o, ("v128_load", ("R", "i")), V))
                self.add(("v128_store", ("R", "i"), (t + "_" + o, V, V)))
        for o in ("i8x16_add", "i16x8_add", "i32x4_add", "i64x2_add", "i32x4_mul", "i16x8_mul",
                  "v128_xor", "v128_and", "v128_or", "i32x4_sub", "i16x8_sub", "i8x16_sub"):
            self.add((o, ("v128_load", ("R", "i")), V))
            self.add(("v128_store", ("R", "i"), (o, V, V)))
        for t in ("i32x4", "i64x2", "i16x8"):
            for sh in ("shl", "shr_u", "shr_s"):
                for o in ("v128_or", "v128_xor"):
                    self.add((o, (t + "_" + sh, V, ("I", "i")), V))
            self.add(("v128_or", (t + "_shl", V, ("I", "i")), (t + "_shr_u", V, ("I", "i"))))
            for o in ("add", "sub"):
                self.add((t + "_" + o, (t + "_" + o, V, V), V))
        for a in ("v128_and", "v128_or", "v128_xor", "v128_andnot"):
            for b in ("v128_and", "v128_or", "v128_xor", "v128_andnot"):
                self.add((a, (b, V, V), V))

    # Values that are kept in a local as well (local.tee) on their way to the next operation.
    def family_tees(self):
        R, I, L, K = ("R", "i"), ("I", "i"), ("R", "l"), ("I", "l")
        sums = [("i32_add", R, I), ("i32_add", R, R)]
        loads = [("i32_load", R), ("i32_load8_u", R), ("i32_load8_s", R), ("i32_load16_u", R),
                 ("i32_load8_u", ("i32_add", R, R)), ("i32_load", ("i32_add", R, R)),
                 ("i32_load", ("i32_add", R, I)), ("i32_load8_u", ("i32_add", R, I))]
        bits = [("i32_and", R, I), ("i32_and", R, R), ("i32_xor", R, R), ("i32_or", R, R), ("i32_shr_u", R, I),
                ("i32_shl", R, I), ("i32_sub", R, R)]
        for x in sums + loads + bits:
            kept = ("tee_i", x)
            for cmp in INT_COMPARE:
                for y in (R, I):
                    self.add(("i32_" + cmp, kept, y))
            self.add(("i32_eqz", kept))
            self.add(("i32_add", kept, I))
            self.add(("i32_add", kept, R))
        for x in sums + [("i32_add", ("i32_shl", R, I), R)]:
            kept = ("tee_i", x)
            for load in ("i32_load", "i64_load", "f64_load", "f32_load", "i32_load8_u", "i32_load16_u", "v128_load"):
                self.add((load, kept))
                if load in ("i32_load", "i32_load8_u", "f64_load"):
                    self.add((load, ("i32_add", kept, I)))
            for store in ("i32_store", "i64_store", "f64_store", "f32_store", "i32_store8", "v128_store"):
                self.add((store, kept, ("R", self.ops[store].params[1])))
        load8, load32 = ("tee_i", ("i32_load8_u", R)), ("tee_i", ("i32_load", R))
        for cmp in ("eq", "ne"):
            self.add(("i32_" + cmp, load8, load8))
            self.add(("i32_" + cmp, load8, ("i32_load8_u", R)))
            self.add(("i32_" + cmp, load32, ("i32_load", R)))
        for a in ("xor", "add", "or"):
            for x in (("i32_" + a, R, R), ("i32_" + a, ("i32_shl", R, I), R), ("i32_" + a, ("i32_shr_u", R, I), R)):
                for sh in ("shl", "shr_u", "rotl"):
                    self.add(("i32_" + sh, ("tee_i", x), I))
                for b in ("xor", "add"):
                    for sh in ("shl", "shr_u", "rotl"):
                        if x[1] == R:
                            self.add(("i32_" + b, ("i32_" + sh, ("tee_i", x), I), R))
                    self.add(("i32_" + b, ("tee_i", x), R))
        for a in ("xor", "add", "mul"):
            for k in (L, K, ("J", "l")):
                for sh in ("shl", "shr_u", "rotl"):
                    self.add(("i64_" + sh, ("tee_l", ("i64_" + a, L, k)), K))
        for x in (("i64_add", L, K), ("i64_add", L, L), ("i64_and", L, K), ("i64_load", R)):
            for cmp in ("eq", "ne", "lt_u", "lt_s", "gt_u"):
                for y in (L, K):
                    self.add(("i64_" + cmp, ("tee_l", x), y))
        for t, c in (("f64", "d"), ("f32", "f")):
            X = ("R", c)
            for a in ("add", "sub", "mul"):
                kept = ("tee_" + c, (t + "_" + a, X, X))
                for b in ("add", "sub", "mul"):
                    self.add((t + "_" + b, kept, X))
                    if b == "sub":
                        self.add((t + "_" + b, X, kept))
            for b in ("add", "sub", "mul"):
                self.add((t + "_" + b, ("tee_" + c, (t + "_load", R)), X))

    # Conditions that branches and selects take in.
    def family_conditions(self):
        conditions = [("R", "i")]
        for t, c in CLASS_OF.items():
            compares = INT_COMPARE if c in "il" else FLOAT_COMPARE
            for cmp in compares:
                op = t + "_" + cmp
                conditions.append((op, ("R", c), ("R", c)))
                if c in "il":
                    conditions.append((op, ("R", c), ("I", c)))
                else:
                    conditions.append((op, ("R", c), ("F" if c == "f" else "D", c)))
            if c in "il":
                conditions.append((t + "_eqz", ("R", c)))
        selects = list(conditions)
        for tree in list(self.by_tree):
            if not is_leaf(tree) and base(tree[0])[1] in INT_COMPARE + ["eqz"] and not is_leaf(tree[1]):
                conditions.append(tree)
        for tree in list(self.by_tree):
            if tree[0] == "tee_i" and tree[1][0] in ("i32_add", "i32_load", "i32_load8_u", "i32_and"):
                conditions.append(tree)
        for kind in "RI":
            conditions.append(("i32_and", ("R", "i"), (kind, "i")))
        for load in ("i32_load", "i32_load8_u", "i32_load16_u"):
            conditions.append((load, ("R", "i")))
        for tree in conditions:
            self.add(tree)
            if tree in self.by_tree and (tree in selects or self.is_branched(tree)):
                self.branches[tree] = True
        for tree in selects:
            self.selects.append(tree)

    def is_branched(self, tree):
        return any(kind + leaf_name(tree) + suffix in self.measured
                   for kind in ("br_if_", "br_unless_", "br_if_back_") for suffix in ACC_SUFFIXES)

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
        self.names, chunks = [], []

        def emit(name, text):
            self.names.append(name)
            chunks.append(text)
            return len(self.names) - 1

        rows = []
        for pattern in self.patterns:
            rows.append(self.write_pattern(pattern, emit))
        branch_rows = [self.write_branches(tree, emit) for tree in self.branches]
        run_rows = self.write_runs(emit)
        loop_rows = self.write_loop_ends(emit)
        select_rows = [self.write_selects(tree, emit) for tree in self.selects]
        parts = 4
        step = (len(chunks) + parts - 1) // parts
        for k in range(parts):
            with open("%s/handlers_%d.inc" % (directory, k), "w") as f:
                f.write("".join(chunks[k * step:(k + 1) * step]))
        with open(directory + "/handler_names.inc", "w") as f:
            f.write("".join("WR__PLAIN(%s)\n" % n for n in self.names))
        self.write_tables(directory, rows, branch_rows, run_rows, loop_rows, select_rows)

    def write_pattern(self, p, emit):
        leaves, dst, imms, size = p.layout()
        base_name = p.name + ("_" + p.tree[1] if is_leaf(p.tree) else "")
        if is_leaf(p.tree) and p.tree[0] == "R":
            return (p, NONE, [NONE] * 3)
        if p.tree[0].startswith("tee_"):
            return (p, NONE, [NONE] * 3)  # never alone: the emitter writes the local instead
        last = "WR__RESULT_%s(%d, %%s, %d);" % (p.cls, dst, size) if p.cls else "WR__NEXT(%d);" % size

        def handler(name, acc_leaf):
            body = Body(self, p, acc_leaf)
            result = body.value(p.tree)
            return emit(name, body.text(name, last % result if p.cls else last))

        main = handler(base_name, None)
        acc = [NONE] * 3
        if "checked" not in p.name:
            for k in {0, len(p.leaves) - 1} & {0, 1, 2, 3}:
                if p.leaves and (base_name + "_acc%d" % k in self.measured or len(p.leaves) < 3 and not p.fused):
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
                if acc_leaf is not None and p.fused and name not in self.measured:
                    ids.append(NONE)
                    continue
                body = Body(self, p, acc_leaf)
                cond = body.value(tree)
                disp = body.next_imm()
                macro = {"if": "WR__BRANCH_IF(%s, %s, %d);", "unless": "WR__BRANCH_IF(!%s, %s, %d);",
                         "if_back": "WR__BRANCH_BACK_IF(%s, %s, %d);"}[kind]
                ids.append(emit(name, body.text(name, macro % (cond, disp, body.size))))
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
            adds = emit("add_run_%d" % k, "WR__HANDLER(add_run_%d) {\n  %s\n  WR__RESULT_i(%d, t%d, %d);\n}\n" % (
                k, "\n  ".join(lines), size - 6, k - 1, size))
            lines = []
            for n in range(k):
                at = 8 + 4 * n
                lines.append("uint64_t t%d = WR__GET_l(%d);" % (n, at))
                if n + 1 < k:
                    lines.append("WR__SLOT(%d) = t%d;" % (at + 2, n))
            size = (8 + 4 * k + 7) // 8 * 8
            copies = emit("copy_run_%d" % k, "WR__HANDLER(copy_run_%d) {\n  %s\n  WR__RESULT_l(%d, t%d, %d);\n}\n" % (
                k, "\n  ".join(lines), 8 + 4 * k - 2, k - 1, size))
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
                ids.append(emit(name, body.text(name, "WR__BRANCH_BACK_IF(%s, %s, %d);" % (cond, disp, body.size + shift))))
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
            ids.append(emit(name, body.text(name, "WR__RESULT_%s(%d, t%d, %d);"
                                            % (cls, body.dst_at, body.temps - 1, body.size))))
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
            out.append("  {%d, {%s}, %d, %d, %d, %d, {%s}, {%s}, '%s', %d, %d, %d, %d, %d, %d}, /* %d %s */\n" % (
                main, ", ".join(map(str, acc)), size, len(p.leaves), dst or 0, len(imms),
                ", ".join(map(str, (imms + [0] * 4)[:4])),
                ", ".join(str(IMM_BYTES[x]) for x in (p.imms + ["L"] * 4)[:4]),
                p.cls or "-", p.traps, p.reads_memory, p.reads_global,
                branch_index.get(p.tree, NONE), select_index.get(p.tree, NONE),
                NONE if negated is None else negated, self.by_tree[p.tree], p.name))
        out.append("};\n")
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


def main():
    ops = read_table(sys.argv[1])
    size = len(ops)
    add_pseudo(ops)
    here = os.path.dirname(os.path.abspath(__file__))
    measured = {line.strip() for line in open(os.path.join(here, "measured.txt")) if line[0] != "#"}
    gen = Generator(ops, measured)
    gen.table_size = size
    gen.build()
    gen.write(sys.argv[2])
    print("%d patterns, %d handlers" % (len(gen.patterns), len(gen.names)))


if __name__ == "__main__":
    main()
