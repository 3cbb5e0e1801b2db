;; A program for WASI preview 1 in the text format, which takes no compiler to build: writes a line to
;; standard output.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $pieces i32) (param $count i32) (param $written i32)
      (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "Hello from WebAssembly!\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 8))  ;; the piece: where it is,
    (i32.store (i32.const 4) (i32.const 24)) ;; and its size
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))

  (func $gcd (export "gcd") (param $a i32) (param $b i32) (result i32)
    (if (result i32) (i32.eqz (local.get $b))
      (then (local.get $a))
      (else
        (return_call $gcd (local.get $b) (i32.rem_u (local.get $a) (local.get $b)))))))
