#!/usr/bin/env python3
"""Random programs of float arithmetic with identities (x * 1, x - 0, promote and demote, ...): no
arithmetic returns a signalling NaN, and native code returns what the interpreter does.

    nans.py WASMRUN [--count N] [--seed S] [--levels 0123s] [--target T --runner "CMD..."]

A program is a function of two f32, two f64 and an i32 that returns the bits of a value, NaNs reduced
to whether they are quiet: which of two NaNs goes on is open, that it is quiet is not. Each is called
with operands among which are signalling NaNs. A difference is printed with its seed.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

ZEROS = ["0", "-0", "1", "-1"]
OTHERS = ["2", "0.5", "-3.25", "inf", "nan"]
SIGNALLING = {"f32": "nan:0x200001", "f64": "nan:0x4000000000001"}
ARRAYS = {"f32": 256, "f64": 512}  # never read as the other: the sign of a NaN is open
LANES = {"f32": "f32x4", "f64": "f64x2"}
INPUTS = [
    (0x7FA00001, 0x3F800000, 0x7FF4000000000001, 0x3FF0000000000000, 1),
    (0xFFA00001, 0x80000000, 0xFFF4000000000001, 0x8000000000000000, 0),
    (0x40490FDB, 0x7FA00001, 0x400921FB54442D18, 0x7FF4000000000001, 3),
    (0x7FC00000, 0x00000000, 0x7FF8000000000000, 0x0000000000000000, 2),
    (0xBF800000, 0x7F800001, 0xBFF0000000000000, 0x7FF0000000000001, 0x80000001),
]


class Program:
    """Expressions of a type over the parameters, locals and a memory of 64 KiB."""

    def __init__(self, rng):
        self.rng = rng

    def constant(self, type_):
        rng = self.rng
        value = rng.choice(ZEROS if rng.random() < 0.8 else OTHERS + [SIGNALLING[type_]])
        return f"({type_}.const {value})"

    def integer(self, depth):
        rng = self.rng
        if depth <= 0 or rng.random() < 0.4:
            return rng.choice(["(local.get $n)", "(i32.const 0)", "(i32.const 1)", "(local.get $i)"])
        op = rng.choice(["add", "sub", "and", "xor", "shr_u"])
        return f"(i32.{op} {self.integer(depth - 1)} {self.integer(depth - 1)})"

    def leaf(self, type_):
        rng = self.rng
        kind = rng.random()
        if kind < 0.45:
            return f"(local.get ${rng.choice(['a', 'a', 'b', 'x', 'y'])}{type_})"
        if kind < 0.55:
            return f"({type_}.load (i32.const {8 * rng.randrange(4) + (64 if type_ == 'f64' else 0)}))"
        if kind < 0.65:
            return f"({type_}.convert_i32_s {self.integer(2)})"
        return self.constant(type_)

    def vector(self, type_, depth):
        rng = self.rng
        lanes = LANES[type_]
        if depth <= 0 or rng.random() < 0.2:
            if rng.random() < 0.4:
                count = int(lanes[-1])
                return f"(v128.const {lanes} {' '.join(rng.choice(ZEROS) for _ in range(count))})"
            return rng.choice([f"({lanes}.splat {self.value(type_, depth - 1)})", f"(local.get $v{type_})"])
        kind = rng.random()
        if kind < 0.55:
            op = rng.choice(["add", "sub", "mul", "mul", "div"])
            return f"({lanes}.{op} {self.vector(type_, depth - 1)} {self.vector(type_, depth - 1)})"
        if kind < 0.65:
            op = rng.choice(["relaxed_madd", "relaxed_nmadd"])
            parts = " ".join(self.vector(type_, depth - 2) for _ in range(3))
            return f"({lanes}.{op} {parts})"
        if kind < 0.8:
            op = rng.choice(["neg", "abs", "ceil", "floor", "sqrt", "nearest"])
            return f"({lanes}.{op} {self.vector(type_, depth - 1)})"
        if kind < 0.9:
            lane = rng.randrange(int(lanes[-1]))
            return (f"({lanes}.replace_lane {lane} {self.vector(type_, depth - 1)} "
                    f"{self.value(type_, depth - 1)})")
        if type_ == "f64":
            return f"(f64x2.promote_low_f32x4 {self.vector('f32', depth - 1)})"
        return f"(f32x4.demote_f64x2_zero {self.vector('f64', depth - 1)})"

    def veiled(self, type_, value):
        """The constant, by a way on which it shows only to who follows it."""
        rng = self.rng
        constant = f"({type_}.const {value})"
        other, op = ("f32", "promote_f32") if type_ == "f64" else ("f64", "demote_f64")
        at = 128 + 8 * rng.randrange(2)
        ways = [
            constant, constant, constant, f"(call $same_{type_} {constant})",
            f"({type_}.{op} ({other}.const {value}))",
            f"(select {constant} {constant} {self.integer(1)})",
            f"(if (result {type_}) {self.integer(1)} (then {constant}) (else {constant}))",
            f"(block (result {type_}) ({type_}.store (i32.const {at}) {constant}) ({type_}.load (i32.const {at})))",
            f"(block (result {type_}) (local.set $c{type_} {constant}) (local.get $c{type_}))",
            f"({LANES[type_]}.extract_lane 1 ({LANES[type_]}.splat {constant}))",
        ]
        if value != "-0":
            ways.append(f"({type_}.convert_i32_s (i32.const {value}))")
        return rng.choice(ways)

    def identity(self, type_, value):
        """The value itself, or its negation, but for what arithmetic does to a NaN."""
        rng = self.rng
        zero, minus_zero, one, minus = (self.veiled(type_, c) for c in ("0", "-0", "1", "-1"))
        other, there, back = (("f64", "promote_f32", "demote_f64") if type_ == "f32" else
                              ("f32", "demote_f64", "promote_f32"))
        ways = [
            f"({type_}.mul {value} {one})", f"({type_}.mul {one} {value})", f"({type_}.div {value} {one})",
            f"({type_}.sub {value} {zero})", f"({type_}.add {value} {minus_zero})",
            f"({type_}.add {minus_zero} {value})", f"({type_}.mul {value} {minus})",
            f"({type_}.div {value} {minus})", f"({type_}.sub {minus_zero} {value})",
            f"({type_}.add ({type_}.abs {value}) {zero})",
        ]
        if type_ == "f32":
            ways += [f"({type_}.{back} ({other}.{there} {value}))",
                     f"({type_}.{back} ({other}.neg ({other}.{there} {value})))"]
        lanes = LANES[type_]
        ways.append(f"({lanes}.extract_lane 1 ({lanes}.mul ({lanes}.splat {value}) ({lanes}.splat {one})))")
        ways.append(f"({lanes}.extract_lane 0 ({lanes}.relaxed_madd ({lanes}.splat {value}) "
                    f"({lanes}.splat {one}) ({lanes}.splat {minus_zero})))")
        return rng.choice(ways)

    def value(self, type_, depth):
        rng = self.rng
        if depth <= 0:
            return self.leaf(type_)
        if rng.random() < 0.5:
            return self.identity(type_, self.value(type_, rng.choice([0, 0, depth - 1])))
        kind = rng.random()
        if kind < 0.5:
            op = rng.choice(["add", "sub", "mul", "mul", "div", "min", "max"])
            one, other = self.value(type_, depth - 1), self.value(type_, rng.randrange(depth))
            if rng.random() < 0.5:
                one, other = other, one
            return f"({type_}.{op} {one} {other})"
        if kind < 0.62:
            op = rng.choice(["neg", "abs", "sqrt", "floor", "trunc", "nearest"])
            return f"({type_}.{op} {self.value(type_, depth - 1)})"
        if kind < 0.72:
            other, op = ("f32", "promote_f32") if type_ == "f64" else ("f64", "demote_f64")
            return f"({type_}.{op} {self.value(other, depth - 1)})"
        if kind < 0.79:
            return (f"(select {self.value(type_, depth - 1)} {self.leaf(type_)} {self.integer(2)})")
        if kind < 0.86:
            return (f"(if (result {type_}) {self.integer(2)} (then {self.value(type_, depth - 1)}) "
                    f"(else {self.leaf(type_)}))")
        if kind < 0.91:
            return f"(call $help_{type_} {self.value(type_, depth - 1)} {self.leaf(type_)})"
        if kind < 0.97:
            lanes = LANES[type_]
            lane = rng.randrange(int(lanes[-1]))
            return f"({lanes}.extract_lane {lane} {self.vector(type_, depth - 1)})"
        return f"(local.tee $x{type_} {self.value(type_, depth - 1)})"

    def statement(self, depth):
        rng = self.rng
        type_ = rng.choice(["f32", "f64"])
        kind = rng.random()
        if kind < 0.4:
            name = rng.choice(["x", "y"])
            return f"(local.set ${name}{type_} {self.value(type_, depth)})"
        if kind < 0.55:
            at = 8 * rng.randrange(4) + (64 if type_ == "f64" else 0)
            return f"({type_}.store (i32.const {at}) {self.value(type_, depth)})"
        if kind < 0.7:
            return f"(local.set $v{type_} {self.vector(type_, depth)})"
        if kind < 0.85:
            return self.loop(depth - 1)
        return f"(if {self.integer(2)} (then {self.statement(depth - 1)}))"

    def loop(self, depth):
        """Over an array: what the loop computes of one element goes to another."""
        rng = self.rng
        type_ = rng.choice(["f32", "f64"])
        size, name = (4, "4") if type_ == "f32" else (8, "8")
        at = f"(i32.mul (local.get $i) (i32.const {name}))"
        base = ARRAYS[type_]
        load = f"({type_}.load offset={base} {at})"
        op = rng.choice(["add", "sub", "mul", "div"])
        if rng.random() < 0.6:
            value = self.identity(type_, load)
        else:
            value = f"({type_}.{op} {load} {self.value(type_, max(depth - 2, 0))})"
        rounds = rng.choice([1, 2, 3, 8, 17])
        return (f"(local.set $i (i32.const 0)) (loop $l ({type_}.store offset={base + size} {at} {value}) "
                f"(local.set $i (i32.add (local.get $i) (i32.const 1))) "
                f"(br_if $l (i32.lt_u (local.get $i) (i32.const {rounds}))))")

    def func(self, index):
        type_ = self.rng.choice(["f32", "f64"])
        body = "\n    ".join(self.statement(4) for _ in range(self.rng.randrange(0, 4)))
        if self.rng.random() < 0.3:
            at = f"(i32.and {self.integer(2)} (i32.const 31))"
            size = "4" if type_ == "f32" else "8"
            value = f"({type_}.load offset={ARRAYS[type_]} (i32.mul {at} (i32.const {size})))"
        else:
            value = self.value(type_, self.rng.randrange(1, 6))
        bits = f"(i32.reinterpret_f32 {value})" if type_ == "f32" else f"(i64.reinterpret_f64 {value})"
        return f"""  (func $p{index} (export "p{index}") (param $n i32) (result i64)
    (local $af32 f32) (local $bf32 f32) (local $af64 f64) (local $bf64 f64) (local $i i32)
    (local $xf32 f32) (local $yf32 f32) (local $xf64 f64) (local $yf64 f64)
    (local $vf32 v128) (local $vf64 v128) (local $cf32 f32) (local $cf64 f64)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1024))
    (memory.copy (i32.const 256) (i32.const 4096) (i32.const 64))
    (memory.copy (i32.const 512) (i32.const 4160) (i32.const 64))
    (local.set $af32 (f32.load offset=2048 (i32.mul (local.get $n) (i32.const 32))))
    (local.set $bf32 (f32.load offset=2056 (i32.mul (local.get $n) (i32.const 32))))
    (local.set $af64 (f64.load offset=2064 (i32.mul (local.get $n) (i32.const 32))))
    (local.set $bf64 (f64.load offset=2072 (i32.mul (local.get $n) (i32.const 32))))
    (local.set $vf32 (v128.load offset=4096 (i32.const 0)))
    (local.set $vf64 (v128.load offset=4160 (i32.const 0)))
    (local.set $n (i32.load offset=3072 (i32.mul (local.get $n) (i32.const 4))))
    {body}
    (call $class_{type_} {bits}))
