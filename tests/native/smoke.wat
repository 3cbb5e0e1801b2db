;; Sums 1..n in memory, adds 100 by an exception that an indirect call throws: run(10) = 155.
(module
  (memory 1)
  (tag $t (param i32))
  (type $f (func (param i32)))
  (table funcref (elem $thrower))
  (func $thrower (param i32) (throw $t (local.get 0)))
  (func (export "run") (param $n i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $t $caught)
        (loop $again
          (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get $n)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call_indirect (type $f) (i32.const 100) (i32.const 0)))
      (unreachable))
    (i32.add (i32.load (i32.const 8)))))
