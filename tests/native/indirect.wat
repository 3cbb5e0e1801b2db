;; Calls through a table that never changes which reach no function of their type, also as the last
;; thing that a function does.
(module
  (type $t (func (param i32) (result i32)))
  (type $u (func (result i64)))
  (table 8 funcref)
  (elem (i32.const 1) func $same $next $other)
  (func $same (type $t) (local.get 0))
  (func $next (type $t) (i32.add (local.get 0) (i32.const 1)))
  (func $other (type $u) (i64.const 3))
  (func $call (param i32) (result i32)
    (call_indirect (type $t) (i32.const 5) (local.get 0)))
  (func $tail (param i32) (result i32)
    (return_call_indirect (type $t) (i32.const 5) (local.get 0)))
  (func (export "call") (param i32) (result i32)
    (i32.add (call $call (local.get 0)) (i32.const 1)))
  (func (export "tail") (param i32) (result i32)
    (i32.add (call $tail (local.get 0)) (i32.const 1))))
