;; Functions that a failed instantiation left behind in an imported table see their own table as far
;; as it was filled.
(module $shared (table (export "t") 4 funcref)
  (type $get (func (result i32)))
  (func (export "call") (param i32) (result i32) (call_indirect (type $get) (local.get 0))))
(register "shared" $shared)

;; The segment that traps comes between: of the imported table.
(assert_trap (module
  (table $theirs (import "shared" "t") 1 funcref)
  (type $get (func (result i32)))
  (table $own 2 funcref)
  (elem (table $own) (i32.const 0) func $one)
  (elem (table $theirs) (i32.const 0) func $through0 $through1)
  (elem (table $theirs) (i32.const 4) func $one)
  (elem (table $own) (i32.const 1) func $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $through0 (result i32) (call_indirect $own (type $get) (i32.const 0)))
  (func $through1 (result i32) (call_indirect $own (type $get) (i32.const 1))))
  "out of bounds table access")
(assert_return (invoke $shared "call" (i32.const 0)) (i32.const 1))
(assert_trap (invoke $shared "call" (i32.const 1)) "uninitialized element")

;; All of the own table's segments came before: it is full.
(assert_trap (module
  (table $theirs (import "shared" "t") 1 funcref)
  (type $get (func (result i32)))
  (table $own 2 funcref)
  (elem (table $own) (i32.const 0) func $one $two)
  (elem (table $theirs) (i32.const 2) func $through)
  (elem (table $theirs) (i32.const 4) func $one)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $through (result i32) (call_indirect $own (type $get) (i32.const 1))))
  "out of bounds table access")
(assert_return (invoke $shared "call" (i32.const 2)) (i32.const 2))

;; A segment of the memory traps, which comes after all of tables.
(assert_trap (module
  (table $theirs (import "shared" "t") 1 funcref)
  (type $get (func (result i32)))
  (memory 1 1)
  (table $own 2 funcref)
  (elem (table $theirs) (i32.const 3) func $through)
  (elem (table $own) (i32.const 1) func $three)
  (data (i32.const 0x10000) "x")
  (func $three (result i32) (i32.const 3))
  (func $through (result i32) (call_indirect $own (type $get) (i32.const 1))))
  "out of bounds memory access")
(assert_return (invoke $shared "call" (i32.const 3)) (i32.const 3))

;; An own segment replaces what an own segment put there; one that traps between is of a third table.
(module $third (table (export "t") 0 funcref))
(register "third" $third)
(assert_trap (module
  (table $theirs (import "shared" "t") 1 funcref)
  (table $empty (import "third" "t") 0 funcref)
  (type $get (func (result i32)))
  (table $own 1 funcref)
  (elem (table $own) (i32.const 0) func $one)
  (elem (table $theirs) (i32.const 0) func $through)
  (elem (table $empty) (i32.const 0) func $one)
  (elem (table $own) (i32.const 0) func $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $through (result i32) (call_indirect $own (type $get) (i32.const 0))))
  "out of bounds table access")
(assert_return (invoke $shared "call" (i32.const 0)) (i32.const 1))
