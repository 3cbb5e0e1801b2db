"""What the programs of a batch share: a module "lib", and the types, memories, tables, globals, tags
and small functions of the main module, which imports some of them."""
import random

from comparison.nodes import Node

# What the programs of a batch may use. Batches take turns: the first and the last kind are for engines
# that know less than we do, the second for those that know all but legacy exceptions.
LEAST = {"MVP", "SIGN_EXTENSION", "SATURATING_FLOAT_TO_INT", "MUTABLE_GLOBALS", "MULTI_VALUE",
         "REFERENCE_TYPES", "BULK_MEMORY", "SIMD", "THREADS"}
OLD = LEAST | {"TAIL_CALL", "LEGACY_EXCEPTIONS"}
NEW = LEAST | {"TAIL_CALL", "RELAXED_SIMD", "EXTENDED_CONST", "MULTI_MEMORY", "MEMORY64",
               "FUNCTION_REFERENCES", "GC", "EXCEPTIONS", "WIDE_ARITHMETIC", "CUSTOM_PAGE_SIZES"}
KINDS = [OLD, NEW, NEW | {"LEGACY_EXCEPTIONS"}, NEW, LEAST]
ARRAYS = {"a8": "i8", "a16": "i16", "a32": "i32", "a64": "i64", "af": "f32", "ad": "f64",
          "av": "v128", "ar": "anyref", "an": "funcref"}


