/* bench_gc: what garbage and casts cost in a running program, interpreted and compiled. A guest
 * makes structures and arrays that nothing holds, in a loop, and a list that it keeps; it casts an
 * object to its own type and to one above it. Prints lines of `name value unit`; the loop's own few
 * instructions are in the figures. Its arguments, modules that others measure, do not matter. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wasmrun.h"

enum { COUNT = 5000000, PASSES = 3 };

static const char *const text =
    "(module"
    "  (type $pair (struct (field i32) (field i64)))"
    "  (type $node (struct (field (ref null $node)) (field i32)))"
    "  (type $bytes (array (mut i8)))"
    "  (type $base (sub (struct (field i32))))"
    "  (type $derived (sub $base (struct (field i32) (field i64))))"
    "  (global $list (mut (ref null $node)) (ref.null $node))"
    "  (global $object (mut anyref) (struct.new $derived (i32.const 3) (i64.const 4)))"
    "  (func (export \"struct\") (param $n i32)"
    "    (loop $next"
    "      (drop (struct.new $pair (local.get $n) (i64.const 1)))"
    "      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
    "  (func (export \"array-of-32-bytes\") (param $n i32)"
    "    (loop $next"
    "      (drop (array.new_default $bytes (i32.const 32)))"
    "      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
    "  (func (export \"kept-list-node\") (param $n i32)"
    "    (global.set $list (ref.null $node))"
    "    (loop $next"
    "      (global.set $list (struct.new $node (global.get $list) (local.get $n)))"
    "      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
    "  (func (export \"exact-cast\") (param $n i32)"
    "    (loop $next"
    "      (local.set $n (i32.sub (local.get $n)"
    "        (i32.sub (struct.get $derived 0 (ref.cast (ref $derived) (global.get $object)))"
    "                 (i32.const 2))))"
    "      (br_if $next (local.get $n))))"
    "  (func (export \"cast-to-supertype\") (param $n i32)"
    "    (loop $next"
    "      (local.set $n (i32.sub (local.get $n)"
    "        (i32.sub (struct.get $base 0 (ref.cast (ref $base) (global.get $object)))"
    "                 (i32.const 2))))"
    "      (br_if $next (local.get $n)))))";

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int measure(const wasm_instance_t *instance, const char *engine, const char *name) {
  wasm_extern_t *export = wr_instance_export(instance, name, strlen(name));
  wr_val count = {.type = WR_I32, .of.i32 = COUNT};
  double least = 0;
  for (int pass = 0; pass < PASSES; pass++) {
    double start = now_s();
    if (wr_func_call(wasm_extern_as_func(export), &count, 1, NULL, 0, NULL) != WR_OK) return 1;
    double taken = now_s() - start;
    if (pass == 0 || taken < least) least = taken;
  }
  wasm_extern_delete(export);
  printf("gc-%s:%s %.1f ns\n", engine, name, least * 1e9 / (double)COUNT);
  return 0;
}

static int measure_all(wasm_engine_t *engine, const wasm_module_t *module, const char *how) {
  static const char *const names[] = {"struct", "array-of-32-bytes", "kept-list-node", "exact-cast",
                                      "cast-to-supertype"};
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  wasm_instance_t *instance = NULL;
  wr_error error;
  int failed = wr_linker_instantiate(linker, module, &instance, NULL, &error) != WR_OK;
  for (size_t i = 0; !failed && i < sizeof names / sizeof *names; i++)
    failed = measure(instance, how, names[i]);
  wasm_instance_delete(instance);
  wr_linker_delete(linker);
  wasm_store_delete(store);
  return failed;
}

int main(void) {
  wr_error error;
  wasm_byte_vec_t binary;
  wasm_module_t *module = NULL;
  wasm_engine_t *engine = wasm_engine_new();
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK ||
      wr_module_new(engine, binary.data, binary.size, &module, &error) != WR_OK) {
    fprintf(stderr, "bench_gc: %s\n", error.message);
    return 2;
  }
  int failed = measure_all(engine, module, "interpreted");
  if (wr_module_compile(module, NULL, &error) == WR_OK)
    failed |= measure_all(engine, module, "compiled");
  else
    fprintf(stderr, "bench_gc: %s\n", error.message); /* a build without a compiler */
  wasm_module_delete(module);
  wasm_engine_delete(engine);
  wasm_byte_vec_delete(&binary);
  return failed;
}
