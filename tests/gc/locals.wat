;; What a local that nobody reads any more holds is garbage, in every kind of place where that is
;; so; and what somebody may still read is not. Run with a heap for one and a half $big.
(module
  (type $big (array (mut i8)))
  (type $node (struct (field (ref null $node))))
  (func $make (result (ref $big)) (array.new_default $big (i32.const 3000000)))
  (func $length (param $b (ref null $big)) (result i32)
    (drop (call $make)) ;; the parameter is not read behind this
    (array.len (local.get $b)))

  ;; after its last read
  (func (export "read") (result i32)
    (local $a (ref null $big)) (local $b (ref null $big))
    (local.set $a (call $make))
    (if (i32.ne (array.len (local.get $a)) (i32.const 3000000)) (then (unreachable)))
    (local.set $b (call $make))
    (array.len (local.get $b)))

  ;; never read
  (func (export "unread") (result i32)
    (local $a (ref null $big))
    (local.set $a (call $make))
    (array.len (call $make)))

  ;; the caller's, behind the call that takes it; the callee's parameter
  (func $drop (param $b (ref null $big)) (result i32)
    (array.len (call $make)))
  (func (export "argument") (result i32)
    (local $a (ref null $big))
    (local.set $a (call $make))
    (call $drop (local.get $a)))

  ;; read in a loop that has ended
  (func (export "loop") (param $n i32) (result i32)
    (local $a (ref null $big))
    (local.set $a (call $make))
    (loop $next
      (if (i32.ne (array.len (local.get $a)) (i32.const 3000000)) (then (unreachable)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (array.len (call $make)))

  ;; ---- what must live: each of these has no room for two
  (func (export "operand") (result i32)
    (local $a (ref null $big))
    (local.set $a (call $make))
    (local.get $a) ;; read here, wanted behind the call
    (drop (call $make))
    (array.len))
  (func (export "parameter") (result i32) (call $length (call $make)))
  (func (export "round") (param $n i32) (result i32)
    (local $a (ref null $big)) (local $sum i32)
    (local.set $a (call $make))
    (loop $next ;; read above the call, in the next round
      (local.set $sum (i32.add (local.get $sum) (array.len (local.get $a))))
      (drop (call $make))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; the same with small ones, in a heap that has room, collected at every turn: the values are right
  (func $garbage (param $n i32)
    (loop $next
      (drop (array.new_default $big (i32.const 100000)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $bytes (param $value i32) (result (ref $big))
    (array.new $big (local.get $value) (i32.const 1000)))
  (func (export "kept") (result i32)
    (local $a (ref null $big)) (local $b (ref null $big)) (local $n i32) (local $sum i32)
    (local.set $a (call $bytes (i32.const 1)))
    (local.set $n (i32.const 20))
    (loop $outer
      ;; $b is set in one round and read in another
      (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 3)))
        (then (local.set $b (call $bytes (local.get $n)))))
      (call $garbage (i32.const 30))
      (if (i32.eqz (ref.is_null (local.get $b)))
        (then (local.set $sum (i32.add (local.get $sum)
                (array.get_u $big (local.get $b) (i32.const 999))))))
      (local.get $a) ;; an operand over a call that collects
      (call $garbage (i32.const 30))
      (array.get_u $big (i32.const 999))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
