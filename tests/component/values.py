#!/usr/bin/env python3
"""Random types and values go through components and come back the same.

    tests/component/values.py WASMRUN --count 100 --seed 1

A component's function gets its parameters in memory and gives back their address, so that the value
that the host lowered is lifted again as it lies there. A second component stands before the first in
every other case, with another encoding of strings: the value is then moved from memory to memory
twice. The last line is `N passed, N failed`.
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

ENCODINGS = ["utf8", "utf16", "latin1+utf16"]
INTEGERS = {"u8": (0, 2**8 - 1), "s8": (-2**7, 2**7 - 1), "u16": (0, 2**16 - 1), "s16": (-2**15, 2**15 - 1),
            "u32": (0, 2**32 - 1), "s32": (-2**31, 2**31 - 1), "u64": (0, 2**64 - 1), "s64": (-2**63, 2**63 - 1)}
CHARACTERS = ["a", "z", "0", " ", "\"", "'", "\\", "\n", "\t", "\r", "\x01", "\x7f", "é", "ÿ", "Ā", "ж", "€", "漢", "\ud7ff",
              "\ue000", "😀", "\U0010ffff"]
CORE = """(core module $m (memory (export "mem") 16 4096) (global $at (mut i32) (i32.const 8))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
      (local.set 4 (i32.and (i32.add (global.get $at) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      (global.set $at (i32.add (local.get 4) (local.get 3)))
      (memory.copy (local.get 4) (local.get 0)
        (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
      (local.get 4))
    (func (export "same") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))"""
PADDING = '(param "padding" (tuple u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64))'
OPTIONS = '(memory (core memory $i "mem")) (realloc (core func $i "realloc")) string-encoding='


class Type:
    """A type: its text, and a way to make the text of a value."""

    def __init__(self, text, value):
        self.text, self.value = text, value


def character(rng, quote):
    c = rng.choice(CHARACTERS)
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", quote: "\\" + quote}
    if c in named:
        return named[c]
    return f"\\u{{{ord(c):x}}}" if ord(c) < 0x20 or ord(c) == 0x7f else c


def integer(rng, low, high):
    return str(rng.choice([low, high, 0, 1, rng.randint(low, high)]))


class Maker:
    """Makes types at random; those that must have a name are collected in `named`."""

    def __init__(self, rng, with_names):
        self.rng, self.with_names, self.named = rng, with_names, []

    def name(self, text):
        number = len(self.named)
        self.named.append(f'(type $t{number} {text}) (export $e{number} "t{number}" (type $t{number}))')
        return f"$e{number}"

    def scalar(self):
        kind = self.rng.choice([*INTEGERS, "bool", "f32", "f64", "char", "string", "string", "string"])
        if kind in INTEGERS:
            return Type(kind, lambda: integer(self.rng, *INTEGERS[kind]))
        if kind == "bool":
            return Type(kind, lambda: self.rng.choice(["true", "false"]))
        if kind == "char":
            return Type(kind, lambda: f"'{character(self.rng, chr(39))}'")
        if kind == "string":
            return Type(kind, lambda: '"' + "".join(
                character(self.rng, '"') for _ in range(self.rng.choice([0, 1, 3, 40]))) + '"')
        return Type(kind, lambda: self.rng.choice(["0", "-0", "1.5", "-0.25", "1e+20", "nan", "inf", "-inf"]))

    def parts(self, depth, least=1):
        return [self.type(depth - 1) for _ in range(self.rng.randint(least, 4))]

    def tuple(self, depth, least=1):
        parts = self.parts(depth, least)
        return Type(f"(tuple {' '.join(p.text for p in parts)})", lambda: f"({', '.join(p.value() for p in parts)})")

    def list(self, depth):
        element = self.type(depth - 1)
        return Type(f"(list {element.text})", lambda: "[" + ", ".join(
            element.value() for _ in range(self.rng.choice([0, 1, 2, 9]))) + "]")

    def option(self, depth):
        inner = self.type(depth - 1)
        return Type(f"(option {inner.text})", lambda: self.rng.choice(["none", f"some({inner.value()})"]))

    def result(self, depth):
        ok, error = [self.rng.choice([None, self.type(depth - 1)]) for _ in range(2)]
        text = "(result" + (f" {ok.text}" if ok else "") + (f" (error {error.text})" if error else "") + ")"
        return Type(text, lambda: self.rng.choice([f"ok({ok.value()})" if ok else "ok",
                                                   f"err({error.value()})" if error else "err"]))

    def record(self, depth):
        parts = self.parts(depth)
        text = "(record " + " ".join(f'(field "f{i}" {p.text})' for i, p in enumerate(parts)) + ")"
        return Type(self.name(text),
                    lambda: "{" + ", ".join(f"f{i}: {p.value()}" for i, p in enumerate(parts)) + "}")

    def variant(self, depth):
        parts = [self.rng.choice([None, p]) for p in self.parts(depth)]
        text = "(variant " + " ".join(f'(case "c{i}"{" " + p.text if p else ""})' for i, p in enumerate(parts)) + ")"
        return Type(self.name(text), lambda: self.rng.choice(
            [f"c{i}({p.value()})" if p else f"c{i}" for i, p in enumerate(parts)]))

    def enum(self, depth):
        count = self.rng.choice([1, 3, 300])
        names = " ".join(f'"n{i}"' for i in range(count))
        return Type(self.name(f"(enum {names})"), lambda: f"n{self.rng.randrange(count)}")

    def flags(self, depth):
        count = self.rng.choice([1, 8, 9, 17, 32])
        names = " ".join(f'"b{i}"' for i in range(count))
        return Type(self.name(f"(flags {names})"), lambda: "{" + ", ".join(
            f"b{i}" for i in range(count) if self.rng.random() < 0.5) + "}")

    def type(self, depth):
        if depth <= 0 or self.rng.random() < 0.3:
            return self.scalar()
        kinds = [self.tuple, self.list, self.option, self.result]
        if self.with_names:
            kinds += [self.record, self.variant, self.enum, self.flags]
        return self.rng.choice(kinds)(depth)


def echo(core, encoding):
    return f'(canon lift (core func $i "{core}") {OPTIONS}{encoding})'


def single(made, whole, encoding):
    types = "\n  ".join(made.named)
    return (f'(component {CORE}\n  {types}\n  (func (export "echo") (param "x" {whole.text}) {PADDING}'
            f" (result {whole.text}) {echo('same', encoding)}))")


def chain(whole, outer, inner):
    """Two components that know nothing of each other's memory."""
    signature = f'(param "x" {whole.text}) {PADDING} (result {whole.text})'
    return f"""(component
  (component $inner {CORE}
    (func (export "echo") {signature} {echo("same", inner)}))
  (component $outer (import "echo" (func $echo {signature})) {CORE}
    (core func $lowered (canon lower (func $echo) {OPTIONS}{outer}))
    (core module $call (import "" "echo" (func $echo (param i32 i32)))
      (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (func (export "call") (param i32) (result i32) (local i32)
        (local.set 1 (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 65536)))
        (call $echo (local.get 0) (local.get 1)) (local.get 1)))
    (core instance $c (instantiate $call (with "" (instance (export "echo" (func $lowered))
      (export "realloc" (func $i "realloc"))))))
    (func (export "echo") {signature} (canon lift (core func $c "call") {OPTIONS}{outer})))
  (instance $a (instantiate $inner))
  (instance $b (instantiate $outer (with "echo" (func $a "echo"))))
  (export "echo" (func $b "echo")))"""


def case(seed):
    """A component's text, and a value's."""
    rng = random.Random(seed)
    made = Maker(rng, with_names=seed % 2 == 0)
    whole = made.tuple(4, least=2)
    encodings = rng.choices(ENCODINGS, k=2)
    return single(made, whole, encodings[0]) if made.with_names else chain(whole, *encodings), whole.value()


def run(wasmrun, seed, folder):
    """What is wrong with the seed's case; None if nothing is."""
    path = folder / "case.wat"
    text, value = case(seed)
    path.write_text(text)
    call = f"echo({value}, ({', '.join(['0'] * 16)}))"
    done = subprocess.run([wasmrun, "--invoke", call, path], capture_output=True, text=True, timeout=60)
    if done.returncode == 0 and done.stdout == value + "\n":
        return None
    return f"seed {seed}: status {done.returncode}\n  sent {value}\n  got  {done.stdout}{done.stderr}\n{path.read_text()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wasmrun")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.count):
            wrong = run(options.wasmrun, seed, pathlib.Path(folder))
            if wrong:
                failed += 1
                print(wrong)
    print(f"{options.count - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
