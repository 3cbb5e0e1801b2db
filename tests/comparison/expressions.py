"""Expressions at random, by the rows of the instruction table. NaNs whose bits the specification
leaves open stay in values of types of their own (F, D, X, Y: f32, f64, f32x4, f64x2) until something
makes them definite, so that every engine has to give the same results."""
import random
import struct

from comparison.nodes import Node
from comparison.surroundings import ARRAYS

WORDS = {"i": "i32", "l": "i64", "f": "f32", "d": "f64", "v": "v128",
         "F": "f32", "D": "f64", "X": "v128", "Y": "v128"}
INTEGERS = [0, 1, -1, 2, 3, 4, 5, 7, 8, 10, 16, 31, 32, 33, 63, 64, 65, 100, 127, 128, -128, 255, 256,
            32767, 32768, 65535, 65536, 0x7ffffff0, 0x7fffffff, -0x80000000, -0x7fffffff]
WIDE = [0x7fffffffffffffff, -0x8000000000000000, 0xffffffff, 0x100000000, 1 << 40, -(1 << 33)]
FLOATS = ["0", "-0", "1", "-1", "0.5", "2", "-2", "inf", "-inf", "nan", "-nan", "1e10", "-1e30",
          "2147483647", "4294967296", "-2147483648", "9223372036854775807", "0x1p-126", "0x1p-140",
          "3.5", "2.5", "-1.5", "0.1"]
NANS = {"f": ["nan:0x200000", "-nan:0x200001", "nan:0x600000"],
        "d": ["nan:0x4000000000000", "-nan:0x4000000000001", "nan:0xc000000000000"]}
# The arguments that some addresses are made for: i32, i32, i64.
AIMED = (40, 65408, 65536)
LOCALS = {"i": ["$i0", "$i1", "$i2", "$i3", "$i4"], "l": ["$l0", "$l1", "$l2", "$l3"],
          "f": ["$f0", "$f1"], "d": ["$d0", "$d1"], "v": ["$v0", "$v1"],
          "F": ["$F0"], "D": ["$D0", "$D1"], "X": ["$X0"], "Y": ["$Y0"]}
CLEAN = {"F": "f32", "D": "f64", "X": "f32x4", "Y": "f64x2"}
SOURCE = {"f": "F", "d": "D"}
IDENTITIES = ["({t}.mul {x} ({t}.const 1))", "({t}.sub {x} ({t}.const 0))",
              "({t}.add {x} ({t}.const -0))", "({t}.div {x} ({t}.const 1))",
              "({t}.sub ({t}.const -0) {x})", "({t}.mul {x} ({t}.const -1))",
              "({t}.add {x} ({t}.const 0))", "({t}.mul {x} ({t}.const 0))",
              "({t}.div {x} ({t}.const 2))", "({t}.min {x} {x})", "({t}.max {x} ({t}.const inf))",
              "({t}.sub {x} {x})", "({t}.sqrt ({t}.mul {x} {x}))", "({t}.div ({t}.const 1) {x})"]


class Rows:
    """The rows that a batch's features admit, by what they are good for."""

    def __init__(self, table, features):
        self.all = [row for row in table if row.feature in features]
        self.makes, self.loads, self.stores, self.several = {}, {}, [], []
        for row in self.all:
            if row.special or row.immediates in ("MEM", "FENCE"):
                continue
            if row.immediates.startswith("MEMARG"):
                if "wait" in row.text or "notify" in row.text:
                    continue
                if row.results:
                    self.loads.setdefault(row.results, []).append(row)
                else:
                    self.stores.append(row)
            elif len(row.results) > 1:
                self.several.append(row)
            elif row.immediates in ("NONE", "LANE", "LANES16"):
                vector = "v" in row.params + row.results
                self.makes.setdefault((row.result, vector), []).append(row)


