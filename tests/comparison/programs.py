"""Programs: exported functions of a batch's module. A seed makes one, in the surroundings of its
batch; each has some rows of the instruction table for certain, in turn, so that a few hundred have
them all."""
from comparison import table
from comparison.expressions import AIMED, Rows
from comparison.nodes import Node
from comparison.special import Special
from comparison.surroundings import Surroundings

BATCH = 24
FOCUS = 6  # rows that a program has for certain
# What is written for others: an opcode of no form of its own.
NEVER_ALONE = {"end", "else", "catch", "catch_all"}
ARGUMENTS = [
    (5, 1000, 3, 0x3f800000, 0x3ff8000000000000),
    (0, 65535 - 70, 0xffffffffffffffff, 0x80000000, 0),
    (127, 0xfffffff0, 1 << 30, 0x7f800000, 0xc1e0000000000000),
    (*AIMED, 0xc2c80000, 0x43e0000000000000),
    (3, 16384, 0x8000000000000007, 0x4f000000, 0x7fefffffffffffff),
]
TABLE = table.read()
HEAD = ("(param $i0 i32) (param $i1 i32) (param $l0 i64) (param $f0 f32) (param $d0 f64)"
        " (result i64 i32 i64)")
LOOP_LOCALS = " ".join(f"(local ${name}{t}{level} {word})" for t, word in (("i", "i32"), ("l", "i64"))
                       for level in (1, 2) for name in "abknpqu")
LOCALS = ("(local $i2 i32) (local $i3 i32) (local $i4 i32) (local $l1 i64) (local $l2 i64)"
          " (local $l3 i64) (local $f1 f32) (local $d1 f64) (local $v0 v128) (local $v1 v128)"
          " (local $F0 f32) (local $D0 f64) (local $D1 f64) (local $X0 v128) (local $Y0 v128)"
          " (local $tf f32) (local $td f64) (local $tv v128) " + LOOP_LOCALS)
RESULTS = [
    "(i64.add (i64.add (local.get $l0) (i64.mul (local.get $l1) (local.get $l2)))"
    " (i64.xor (local.get $l3) (i64.extend_i32_u (i32.mul (local.get $i4) (local.get $i3)))))",
    "(i32.xor (i32.add (local.get $i2) (local.get $i1)) (i32.add (local.get $ki1)"
    " (i32.xor (local.get $pi1) (local.get $i0))))",
    "(i64.xor (i64.add (i64.reinterpret_f64 (local.get $d0)) (i64.rotl (i64.reinterpret_f64 (local.get"
    " $d1)) (i64.const 3))) (i64.add (i64.extend_i32_u (i32.xor (i32.reinterpret_f32 (local.get $f0))"
    " (i32.rotl (i32.reinterpret_f32 (local.get $f1)) (i32.const 9))))"
    " (i64.xor (i64x2.extract_lane 0 (v128.xor (local.get $v0) (local.get $v1)))"
    " (i64x2.extract_lane 1 (local.get $v0)))))"]


class Program(Special):
    """Makes a program."""

    def __init__(self, around, rows, seed):
        super().__init__(around, rows, seed)
        self.seed = seed

    def make(self):
        body = [Node("", [text]) for text in self.object_prologue()]
        if self.pick(2):
            body += self.statements(3, 2)
        if self.pick(4):
            body += [self.loop() for _ in range(1 + self.pick(2))]
        body += [self.focus_on(row) for row in self.focus_rows()]
        body += self.statements(2, 2)
        if self.pick(3) == 0:
            body.append(self.loop())
        head = f'func (export "p{self.seed}") {HEAD} {LOCALS} {self.object_locals()}'
        results = [Node("", [text], None) for text in RESULTS]
        return Node(head, body + results)

    def focus_rows(self):
        of = self.around.focus
        first = (self.around.turn * BATCH + self.seed % BATCH) * FOCUS
        return [of[(first + k) % len(of)] for k in range(FOCUS)]

    def focus_on(self, row):
        """A statement with this row."""
        if row.name in self.around.special_rows:
            return self.make_special(row.name, 1)
        if len(row.results) > 1:
            return self.several(row, 2)
        if row.immediates.startswith("MEMARG"):
            node = self.store(row, 2)
        elif row.text.endswith(".const"):
            node = self.const(row.results)
        else:
            node = self.row_value(row, 2)
        if not row.results:
            return node
        return Node(f"local.set {self.target(node.type)}", [node])


def is_plain(row):
    return not row.special and row.immediates not in ("MEM", "FENCE") and \
        not ("wait" in row.text or "notify" in row.text)


class Batch:
    """The programs with these seeds, which are of one batch, as a module."""

    def __init__(self, seeds):
        self.number = seeds[0] // BATCH
        self.around = Surroundings(self.number)
        rows = Rows(TABLE, self.around.features)
        self.around.focus = [row for row in rows.all if row.name not in NEVER_ALONE]
        self.around.special_rows = [row.name for row in self.around.focus if not is_plain(row)]
        self.seeds = seeds
        self.lib = self.around.lib
        self.main = self.around.module([Program(self.around, rows, seed).make() for seed in seeds])
        self.calls = "".join(f"p{seed} " + " ".join(f"{word:x}" for word in words) + "\n"
                             for seed in seeds for words in ARGUMENTS)
