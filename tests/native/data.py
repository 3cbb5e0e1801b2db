#!/usr/bin/env python3
"""Prints a script (.wast) of modules with so much data that native code has it as pages of the image, or would have,
were it not for what the script asserts."""

N = 400000
LONG = "x" * N
EXPORTS = """
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "init") (param i32) (memory.init $long (i32.const 0) (i32.const 0) (local.get 0)))"""


def peeks(pairs, name=""):
    for at, value in pairs:
        print(f'(assert_return (invoke {name} "peek" (i32.const {at})) (i32.const {value}))')


# Overlapping segments, gaps, a passive one; written to by one instance and not by the other.
print(f"""(module definition $M
  (memory (export "memory") 40 50)
  (data $first (i32.const 99) "abcdefgh")
  (data $long (i32.const 100) "{LONG}")
  (data $passive "zzzz")
  (data (i32.const 70001) "y\\00y")
  (data (i32.const 420000) "end") {EXPORTS})
(module instance $A $M)
(module instance $B $M)""")
START = [(98, 0), (99, 97), (100, 120), (70000, 120), (70001, 121), (70002, 0), (70004, 120), (N + 99, 120),
         (N + 100, 0), (420002, 100), (420003, 0), (40 * 65536 - 1, 0)]
peeks(START, "$A")
print('(invoke $A "poke" (i32.const 70000) (i32.const 7))')
peeks([(70000, 7), (70001, 121)], "$A")
peeks(START, "$B")
# Active segments are dropped.
print('(assert_return (invoke $B "init" (i32.const 0)))')
print('(assert_trap (invoke $B "init" (i32.const 1)) "out of bounds memory access")')
# Zeros over all of it, and what grows behind it.
print('(invoke $A "fill" (i32.const 100) (i32.const 0) (i32.const 2500000))')
peeks([(99, 97), (100, 0), (70000, 0), (70001, 0), (N + 99, 0), (420000, 0), (2500100, 0)], "$A")
print('(assert_return (invoke $A "grow" (i32.const 10)) (i32.const 40))')
peeks([(420000, 0), (50 * 65536 - 1, 0)], "$A")
print(f'(assert_trap (invoke $A "peek" (i32.const {50 * 65536})) "out of bounds memory access")')
peeks(START, "$B")

# A segment beyond the end traps after those before it ran, which an imported memory shows.
print(f"""(module $C (memory (export "memory") 10) {EXPORTS.replace("$long", "0")} (data "passive"))
(register "c" $C)
(assert_trap (module (import "c" "memory" (memory 10))
  (data (i32.const 0) "{LONG}") (data (i32.const 655359) "xy")) "out of bounds memory access")""")
peeks([(0, 120), (N - 1, 120), (N, 0), (655359, 0)], "$C")
print(f"""(assert_trap (module (memory 10)
  (data (i32.const 0) "{LONG}") (data (i32.const 655359) "xy")) "out of bounds memory access")""")

# Tables come before memories: after a trap there, a function that another module holds sees no data.
print(f"""(module $D (table (export "table") 4 funcref) (type $t (func (result i32)))
  (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))
(register "d" $D)
(assert_trap (module (import "d" "table" (table 4 funcref)) (memory 10)
  (func $f (result i32) (i32.load8_u (i32.const 0)))
  (elem (i32.const 0) $f) (elem (i32.const 4) $f)
  (data (i32.const 0) "{LONG}")) "out of bounds table access")
(assert_return (invoke $D "call") (i32.const 0))""")

# At an address that is not known before, in a second memory, in a 64-bit one; the start function sees data.
print(f"""(module $G (global (export "at") i32 (i32.const 4096)))
(register "g" $G)
(module $E (import "g" "at" (global i32)) (memory 10)
  (data (global.get 0) "{LONG}")
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0))))""")
peeks([(4095, 0), (4096, 120), (N + 4095, 120), (N + 4096, 0)], "$E")
print(f"""(module $F (memory 1) (memory $m 10)
  (data (memory $m) (i32.const 5) "{LONG}")
  (func (export "peek") (param i32) (result i32) (i32.load8_u $m (local.get 0))))""")
peeks([(4, 0), (5, 120), (N + 4, 120), (N + 5, 0)], "$F")
print(f"""(module $H (memory i64 10) (data (i64.const 5) "{LONG}")
  (func (export "peek") (param i32) (result i32) (i32.load8_u (i64.extend_i32_u (local.get 0)))))""")
peeks([(4, 0), (5, 120), (N + 4, 120), (N + 5, 0)], "$H")
print(f"""(module $I (memory 10) (data (i32.const 5) "{LONG}") (start $s)
  (func $s (i32.store8 (i32.const 6) (i32.load8_u (i32.const {N + 4}))) (i32.store8 (i32.const 5) (i32.const 1)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0))))""")
peeks([(4, 0), (5, 1), (6, 120), (7, 120)], "$I")
