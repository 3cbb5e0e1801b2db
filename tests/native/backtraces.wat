;; What native code might show otherwise in a backtrace: small functions, which it has inside their
;; callers, and equal code on both sides of a choice, which it could share.
(module
  (type $unary (func (param i32) (result i32)))
  (type $pair (func (param i32) (result i32 i64)))
  (memory 1)
  (table 8 funcref)
  (elem (i32.const 1) $load $divide $check)
  (elem (i32.const 5) $split)
  (global $depth (mut i32) (i32.const 0))

  (func $load (type $unary) (i32.load offset=4 (local.get 0)))
  (func $divide (type $unary) (i32.div_s (i32.const 12) (local.get 0)))
  (func $check (type $unary)
    (if (local.get 0) (then (return (i32.const 7))))
    (unreachable))
  (func $outer_load (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
  (func $outer_divide (param i32) (result i32) (i32.add (call $divide (local.get 0)) (i32.const 1)))
  (func $split (type $pair)
    (i32.sub (local.get 0) (i32.const 1))
    (i64.extend_i32_u (i32.load8_u (local.get 0))))
  ;; Goes through a small function, so that the way back does too.
  (func $again (param i32) (result i32) (call $down (i32.sub (local.get 0) (i32.const 1))))
  (func $down (export "down") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (call $outer_load (i32.const -1)))))
    (i32.add (call $again (local.get 0)) (i32.const 1)))
  (func $endless (param i32) (result i32) (i32.add (call $again_endless (local.get 0)) (i32.const 1)))
  (func $again_endless (param i32) (result i32) (call $endless (i32.add (local.get 0) (i32.const 1))))

  (func (export "load") (param i32) (result i32) (call $outer_load (local.get 0)))
  (func (export "divide") (param i32) (result i32) (call $outer_divide (local.get 0)))
  (func (export "check") (param i32) (result i32)
    (i32.add (call $check (local.get 0)) (call $check (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "through") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "split") (param i32) (result i64)
    (local $low i32) (local $high i64)
    (call_indirect (type $pair) (local.get 0) (i32.const 5))
    (local.set $high) (local.set $low)
    (i64.add (local.get $high) (i64.extend_i32_s (local.get $low))))
  (func (export "endless") (param i32) (result i32) (call $endless (local.get 0)))
  ;; The same function on both sides of a choice, which could share its code.
  (func (export "either") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.mul (call $load (local.get 1)) (i32.const 3)))
      (else (i32.mul (call $load (local.get 1)) (i32.const 5)))))
  (func (export "tails") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then
        (i32.store (i32.const 8) (i32.const 1))
        (i32.store offset=4 (local.get 1) (i32.const 9))
        (i32.load offset=8 (local.get 1)))
      (else
        (i32.store (i32.const 12) (i32.const 1))
        (i32.store offset=4 (local.get 1) (i32.const 9))
        (i32.load offset=8 (local.get 1)))))
  (func $loops (param i32 i32)
    (local $i i32)
    (loop
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $i) (local.get 1))))
    (i32.store (local.get 0) (i32.div_u (local.get $i) (local.get 1))))
  (func (export "calls") (param i32 i32)
    (if (local.get 0)
      (then (call $loops (local.get 1) (i32.const 3)))
      (else (call $loops (local.get 1) (i32.const 3)))))
  ;; Accesses that may be one instruction with what uses them.
  (func (export "folded") (param $which i32) (param $at i32) (result i32)
    (local $i i32)
    (if (i32.eqz (local.get $which)) (then
      (block $out
        (loop $next
          (br_if $out (i32.eqz (i32.load8_u (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      (return (local.get $at))))
    (if (i32.eq (local.get $which) (i32.const 1)) (then
      (i32.store (local.get $at) (i32.load8_s (local.get $at)))
      (return (i32.const 1))))
    (if (i32.eq (local.get $which) (i32.const 2)) (then
      (return (i32.trunc_sat_f64_s
        (f64.add (f64.convert_i32_s (local.get $which)) (f64.load (local.get $at)))))))
    (loop $next
      (if (i32.eqz (local.tee $i (i32.add (local.get $i) (i32.load (local.get $at)))))
        (then (i32.store8 (local.get $at) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $which (i32.sub (local.get $which) (i32.const 1)))))
    (local.get $i))
  ;; An atomic operation that changes nothing, and so may become a load.
  (func (export "idempotent") (param $at i32) (param $value i32)
    (i32.store8
      (i32.and (i32.atomic.rmw8.xor_u (local.get $at) (i32.const 0)) (i32.const 15))
      (local.get $value)))  ;; A load at the end of a chain of conversions.
  (func (export "conversions") (param $at i32) (result v128)
    (f64x2.neg (f32x4.demote_f64x2_zero (i64x2.extend_low_i32x4_u
      (v128.load32_splat (local.get $at))))))
  ;; An atomic operation with a loaded operand.
  (func (export "exchange") (param $at i32) (param $from i32) (result i32)
    (i32.atomic.rmw8.xchg_u (local.get $at) (i32.load8_u (local.get $from)))))
