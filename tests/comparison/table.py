"""The instruction table, read from runtime/opcodes.def: what a generator of programs asks of a row,
and which rows a module's text has."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r'^OP\((\w+), *(0x[0-9a-f]+), *(\w+), *"([^"]+)", *(\w+), *(\w+), *(\w+), *(\w+), *(\w+)',
                 re.M)
WIDTH = re.compile(r"(?:load|store|rmw)(\d+)(x\d+)?")
FLOAT_ARITHMETIC = re.compile(
    r"^(f32|f64|f32x4|f64x2)\.(relaxed_)?(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|"
    r"madd|nmadd|demote_f64|promote_f32|demote_f64x2_zero|promote_low_f32x4)$")
FLOAT_READER = re.compile(
    r"^((f32|f64|f32x4|f64x2)\.(eq|ne|lt|gt|le|ge)|i\d+(x\d+)?\.(relaxed_)?trunc_.*)$")
# What a value is called whose NaNs have no definite bits: the letters of opcodes.def in capitals, and
# for vectors X (of f32) and Y (of f64).
DIRTY = {"f": "F", "d": "D"}


class Row:
    """A row of the table."""

    def __init__(self, page, code, name, text, immediates, signature, access, effects,
                 feature):
        self.page, self.code, self.name, self.text = page, int(code, 16), name, text
        self.immediates, self.feature = immediates, feature
        self.access, self.effects = access, effects
        self.special = signature.startswith("S")
        self.params, self.results = ("", "") if self.special else signature.split("_")
        self.width = self._width()
        self.arithmetic = bool(FLOAT_ARITHMETIC.match(text))
        self._make_operands()

    def _width(self):
        """Bytes of an access."""
        if not self.immediates.startswith("MEMARG"):
            return 0
        found = WIDTH.search(self.text)
        if found:
            return 8 if found[2] else int(found[1]) // 8
        if "wait" in self.text:
            return int(self.text[-2:]) // 8
        return {"i32": 4, "f32": 4, "i64": 8, "f64": 8, "v128": 16}.get(self.text.split(".")[0], 4)

    def _make_operands(self):
        """Operand and result types, with the types of NaNs without definite bits."""
        self.operands, self.result = list(self.params), self.results
        if not self.arithmetic and not FLOAT_READER.match(self.text):
            return
        vector = "Y" if re.search(r"f64x2", self.text.replace("demote_f64x2", "f64x2")) else "X"
        source = vector
        if "promote_low_f32x4" in self.text or "f32x4" in self.text.split(".")[1]:
            source = "X"
        if "demote_f64x2" in self.text or "f64x2" in self.text.split(".")[1]:
            source = "Y"
        self.operands = [source if p == "v" else DIRTY.get(p, p) for p in self.params]
        if self.arithmetic:
            own = "Y" if self.text.startswith("f64x2") else "X"
            self.result = own if self.results == "v" else DIRTY.get(self.results, self.results)


def read():
    """All rows, in order."""
    text = (ROOT / "runtime" / "opcodes.def").read_text()
    return [Row(*found) for found in ROW.findall(text)]


def rows_in(texts, rows):
    """The names of the rows whose instructions are in these modules' texts."""
    by_text = {}
    for row in rows:
        by_text.setdefault(row.text, []).append(row)
    found = set()
    for text in texts:
        for word, rest in re.findall(r"(?<![$\w.])([a-z][a-z0-9_.]*)((?: \(ref null|\s*\(result)?)", text):
            for row in by_text.get(word, ()):
                if row.name.endswith("_null") and row.text in ("ref.test", "ref.cast"):
                    if "null" in rest:
                        found.add(row.name)
                elif row.text in ("ref.test", "ref.cast") and "null" in rest:
                    continue
                elif row.text == "select":
                    found.add("select_t" if "result" in rest else "select")
                else:
                    found.add(row.name)
        # A body ends with an end, which folded text does not write.
        found.add("end")
    return found
