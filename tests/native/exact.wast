;; What optimised code must keep of traps: none is lost, and memory and globals are then what the
;; program made them. One page of memory; its last word is at 65532.
(module
  (memory (export "memory") 1)
  (global $g (mut i32) (i32.const 0))

  (func (export "word") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "set") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "global") (result i32) (global.get $g))
  (func (export "size") (result i32) (memory.size))

  ;; *p = v for count words from p, upwards.
  (func (export "fill") (param $p i32) (param $count i32) (param $v i32)
    (loop $again
      (i32.store (local.get $p) (local.get $v))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; The same until p is end, which it may miss.
  (func (export "fill_until") (param $p i32) (param $end i32) (param $v i32)
    (loop $again
      (i32.store (local.get $p) (local.get $v))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (i32.ne (local.get $p) (local.get $end)))))

  ;; Downwards from p, count words.
  (func (export "fill_down") (param $p i32) (param $count i32) (param $v i32)
    (loop $again
      (i32.store (local.get $p) (local.get $v))
      (local.set $p (i32.sub (local.get $p) (i32.const 4)))
      (br_if $again (i32.gt_s (local.tee $count (i32.sub (local.get $count) (i32.const 1)))
                              (i32.const 0)))))

  ;; a[i] = v for i from start while i < end, signed, a at 1024.
  (func (export "fill_signed") (param $i i32) (param $end i32) (param $v i32)
    (block $done
      (br_if $done (i32.ge_s (local.get $i) (local.get $end)))
      (loop $again
        (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $v))
        (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (local.get $end))))))

  ;; While i <= end, unsigned: with the largest end it never ends, but traps.
  (func (export "fill_unsigned") (param $i i32) (param $end i32) (param $v i32)
    (loop $again
      (i32.store8 (local.get $i) (local.get $v))
      (br_if $again (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (local.get $end)))))

  ;; to[i] = from[i] + 1, both upwards; they may overlap.
  (func (export "add_one") (param $to i32) (param $from i32) (param $count i32) (local $i i32)
    (loop $again
      (i32.store (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 2)))
        (i32.add (i32.const 1)
          (i32.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (local.get $count)))))

  ;; A stride that the compiler does not know.
  (func (export "stride") (param $p i32) (param $step i32) (param $count i32) (param $v i32)
    (loop $again
      (i32.store offset=4 (local.get $p) (local.get $v))
      (local.set $p (i32.add (local.get $p) (local.get $step)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; A sum that lands in one word on each round, and the word may be outside.
  (func (export "sum_into") (param $to i32) (param $p i32) (param $count i32)
    (loop $again
      (i32.store (local.get $to) (i32.add (i32.load (local.get $to)) (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Leaves the loop early, at a zero word, before it would trap.
  (func (export "length") (param $p i32) (param $count i32) (result i32) (local $n i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (i32.load (local.get $p))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if $again (i32.ne (local.get $n) (local.get $count)))))
    (local.get $n))

  ;; Values that nobody uses.
  (func (export "dead") (param i32) (drop (i32.load (local.get 0))))
  (func (export "dead_pair") (param i32)
    (drop (i32.load (local.get 0)))
    (drop (i32.load offset=4 (local.get 0))))
  (func (export "dead_loop") (param $p i32) (param $count i32)
    (loop $again
      (drop (i32.load (local.get $p)))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; A global and a word that are set twice, with a trap between.
  (func (export "between") (param $p i32) (result i32)
    (global.set $g (i32.const 1))
    (i32.store offset=0 (i32.const 16) (i32.const 1))
    (drop (i32.load (local.get $p)))
    (global.set $g (i32.const 2))
    (i32.store offset=0 (i32.const 16) (i32.const 2))
    (i32.const 0))
  (func (export "between_stores") (param $p i32)
    (global.set $g (i32.const 3))
    (i32.store (local.get $p) (i32.const 5))
    (global.set $g (i32.const 4))
    (i32.store offset=65528 (local.get $p) (i32.const 6))
    (global.set $g (i32.const 5)))

  ;; A filled range that is filled again behind an access that may trap.
  (func (export "fill_twice") (param $p i32)
    (local $i i32)
    (loop $again
      (i32.store offset=2048 (i32.shl (local.get $i) (i32.const 2)) (i32.const 7))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (drop (i32.load offset=8 (local.get $p)))
    (local.set $i (i32.const 0))
    (loop $again
      (i32.store offset=2048 (i32.shl (local.get $i) (i32.const 2)) (i32.const 8))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4)))))

  ;; The memory grows while the loop runs.
  (func (export "fill_growing") (param $p i32) (param $count i32) (param $v i32)
    (loop $again
      (drop (memory.grow (i32.eq (local.get $p) (i32.const 65528))))
      (i32.store (local.get $p) (local.get $v))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
)

;; Up to the end, and over it.
(assert_return (invoke "fill" (i32.const 65472) (i32.const 16) (i32.const 11)))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 11))
(assert_trap (invoke "fill" (i32.const 65472) (i32.const 17) (i32.const 12)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65472)) (i32.const 12))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 12))
(assert_trap (invoke "fill" (i32.const 65474) (i32.const 16) (i32.const 0x0d0d0d0d)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65528)) (i32.const 0x0d0d0d0d))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 0x00000d0d))
;; Round the end of the 32 bits: the first is outside, so nothing is written.
(assert_return (invoke "set" (i32.const 0) (i32.const 99)))
(assert_trap (invoke "fill" (i32.const -8) (i32.const 16) (i32.const 14)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 0)) (i32.const 99))
;; A count of 0 is 2^32.
(assert_trap (invoke "fill" (i32.const 65520) (i32.const 0) (i32.const 15)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 15))

