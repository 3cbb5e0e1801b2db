;; Loops that only look for where to stop, which native code takes in steps of 16 bytes: they stop at
;; the same place, and trap where the program does. Each is beside its slow form, in which a global
;; counts the rounds.
(module
  (memory 1 2)
  (global $rounds (mut i32) (i32.const 0))
  (func $tick (global.set $rounds (i32.add (global.get $rounds) (i32.const 1))))

  (func $length (export "length") (param $at i32) (result i32)
    (local $p i32)
    (local.set $p (local.get $at))
    (block $out
      (loop $next
        (br_if $out (i32.eqz (i32.load8_u (local.get $p))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $p) (local.get $at)))
  (func $slow_length (param $at i32) (result i32)
    (local $p i32)
    (local.set $p (local.get $at))
    (block $out
      (loop $next
        (call $tick)
        (br_if $out (i32.eqz (i32.load8_u (local.get $p))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $p) (local.get $at)))

  ;; As memcmp: the difference of the first bytes that differ.
  (func $compare (export "compare") (param $a i32) (param $b i32) (param $count i32) (result i32)
    (local $x i32) (local $y i32)
    (block $out
      (br_if $out (i32.eqz (local.get $count)))
      (loop $next
        (if (i32.ne (local.tee $x (i32.load8_u (local.get $a))) (local.tee $y (i32.load8_u (local.get $b))))
          (then (return (i32.sub (local.get $x) (local.get $y)))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    (i32.const 0))
  (func $slow_compare (param $a i32) (param $b i32) (param $count i32) (result i32)
    (local $x i32) (local $y i32)
    (block $out
      (br_if $out (i32.eqz (local.get $count)))
      (loop $next
        (call $tick)
        (if (i32.ne (local.tee $x (i32.load8_u (local.get $a))) (local.tee $y (i32.load8_u (local.get $b))))
          (then (return (i32.sub (local.get $x) (local.get $y)))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    (i32.const 0))

  ;; The first of count words at or above value, as a number; count if there is none.
  (func $find (export "find") (param $at i32) (param $count i32) (param $value i32) (result i32)
    (local $i i32)
    (block $out
      (loop $next
        (br_if $out (i32.ge_u (local.get $i) (local.get $count)))
        (br_if $out
          (i32.ge_s (i32.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2))))
                    (local.get $value)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))

  ;; Letters and digits: several ways to stop, one of them looks at the byte before.
  (func $word (export "word") (param $p i32) (result i32)
    (local $c i32) (local $start i32)
    (local.set $start (local.get $p))
    (block $out
      (loop $next
        (local.set $c (i32.load8_u (local.get $p)))
        (br_if $out (i32.gt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 25)))
        (br_if $out (i32.eq (local.get $c) (i32.load8_u (i32.sub (local.get $p) (i32.const 1)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $p) (local.get $start)))

  ;; What is loaded beside is not looked at, and still traps.
  (func (export "beside") (param $p i32) (param $q i32) (result i32)
    (block $out
      (loop $next
        (br_if $out (i32.eqz (i32.load8_u (local.get $p))))
        (drop (i32.load8_u (local.get $q)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (br $next)))
    (local.get $p))

  (func $fill (param $at i32) (param $count i32) (param $value i32)
    (memory.fill (local.get $at) (local.get $value) (local.get $count)))

  ;; Every length from 0 to 70 at every place in 17: how often a search and its slow form differ.
  (func (export "differences") (result i32)
    (local $at i32) (local $n i32) (local $bad i32)
    (loop $places
      (local.set $n (i32.const 0))
      (loop $lengths
        (call $fill (i32.const 1000) (i32.const 200) (i32.const 7))
        (call $fill (i32.const 2000) (i32.const 200) (i32.const 7))
        (i32.store8 offset=1000 (i32.add (local.get $at) (local.get $n)) (i32.const 0))
        (local.set $bad (i32.add (local.get $bad)
          (i32.ne (call $length (i32.add (local.get $at) (i32.const 1000))) (local.get $n))))
        (local.set $bad (i32.add (local.get $bad)
          (i32.ne (call $slow_length (i32.add (local.get $at) (i32.const 1000))) (local.get $n))))
        ;; shorter than, as far as and beyond the first difference
        (local.set $bad (i32.add (local.get $bad) (call $unequal (local.get $at) (local.get $n))))
        (local.set $bad (i32.add (local.get $bad)
          (call $unequal (local.get $at) (i32.add (local.get $n) (i32.const 1)))))
        (local.set $bad (i32.add (local.get $bad)
          (call $unequal (local.get $at) (i32.add (local.get $n) (i32.const 19)))))
        (br_if $lengths (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 71))))
      (br_if $places (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 17))))
    (local.get $bad))
  (func $unequal (param $at i32) (param $count i32) (result i32)
    (local.set $at (i32.add (local.get $at) (i32.const 1000)))
    (i32.ne (call $compare (local.get $at) (i32.const 2000) (local.get $count))
            (call $slow_compare (local.get $at) (i32.const 2000) (local.get $count))))

  (func (export "byte") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32 i32) (call $fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "words") (param $at i32) (param $count i32)
    (local $i i32)
    (loop $next
      (i32.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2))) (local.get $i))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))))

(assert_return (invoke "differences") (i32.const 0))

;; To the memory's end and no further.
(invoke "fill" (i32.const 65000) (i32.const 536) (i32.const 120))
(assert_trap (invoke "length" (i32.const 65000)) "out of bounds memory access")
(assert_trap (invoke "length" (i32.const 65535)) "out of bounds memory access")
(assert_trap (invoke "length" (i32.const 65536)) "out of bounds memory access")
(assert_trap (invoke "length" (i32.const -1)) "out of bounds memory access")
(invoke "byte" (i32.const 65535) (i32.const 0))
(assert_return (invoke "length" (i32.const 65000)) (i32.const 535))
(assert_return (invoke "length" (i32.const 65535)) (i32.const 0))
(invoke "byte" (i32.const 65535) (i32.const 120))
(assert_return (invoke "compare" (i32.const 65000) (i32.const 65010) (i32.const 526)) (i32.const 0))
(assert_trap (invoke "compare" (i32.const 65000) (i32.const 65010) (i32.const 527)) "out of bounds memory access")
(assert_trap (invoke "compare" (i32.const 65010) (i32.const 65000) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "compare" (i32.const 65000) (i32.const 64999) (i32.const 0)) (i32.const 0))
(assert_return (invoke "compare" (i32.const 65000) (i32.const 64999) (i32.const -1)) (i32.const 120))

;; The byte before address 0 is the last that an address names.
(invoke "fill" (i32.const 0) (i32.const 64) (i32.const 97))
(assert_trap (invoke "word" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 1)) (i32.const 0))
(invoke "fill" (i32.const 0) (i32.const 64) (i32.const 0))
(assert_return (invoke "word" (i32.const 0)) (i32.const 0))

(invoke "words" (i32.const 4000) (i32.const 100))
(assert_return (invoke "find" (i32.const 4000) (i32.const 100) (i32.const 0)) (i32.const 0))
(assert_return (invoke "find" (i32.const 4000) (i32.const 100) (i32.const 57)) (i32.const 57))
(assert_return (invoke "find" (i32.const 4000) (i32.const 50) (i32.const 57)) (i32.const 50))
(assert_return (invoke "find" (i32.const 4000) (i32.const 49) (i32.const 49)) (i32.const 49))
(assert_return (invoke "find" (i32.const 4000) (i32.const 100) (i32.const 99)) (i32.const 99))
(assert_return (invoke "find" (i32.const 4001) (i32.const 3) (i32.const 0x7fffffff)) (i32.const 3))
(invoke "words" (i32.const 65136) (i32.const 100))
(assert_return (invoke "find" (i32.const 65136) (i32.const 100) (i32.const 100)) (i32.const 100))
(assert_trap (invoke "find" (i32.const 65136) (i32.const 101) (i32.const 100)) "out of bounds memory access")
(assert_trap (invoke "find" (i32.const -4) (i32.const 3) (i32.const 0)) "out of bounds memory access")

(invoke "fill" (i32.const 65000) (i32.const 536) (i32.const 120))
(invoke "fill" (i32.const 3000) (i32.const 60) (i32.const 1))
(invoke "byte" (i32.const 3060) (i32.const 0))
(assert_return (invoke "beside" (i32.const 3000) (i32.const 65476)) (i32.const 3060))
(assert_trap (invoke "beside" (i32.const 3000) (i32.const 65477)) "out of bounds memory access")
(assert_trap (invoke "beside" (i32.const 3059) (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "beside" (i32.const 3060) (i32.const 65536)) (i32.const 3060))

;; A memory that grew is longer for them too.
(assert_return (invoke "grow") (i32.const 1))
(assert_return (invoke "length" (i32.const 65000)) (i32.const 536))
(invoke "fill" (i32.const 65536) (i32.const 65536) (i32.const 120))
(assert_trap (invoke "length" (i32.const 65000)) "out of bounds memory access")
