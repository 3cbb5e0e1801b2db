(module
  (type $node (struct (field $next (mut (ref null $node))) (field $value i32)))
  ;; allocates n nodes of garbage
  (func (export "garbage") (param $n i32) (result i32)
    (local $last (ref null $node))
    (loop $again
      (local.set $last (struct.new $node (ref.null $node) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $node $value (local.get $last)))
  ;; a list of n nodes, then m nodes of garbage beside it; the list's length
  (func (export "list") (param $n i32) (param $m i32) (result i32)
    (local $head (ref null $node)) (local $count i32)
    (loop $grow
      (local.set $head (struct.new $node (local.get $head) (local.get $n)))
      (br_if $grow (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $again
      (drop (struct.new $node (ref.null $node) (i32.const 0)))
      (br_if $again (local.tee $m (i32.sub (local.get $m) (i32.const 1)))))
    (loop $walk
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $walk (i32.eqz (ref.is_null
        (local.tee $head (struct.get $node $next (local.get $head)))))))
    (local.get $count))
  ;; a list walked while it is forgotten: what was passed is garbage
  (func (export "stream") (param $n i32) (result i32)
    (local $tail (ref null $node))
    (local.set $tail (struct.new $node (ref.null $node) (i32.const 0)))
    (loop $again
      (struct.set $node $next (local.get $tail) (struct.new $node (ref.null $node) (local.get $n)))
      (local.set $tail (struct.get $node $next (local.get $tail)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $node $value (local.get $tail))))
