"""References at random: functions, structures, arrays, i31, what is cast and what is converted."""
from comparison.expressions import WORDS
from comparison.nodes import Node

# Arrays by name: the letter of what array.get gives, and the instruction's ending.
ELEMENTS = {"a8": ("i", "_u"), "a16": ("i", "_s"), "a32": ("i", ""), "a64": ("l", ""), "af": ("f", ""),
            "ad": ("d", ""), "av": ("v", "")}
FIELDS = {"$b": ("i", "_s"), "$h": ("i", "_u"), "$i": ("i", ""), "$l": ("l", ""), "$f": ("f", ""),
          "$d": ("d", ""), "$v": ("v", "")}
LENGTH = 9


class Objects:
    """References, and statements with them. Locals: $s0, $s1 (ref null $s), $any, $ext, $un, and $xNAME
    for each kind of array, which is never null but where it was set so."""

    # ---- References

    def func_ref(self):
        return self.one(["(ref.null func)", "(ref.func $small)", "(ref.func $negate)",
                         "(ref.func $load)", "(ref.func $mul)", "(table.get $t0 (i32.const 2))"])

    def unary_ref(self):
        if self.traps and self.chance(4):
            return "(ref.null $unary)"
        return self.one(["(ref.func $small)", "(ref.func $negate)", "(ref.func $load)",
                         "(ref.func $deep)"])

    def extern_ref(self):
        if self.has("GC") and self.pick(2):
            return f"(extern.convert_any {self.any_ref()})"
        return "(ref.null extern)"

    def any_ref(self):
        kind = self.pick(6)
        if kind == 0:
            return "(ref.null any)"
        if kind == 1:
            return Node("ref.i31", [self.value("i", 1)], None).text()
        if kind == 2:
            return "(local.get $any)"
        if kind == 3:
            return "(local.get $s0)"
        if kind == 4:
            return f"(local.get $x{self.one(list(ELEMENTS))})"
        return self.new_struct().text()

    def new_struct(self):
        kind = self.pick(3)
        if kind == 0:
            return Node(f"struct.new_default {self.one(['$s', '$t'])}", type=None)
        kids = [self.value(t, 1) for t, _ in FIELDS.values()]
        kids += ["(local.get $s1)", "(local.get $any)"]
        if kind == 1:
            return Node("struct.new $t", kids + [self.value("i", 1)], None)
        return Node("struct.new $s", kids, None)

    # ---- Structures and arrays

    def struct_row(self, name):
        if name.startswith("struct_new"):
            new = self.new_struct() if name == "struct_new" else Node("struct.new_default $t", type=None)
            return Node(f"local.set {self.one(['$s0', '$s1'])}", [new])
        source = self.one(["(local.get $s0)", "(local.get $s1)",
                           "(ref.as_non_null (local.get $s0))"])
        field, (t, ending) = self.one(list(FIELDS.items()))
        if name == "struct_set":
            if self.chance(4):
                return Node("struct.set $s $r", [source, "(local.get $s1)"])
            return Node(f"struct.set $s {field}", [source, self.value(t, 1)])
        if name in ("struct_get_s", "struct_get_u"):
            field, t, ending = self.one(["$b", "$h"]), "i", name[-2:]
        elif ending:
            field, t, ending = "$i", "i", ""
        if self.chance(6) and not ending:
            return Node("local.set $s1", [Node("struct.get $s $r", [source], None)])
        return Node(f"local.set {self.target(t)}", [Node(f"struct.get{ending} $s {field}", [source], t)])

    def array_row(self, name):
        array, (t, ending) = self.one(list(ELEMENTS.items()))
        local = f"$x{array}"
        if name == "array_new":
            return Node(f"local.set {local}", [Node(f"array.new ${array}", [
                self.value(t, 1), f"(i32.const {LENGTH + self.pick(30)})"], None)])
        if name == "array_new_default":
            return Node(f"local.set {local}", [Node(f"array.new_default ${array}", [
                f"(i32.const {LENGTH + self.pick(30)})"], None)])
        if name == "array_new_fixed":
            return Node(f"local.set {local}", [Node(f"array.new_fixed ${array} {LENGTH}", [
                self.value(t, 1) for _ in range(LENGTH)], None)])
        if name in ("array_get_s", "array_get_u"):
            array, t, ending = self.one(["a8", "a16"]), "i", name[-2:]
        elif ending and name == "array_get":
            array, t, ending = "a32", "i", ""
        local = f"(local.get $x{array})"
        if name.startswith("array_get"):
            return Node(f"local.set {self.target(t)}", [Node(f"array.get{ending} ${array}", [
                local, self.at("i", LENGTH)], t)])
        if name == "array_set":
            return Node(f"array.set ${array}", [local, self.at("i", LENGTH), self.value(t, 1)])
        if name == "array_fill":
            return Node(f"array.fill ${array}", [local, self.at("i", 5), self.value(t, 1),
                                                 self.at("i", 5)])
        if name == "array_copy":
            return Node(f"array.copy ${array} ${array}", [local, self.at("i", 5), local,
                                                          self.at("i", 5), self.at("i", 5)])
        return Node("local.set $i3", [Node("array.len", [local], "i")])

    def segment_row(self, name):
        array = self.one(["a8", "a16", "a32", "a64", "ad"])
        if name == "array_new_data":
            array = self.one(["a8", "a16", "a32"])
            return Node(f"local.set $x{array}", [Node(f"array.new_data ${array} $d0", [
                self.at("i", 12), f"(i32.const {LENGTH})"], None)])
        if name == "array_init_data":
            return Node(f"array.init_data ${array} $d0", [
                f"(local.get $x{array})", self.at("i", 5), self.at("i", 9), self.at("i", 3)])
        if name == "array_new_elem":
            return Node("drop", [Node("array.new_elem $ar $ea", [self.at("i", 2), self.at("i", 2)],
                                      None)])
        return Node("array.init_elem $ar $ea", ["(local.get $xar)", self.at("i", 5), self.at("i", 2),
                                                self.at("i", 2)])

    # ---- Casts and tests

    def cast_row(self, name):
        source = self.any_ref()
        to = self.one(["$s", "$t", "i31", "struct", "array", "eq", "$a8", "$a32", "none"])
        null = "null " if name.endswith("_null") else ""
        if name.startswith("ref_test"):
            return Node("local.set $i2", [Node(f"ref.test (ref {null}{to})", [source], "i")])
        cast = f"(ref.cast (ref {null}{to}) {source})"
        if not self.traps or self.pick(3):
            # Only what is known to be of the type.
            source = "(local.get $any)"
            cast = f"(if (ref.test (ref {null}{to}) {source}) (then (local.set $any (ref.cast (ref " \
                   f"{null}{to}) {source}))))"
            return Node("", [cast])
        return Node("local.set $any", [cast])

    def branch_row(self, name):
        label, to = self.label("n"), self.one(["$s", "$t", "i31", "eq", "struct", "array"])
        null = self.one(["", "null "])
        if name == "br_on_null":
            return Node(f"block {label}", [f"(br_on_null {label} {self.any_ref()})", "drop",
                                           self.statement(1)])
        if name == "br_on_non_null":
            return Node("local.set $any", [Node(f"block {label} (result (ref any))", [
                f"(br_on_non_null {label} {self.any_ref()})", self.statement(1),
                "(ref.i31 (i32.const 3))"], None)])
        given, last = f"(ref {null}{to})", "(ref.null none)" if null else self.non_null(to)
        if name == "br_on_cast_fail":
            given, last = "anyref", self.any_ref()
        return Node("local.set $any", [Node(f"block {label} (result {given})", [
            f"({name} {label} anyref (ref {null}{to}) {self.any_ref()})", "drop", self.statement(1),
            last], None)])

    def non_null(self, to):
        return {"i31": "(ref.i31 (i32.const 3))", "eq": "(ref.i31 (local.get $i2))",
                "$s": "(struct.new_default $s)", "$t": "(struct.new_default $t)",
                "struct": "(struct.new_default $s)",
                "array": "(array.new_default $a8 (i32.const 9))"}[to]

    def ref_row(self, name):
        if name == "ref_null":
            return Node("", [self.one(["(local.set $any (ref.null none))",
                                       "(local.set $ext (ref.null extern))"])]) \
                if self.has("GC") else Node("global.set $gn", ["(ref.null func)"])
        if name == "ref_func":
            return Node("global.set $gn", ["(ref.func $small)"])
        if name == "ref_is_null":
            return Node("local.set $i2", ["(ref.is_null (global.get $gn))"])
        if name == "ref_eq":
            pair = [self.one(["(local.get $s0)", "(local.get $s1)", "(ref.i31 (local.get $i2))",
                              "(local.get $xa8)", "(ref.null eq)"]) for _ in range(2)]
            return Node("local.set $i2", [Node("ref.eq", pair, "i")])
        if name == "ref_as_non_null":
            if self.has("GC"):
                return Node("local.set $s1", ["(ref.as_non_null (local.get $s0))"])
            return Node("local.set $un", ["(ref.as_non_null (local.get $un))"])
        if name == "any_convert_extern":
            return Node("local.set $any", ["(any.convert_extern (local.get $ext))"])
        return Node("local.set $ext", [f"(extern.convert_any {self.any_ref()})"])

    def i31_row(self, name):
        if name == "ref_i31":
            return Node("local.set $any", [Node("ref.i31", [self.value("i", 2)], None)])
        source = Node("ref.i31", [self.value("i", 2)], None)
        if self.traps and self.chance(5):
            source = "(ref.null i31)"
        return Node("local.set $i2", [Node(f"i31.get{name[-2:]}", [source], "i")])

    # ---- A program's beginning

    def object_locals(self):
        out = "(local $un (ref null $unary))" if self.has("FUNCTION_REFERENCES") else ""
        if self.has("EXCEPTIONS"):
            out += " (local $ex exnref)"
        if self.has("GC"):
            out += " (local $s0 (ref null $s)) (local $s1 (ref null $s)) (local $any anyref)" \
                   " (local $ext externref) (local $xar (ref null $ar))"
            out += "".join(f" (local $x{name} (ref null ${name}))" for name in ELEMENTS)
        return out

    def object_prologue(self):
        out = ["(local.set $un (ref.func $small))"] if self.has("FUNCTION_REFERENCES") else []
        if self.has("GC"):
            out.append("(local.set $s0 (struct.new_default $s)) (local.set $s1 (struct.new_default $t))"
                       " (local.set $xar (array.new_default $ar (i32.const 9)))")
            for name, (t, _) in ELEMENTS.items():
                out.append(f"(local.set $x{name} (array.new_default ${name} (i32.const {LENGTH})))")
        return out

    MAKERS = [
        ({"struct_new", "struct_new_default", "struct_get", "struct_get_s", "struct_get_u",
          "struct_set"}, struct_row),
        ({"array_new", "array_new_default", "array_new_fixed", "array_get", "array_get_s",
          "array_get_u", "array_set", "array_len", "array_fill", "array_copy"}, array_row),
        ({"array_new_data", "array_init_data", "array_new_elem", "array_init_elem"}, segment_row),
        ({"ref_test", "ref_test_null", "ref_cast", "ref_cast_null"}, cast_row),
        ({"br_on_null", "br_on_non_null", "br_on_cast", "br_on_cast_fail"}, branch_row),
        ({"ref_null", "ref_func", "ref_is_null", "ref_eq", "ref_as_non_null", "any_convert_extern",
          "extern_convert_any"}, ref_row),
        ({"ref_i31", "i31_get_s", "i31_get_u"}, i31_row),
    ]