(assert_return (invoke "fill_until" (i32.const 65472) (i32.const 65536) (i32.const 16)))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 16))
(assert_trap (invoke "fill_until" (i32.const 65472) (i32.const 65534) (i32.const 17)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 17))
(assert_trap (invoke "fill_until" (i32.const 65472) (i32.const 65472) (i32.const 18)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 18))
(assert_trap (invoke "fill_until" (i32.const 65472) (i32.const 64) (i32.const 19)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 19))

(assert_return (invoke "fill_down" (i32.const 64) (i32.const 17) (i32.const 21)))
(assert_return (invoke "word" (i32.const 0)) (i32.const 21))
(assert_trap (invoke "fill_down" (i32.const 64) (i32.const 18) (i32.const 22)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 0)) (i32.const 22))
(assert_return (invoke "word" (i32.const 64)) (i32.const 22))
(assert_trap (invoke "fill_down" (i32.const 65536) (i32.const 4) (i32.const 23)) "out of bounds memory access")
(assert_return (invoke "fill_down" (i32.const 64) (i32.const -5) (i32.const 24)))
(assert_return (invoke "word" (i32.const 64)) (i32.const 24))
(assert_return (invoke "word" (i32.const 60)) (i32.const 22))

(assert_return (invoke "fill_signed" (i32.const 0) (i32.const 100) (i32.const 31)))
(assert_return (invoke "word" (i32.const 1420)) (i32.const 31))
;; a[-1] is at 1024 + 2^32 - 4.
(assert_trap (invoke "fill_signed" (i32.const -1) (i32.const 100) (i32.const 32)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 1024)) (i32.const 31))
(assert_return (invoke "fill_signed" (i32.const 5) (i32.const 5) (i32.const 33)))
(assert_trap (invoke "fill_signed" (i32.const 0) (i32.const 0x7fffffff) (i32.const 34)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 34))

(assert_return (invoke "fill_unsigned" (i32.const 65520) (i32.const 65535) (i32.const 0x41)))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 0x41414141))
(assert_trap (invoke "fill_unsigned" (i32.const 65520) (i32.const -1) (i32.const 0x42)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 0x42424242))

(assert_return (invoke "set" (i32.const 4096) (i32.const 100)))
(assert_return (invoke "add_one" (i32.const 4100) (i32.const 4096) (i32.const 50)))
(assert_return (invoke "word" (i32.const 4296)) (i32.const 150))
(assert_return (invoke "add_one" (i32.const 4096) (i32.const 4100) (i32.const 50)))
(assert_return (invoke "word" (i32.const 4096)) (i32.const 102))
(assert_return (invoke "word" (i32.const 4292)) (i32.const 151))
(assert_return (invoke "word" (i32.const 4296)) (i32.const 150))
(assert_return (invoke "fill" (i32.const 8192) (i32.const 64) (i32.const 1)))
(assert_trap (invoke "add_one" (i32.const 65408) (i32.const 8192) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 2))
(assert_trap (invoke "add_one" (i32.const 8192) (i32.const 65408) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 8316)) (i32.const 3))
(assert_return (invoke "word" (i32.const 8320)) (i32.const 1))

(assert_return (invoke "stride" (i32.const 0) (i32.const 8) (i32.const 8191) (i32.const 51)))
(assert_return (invoke "word" (i32.const 65524)) (i32.const 51))
(assert_trap (invoke "stride" (i32.const 0) (i32.const 8) (i32.const 8193) (i32.const 52)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65532)) (i32.const 52))
(assert_return (invoke "stride" (i32.const 800) (i32.const -8) (i32.const 101) (i32.const 53)))
(assert_return (invoke "word" (i32.const 4)) (i32.const 53))
(assert_trap (invoke "stride" (i32.const 800) (i32.const -8) (i32.const 103) (i32.const 54)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 4)) (i32.const 54))
(assert_trap (invoke "stride" (i32.const 800) (i32.const 0x70000000) (i32.const 3) (i32.const 55)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 804)) (i32.const 55))
(assert_return (invoke "stride" (i32.const 800) (i32.const 0) (i32.const 3) (i32.const 56)))
(assert_return (invoke "word" (i32.const 804)) (i32.const 56))