class Expressions:
    """Makes values. What subclasses add are statements."""

    def __init__(self, around, rows, seed):
        self.around, self.rows = around, rows
        self.random = random.Random(seed * 1000003 + 1)
        self.labels = 0
        self.traps = self.pick(3) == 0
        self.vectors = self.pick(3) == 0
        self.moving = None

    def pick(self, n):
        return self.random.randrange(n)

    def one(self, of):
        return of[self.random.randrange(len(of))]

    def chance(self, n):
        return self.random.randrange(n) == 0

    def has(self, feature):
        return feature in self.around.features

    def label(self, stem):
        self.labels += 1
        return f"${stem}{self.labels}"

    def local(self, t):
        """A local that a body may read."""
        return self.one(LOCALS[t])

    def target(self, t):
        """A local that a body may write."""
        names = LOCALS[t]
        return self.one(names[{"i": 2, "l": 1}.get(t, 0):])

    # ---- Constants

    def integer(self, t):
        kind = self.pick(8)
        if kind < 4:
            return self.pick(200) - 100
        if kind < 7:
            return self.one(INTEGERS if t == "i" or self.chance(2) else WIDE)
        bits = 32 if t == "i" else 64
        return self.random.getrandbits(bits) - (1 << bits - 1)

    def number(self, t):
        """The text of a float."""
        kind = self.pick(8)
        if kind == 0:
            return self.one(NANS[t])
        if kind < 5:
            return self.one(FLOATS)
        if kind < 7:
            return str((self.pick(400) - 200) / 4)
        if t == "f":
            value = struct.unpack("<f", struct.pack("<I", self.random.getrandbits(32)))[0]
        else:
            value = struct.unpack("<d", struct.pack("<Q", self.random.getrandbits(64)))[0]
        return value.hex() if value == value and abs(value) != float("inf") else "1.25"

    def const(self, t):
        t = {"F": "f", "D": "d", "X": "v", "Y": "v"}.get(t, t)
        if t in "il":
            return Node(f"{WORDS[t]}.const {self.integer(t)}", type=t)
        if t in "fd":
            return Node(f"{WORDS[t]}.const {self.number(t)}", type=t)
        if self.chance(3):
            words = " ".join(self.number("f") for _ in range(4))
            return Node(f"v128.const f32x4 {words}", type="v")
        if self.chance(3):
            return Node(f"v128.const i64x2 {self.integer('l')} {self.integer('l')}", type="v")
        return Node("v128.const i32x4 " + " ".join(str(self.integer("i")) for _ in range(4)), type="v")

    # ---- Values

    def leaf(self, t):
        if self.moving and t in "il" and self.chance(3):
            return self.counter(t)
        if t in "FDXY" and self.chance(2):
            return self.leaf({"F": "f", "D": "d"}.get(t, "v"))
        if self.pick(3):
            return Node(f"local.get {self.local(t)}", type=t)
        return self.const(t)

    def counter(self, t):
        """The counter of the loop around."""
        own = self.moving["t"]
        node = Node(f"local.get {self.moving['k']}", type=own)
        if own == t:
            return node
        if t == "i":
            return Node("i32.wrap_i64", [node], "i")
        return Node(f"i64.extend_i32_{self.one('us')}", [node], "l")

    def value(self, t, depth):
        if depth <= 0:
            return self.leaf(t)
        if t in CLEAN:
            return self.open_value(t, depth)
        kind = self.pick(24)
        if kind < 3:
            return self.leaf(t)
        if kind < 5:
            return self.load_value(self.one(self.rows.loads[t]) if self.chance(4) else
                                   self.plain_load(t), depth)
        if kind == 5:
            return Node(f"local.tee {self.target(t)}", [self.value(t, depth - 1)], t)
        if kind == 6:
            word = f"select (result {WORDS[t]})" if self.chance(3) else "select"
            return Node(word, [self.value(t, depth - 1), self.value(t, depth - 1),
                               self.value("i", depth - 1)], t)
        if kind == 7:
            return self.branching(t, depth)
        if kind == 8:
            return self.global_value(t)
        if kind == 9:
            return self.call_value(t, depth)
        if kind < 13 and t in "fdv":
            return self.cleaned(t, depth)
        return self.row_value(self.any_row(t), depth)

    def plain_load(self, t):
        """A load that is neither atomic nor of lanes."""
        for _ in range(8):
            row = self.one(self.rows.loads[t])
            if "atomic" not in row.text and row.immediates == "MEMARG":
                break
        return row

    def any_row(self, t):
        vector = t == "v" or (self.pick(4) == 0 if self.vectors else self.pick(30) == 0)
        for _ in range(20):
            row = self.one(self.rows.makes.get((t, vector)) or self.rows.makes[t, not vector])
            if self.traps or not ("div" in row.text or "rem" in row.text or
                                  "trunc_" in row.text and "sat" not in row.text) or t in "FDXY":
                return row
            if self.chance(12):
                return row
        return row

    def open_value(self, t, depth):
        """A value whose NaNs may have any bits."""
        kind = self.pick(10)
        own = {"F": "f", "D": "d"}.get(t, "v")
        if kind == 0:
            return self.value(own, depth)
        if kind == 1:
            return Node("select", [self.value(t, depth - 1), self.value(t, depth - 1),
                                   self.value("i", depth - 1)], t)
        if kind == 2 and t in "FD":
            return Node(f"{WORDS[t]}.{self.one(['neg', 'abs'])}", [self.value(t, depth - 1)], t)
        if kind < 5 and t in "FD":
            return self.identity(t, depth)
        if kind == 5:
            return Node(f"local.tee {self.target(t)}", [self.value(t, depth - 1)], t)
        vector = t in "XY"
        return self.row_value(self.one(self.rows.makes[t, vector]), depth)

    def identity(self, t, depth):
        """Arithmetic that looks as if it did nothing."""
        name = f"$t{t.lower()}"
        form = self.one(IDENTITIES).format(t=WORDS[t], x=f"(local.get {name})")
        return Node(f"block (result {WORDS[t]})",
                    [Node(f"local.set {name}", [self.cleaned_or_leaf(t, depth - 1)]), form], t)

    def cleaned_or_leaf(self, t, depth):
        own = {"F": "f", "D": "d"}[t]
        return self.value(own, depth) if self.chance(2) else self.leaf(own)

    def cleaned(self, t, depth):
        """A value of the arithmetic kind, with its NaNs made definite."""
        source = SOURCE.get(t) or self.one("XY")
        inner = self.value(source, depth - 1)
        if self.chance(2):
            return Node(f"call $clean_{CLEAN[source]}", [inner], t)
        name = f"$t{t}"
        if t == "v":
            return Node("v128.and", [Node(f"local.tee {name}", [inner], "v"), Node(
                f"{CLEAN[source]}.eq", [f"(local.get {name})", f"(local.get {name})"], "v")], "v")
        word = WORDS[t]
        return Node("select", [Node(f"local.tee {name}", [inner], t), f"({word}.const nan)", Node(
            f"{word}.eq", [f"(local.get {name})", f"(local.get {name})"], "i")], t)

    def row_value(self, row, depth):
        """An instruction without an address."""
        op = row.text
        if row.immediates == "LANE":
            op += f" {self.pick(self.lanes(row))}"
        elif row.immediates == "LANES16":
            op += " " + " ".join(str(self.pick(32)) for _ in range(16))
        kids = [self.value(t, depth - 1) for t in row.operands]
        if len(kids) == 2 and self.chance(8) and row.operands[0] == row.operands[1]:
            kids[1] = kids[0].copy()
        return Node(op, kids, row.result)

    @staticmethod
    def lanes(row):
        shape = row.text.split(".")[0]
        return int(shape.split("x")[1]) if "x" in shape else 1

    def branching(self, t, depth):
        word, label = WORDS[t], self.label("b")
        if self.chance(2):
            return Node(f"block {label} (result {word})", [
                Node("drop", [Node(f"br_if {label}", [self.value(t, depth - 1),
                                                      self.value("i", depth - 1)], t)]),
                self.value(t, depth - 1)], t)
        return Node(f"if (result {word})", [self.value("i", depth - 1),
                                            Node("then", [self.value(t, depth - 1)], None),
                                            Node("else", [self.value(t, depth - 1)], None)], t)

    def global_value(self, t):
        if t == "i" and self.chance(3):
            return Node(f"global.get {self.one(['$lg', '$fixed'])}", type="i")
        return Node(f"global.get $g{t}", type=t)

    def call_value(self, t, depth):
        if t == "i":
            return self.call_i(depth)
        if t == "l":
            if self.chance(3):
                return Node("call $lib_count", [self.value("i", depth - 1),
                                                self.value("l", depth - 1)], "l")
            return Node("call $mix", [self.value("l", depth - 1), self.value("i", depth - 1)], "l")
        return self.leaf(t)

    def call_i(self, depth):
        arg = self.value("i", depth - 1)
        kind = self.pick(9)
        if kind < 2:
            names = ["$small", "$load", "$negate", "$deep"]
            names += ["$tail"] if self.has("TAIL_CALL") else []
            return Node(f"call {self.one(names)}", [arg], "i")
        if kind < 4:
            index = Node("i32.rem_u", [self.value("i", 1), f"(i32.const {3 + self.pick(4)})"], "i") \
                if self.traps else Node("i32.and", [self.value("i", 1), "(i32.const 1)"], "i")
            return Node("call_indirect $t0 (type $unary)", [arg, index], "i")
        if kind == 4 and self.has("FUNCTION_REFERENCES"):
            return Node("call_ref $unary", [arg, "(local.get $un)"], "i")
        if kind == 5:
            index = Node("i32.add", [Node("i32.and", [self.value("i", 1), "(i32.const 1)"], "i"),
                                     "(i32.const 1)"], "i")
            if self.traps and self.chance(4):
                index = self.value("i", 1)
            return Node("call $lib_through", [arg, index], "i")
        if kind == 6:
            return Node("call $lib_grow", [arg], "i")
        if kind == 7:
            return self.size_value()
        return Node("call $lib_twice", [arg], "i")

    def size_value(self):
        memory = self.one(self.around.memories)
        if memory.at == "l":
            return Node("i32.wrap_i64", [f"(memory.size ${memory.name})"], "i")
        return Node(f"memory.size ${memory.name}", type="i") if self.chance(2) else \
            Node("table.size $t0", type="i")

    # ---- Memory

    def memory(self):
        memories = self.around.memories
        return memories[0] if self.pick(3) else self.one(memories)

    def immediates(self, row, memory, offset):
        op = row.text
        if memory is not self.around.memories[0] or self.chance(20):
            op += f" ${memory.name}"
        if offset:
            op += f" offset={offset}"
        if self.chance(8) and row.width and "atomic" not in row.text:
            op += " align=1"
        if row.immediates == "MEMARG_LANE":
            op += f" {self.pick(16 // row.width)}"
        return op

    def offset(self, memory):
        kind = self.pick(40)
        if kind < 22:
            return 0
        if kind < 34:
            return self.one([1, 2, 4, 8, 12, 16, 24, 60, 64])
        if kind < 38:
            return self.pick(memory.mask + 1)
        if not self.traps:
            return 4
        return max(0, self.one([memory.bytes - 8, memory.bytes, memory.bytes - 1, 0xffffffff,
                                0x80000000, 1 << 32 if memory.at == "l" else 0xfffffff0,
                                (1 << 64) - 8 if memory.at == "l" else 65500]))

    def place(self, memory, width, depth, aligned=False):
        """An address, of the letter of the memory's addresses."""
        if self.moving and not aligned and self.pick(4):
            return self.moving_place(memory)
        t, word = memory.at, WORDS[memory.at]
        if self.traps and self.chance(25):
            return self.wild_place(memory, depth)
        if self.chance(10):
            return self.aimed_place(memory, width)
        mask = memory.mask & ~(width - 1) if aligned else memory.mask
        kind = self.pick(6)
        if kind == 0:
            return Node(f"{word}.const {self.pick(memory.mask + 1) & mask}", type=t)
        if kind == 1 and not aligned:
            return Node(f"{word}.const {max(0, memory.bytes - width - self.pick(70))}", type=t)
        if kind == 2:
            return Node(f"{word}.and", [Node(f"local.get {self.local(t)}", type=t),
                                        f"({word}.const {mask})"], t)
        if kind == 3 and t == "l":
            return Node(f"i64.extend_i32_{self.one('us')}", [Node("i32.and", [
                self.value("i", depth - 1), f"(i32.const {mask})"], "i")], "l")
        if kind == 3:
            return Node("i32.and", [Node("i32.wrap_i64", [self.value("l", depth - 1)], "i"),
                                    f"(i32.const {mask})"], "i")
        if kind == 4 and not aligned:
            return Node(f"{word}.rem_u", [self.value(t, depth - 1),
                                          f"({word}.const {max(1, memory.bytes - 96)})"], t)
        return Node(f"{word}.and", [self.value(t, depth - 1), f"({word}.const {mask})"], t)

    def wild_place(self, memory, depth):
        """An address that may well be outside."""
        t, word = memory.at, WORDS[memory.at]
        kind = self.pick(4)
        if kind == 0:
            return Node(f"{word}.add", [Node(f"local.get {self.local(t)}", type=t),
                                        f"({word}.const {memory.bytes - 40 + self.pick(50)})"], t)
        if kind == 1:
            return Node(f"{word}.const {memory.bytes - 20 + self.pick(24)}", type=t)
        return self.value(t, depth - 1)

    def aimed_place(self, memory, width):
        """An address that the arguments AIMED make one near the end: the last that is inside, or one
        beyond it. What is between them and the address is arithmetic of every width."""
        t = memory.at
        end = memory.bytes - width
        to = end - self.pick(20) if self.pick(3) else end + 1 + self.pick(40)
        return self.arrive(t, max(0, to))

    def arrive(self, t, to):
        i0, i1, l0 = AIMED[:3]
        kind = self.pick(9 if self.has("WIDE_ARITHMETIC") else 6)
        if kind == 0:
            return self.as_word(t, "i", f"(i32.add (local.get $i1) (i32.const {to - i1}))")
        if kind == 1:
            by = self.pick(6)
            return self.as_word(t, "i", f"(i32.add (i32.shl (local.get $i0) (i32.const {by}))"
                                        f" (i32.const {to - (i0 << by)}))")
        if kind == 2:
            by = 1 + self.pick(16)
            return self.as_word(t, "l", f"(i64.sub (i64.shr_{self.one('us')} (local.get $l0)"
                                        f" (i64.const {by})) (i64.const {(l0 >> by) - to}))")
        if kind == 3:
            return self.as_word(t, "l", f"(i64.xor (i64.mul (local.get $l0) (i64.extend_i32_"
                                        f"{self.one('us')} (local.get $i0))) (i64.const {l0 * i0 ^ to}))")
        if kind == 4:
            by = 17 + self.pick(30)
            return self.as_word(t, "l", f"(i64.shr_u (i64.mul (local.get $l0) (i64.const {to << by - 16}"
                                        f")) (i64.const {by}))")
        if kind == 5:
            return self.as_word(t, "i", f"(select (i32.const {to}) (i32.and (local.get $i1) (i32.const"
                                        f" 15)) (i32.eq (local.get $i0) (i32.const {i0})))")
        return self.as_word(t, "l", self.middle(to))

    def as_word(self, t, own, text):
        node = Node("", [text], own)
        if own == t:
            return node
        if t == "i":
            return Node("i32.wrap_i64", [node], "i")
        return Node(f"i64.extend_i32_{self.one('us')}", [node], "l")

    def middle(self, to):
        """From the middle of a product of 128 bits, or of a sum."""
        by = 17 + self.pick(46) if self.chance(3) else 48 + self.pick(15)
        if self.pick(4) == 0:
            op = f"(i64.add128 (local.get $l0) (i64.const {self.integer('l')}) (i64.const {-65536})" \
                 f" (i64.const {self.integer('l')}))"
            return f"(block (result i64) {op} local.set $l3 local.set $l2 (i64.add (local.get $l2)" \
                   f" (i64.const {to})))"
        factor = to << by - 16 & (1 << 64) - 1
        if to << by - 16 != factor:
            by, factor = 20, to << 4
        return f"(block (result i64) (i64.mul_wide_{self.one('uus')} (local.get $l0) (i64.const" \
               f" {factor})) local.set $l3 local.set $l2 (i64.or (i64.shl (local.get $l3) (i64.const" \
               f" {64 - by})) (i64.shr_u (local.get $l2) (i64.const {by}))))"

    def moving_place(self, memory):
        """An address that moves with the loop around."""
        m = self.moving
        t, word = m["t"], WORDS[m["t"]]
        base = Node(f"local.get {m['a'] if self.pick(3) else m['b']}", type=t)
        counter = Node(f"local.get {m['k']}", type=t)
        kind = self.pick(12)
        if m["pointers"] and kind < 9:
            node = Node(f"local.get {m['p'] if self.pick(3) else m['q']}", type=t)
        elif kind < 5:
            node = Node(f"{word}.add", [base, Node(f"{word}.shl", [
                counter, f"({word}.const {self.pick(5)})"], t)], t)
        elif kind < 8:
            stride = self.pick(24) - 8 if self.pick(8) else self.one(INTEGERS)
            node = Node(f"{word}.add", [Node(f"{word}.mul", [
                counter, f"({word}.const {stride})"], t), base], t)
        elif kind < 9:
            node = Node(f"{word}.and", [Node(f"{word}.add", [counter, base], t),
                                        f"({word}.const {memory.mask})"], t)
        elif kind < 10:
            node = base
        else:
            node = Node(f"{word}.add", [base, counter], t)
        if t == memory.at:
            return node
        if t == "i":
            return Node(f"i64.extend_i32_{'u' if self.pick(4) else 's'}", [node], "l")
        return Node("i32.wrap_i64", [node], "i")

    def load_value(self, row, depth, memory=None):
        """Anything with an address and a result: loads, atomic operations, lanes."""
        memory = memory or self.memory()
        atomic = "atomic" in row.text
        aligned = atomic and not (self.traps and self.chance(30))
        offset = self.offset(memory)
        if aligned:
            offset &= ~(row.width - 1)
        kids = [self.place(memory, row.width + (0 if aligned else offset), depth, aligned)]
        kids += [self.value(t, depth - 1) for t in row.params[1:]]
        return Node(self.immediates(row, memory, offset), kids, row.results)

    store = load_value
