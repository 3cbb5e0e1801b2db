/* The interpreter's optimisations change nothing: programs made at random give the same results
 * and leave the same memory with and without each of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_program.h"
#include "wasmrun.h"

enum { PROGRAMS = 300 };

static void make_module(maker *m, uint64_t seed) {
  m->state = seed * 0x9e3779b97f4a7c15u + 1;
  m->size = 0;
  m->loops = 0;
  put(m,
      "(module (memory (export \"memory\") 1) (global $g (mut i32) (i32.const "
      "7))\n" RANDOM_PROGRAM_FUNCS
      "(func (export \"run\") (param $i0 i32) (param $i1 i32) (param $i2 i32) (result i64)\n"
      "(local $i3 i32) (local $i4 i32) (local $l0 i64) (local $l1 i64) (local $l2 i64)\n"
      "(local $d0 f64) (local $d1 f64) (local $d2 f64)\n");
  make_statements(m, 4, 8);
  put(m,
      "(i64.add (i64.add (i64.extend_i32_u (i32.add (local.get $i2) (i32.mul (local.get $i3) "
      "(local.get $i4))))\n"
      " (i64.add (local.get $l0) (i64.mul (local.get $l1) (local.get $l2)))) (i64.extend_i32_u "
      "(global.get $g)))))");
}

/* The result and a digest of the memory afterwards, with some optimisations off. */
static uint64_t run_with(const maker *m, uint32_t off) {
  wasm_config_t *config = wasm_config_new();
  for (int k = WR_OPTIMISE_FUSION; k <= WR_OPTIMISE_WIDE; k++)
    wr_config_set_optimisation(config, (wr_optimisation)k, !(off >> k & 1));
  wr_config_set_engine(config, WR_ENGINE_INTERP);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wr_error error;
  wasm_byte_vec_t binary;
  if (wr_text_to_binary(m->text, m->size, &binary, &error) != WR_OK) fail_msg("%s", error.message);
  wasm_module_t *module;
  if (wr_module_new(engine, binary.data, binary.size, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  wasm_instance_t *instance;
  assert_int_equal(wr_instance_new(store, module, NULL, 0, &instance, NULL, &error), WR_OK);
  wasm_extern_t *run = wr_instance_export(instance, "run", 3),
                *memory = wr_instance_export(instance, "memory", 6);
  uint64_t digest = 14695981039346656037u;
  for (int32_t n = 0; n < 3; n++) {
    wr_val args[3] = {{.type = WR_I32, .of.i32 = n},
                      {.type = WR_I32, .of.i32 = 1000 * n},
                      {.type = WR_I32, .of.i32 = -n}};
    wr_val result = {0};
    wasm_trap_t *trap = NULL;
    wr_status status = wr_func_call(wasm_extern_as_func(run), args, 3, &result, 1, &trap);
    digest = (digest ^ (uint64_t)status) * 1099511628211u;
    if (status == WR_OK) digest = (digest ^ (uint64_t)result.of.i64) * 1099511628211u;
    wasm_trap_delete(trap);
  }
  const byte_t *bytes = wasm_memory_data(wasm_extern_as_memory(memory));
  for (size_t k = 0; k < 65536; k++) digest = (digest ^ (uint8_t)bytes[k]) * 1099511628211u;
  wasm_extern_delete(run);
  wasm_extern_delete(memory);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return digest;
}

static void test_optimisations_change_nothing(void **state) {
  (void)state;
  maker m = {.text = malloc(TEXT_BYTES)};
  assert_non_null(m.text);
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    make_module(&m, seed);
    uint32_t all = (2u << WR_OPTIMISE_WIDE) - 1;
    uint64_t plain = run_with(&m, all);
    for (uint32_t off = 0; off < all; off = off ? off << 1 : 1) {
      uint64_t other = run_with(&m, off);
      if (other != plain)
        fail_msg("seed %u differs with optimisations %#x off\n%s", (unsigned)seed, off, m.text);
    }
  }
  free(m.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_optimisations_change_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