"""


def data(values, size):
    raw = b"".join(value.to_bytes(size, "little") for value in values)
    return "".join(f"\\{byte:02x}" for byte in raw)


def module(seed, count):
    rng = random.Random(seed)
    program = Program(rng)
    rows = "".join(data([a, b], 8) + data([c, d], 8) for a, b, c, d, _ in INPUTS)
    bits32 = [0x7FA00001, 0x3F800000, 0xFFA00001, 0x40000000] * 4
    bits64 = [0x7FF4000000000001, 0x3FF0000000000000, 0xFFF4000000000001, 0x4000000000000000] * 2
    funcs = "".join(program.func(i) for i in range(count))
    calls = "\n".join(
        f"    (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31)) (call $p{{0}} (i32.const {n}))))"
        for n in range(len(INPUTS)))
    alls = "".join(f'  (func (export "t{i}") (result i64) (local $h i64)\n{calls.format(i)}\n    (local.get $h))\n'
                   for i in range(count))
    return f"""(module (memory 1)
  (data (i32.const 2048) "{rows}")
  (data (i32.const 3072) "{data([row[4] for row in INPUTS], 4)}")
  (data (i32.const 4096) "{data(bits32, 4)}{data(bits64, 8)}")
  (func $class_f32 (param i32) (result i64)
    (if (result i64) (i32.gt_u (i32.and (local.get 0) (i32.const 0x7fffffff)) (i32.const 0x7f800000))
      (then (i64.extend_i32_u (i32.or (i32.const 0x7f800001) (i32.and (local.get 0) (i32.const 0x400000)))))
      (else (i64.extend_i32_u (local.get 0)))))
  (func $class_f64 (param i64) (result i64)
    (if (result i64)
      (i64.gt_u (i64.and (local.get 0) (i64.const 0x7fffffffffffffff)) (i64.const 0x7ff0000000000000))
      (then (i64.or (i64.const 0x7ff0000000000001) (i64.and (local.get 0) (i64.const 0x8000000000000))))
      (else (local.get 0))))
  (func $help_f32 (param f32 f32) (result f32) (f32.mul (local.get 0) (local.get 1)))
  (func $same_f32 (param f32) (result f32) (local.get 0))
  (func $same_f64 (param f64) (result f64) (local.get 0))
  (func $help_f64 (param f64 f64) (result f64) (f64.sub (local.get 0) (local.get 1)))
{funcs}{alls})
"""


def results(command, path, count):
    """What every program returns, in order."""
    out = []
    for i in range(count):
        done = subprocess.run([*command, "--invoke", f"t{i}", path], capture_output=True, text=True)
        out.append(done.stdout.strip() or done.stderr.strip())
    return out


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wasmrun")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--levels", default="0123s")
    parser.add_argument("--target", default="")
    parser.add_argument("--runner", default="", help="command that runs what was compiled for the target")
    return parser.parse_args()


def main():
    o = options()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        text, native = os.path.join(folder, "p.wat"), os.path.join(folder, "p.wasm")
        runner = o.runner.split() or [o.wasmrun]
        each = 25
        for seed in range(o.seed, o.seed + (o.count + each - 1) // each):
            with open(text, "w", encoding="utf-8") as file:
                file.write(module(seed, each))
            expected = results([o.wasmrun, "--engine", "interp"], text, each)
            for level in o.levels:
                target = ["--target", o.target] if o.target else []
                subprocess.run([o.wasmrun, "compile", f"-O{level}", *target, text, "-o", native],
                               check=True, stderr=subprocess.DEVNULL)
                for i, (right, got) in enumerate(zip(expected, results(runner, native, each))):
                    good = right == got and re.fullmatch(r"i64:-?\d+", right)
                    passed, failed = passed + bool(good), failed + (not good)
                    if not good:
                        print(f"seed {seed}, t{i}, level {level}: {right} expected, {got}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
