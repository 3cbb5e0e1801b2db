"""The families of shapes that generate.py makes handlers of: which trees of instructions are patterns.

To add a fused form, add it to a family; those that programs use are listed in measured.txt, and
only those are written, but for the ones that are added always.
"""
import re

# What may follow a pattern in the name of a handler over it.
SUFFIXES = [acc + variant for acc in ("", "_acc0", "_acc1", "_acc2", "_acc3") for variant in ("", "_z", "_t", "_z_t")]


# ---- trees -------------------------------------------------------------------------------------
# A tree is a leaf ('R', class) | ('A', class) | ('I'|'J'|'F'|'D', class), or (op name, child, …).

def is_leaf(tree):
    return len(tree[0]) == 1


def leaf_name(tree):
    return tree[0] if is_leaf(tree) else tree[0] + "".join("_" + leaf_name(c) for c in tree[1:])


def base(op):
    """('i32', 'add') of 'i32_add'; ('', name) where there is no type."""
    m = re.match(r"(i32|i64|f32|f64)_(\w+)$", op)
    return m.groups() if m else ("", op)


INT_CHAIN = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl"]
SHIFTS = {"shl", "shr_u", "shr_s", "rotl", "rotr"}
INT_COMPARE = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
FLOAT_COMPARE = ["eq", "ne", "lt", "gt", "le", "ge"]
NEGATED = {"eq": "ne", "ne": "eq", "lt_s": "ge_s", "ge_s": "lt_s", "gt_s": "le_s", "le_s": "gt_s",
           "lt_u": "ge_u", "ge_u": "lt_u", "gt_u": "le_u", "le_u": "gt_u"}
SWAPPED = {"eq": "eq", "ne": "ne", "lt_s": "gt_s", "gt_s": "lt_s", "le_s": "ge_s", "ge_s": "le_s",
           "lt_u": "gt_u", "gt_u": "lt_u", "le_u": "ge_u", "ge_u": "le_u"}
CLASS_OF = {"i32": "i", "i64": "l", "f32": "f", "f64": "d"}


class Families:
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
                self.add((load, address))
        for store in self.STORES:
            c = self.ops[store].params[1]
            for address in self.addresses()[:5]:
                self.add((store, address, ("R", c)))
                if c in "il" and address in (R, ("i32_add", R, R)):
                    self.add((store, address, ("I", c)))
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
                            self.add((t + "_" + o, L, X))
                            if o == "sub":
                                self.add((t + "_" + o, X, L))
                            if address == R and o != "sub":
                                self.add((t + "_" + o, L, ("I", c)))
                        for o in ("shl", "shr_u", "shr_s", "rotl"):
                            if address == R:
                                self.add((t + "_" + o, L, ("I", c)))
                    else:
                        for o in ("add", "sub", "mul", "div"):
                            self.add((t + "_" + o, L, X))
                            if o in ("sub", "div"):
                                self.add((t + "_" + o, X, L))
                            if o != "div" and address == R:
                                self.add((t + "_" + o, L, L))
                        self.add((t + "_add", (t + "_mul", L, X), X))
                        self.add((t + "_sub", X, (t + "_mul", L, X)))
                        if address == R:
                            self.add((t + "_add", (t + "_mul", L, L), X))
                if c in "il":
                    for cmp in INT_COMPARE:
                        for address in short[:2]:
                            L = (load, address)
                            self.add((t + "_" + cmp, L, ("I", c)))
                            self.add((t + "_" + cmp, L, X))
                    self.add((t + "_eqz", (load, R)))
        for o in ("add", "sub", "and", "or", "xor"):
            for kind in "RI" if o != "sub" else "R":
                # read, change, write
                self.add(("i32_store", R, ("i32_" + o, ("i32_load", R), (kind, "i"))))
                self.add(("i64_store", R, ("i64_" + o, ("i64_load", R), (kind, "l"))))
                self.add(("i32_store8", R, ("i32_" + o, ("i32_load8_u", R), (kind, "i"))))
                self.add(("i32_store", R, ("i32_" + o, R, (kind, "i"))))
                self.add(("i32_store8", R, ("i32_" + o, R, (kind, "i"))))
                self.add(("i64_store", R, ("i64_" + o, ("R", "l"), (kind, "l"))))
        for t, c in (("f32", "f"), ("f64", "d")):
            X = ("R", c)
            for o in ("add", "sub", "mul"):
                for address in short:
                    self.add((t + "_store", address, (t + "_" + o, X, X)))
                self.add((t + "_store", R, (t + "_" + o, (t + "_load", R), X)))
            self.add((t + "_store", R, (t + "_add", (t + "_mul", X, X), X)))
            self.add((t + "_store", R, (t + "_add", (t + "_mul", (t + "_load", R), X), X)))
            self.add((t + "_store", R, (t + "_load", R)))
        for a, b in (("i32_load", "i32_store"), ("i64_load", "i64_store"), ("i32_load8_u", "i32_store8"),
                     ("i32_load16_u", "i32_store16"), ("v128_load", "v128_store")):
            self.add((b, R, (a, R)))
            self.add((b, ("i32_add", R, R), (a, ("i32_add", R, R))))

    def family_float_chains(self):
        for t, c in (("f32", "f"), ("f64", "d")):
            X, K = ("R", c), ("F" if c == "f" else "D", c)
            for outer in ("add", "sub", "mul", "div"):
                for inner in ("add", "sub", "mul", "div"):
                    for tree in ((t + "_" + inner, X, X), (t + "_" + inner, X, K)):
                        self.add((t + "_" + outer, tree, X))
                        self.add((t + "_" + outer, tree, K))
                        if outer in ("sub", "div"):
                            self.add((t + "_" + outer, X, tree))
            for outer in ("add", "sub"):
                self.add((t + "_" + outer, (t + "_mul", X, X), (t + "_mul", X, X)))
            for f in ("sqrt", "neg", "abs"):
                for inner in ("add", "sub", "mul"):
                    self.add((t + "_" + f, (t + "_" + inner, X, X)))
            self.add((t + "_sqrt", (t + "_add", (t + "_mul", X, X), X)))
            for o in ("add", "sub", "mul"):
                self.add((t + "_" + o, (t + "_convert_i32_s", ("R", "i")), X))
                self.add((t + "_" + o, (t + "_convert_i32_s", ("R", "i")), K))

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
        return self.everything or any(kind + leaf_name(tree) + suffix in self.measured
                   for kind in ("br_if_", "br_unless_", "br_if_back_") for suffix in SUFFIXES)
