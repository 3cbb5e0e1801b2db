"""Statements and loops: strides, starts and trip counts that no program would have, growth inside
loops, pointers that cross the end of a memory. Each ends after a bounded number of rounds, by the
way it counts or by a second counter."""
from comparison.expressions import WORDS, Expressions
from comparison.nodes import Node

STRIDES = [1, 1, 1, 1, 2, 4, 8, 3, 16, -1, -4, 5, 64]
HOSTILE = {"i": [0x7fffffff, -0x80000000, 0x55555555, 65536, -65536, 0x40000000, 0x10000001],
           "l": [1 << 63, (1 << 62) + 1, 1 << 32, -(1 << 32), 0xffffffff, (1 << 61) - 1, 1 << 60]}
STARTS = [0, 0, 0, 0, 1, -1, -8, 7, 0x7ffffffe, -0x80000000, -100]
SMALL = ["i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u"]


def get(name):
    return f"(local.get {name})"


class Loops(Expressions):
    """Statements over the locals of program.py."""

    def __init__(self, *args):
        super().__init__(*args)
        self.nesting = 0

    # ---- Statements

    def statements(self, depth, count):
        return [self.statement(depth) for _ in range(count)] if depth > 0 else []

    def statement(self, depth):
        kind = self.pick(20)
        if kind < 4:
            return self.store(self.one(self.rows.stores), depth)
        if kind < 11:
            t = self.one("iiillfdvFDXY" if self.vectors else "iiilllfddFD")
            return Node(f"local.set {self.target(t)}", [self.value(t, depth)])
        if kind == 11:
            t = self.one("iilfdv")
            return Node(f"global.set $g{t}", [self.value(t, depth)])
        if kind == 12:
            return Node("if", [self.value("i", depth),
                               Node("then", self.statements(depth - 1, 2), None),
                               Node("else", self.statements(depth - 1, 1), None)])
        if kind < 15 and depth > 1 and self.nesting < 2:
            return self.loop()
        if kind == 15 and self.rows.several:
            return self.several(self.one(self.rows.several), depth)
        if kind == 16:
            return self.switch(depth)
        if kind < 19:
            return self.special(depth)
        return Node("drop", [self.value(self.one("ilfd"), depth)])

    def several(self, row, depth):
        """An instruction with two results."""
        value = Node(row.text, [self.value(t, depth - 1) for t in row.operands], None)
        return Node("", [value] + [f"local.set {self.target(t)}" for t in reversed(row.results)])

    def switch(self, depth):
        out, labels = self.label("s"), [self.label("s") for _ in range(2 + self.pick(3))]
        inner = Node(f"br_table {' '.join(labels)} {out}", [Node(
            "i32.and", [self.value("i", depth - 1), f"(i32.const {self.one([3, 7])})"], "i")])
        for label in labels:
            inner = Node("", [Node(f"block {label}", [inner])] + self.statements(depth - 1, 1) +
                         ([f"(br {out})"] if self.pick(3) else []))
        return Node(f"block {out}", [inner])

    # ---- Loops

    def loop(self):
        makers = [self.strided, self.strided, self.strided, self.hostile, self.pointer, self.search,
                  self.plain]
        outer, self.nesting = self.moving, self.nesting + 1
        t = "l" if self.pick(4) == 0 or self.around.memories[0].at == "l" and self.pick(3) else "i"
        names = {key: f"${key}{t}{self.nesting}" for key in "abknpqu"}
        self.moving = dict(names, t=t, pointers=False)
        node = self.one(makers)()
        self.moving, self.nesting = outer, self.nesting - 1
        return node

    def base(self, name):
        """Where a loop begins: somewhere, or so near the end that it may cross it."""
        t, word = self.moving["t"], WORDS[self.moving["t"]]
        memory, kind = self.memory(), self.pick(9)
        end = memory.bytes
        if kind < 2:
            value = f"({word}.const {end - self.one([-4, 0, 1, 4, 60, 200, 4096]) - self.pick(9)})"
        elif kind < 4:
            value = f"({word}.and (local.get {self.local(t)}) ({word}.const {memory.mask // 2}))"
        elif kind < 5:
            value = f"(local.get {self.local(t)})"
        elif kind < 6:
            value = f"({word}.const -{self.pick(64)})"
        elif kind == 6 and t == "l":
            value = f"(i64.extend_i32_{self.one('us')} (local.get {self.local('i')}))"
        else:
            value = f"({word}.const {self.pick(memory.mask + 1) // 2})"
        return Node(f"local.set {name}", [value])

    def count(self):
        t, word = self.moving["t"], WORDS[self.moving["t"]]
        most = 8 if self.nesting > 1 else 40
        kind = self.pick(4)
        if kind < 2:
            value = f"({word}.const {1 + self.pick(8) * self.pick(most)})"
        elif kind == 2:
            value = f"({word}.const {self.pick(5)})"
        else:
            local = self.local(t)
            value = f"({word}.add ({word}.and (local.get {local}) ({word}.const " \
                    f"{127 if self.nesting < 2 else 15})) ({word}.const {self.pick(2)}))"
        return Node(f"local.set {self.moving['n']}", [value])

    def prologue(self):
        m = self.moving
        return [self.base(m["a"]), self.base(m["b"]), self.count(), self.fuel()]

    def fuel(self):
        return Node(f"local.set {self.moving['u']}",
                    [f"({WORDS[self.moving['t']]}.const {300 if self.nesting < 2 else 24})"], None)

    def spend(self, out):
        """Ends the loop after so many rounds."""
        m, word = self.moving, WORDS[self.moving["t"]]
        return Node("", [f"(br_if {out} ({word}.eqz (local.tee {m['u']} ({word}.sub "
                         f"(local.get {m['u']}) ({word}.const 1)))))"], None)

    def body(self):
        """What a round does: mostly accesses that move."""
        out = []
        for _ in range(1 + self.pick(3)):
            kind = self.pick(14)
            if kind < 4:
                out.append(self.store(self.plain_store(), 2))
            elif kind < 7:
                t = self.one("iild")
                out.append(Node(f"local.set {self.target(t)}", [
                    Node(f"{WORDS[t]}.add", [f"(local.get {self.local(t)})",
                                             self.load_value(self.plain_load(t), 1)], t)])
                           if t != "d" else self.reduction())
            elif kind == 7:
                out.append(Node("if", [self.value("i", 2), Node("then", [
                    self.store(self.plain_store(), 1)], None)]))
            elif kind == 8:
                out.append(self.vector_sum())
            elif kind == 9:
                out.append(self.statement(2))
            elif kind == 10:
                out.append(self.copying())
            elif kind == 11 and self.chance(2):
                out.append(self.special(1))
            elif kind == 12 and self.chance(3):
                out.append(Node("drop", [Node("call $lib_grow", [self.value("i", 1)], "i")]))
            else:
                t = self.one("il")
                out.append(Node(f"local.set {self.target(t)}", [self.value(t, 2)]))
        return out

    def plain_store(self):
        for _ in range(8):
            row = self.one(self.rows.stores)
            if "atomic" not in row.text and (row.params != "av" or self.chance(3)):
                break
        return row

    def reduction(self):
        return Node("local.set $D0", [Node("f64.add", ["(local.get $D0)", self.load_value(
            self.plain_load("d"), 1)], "D")])

    def vector_sum(self):
        return Node("local.set $v0", [Node("i32x4.add", ["(local.get $v0)", self.load_value(
            self.plain_load("v"), 1)], "v")])

    def copying(self):
        """From one moving place to another."""
        width = self.one([("i32.load", "i32.store"), ("i32.load8_u", "i32.store8"),
                          ("i64.load", "i64.store"), ("i64.load32_u", "i64.store32"),
                          ("v128.load", "v128.store"), ("i32.load16_s", "i32.store16")])
        to, source = self.memory(), self.memory()
        t = {"i": "i", "v": "v"}.get(width[0][0], "i") if width[0][:3] != "i64" else "l"
        load = Node(f"{width[0]} ${source.name}", [self.place(source, 16, 1)], t)
        return Node(f"{width[1]} ${to.name}", [self.place(to, 16, 1), load])

    def exit(self, out):
        """An exit in the middle that depends on memory."""
        memory = self.memory()
        load = Node(f"{self.one(SMALL)} ${memory.name}", [self.place(memory, 4, 1)], "i")
        if self.pick(3) == 0:
            condition = Node("i32.eqz", [load], "i")
        else:
            other = f"(i32.const {self.pick(256)})" if self.pick(2) else self.value("i", 1)
            condition = Node(f"i32.{self.one(['eq', 'ne', 'gt_u', 'lt_s'])}", [load, other], "i")
        return Node(f"br_if {out}", [condition])

    def wrapped(self, before, round_, out, label):
        return Node("", self.prologue() + before +
                    [Node(f"block {out}", [Node(f"loop {label}", round_)])])

    def step(self, name, by):
        word = WORDS[self.moving["t"]]
        return f"({word}.add (local.get {name}) ({word}.const {by}))"

    def strided(self):
        """Counters with a stride, tested first or last, up or down."""
        m, word = self.moving, WORDS[self.moving["t"]]
        out, label, step = self.label("out"), self.label("in"), abs(self.one(STRIDES))
        exits = [self.exit(out)] if self.pick(3) == 0 else []
        before = [Node(f"local.set {m['k']}", [f"({word}.const 0)"], None)]
        kind = self.pick(4)
        sign = self.one("us")
        if kind == 0:
            # A condition of sign s could hold for long where the product wraps: it does not.
            end = f"({word}.mul (local.get {m['n']}) ({word}.const {step}))"
            last = f"(br_if {label} ({word}.lt_{sign} (local.tee {m['k']} {self.step(m['k'], step)})" \
                   f" {end}))"
            return self.wrapped(before, exits + self.body() + [Node("", [last], None)], out, label)
        if kind == 1:
            first = f"(br_if {out} ({word}.ge_u (local.get {m['k']}) (local.get {m['n']})))"
            last = f"(local.set {m['k']} {self.step(m['k'], step)}) (br {label})"
            return self.wrapped(before, [Node("", [first], None)] + exits + self.body() +
                                [Node("", [last], None)], out, label)
        if kind == 2:
            before = [Node(f"local.set {m['k']}",
                           [f"({word}.sub (local.get {m['n']}) ({word}.const 1))"], None)]
            test = f"(local.tee {m['n']} ({word}.sub (local.get {m['n']}) ({word}.const 1)))"
            if m["t"] == "l":
                test = f"(i64.ne {test} (i64.const 0))"
            round_ = exits + self.body() + [self.spend(out), Node("", [f"(br_if {label} {test})"], None)]
            return self.wrapped(before, round_, out, label)
        return self.by_pointers(step, out, label)

    def by_pointers(self, step, out, label):
        """Pointers that are computed from a counter."""
        m, word = self.moving, WORDS[self.moving["t"]]
        m["pointers"] = True
        places = [Node(f"local.set {m['p']}", [f"({word}.add (local.get {m['a']}) ({word}.mul"
                                               f" (local.get {m['k']}) ({word}.const {step})))"], None),
                  Node(f"local.set {m['q']}", [f"({word}.sub (local.get {m['b']}) ({word}.mul"
                                               f" (local.get {m['k']}) ({word}.const {step})))"], None)]
        last = Node("", [f"(br_if {label} ({word}.ne (local.tee {m['k']} {self.step(m['k'], 1)})"
                         f" (local.get {m['n']})))"], None)
        before = [Node(f"local.set {m['k']}", [f"({word}.const 0)"], None)]
        exits = [self.exit(out)] if self.pick(3) == 0 else []
        return self.wrapped(before, places + exits + self.body() + [self.spend(out), last], out, label)

    def hostile(self):
        """Starts, strides and ends of any kind, with any comparison."""
        m, t, word = self.moving, self.moving["t"], WORDS[self.moving["t"]]
        out, label = self.label("out"), self.label("in")
        stride = self.one(HOSTILE[t] if self.pick(2) else STRIDES)
        start = f"({word}.const {self.one(STARTS)})" if self.pick(3) else f"(local.get {self.local(t)})"
        before = [Node(f"local.set {m['k']}", [start], None)]
        kind = self.pick(3)
        if kind == 0:
            end = f"({word}.const {self.one(STARTS + HOSTILE[t])})"
        elif kind == 1:
            end = f"({word}.add {start} ({word}.mul (local.get {m['n']}) ({word}.const {stride})))"
        else:
            end = f"(local.get {m['n']})"
        test = self.one(["ne", "lt_u", "lt_s", "gt_s", "le_u", "ge_s", "gt_u", "ne"])
        last = f"(br_if {label} ({word}.{test} (local.tee {m['k']} {self.step(m['k'], stride)}) {end}))"
        exits = [self.exit(out)] if self.pick(4) == 0 else []
        return self.wrapped(before, exits + self.body() + [self.spend(out), Node("", [last], None)],
                            out, label)

    def pointer(self):
        """The usual form of a loop over pointers: they are all that moves."""
        m, word = self.moving, WORDS[self.moving["t"]]
        m["pointers"] = True
        out, label, step = self.label("out"), self.label("in"), self.one([1, 4, 8, -1, -4, 2, 16])
        before = [self.base(m["p"]), self.base(m["q"]), Node(f"local.set {m['k']}", [
            f"({word}.add (local.get {m['p']}) ({word}.mul (local.get {m['n']}) ({word}.const {step})))"],
                                                             None)]
        last = f"(local.set {m['q']} {self.step(m['q'], step)}) (br_if {label} ({word}.ne (local.tee" \
               f" {m['p']} {self.step(m['p'], step)}) (local.get {m['k']})))"
        exits = [self.exit(out)] if self.pick(3) == 0 else []
        return self.wrapped(before, exits + self.body() + [self.spend(out), Node("", [last], None)],
                            out, label)

    def search(self):
        """What the C library does byte by byte: comparing, searching, measuring."""
        m, word = self.moving, WORDS[self.moving["t"]]
        m["pointers"] = True
        out, label, memory = self.label("out"), self.label("in"), self.memory()
        first = self.as_address(m["p"], memory)
        load = f"(i32.load8_u ${memory.name} {first})"
        kind = self.pick(3)
        if kind == 0:
            second = self.as_address(m["q"], memory)
            test = f"(i32.ne {load} (i32.load8_u ${memory.name} {second}))"
        elif kind == 1:
            test = f"(i32.eq {load} (i32.const {self.pick(256)}))"
        else:
            test = f"(i32.eqz {load})"
        round_ = [Node(f"br_if {out}", [test], None), self.spend(out),
                  Node("", [f"(local.set {m['p']} {self.step(m['p'], 1)}) (local.set {m['q']} "
                            f"{self.step(m['q'], 1)}) (br {label})"], None)]
        before = [self.base(m["p"]), self.base(m["q"])]
        after = Node(f"local.set ${m['t']}2", [f"({word}.sub (local.get {m['p']}) (local.get {m['q']}))"])
        return Node("", [self.wrapped(before, round_, out, label), after])

    def as_address(self, name, memory):
        if self.moving["t"] == memory.at:
            return get(name)
        return f"(i64.extend_i32_u {get(name)})" if memory.at == "l" else f"(i32.wrap_i64 {get(name)})"

    def plain(self):
        """A counter that only counts, and a loop inside now and then."""
        m, word = self.moving, WORDS[self.moving["t"]]
        out, label = self.label("out"), self.label("in")
        body = self.statements(2, 2)
        if self.nesting < 2 and self.pick(2):
            body.append(self.loop())
        last = f"(br_if {label} ({word}.lt_u (local.tee {m['k']} {self.step(m['k'], 1 + self.pick(3))})" \
               f" ({word}.const {1 + self.pick(8)})))"
        before = [Node(f"local.set {m['k']}", [f"({word}.const 0)"], None)]
        return self.wrapped(before, body + [Node("", [last], None)], out, label)