class Memory:
    """A memory: its name, the letter of its addresses, pages, and bytes at the beginning."""

    def __init__(self, name, at, page, least, most, shared=False, imported=False):
        self.name, self.at, self.page, self.least, self.most = name, at, page, least, most
        self.shared, self.imported, self.bytes = shared, imported, least * page
        self.mask = (1 << max(self.bytes // 2, 1).bit_length() - 1) - 1

    def type(self):
        words = ["i64"] if self.at == "l" else []
        words += [str(self.least), str(self.most)]
        words += ["shared"] if self.shared else []
        words += [f"(pagesize {self.page})"] if self.page != 65536 else []
        return " ".join(words)


class Surroundings:
    """The batch with this number."""

    def __init__(self, number):
        self.features = KINDS[number % len(KINDS)]
        # How many batches with the newest features were before, or with all else.
        place = number % len(KINDS)
        self.turn = number // len(KINDS) * 3 + place - 1 if 0 < place < 4 else \
            number // len(KINDS) * 2 + place // 4
        self.throws = bool(self.features & {"EXCEPTIONS", "LEGACY_EXCEPTIONS"})
        self.random = random.Random(number * 7919 + 13)
        self.memories = self.make_memories()
        self.table_at = "l" if self.has("MEMORY64") and self.chance(5) else "i"
        self.globals = ["gi", "gl", "gf", "gd", "gv"]
        self.lib = self.make_lib()
        fields = self.make_types() + self.make_imports() + self.make_stores() + \
            self.make_segments() + self.make_funcs()
        self.fields = [field for field in fields if self.admits(field)]

    def admits(self, field):
        """Whether a field is of what the batch may use, by its words."""
        return (self.throws or not ("(tag" in field or "throws" in field)) and \
            (self.has("TAIL_CALL") or "return_call" not in field)

    def has(self, feature):
        return feature in self.features

    def chance(self, n):
        """Once in n times."""
        return self.random.randrange(n) == 0

    # ---- Memories

    def make_memories(self):
        first = self.make_memory("m0", ordinary=not self.chance(3))
        out = [first]
        if self.has("MULTI_MEMORY"):
            out.append(Memory("lm", "i", 65536, 1, 3, imported=True))
            for k in range(self.random.randrange(3)):
                out.append(self.make_memory(f"m{k + 1}", ordinary=self.chance(3)))
            if self.chance(6):
                out.reverse()
                # Whatever is imported comes first.
                out.sort(key=lambda memory: not memory.imported)
            else:
                out.sort(key=lambda memory: not memory.imported)
        return out

    def make_memory(self, name, ordinary):
        pages = 1 + self.random.randrange(2)
        most = pages + self.random.randrange(4)
        if ordinary:
            return Memory(name, "i", 65536, pages, most)
        at = "l" if self.has("MEMORY64") and self.chance(2) else "i"
        if self.has("CUSTOM_PAGE_SIZES") and self.chance(2):
            least = 64 + self.random.randrange(6000)
            return Memory(name, at, 1, least, least + self.random.randrange(500))
        return Memory(name, at, 65536, pages, most, shared=self.chance(2))

    # ---- The module "lib"

    def make_lib(self):
        """Functions that reach back into what both modules share."""
        t = self.table_word()
        call = f"(call_indirect $t (type $unary) (local.get 0) {self.index('(local.get 1)')})"
        fields = ["(type $unary (func (param i32) (result i32)))",
                  "(memory $m (export \"m\") 1 3)",
                  f"(table $t (export \"t\") {t} 8 12 funcref)",
                  "(global $g (export \"g\") (mut i32) (i32.const 11))",
                  "(tag $e (export \"e\") (param i32))",
                  "(func (export \"twice\") (param i32) (result i32)"
                  " (i32.add (local.get 0) (i32.add (local.get 0) (global.get $g))))",
                  "(func (export \"poke\") (param i32 i32) (result i32)"
                  " (i32.store (local.get 0) (local.get 1)) (i32.load (local.get 0)))",
                  "(func (export \"grow\") (param i32) (result i32)"
                  " (memory.grow (i32.and (local.get 0) (i32.const 1))))",
                  f"(func (export \"through\") (param i32 i32) (result i32) {call})",
                  "(func (export \"count\") (param i32 i64) (result i64)"
                  " (loop (local.set 1 (i64.add (i64.rotl (local.get 1) (i64.const 7))"
                  " (i64.extend_i32_u (local.get 0))))"
                  " (br_if 0 (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))"
                  " (local.get 1))",
                  "(func (export \"throws\") (param i32) (result i32)"
                  " (if (i32.eqz (i32.and (local.get 0) (i32.const 3)))"
                  " (then (throw $e (local.get 0)))) (i32.xor (local.get 0) (global.get $g)))"]
        if not self.throws:
            fields = [field for field in fields if "$e" not in field]
        return "(module\n" + "\n".join(fields) + ")\n"

    def table_word(self):
        return "i64" if self.table_at == "l" else ""

    def index(self, text):
        """An i32 as an index into tables."""
        return f"(i64.extend_i32_u {text})" if self.table_at == "l" else text

    # ---- The main module

    def make_types(self):
        out = ["(type $unary (func (param i32) (result i32)))",
               "(type $binary (func (param i64 i64) (result i64)))",
               "(type $finish (func (param i32 i64) (result i64 i32 i64)))"]
        if self.has("GC"):
            out.append("(rec (type $s (sub (struct (field $b (mut i8)) (field $h (mut i16)) (field $i"
                       " (mut i32)) (field $l (mut i64)) (field $f (mut f32)) (field $d (mut f64))"
                       " (field $v (mut v128)) (field $r (mut (ref null $s))) (field $a (mut"
                       " anyref))))) (type $t (sub $s (struct (field (mut i8)) (field (mut i16))"
                       " (field (mut i32)) (field (mut i64)) (field (mut f32)) (field (mut f64))"
                       " (field (mut v128)) (field (mut (ref null $s))) (field (mut anyref))"
                       " (field $x (mut i32))))))")
            out += [f"(type ${name} (array (mut {of})))" for name, of in ARRAYS.items()]
        return out

    def make_imports(self):
        out = []
        for name in ("twice", "grow", "throws"):
            out.append(f'(import "lib" "{name}" (func $lib_{name} (param i32) (result i32)))')
        for name in ("poke", "through"):
            out.append(f'(import "lib" "{name}" (func $lib_{name} (param i32 i32) (result i32)))')
        out.append('(import "lib" "count" (func $lib_count (param i32 i64) (result i64)))')
        out += ['(import "lib" "m" (memory $lm 1 3))' for memory in self.memories if memory.imported]
        out.append(f'(import "lib" "t" (table $lt {self.table_word()} 8 12 funcref))')
        out.append('(import "lib" "g" (global $lg (mut i32)))')
        out.append('(import "lib" "e" (tag $le (param i32)))')
        return out

    def make_stores(self):
        out = [f'(memory ${m.name} (export "{m.name}") {m.type()})'
               for m in self.memories if not m.imported]
        out += ['(table $t0 (export "t0") 10 14 funcref)',
                '(table $te (export "te") 3 6 externref)']
        if self.has("FUNCTION_REFERENCES"):
            out.append('(table $tu (export "tu") 4 8 (ref null $unary))')
        if self.has("GC"):
            out.append('(table $ta (export "ta") 4 8 anyref)')
        if self.has("MEMORY64"):
            out.append('(table $tl (export "tl") i64 5 9 funcref)')
        out += ['(global $gi (export "gi") (mut i32) (i32.const 7))',
                '(global $gl (export "gl") (mut i64) (i64.const -3))',
                '(global $gf (export "gf") (mut f32) (f32.const 1.5))',
                '(global $gd (export "gd") (mut f64) (f64.const -0.0))',
                '(global $gv (export "gv") (mut v128) (v128.const i32x4 1 2 3 4))',
                '(global $fixed i32 (i32.const 64))', '(global $gn (mut funcref) (ref.null func))',
                '(tag $e (param i32))', '(tag $ed (param i64 f64))', '(tag $en)']
        return out

    def make_segments(self):
        first = self.memories[0]
        at = "i64" if first.at == "l" else "i32"
        names = "$small $load $small $negate $mul $finish $small $load"
        out = [f'(data (memory ${first.name}) ({at}.const 16) "\\01\\02\\fe\\ff\\80\\7f\\00\\00'
               '\\00\\00\\a0\\7f\\00\\00\\00\\00\\00\\00\\f4\\7f hello, hello")',
               '(data $d0 "\\10\\20\\30\\40\\50\\60\\70\\80\\90\\a0\\b0\\c0\\d0\\e0\\f0\\ff'
               'The quick brown fox jumps over the lazy dog.")',
               f"(elem (table $t0) (i32.const 0) func {names})",
               f"(elem (table $lt) ({'i64' if self.table_at == 'l' else 'i32'}.const 1)"
               " func $negate $load $mul $small)",
               "(elem $e0 func $small $negate $mul $load $finish)",
               "(elem declare func $small $load $negate $mul $finish $deep)"]
        if self.has("FUNCTION_REFERENCES"):
            out.append("(elem (table $tu) (i32.const 0) (ref null $unary)"
                       " (ref.func $small) (ref.func $negate) (ref.null $unary))")
        if self.has("GC"):
            out += ["(elem $ea anyref (ref.i31 (i32.const 5)) (ref.null any)"
                    " (ref.i31 (i32.const -1)))",
                    "(elem (table $ta) (i32.const 1) anyref (ref.i31 (i32.const 77)))"]
        return out

    def make_funcs(self):
        first = self.memories[0]
        address = "(i64.extend_i32_u (i32.and (local.get 0) (i32.const %d)))" \
            if first.at == "l" else "(i32.and (local.get 0) (i32.const %d))"
        out = ["(func $small (type $unary) (i32.add (i32.mul (local.get 0) (i32.const 5))"
               " (global.get $gi)))",
               f"(func $load (type $unary) (i32.load8_u ${first.name} {address % first.mask}))",
               "(func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))",
               "(func $mul (type $binary) (i64.mul (local.get 0) (i64.add (local.get 1)"
               " (i64.const 1))))",
               "(func $mix (param i64 i32) (result i64) (i64.add (i64.mul (local.get 0)"
               " (i64.const 31)) (i64.extend_i32_s (local.get 1))))",
               "(func $finish (type $finish) (global.set $gi (i32.add (global.get $gi)"
               " (i32.const 1))) (local.get 1) (local.get 0)"
               " (i64.xor (local.get 1) (i64.extend_i32_u (local.get 0))))",
               "(func $throws (param i32) (result i32) (if (i32.eq (i32.and (local.get 0)"
               " (i32.const 7)) (i32.const 3)) (then (throw $e (local.get 0))))"
               " (i32.add (local.get 0) (i32.const 1)))",
               "(func $deep (type $unary) (if (result i32) (i32.and (local.get 0) (i32.const 31))"
               " (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1)))"
               " (local.get 0))) (else (global.get $gi))))",
               "(func $many (param i32 v128 f64 i64 f32) (result v128 f64 i32)"
               " (i32x4.add (local.get 1) (i32x4.splat (local.get 0))) (local.get 2)"
               " (i32.xor (local.get 0) (i32.wrap_i64 (local.get 3))))",
               "(func $tail (type $unary) (if (i32.and (local.get 0) (i32.const 1023)) (then"
               " (global.set $gi (i32.add (global.get $gi) (local.get 0)))"
               " (return_call $tail (i32.sub (i32.and (local.get 0) (i32.const 1023))"
               " (i32.const 1))))) (local.get 0))"]
        return out + self.make_cleaners() + [self.make_digest()]

    def make_cleaners(self):
        """A NaN of no definite bits becomes one of two: quiet or, which no arithmetic gives,
        signalling."""
        out = []
        for t, i, quiet, low in (("f32", "i32", "0x00400000", "0x7f800001"),
                                 ("f64", "i64", "0x0008000000000000", "0x7ff0000000000001")):
            out.append(
                f"(func $clean_{t} (param {t}) (result {t}) (if (result {t}) ({t}.eq (local.get 0)"
                f" (local.get 0)) (then (local.get 0)) (else ({t}.reinterpret_{i} ({i}.or"
                f" ({i}.and ({i}.reinterpret_{t} (local.get 0)) ({i}.const {quiet}))"
                f" ({i}.const {low}))))))")
        for t, i, quiet, low in (("f32x4", "i32", "0x00400000", "0x7f800001"),
                                 ("f64x2", "i64", "0x0008000000000000", "0x7ff0000000000001")):
            splat = f"{i}x{'4' if i == 'i32' else '2'}.splat"
            out.append(
                f"(func $clean_{t} (param v128) (result v128) (v128.bitselect (local.get 0)"
                f" (v128.or (v128.and (local.get 0) ({splat} ({i}.const {quiet})))"
                f" ({splat} ({i}.const {low}))) ({t}.eq (local.get 0) (local.get 0))))")
        return out

    def make_digest(self):
        """What another engine can say of memories, tables and globals."""
        lines = ["(func (export \"digest\") (result i64) (local $x i64) (local $a i32)"
                 " (local $b i64)",
                 "(local.set $x (i64.xor (global.get $gl) (i64.extend_i32_u (i32.xor (global.get"
                 " $gi) (i32.mul (global.get $lg) (i32.const 3))))))",
                 "(local.set $x (i64.add (local.get $x) (i64.xor (i64.reinterpret_f64 (global.get"
                 " $gd)) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $gf))))))",
                 "(local.set $x (i64.xor (local.get $x) (i64.add (i64x2.extract_lane 0 (global.get"
                 " $gv)) (i64x2.extract_lane 1 (global.get $gv)))))"]
        for memory in self.memories:
            t, local = ("i64", "$b") if memory.at == "l" else ("i32", "$a")
            size = f"(memory.size ${memory.name})"
            if memory.page != 1:
                size = f"({t}.mul {size} ({t}.const {memory.page}))"
            lines.append(
                f"(local.set {local} ({t}.const 0)) (loop (local.set $x (i64.add (i64.rotl (local.get"
                f" $x) (i64.const 5)) (i64.load ${memory.name} (local.get {local}))))"
                f" (br_if 0 ({t}.le_u (local.tee {local} ({t}.add (local.get {local}) ({t}.const 8)))"
                f" ({t}.sub {size} ({t}.const 8)))))")
        for table, at in (("t0", "i"), ("te", "i"), ("lt", self.table_at)):
            t, local = ("i64", "$b") if at == "l" else ("i32", "$a")
            lines.append(
                f"(local.set {local} ({t}.const 0)) (loop (local.set $x (i64.add (i64.rotl (local.get"
                f" $x) (i64.const 1)) (i64.extend_i32_u (ref.is_null (table.get ${table} (local.get"
                f" {local})))))) (br_if 0 ({t}.lt_u (local.tee {local} ({t}.add (local.get {local})"
                f" ({t}.const 1))) (table.size ${table}))))")
        return "\n".join(lines) + " (local.get $x))"

    def module(self, programs):
        """The main module, as a tree."""
        fields = [field if isinstance(field, Node) else Node("", [field]) for field in self.fields]
        return Node("module", fields + programs, None)
