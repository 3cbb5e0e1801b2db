;; Calls and tail calls that go back and forth between this instance and that of across_other.wat,
;; which each may run in another engine. Each function takes how many calls are to follow, and what
;; the last of them does: 0 returns, 1 throws, 2 traps, 3 reads outside its memory, 4 collects.
(module
  (type $f (func (param i32 i32) (result i32)))
  (type $wide (func (param i32 i64 i64 i64 i64 i64 i64 f64 f64 v128 v128) (result i64 v128 i32)))
  (type $thin (func (param i32 v128) (result i64 v128 i32)))
  (type $node (struct (field i32)))
  (import "other" "e" (tag $e (param i32)))
  (import "other" "t" (table $t 16 funcref))
  (import "other" "end" (func $end (type $f)))
  (import "other" "deep" (func $deep (type $f)))
  (import "other" "deep_ref" (func $deep_ref (type $f)))
  (import "other" "tail" (func $tail (type $f)))
  (import "other" "tail_ref" (func $tail_ref (type $f)))
  (import "other" "passed" (func $passed (type $f)))
  (import "other" "wide" (func $wide (type $wide)))
  (elem (table $t) (i32.const 0) func
    $direct $indirect $ref $tail_direct $tail_indirect $tail_through $inner $thin $caught_inside
    $deep $tail $held)
  (elem declare func $deep_ref $tail_ref)

  ;; ordinary calls, to the other instance and back
  (func $direct (export "direct") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))
  (func $indirect (export "indirect") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (i32.add (i32.const 1) (call_indirect $t (type $f)
      (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i32.const 9))))
  (func $ref (export "ref") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (i32.add (i32.const 1) (call_ref $f
      (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (ref.func $deep_ref))))
  ;; each holds an object of its own while the others run
  (func $held (export "held") (type $f) (local $node (ref null $node))
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (local.set $node (struct.new $node (local.get 0)))
    (i32.add (call $passed (i32.sub (local.get 0) (i32.const 1)) (local.get 1))
      (i32.eq (struct.get $node 0 (local.get $node)) (local.get 0))))

  ;; tail calls
  (func $tail_direct (export "tail_direct") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (return_call $tail (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
  (func $tail_indirect (export "tail_indirect") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (return_call_indirect $t (type $f)
      (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i32.const 10)))
  (func $tail_through (export "tail_through") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (return_call_ref $f (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (ref.func $tail_ref)))
  ;; a tail call of a function that one of its own instance called and waits for
  (func $inner (export "inner") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (i32.add (i32.const 1) (call $tail_out (local.get 0) (local.get 1))))
  (func $tail_out (type $f)
    (return_call $tail (i32.and (local.get 0) (i32.const 63)) (local.get 1)))

  ;; arguments that need more room than those of the function that is left, several results
  (func $thin (export "thin") (type $thin)
    (if (i32.eqz (local.get 0)) (then (return (i64.const 7) (local.get 1) (i32.const 42))))
    (return_call $wide (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2) (i64.const 3)
      (i64.const 4) (i64.const 5) (i64.const 6) (f64.const 7) (f64.const 8) (local.get 1)
      (v128.const i64x2 9 10)))
  (func (export "wide") (param i32) (result i64 i64 i32)
    (local $many v128) (local $code i32) (local $sum i64)
    (call $thin (local.get 0) (v128.const i64x2 0 0))
    (local.set $code) (local.set $many) (local.set $sum)
    (local.get $sum) (i64x2.extract_lane 0 (local.get $many)) (local.get $code))

  ;; the exception of the last call, taken here, or at each call again
  (func (export "caught") (param $kind i32) (param $n i32) (result i32)
    (block $taken (result i32)
      (try_table (result i32) (catch $e $taken)
        (call_indirect $t (type $f) (local.get $n) (i32.const 1) (local.get $kind)))))
  (func $caught_inside (export "caught_inside") (type $f)
    (if (i32.eqz (local.get 0)) (then (return (call $end (local.get 0) (local.get 1)))))
    (block $taken (result i32)
      (try_table (catch $e $taken)
        (return (call $passed (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))
      (unreachable))
    (throw $e (i32.add (i32.const 1))))
  (func (export "again") (param $n i32) (result i32)
    (block $taken (result i32)
      (try_table (result i32) (catch $e $taken)
        (call $caught_inside (local.get $n) (i32.const 1))))))
