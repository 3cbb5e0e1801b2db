;; Exceptions that nobody takes, in a module with handlers. Each call's backtrace is compared between
;; the engines.
(module
  (type $v (func))
  (tag $t (param i32))
  (tag $other)
  (table funcref (elem $thrower))

  (func $thrower (throw $t (i32.const 1)))
  (func $passes (try_table (catch $other 0) (call $thrower)))
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (call $passes)))
    (call $deep (i32.sub (local.get 0) (i32.const 1)))
    (call $deep (i32.const 0)))

  (func (export "here") (param i32) (throw $t (local.get 0)))
  (func (export "called") (param i32) (call $thrower))
  (func (export "indirect") (param i32) (call_indirect (type $v) (i32.const 0)))
  (func (export "reference") (param i32) (call_ref $v (ref.func $thrower)))
  (func (export "tail") (param i32) (return_call $passes))
  (func (export "passes") (param i32) (call $passes))
  ;; More frames than a backtrace holds.
  (func (export "deep") (param i32) (call $deep (local.get 0)))
  ;; Taken first: the backtrace begins where it is thrown again.
  (func (export "again") (param i32)
    (throw_ref
      (block $taken (result exnref)
        (try_table (catch_all_ref $taken) (call $deep (local.get 0)))
        (return))))
  (func (export "another") (param i32)
    (block $taken (try_table (catch_all $taken) (call $passes)))
    (throw $other)))
