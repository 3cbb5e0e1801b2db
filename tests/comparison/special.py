"""Statements by instructions that have rules of their own: bulk operations, tables, references,
exceptions, tail calls, atomic waiting. Each maker is named after the rows that it has."""
from comparison.expressions import WORDS
from comparison.loops import Loops
from comparison.nodes import Node
from comparison.objects import Objects


class Special(Loops, Objects):
    """MAKERS has the method for each row without a signature of numbers."""

    def special(self, depth):
        """One of them at random."""
        name = self.one(self.around.special_rows)
        if name in ("unreachable", "return") or name.startswith("return_call"):
            if self.pick(6):
                return self.bulk_row("memory_fill")
        return self.make_special(name, depth)

    def make_special(self, name, depth):
        """A statement with the row of this name."""
        for group, maker in self.MAKERS:
            if name in group:
                return maker(self, name)
        return getattr(self, "make_" + name)()

    def rarely(self, *nodes):
        """Statements that are not reached in most calls."""
        return Node("if", [Node("i32.eq", [Node("i32.and", [self.value("i", 1), "(i32.const 63)"], "i"),
                                           f"(i32.const {self.pick(64)})"], "i"),
                           Node("then", list(nodes), None)])

    def at(self, t, most):
        """An index below most, or sometimes any."""
        word = WORDS[t]
        if self.traps and self.chance(12):
            return self.value(t, 1)
        kind = self.pick(3)
        if kind == 0:
            return Node(f"{word}.const {self.pick(most)}", type=t)
        return Node(f"{word}.rem_u", [self.value(t, 1), f"({word}.const {most})"], t)

    # ---- Memories

    def bulk_row(self, name):
        memory, other = self.memory(), self.memory()
        t = memory.at
        half = max(1, memory.bytes // 2)
        length = Node(f"{WORDS[t]}.rem_u", [self.value(t, 1), f"({WORDS[t]}.const "
                                            f"{self.one([9, 64, 300, half])})"], t)
        if name == "memory_fill":
            return Node(f"memory.fill ${memory.name}", [self.at(t, half), self.value("i", 1), length])
        if name == "memory_copy":
            least = "i" if "i" in (memory.at, other.at) else "l"
            size = min(memory.bytes, other.bytes) // 2 or 1
            return Node(f"memory.copy ${memory.name} ${other.name}" if self.has("MULTI_MEMORY")
                        else "memory.copy", [self.at(t, size), self.at(other.at, size),
                                             self.at(least, min(size, 400))])
        if name == "memory_init":
            # After a drop the segment is empty: only an empty piece of it can be had.
            return Node(f"memory.init ${memory.name} $d0" if self.has("MULTI_MEMORY")
                        else "memory.init $d0", [self.at(t, half), self.at("i", 30), self.at("i", 20)])
        return self.rarely(Node("data.drop $d0"))

    def make_memory_size(self):
        return Node("local.set $i3", [self.size_value()])

    def make_memory_grow(self):
        memory = self.memory()
        t = memory.at
        amount = f"({WORDS[t]}.const {self.pick(3)})" if self.pick(3) else self.value(t, 1)
        return Node(f"local.set ${t}3", [Node(f"memory.grow ${memory.name}", [amount], t)])

    def make_memory_atomic_notify(self):
        return self.atomic_call("memory.atomic.notify", 4, [self.value("i", 1)])

    def wait_row(self, name):
        shared = [memory for memory in self.around.memories if memory.shared]
        bits = name[-2:]
        timeout = f"(i64.const {self.one([0, 0, 1, 1000])})"
        node = self.atomic_call(f"memory.atomic.wait{bits}", int(bits) // 8,
                                [self.value("i" if bits == "32" else "l", 1), timeout],
                                self.one(shared) if shared else None)
        return node if shared else self.rarely(node)

    def atomic_call(self, op, width, operands, memory=None):
        memory = memory or self.memory()
        return Node("local.set $i3", [Node(f"{op} ${memory.name}", [
            self.place(memory, width, 1, aligned=True)] + operands, "i")])

    def make_atomic_fence(self):
        return Node("atomic.fence")

    # ---- Tables

    def table(self):
        """A table: name, letter of its indices, its least size, a value of its type, bad ones."""
        kinds = [("$t0", "i", 10, self.func_ref), ("$lt", self.around.table_at, 8, self.func_ref),
                 ("$te", "i", 3, self.extern_ref)]
        if self.has("FUNCTION_REFERENCES"):
            kinds.append(("$tu", "i", 4, self.unary_ref))
        if self.has("GC"):
            kinds.append(("$ta", "i", 4, self.any_ref))
        if self.has("MEMORY64"):
            kinds.append(("$tl", "l", 5, self.func_ref))
        return self.one(kinds)

    def table_row(self, name):
        table, t, size, make = self.table()
        word = WORDS[t]
        if name == "table_get":
            return Node("local.set $i2", [Node("ref.is_null", [Node(
                f"table.get {table}", [self.at(t, size)], None)], "i")])
        if name == "table_set":
            return Node(f"table.set {table}", [self.at(t, size), make()])
        if name == "table_size":
            return Node(f"local.set ${t}2", [Node(f"table.size {table}", type=t)])
        if name == "table_grow":
            return Node(f"local.set ${t}2", [Node(f"table.grow {table}", [
                make(), f"({word}.const {self.pick(3)})"], t)])
        if name == "table_fill":
            return Node(f"table.fill {table}", [self.at(t, size), make(), self.at(t, 3)])
        if name == "elem_drop":
            return self.rarely(Node("elem.drop $e0"))
        if name == "table_init":
            return Node("table.init $t0 $e0", [self.at("i", 8), self.at("i", 4), self.at("i", 3)])
        to, to_t, size, _ = self.one([("$t0", "i", 10, 0), ("$lt", self.around.table_at, 8, 0)])
        return Node(f"table.copy {to} $t0", [self.at(to_t, size), self.at("i", 8), self.at("i", 3)])

    # ---- Calls

    def make_call(self):
        kind = self.pick(4)
        if kind == 0:
            return Node("", [Node("call $many", [self.value("i", 1), self.value("v", 1),
                                                 self.value("d", 1), self.value("l", 1),
                                                 self.value("f", 1)], None),
                             "local.set $i2 local.set $d1 local.set $v0"])
        if kind == 1:
            place = Node("i32.and", [self.value("i", 1), "(i32.const 65532)"], "i")
            if self.traps:
                place = self.value("i", 1)
            return Node("local.set $i3", [Node("call $lib_poke", [place, self.value("i", 1)], "i")])
        return Node("local.set $i3", [self.call_i(2)])

    def make_call_indirect(self):
        if self.pick(2):
            return Node("local.set $i2", [Node("call_indirect (type $unary)", [
                self.value("i", 1), self.at(self.around.table_at, 3)], "i")])
        return Node("local.set $l2", [Node("call_indirect $t0 (type $binary)", [
            self.value("l", 1), self.value("l", 1), "(i32.const 4)"], "l")])

    def call_ref_row(self, name):
        kind = self.pick(3)
        callee = self.unary_ref() if kind else "(local.get $un)"
        return Node("local.set $i2", [Node("call_ref $unary", [self.value("i", 1), callee], "i")])

    def tail_row(self, name):
        args = [self.value("i", 2), self.value("l", 2)]
        if name == "return_call":
            node = Node("return_call $finish", args)
        elif name == "return_call_indirect":
            node = Node("return_call_indirect $t0 (type $finish)", args + ["(i32.const 5)"])
        else:
            node = Node("return_call_ref $finish", args + ["(ref.func $finish)"])
        return self.rarely(node)

    def make_return(self):
        return self.rarely(Node("return", [self.value("l", 2), self.value("i", 1), self.value("l", 1)]))

    def make_unreachable(self):
        return self.rarely(Node("unreachable"))

    # ---- Control

    def control_row(self, name):
        if name == "br_table":
            return self.switch(2)
        if name == "if" or name == "else":
            return Node("if", [self.value("i", 2), Node("then", [self.statement(1)], None),
                               Node("else", [self.statement(1)], None)])
        label = self.label("c")
        return Node(f"block {label}", [Node("nop"), Node("loop", [
            Node(f"br_if {label}", [self.value("i", 2)]), self.statement(1), Node(f"br {label}")])])

    def variable_row(self, name):
        if name.startswith("global"):
            return Node("global.set $lg", [Node("i32.add", ["(global.get $lg)", self.value("i", 1)],
                                                "i")])
        word = "select (result i64)" if name == "select_t" else "select"
        return Node("", [Node("drop", [Node("local.tee $l1", [Node(word, [
            self.value("l", 1), self.value("l", 1), self.value("i", 1)], "l")], "l")])])

    # ---- Exceptions

    def risky(self):
        """Statements that may throw."""
        kind = self.pick(5)
        if not self.around.throws:
            return self.statement(1)
        if kind == 0:
            return Node("drop", [Node("call $throws", [self.value("i", 1)], "i")])
        if kind == 1:
            return Node("drop", [Node("call $lib_throws", [self.value("i", 1)], "i")])
        if kind == 2:
            return self.rarely(Node("throw $ed", [self.value("l", 1), self.value("d", 1)]))
        if kind == 3:
            return self.rarely(Node("throw $en"))
        return Node("if", [self.value("i", 1), Node("then", [
            Node("throw $e", [self.value("i", 1)])], None)])

    def try_row(self, name):
        """try_table with each kind of clause; what it does not take goes on."""
        body = [self.statement(1), self.risky(), self.statement(1)]
        end, out = self.label("t"), self.label("t")
        kind = self.pick(4) if name != "throw_ref" else 4
        tag = self.one(["$e", "$le"])
        if kind == 0:
            tries = Node(f"try_table (catch {tag} {end})" +
                         (f" (catch_all {out})" if self.pick(2) else ""), body)
            return Node(f"block {out}", [Node("local.set $i2", [Node(f"block {end} (result i32)", [
                tries, self.value("i", 1)], "i")])])
        if kind == 1:
            return Node("", [Node(f"block {end} (result i64 f64)", [
                Node(f"block {out}", [Node(f"try_table (catch $ed {end}) (catch_all {out})", body)]),
                self.value("l", 1), self.value("d", 1)], None), "local.set $d1 local.set $l1"])
        if kind == 2:
            return Node(f"block {out}", [Node("", [Node(f"block {end} (result i32 exnref)", [
                Node(f"try_table (catch_ref {tag} {end}) (catch_all {out})", body), f"(br {out})"], None),
                                                   "local.set $ex local.set $i2"])])
        if kind == 3:
            return Node(f"block {out}", [Node("local.set $ex", [Node(f"block {end} (result exnref)", [
                Node(f"try_table (catch_all_ref {end})", body), f"(br {out})"], None)])])
        # Thrown again, with what was caught, for another to take.
        inner = Node(f"block {out} (result exnref)", [
            Node(f"try_table (catch_all_ref {out})", body), f"(br {end} (i32.const 1))"], None)
        return Node("local.set $i3", [Node(f"block {end} (result i32)", [
            Node(f"try_table (catch $e {end}) (catch $le {end})", [Node("throw_ref", [inner])]),
            self.value("i", 1)], "i")])

    def old_try_row(self, name):
        """The legacy forms."""
        body = Node("do", [self.statement(1), self.risky(), self.value("i", 1)], None)
        if name == "delegate":
            inner, outer = self.label("d"), self.label("d")
            return Node(f"try {outer}", [
                Node("do", [Node(f"try {inner}", [Node("do", [self.risky()], None),
                                                  f"(delegate {outer})"])], None),
                Node("catch $e", ["drop", self.statement(1)], None),
                Node("catch_all", [self.statement(1)], None)])
        if name == "rethrow":
            outer = self.label("d")
            return Node("try", [
                Node("do", [Node(f"try {outer}", [Node("do", [self.risky()], None), Node(
                    "catch_all", [self.rarely(Node(f"rethrow {outer}"))], None)])], None),
                Node("catch $le", ["local.set $i2"], None), Node("catch_all", [], None)])
        return Node("local.set $i2", [Node("try (result i32)", [
            body, Node("catch $e", [], None), Node("catch_all", [self.value("i", 1)], None)], "i")])

    def make_throw(self):
        if self.has("LEGACY_EXCEPTIONS") and (not self.has("EXCEPTIONS") or self.chance(3)):
            return self.old_try_row("try")
        return self.try_row("try_table") if self.has("EXCEPTIONS") else self.risky()

    MAKERS = [
        ({"memory_fill", "memory_copy", "memory_init", "data_drop"}, bulk_row),
        ({"memory_atomic_wait32", "memory_atomic_wait64"}, wait_row),
        ({"table_get", "table_set", "table_size", "table_grow", "table_fill", "table_copy", "elem_drop",
          "table_init"}, table_row),
        ({"call_ref"}, call_ref_row),
        ({"return_call", "return_call_indirect", "return_call_ref"}, tail_row),
        ({"block", "loop", "if", "else", "end", "nop", "br", "br_if", "br_table"}, control_row),
        ({"global_get", "global_set", "local_get", "local_set", "local_tee", "drop", "select",
          "select_t"}, variable_row),
        ({"try_table", "throw_ref"}, try_row),
        ({"try", "catch", "catch_all", "rethrow", "delegate"}, old_try_row),
    ] + Objects.MAKERS
