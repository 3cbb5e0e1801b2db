;; A program with threads. Its second argument's first letter says what they do:
;;   c  count together, and the first thread checks the sum
;;   e  one exits with status 7 while the others wait or spin
;;   t  one traps while the others wait or spin
;;   m  the first thread returns while the others wait or spin
;;   l  spawn until it is refused, and exit with the number of threads
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1 16 shared))
  (export "memory" (memory 0))

  ;; 0: the sum; 4: threads that are done; 8: never notified; 16: a subscription for an hour
  (func $count
    (local $i i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000))))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1))))

  (func $wait_for_ever
    (loop $again
      (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
      (br $again)))

  (func $sleep
    (i32.store (i32.const 32) (i32.const 1))
    (i64.store (i32.const 40) (i64.const 3600000000000))
    (drop (call $poll (i32.const 16) (i32.const 128) (i32.const 1) (i32.const 192))))

  ;; argument: 1 count, 2 wait, 3 spin, 4 sleep, 5 exit, 6 trap
  (func (export "wasi_thread_start") (param $tid i32) (param $what i32)
    (if (i32.eq (local.get $what) (i32.const 1)) (then (call $count)))
    (if (i32.eq (local.get $what) (i32.const 2)) (then (call $wait_for_ever)))
    (if (i32.eq (local.get $what) (i32.const 3)) (then (loop $spin (br $spin))))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (call $sleep)))
    (if (i32.eq (local.get $what) (i32.const 5)) (then (call $exit (i32.const 7))))
    (if (i32.eq (local.get $what) (i32.const 6)) (then (unreachable))))

  (func $must_spawn (param $what i32)
    (if (i32.le_s (call $spawn (local.get $what)) (i32.const 0))
      (then (call $exit (i32.const 99)))))

  (func $counting
    (local $done i32)
    (call $must_spawn (i32.const 1))
    (call $must_spawn (i32.const 1))
    (call $must_spawn (i32.const 1))
    (call $must_spawn (i32.const 1))
    (loop $again
      (local.set $done (i32.atomic.load (i32.const 4)))
      (if (i32.lt_u (local.get $done) (i32.const 4))
        (then
          (drop (memory.atomic.wait32 (i32.const 4) (local.get $done) (i64.const -1)))
          (br $again))))
    (if (i32.ne (i32.atomic.load (i32.const 0)) (i32.const 40000))
      (then (call $exit (i32.const 98)))))

  (func $busy
    (call $must_spawn (i32.const 2))
    (call $must_spawn (i32.const 3))
    (call $must_spawn (i32.const 4)))

  (func $limit (local $count i32)
    (loop $again
      (if (i32.gt_s (call $spawn (i32.const 2)) (i32.const 0))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $again))))
    (call $exit (local.get $count)))

  (func (export "_start") (local $what i32)
    (drop (call $sizes (i32.const 200) (i32.const 204)))
    (drop (call $args (i32.const 256) (i32.const 1024)))
    (local.set $what (i32.load8_u (i32.load (i32.const 260))))
    (if (i32.eq (local.get $what) (i32.const 99)) (then (call $counting) (return)))
    (if (i32.eq (local.get $what) (i32.const 108)) (then (call $limit)))
    (call $busy)
    (if (i32.eq (local.get $what) (i32.const 109)) (then (return)))
    (if (i32.eq (local.get $what) (i32.const 101)) (then (call $must_spawn (i32.const 5))))
    (if (i32.eq (local.get $what) (i32.const 116)) (then (call $must_spawn (i32.const 6))))
    (call $wait_for_ever)))