(assert_return (invoke "fill" (i32.const 65472) (i32.const 16) (i32.const 1)))
(assert_return (invoke "set" (i32.const 128) (i32.const 0)))
(assert_return (invoke "sum_into" (i32.const 128) (i32.const 65472) (i32.const 16)))
(assert_return (invoke "word" (i32.const 128)) (i32.const 16))
(assert_trap (invoke "sum_into" (i32.const 128) (i32.const 65472) (i32.const 17)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 128)) (i32.const 32))
;; The sum lies in what is summed up: 1, then 2, 4, 8.
(assert_return (invoke "sum_into" (i32.const 65480) (i32.const 65472) (i32.const 4)))
(assert_return (invoke "word" (i32.const 65480)) (i32.const 7))

(assert_return (invoke "set" (i32.const 65532) (i32.const 0)))
(assert_return (invoke "length" (i32.const 65488) (i32.const 1000)) (i32.const 11))
(assert_return (invoke "set" (i32.const 65532) (i32.const 1)))
(assert_return (invoke "length" (i32.const 65488) (i32.const 12)) (i32.const 12))
(assert_trap (invoke "length" (i32.const 65488) (i32.const 13)) "out of bounds memory access")

(assert_return (invoke "dead" (i32.const 65532)))
(assert_trap (invoke "dead" (i32.const 65533)) "out of bounds memory access")
(assert_return (invoke "dead_pair" (i32.const 65528)))
(assert_trap (invoke "dead_pair" (i32.const 65532)) "out of bounds memory access")
(assert_return (invoke "dead_loop" (i32.const 65472) (i32.const 16)))
(assert_trap (invoke "dead_loop" (i32.const 65472) (i32.const 17)) "out of bounds memory access")

(assert_return (invoke "between" (i32.const 0)) (i32.const 0))
(assert_return (invoke "global") (i32.const 2))
(assert_trap (invoke "between" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 1))
(assert_return (invoke "word" (i32.const 16)) (i32.const 1))
(assert_trap (invoke "between_stores" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 3))
(assert_trap (invoke "between_stores" (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 4))
(assert_return (invoke "word" (i32.const 8)) (i32.const 5))

(assert_return (invoke "fill_twice" (i32.const 65524)))
(assert_return (invoke "word" (i32.const 2060)) (i32.const 8))
(assert_trap (invoke "fill_twice" (i32.const 65528)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 2048)) (i32.const 7))
(assert_return (invoke "word" (i32.const 2060)) (i32.const 7))

(assert_return (invoke "fill_growing" (i32.const 65472) (i32.const 100) (i32.const 71)))
(assert_return (invoke "size") (i32.const 2))
(assert_return (invoke "word" (i32.const 65868)) (i32.const 71))

;; A load whose value a select may leave is not left out; an access that goes into an instruction traps in its place.
(module
  (memory 1)
  (func (export "select") (param $at i32) (param $n i32) (result i32)
    (select (i32.load (local.get $at)) (local.get $n) (i32.lt_u (local.get $n) (i32.const 94))))
  (func (export "select_in_loop") (param $at i32) (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (select (i32.load (local.get $at)) (local.get $n) (i32.lt_u (local.get $n) (i32.const 2)))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
(assert_return (invoke "select" (i32.const 65532) (i32.const 94)) (i32.const 94))
(assert_return (invoke "select" (i32.const 65532) (i32.const 93)) (i32.const 0))
(assert_trap (invoke "select" (i32.const 65536) (i32.const 94)) "out of bounds memory access")
(assert_trap (invoke "select" (i32.const 65533) (i32.const 93)) "out of bounds memory access")
(assert_return (invoke "select_in_loop" (i32.const 65520) (i32.const 4)) (i32.const 9))
(assert_trap (invoke "select_in_loop" (i32.const 65528) (i32.const 4)) "out of bounds memory access")

;; An immediate of one instruction is no index of another: the shuffle's bytes are beyond every type.
(module
  (func (export "shuffle") (result i32)
    (i32x4.extract_lane 0 (i8x16.shuffle 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16
      (v128.const i32x4 -1 -1 -1 -1) (v128.const i32x4 0xf1f2f3f4 2 3 4)))))
(assert_return (invoke "shuffle") (i32.const 0x04000000))
