#!/usr/bin/env python3
"""Prints a module with one function f (i32) -> (i32) whose body repeats a form N times: shapes for
which compilers tend to take more than linear time. `shapes.py` alone lists them.

    shapes.py SHAPE N
"""
import sys

MEMORY = "(memory 1)"


def function(lines, declarations=MEMORY, locals_="(local i32)"):
    body = "\n".join(lines)
    return f'(module {declarations} (func (export "f") (param i32) (result i32) {locals_}\n{body}))\n'


def conditions(n):
    """One value compared with many constants, a store behind each."""
    return function([f"(if (i32.gt_u (local.get 0) (i32.const {i}))"
                     f" (then (i32.store (i32.const {4 * (i % 1000)}) (i32.const {i}))))"
                     for i in range(n)] + ["(i32.load (i32.const 100))"])


def otherwise(n):
    """A condition in the else part of another, each with a result."""
    return function([f"(if (result i32) (i32.eq (local.get 0) (i32.const {i}))"
                     f" (then (i32.const {i * 7 % 1000})) (else" for i in range(n)] +
                    ["(i32.const -1)", "))" * n])


def nested(n):
    """A condition in the then part of another."""
    return function(["(if (local.get 0) (then" for _ in range(n)] +
                    ["(local.set 1 (i32.const 7))", "))" * n, "(local.get 1)"])


def blocks(n):
    return function(["(block " * n, "(br_if 0 (local.get 0)) (local.set 1 (i32.const 9))", ")" * n,
                     "(local.get 1)"])


def loops(n):
    """Loops one after the other, each with a store."""
    return function([f"(local.set 1 (i32.const {i % 100 + 1}))"
                     " (loop (i32.store8 (local.get 1) (local.get 0))"
                     " (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))"
                     for i in range(n)] + ["(i32.load8_u (i32.const 1))"])


def nested_loops(n):
    """Each back edge is taken once in all, by a counter that starts at 3."""
    return function(["(local.set 1 (i32.const 3))"] + ["(loop"] * n +
                    ["(local.set 1 (i32.sub (local.get 1) (i32.const 1)))"] +
                    ["(br_if 0 (i32.gt_s (local.get 1) (i32.const 0))))"] * n + ["(local.get 1)"])


def chain(n):
    return function(["(local.get 0)"] + ["(local.get 0) i32.add"] * n)


def zeros(n):
    """Bits counted one way after the other."""
    ways = ("i32.clz", "i32.ctz", "i32.popcnt")
    return function(["(local.get 0)"] + [f"{ways[i % 3]} (local.get 0) i32.add" for i in range(n)])


def cases(n):
    return function(["(block " * (n + 1), "(br_table " + " ".join(map(str, range(n + 1))),
                     " (local.get 0)))"] +
                    [f"(local.set 1 (i32.add (local.get 1) (i32.const {i * 77 % 1000}))))"
                     for i in range(n)] + ["(local.get 1)"])


def calls(n):
    """Through a table that never changes."""
    functions = ("(type $t (func (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) $a $b)"
                 "(func $a (type $t) (i32.add (local.get 0) (i32.const 1)))"
                 "(func $b (type $t) (i32.mul (local.get 0) (i32.const 3)))")
    return function(["(local.get 0)"] +
                    ["(call_indirect (type $t) (i32.and (local.get 0) (i32.const 1)))"] * n, functions)


def locals(n):
    """Thousands of locals, of which one is used."""
    return function([f"(local.set {n} (local.get 0)) (local.get {n})"], locals_="(local" + " i32" * n + ")")


SHAPES = {f.__name__: f for f in (conditions, otherwise, nested, blocks, loops, nested_loops, chain,
                                  zeros, cases, calls, locals)}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(f"{__doc__}\nshapes: {' '.join(SHAPES)}")
    sys.stdout.write(SHAPES[sys.argv[1]](int(sys.argv[2])))
