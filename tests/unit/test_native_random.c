/* Native code does what the interpreter does: programs made at random give the same results, the
 * same traps and the same memory at each of them, at every level and with either kind of bounds.
 * Their loops are those that the compiler has versions for: strided, up and down, by counters and
 * by pointers, with early exits, inside the memory and across its end. WASMRUN_RANDOM names a first
 * seed, and a number of programs after a comma. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "random_program.h"
#include "wasmrun.h"

enum { PROGRAMS = 6, FUNCS = 24, ARGUMENTS = 5, MEMORY_BYTES = 65536 };

/* ---- Loops */

/* A place in memory that moves with the counter $k, or with the pointers $p and $q. */
static void make_moving(maker *m, bool pointers) {
  static const uint32_t offsets[] = {0, 0, 0, 1, 4, 8, 12, 64, 65500};
  put(m, "offset=%u ", offsets[pick(m, 9)]);
  uint32_t kind = pick(m, 12);
  if (pointers && kind < 9)
    put(m, "(local.get $%c)", pick(m, 3) ? 'p' : 'q');
  else if (kind < 5)
    put(m, "(i32.add (local.get $%c) (i32.shl (local.get $k) (i32.const %u)))",
        pick(m, 3) ? 'a' : 'b', pick(m, 4));
  else if (kind < 8)
    put(m, "(i32.add (i32.mul (local.get $k) (i32.const %d)) (local.get $%c))",
        (int)pick(m, 24) - 8, pick(m, 2) ? 'a' : 'b');
  else if (kind < 9)
    put(m, "(i32.and (i32.add (local.get $k) (local.get $a)) (i32.const 8191))");
  else if (kind < 10)
    put(m, "(local.get $b)");
  else
    put(m, "(i32.add (local.get $a) (local.get $k))");
}

static void make_load(maker *m, bool pointers) {
  static const char *const loads[] = {"i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u"};
  put(m, "(%s ", loads[pick(m, 4)]);
  make_moving(m, pointers);
  put(m, ")");
}

static void make_store(maker *m, bool pointers) {
  static const char *const stores[] = {"i32.store", "i32.store8", "i32.store16", "i32.store"};
  put(m, "(%s ", stores[pick(m, 4)]);
  make_moving(m, pointers);
  if (pick(m, 2))
    make_load(m, pointers);
  else
    make_i32(m, 2);
  put(m, ")");
}

static void make_moving_vector(maker *m, bool pointers) {
  put(m, "(local.set $v (i32x4.add (local.get $v) (v128.load ");
  make_moving(m, pointers);
  put(m, ")))");
}

static void make_call(maker *m) {
  static const char *const calls[] = {"(call $small ", "(call $load ",
                                      "(call_indirect (type $unary) "};
  uint32_t kind = pick(m, 3);
  put(m, "(local.set $i2 (i32.xor (local.get $i2) %s", calls[kind]);
  make_i32(m, 1);
  if (kind == 2) put(m, " (i32.rem_u (local.get $k) (i32.const %u))", 3 + pick(m, 4));
  put(m, ")))");
}

static void make_body(maker *m, bool pointers) {
  switch (pick(m, 12)) {
    case 0:
    case 1:
    case 2:
      make_store(m, pointers);
      break;
    case 3:
      put(m, "(f64.store ");
      make_moving(m, pointers);
      put(m, "(call $number (f64.add (local.get $d0) (f64.load ");
      make_moving(m, pointers);
      put(m, "))))");
      break;
    case 4:
      put(m, "(local.set $l0 (i64.add (local.get $l0) (i64.load ");
      make_moving(m, pointers);
      put(m, ")))");
      break;
    case 5:
      put(m, "(if ");
      make_condition(m, 2);
      put(m, " (then ");
      make_store(m, pointers);
      put(m, "))");
      break;
    case 6:
      make_moving_vector(m, pointers);
      break;
    case 7:
      put(m, "(global.set $g (i32.add (global.get $g) (i32.const 1)))");
      break;
    case 8:
      make_call(m);
      break;
    default:
      put(m, "(local.set $i3 (i32.add (local.get $i3) ");
      make_load(m, pointers);
      put(m, "))");
  }
  put(m, "\n");
}

/* Where a loop begins: the start of the memory, somewhere, or so near its end that it may cross it.
 */
static void make_base(maker *m, char name) {
  static const int near[] = {-4, 0, 1, 4, 60, 200, 4096};
  uint32_t kind = pick(m, 8);
  put(m, "(local.set $%c ", name);
  if (kind < 2)
    put(m, "(i32.const %d)", MEMORY_BYTES - near[pick(m, 7)] - (int)pick(m, 9));
  else if (kind < 4)
    put(m, "(i32.and (local.get $i1) (i32.const 16383))");
  else if (kind < 5)
    put(m, "(local.get $i1)");
  else if (kind < 6)
    put(m, "(i32.const -%u)", pick(m, 64));
  else
    put(m, "(i32.const %u)", pick(m, 30000));
  put(m, ")");
}

static void make_count(maker *m) {
  if (pick(m, 2))
    put(m, "(local.set $n (i32.add (i32.and (local.get $i0) (i32.const 127)) (i32.const 1)))");
  else
    put(m, "(local.set $n (i32.const %u))", 1 + pick(m, 8) * pick(m, 40));
}

static void make_bodies(maker *m, bool pointers) {
  for (uint32_t i = 1 + pick(m, 3); i > 0; i--) make_body(m, pointers);
}

static void make_exit(maker *m, bool pointers) {
  static const char *const compares[] = {"eq", "ne", "gt_u", "lt_s"};
  if (pick(m, 3) == 0) {
    put(m, "(br_if $out (i32.eqz ");
    make_load(m, pointers);
    put(m, "))");
    return;
  }
  put(m, "(br_if $out (i32.%s ", compares[pick(m, 4)]);
  make_load(m, pointers);
  if (pick(m, 2))
    make_load(m, pointers);
  else
    put(m, "(i32.const %u)", pick(m, 256));
  put(m, "))");
}

static void make_strided_loop(maker *m) {
  int steps[] = {1, 1, 1, 2, 4, 3, 16}, step = steps[pick(m, 7)];
  bool exits = pick(m, 3) == 0;
  make_base(m, 'a');
  make_base(m, 'b');
  make_count(m);
  put(m, "(local.set $k (i32.const 0)) (block $out (loop $in ");
  switch (pick(m, 4)) {
    case 0: /* a counter, tested at the end */
      if (exits) make_exit(m, false);
      make_bodies(m, false);
      put(m,
          "(br_if $in (i32.lt_%c (local.tee $k (i32.add (local.get $k) (i32.const %d)))"
          " (i32.mul (local.get $n) (i32.const %d))))",
          pick(m, 2) ? 'u' : 's', step, step);
      break;
    case 1: /* a counter, tested first */
      put(m, "(br_if $out (i32.ge_u (local.get $k) (local.get $n)))");
      if (exits) make_exit(m, false);
      make_bodies(m, false);
      put(m, "(local.set $k (i32.add (local.get $k) (i32.const %d))) (br $in)", step);
      break;
    case 2: /* counting down, with the counter in the index */
      put(m, "(local.set $k (i32.sub (local.get $n) (i32.const 1)))");
      if (exits) make_exit(m, false);
      make_bodies(m, false);
      put(m, "(br_if $in (local.tee $n (i32.sub (local.get $n) (i32.const 1))))");
      break;
    default: /* pointers, until one reaches its end */
      put(m, "(local.set $p (i32.add (local.get $a) (i32.mul (local.get $k) (i32.const %d))))",
          step);
      put(m, "(local.set $q (i32.sub (local.get $b) (i32.mul (local.get $k) (i32.const %d))))",
          step);
      if (exits) make_exit(m, true);
      make_bodies(m, true);
      put(m,
          "(br_if $in (i32.ne (local.tee $k (i32.add (local.get $k) (i32.const 1))) "
          "(local.get $n)))");
  }
  put(m, "))\n");
}

/* The usual form of a loop over pointers: they are all that moves. */
static void make_pointer_loop(maker *m) {
  int steps[] = {1, 4, 8, -1, -4, 2}, step = steps[pick(m, 6)];
  make_base(m, 'p');
  make_base(m, 'q');
  make_count(m);
  put(m, "(local.set $k (i32.add (local.get $p) (i32.mul (local.get $n) (i32.const %d))))", step);
  put(m, "(block $out (loop $in ");
  if (pick(m, 3) == 0) make_exit(m, true);
  for (uint32_t i = 1 + pick(m, 2); i > 0; i--) make_store(m, true);
  if (pick(m, 2)) make_body(m, true);
  put(m, "(local.set $q (i32.add (local.get $q) (i32.const %d)))", step);
  put(m,
      "(br_if $in (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const %d))) "
      "(local.get $k)))))\n",
      step);
}

static void make_nest(maker *m) {
  put(m, "(local.set $r (i32.const %u)) (loop $outer ", 1 + pick(m, 5));
  make_strided_loop(m);
  put(m, "(br_if $outer (local.tee $r (i32.sub (local.get $r) (i32.const 1)))))\n");
}

/* What the C library does byte by byte: comparing, searching, measuring. */
static void make_search(maker *m) {
  make_base(m, 'p');
  make_base(m, 'q');
  make_count(m);
  switch (pick(m, 3)) {
    case 0:
      put(m,
          "(block $out (loop $in (br_if $out (i32.ne (i32.load8_u (local.get $p)) "
          "(i32.load8_u (local.get $q))))"
          "(local.set $p (i32.add (local.get $p) (i32.const 1)))"
          "(local.set $q (i32.add (local.get $q) (i32.const 1)))"
          "(br_if $in (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))");
      break;
    case 1:
      put(m,
          "(block $out (loop $in (br_if $out (i32.eq (i32.load8_u (local.get $p)) "
          "(i32.const %u))) (local.set $p (i32.add (local.get $p) (i32.const 1)))"
          "(br_if $in (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))",
          pick(m, 256));
      break;
    default:
      put(m,
          "(block $out (loop $in (br_if $out (i32.eqz (i32.load8_u (local.get $p)))) "
          "(local.set $p (i32.add (local.get $p) (i32.const 1))) (br $in)))");
  }
  put(m, "(local.set $i3 (i32.sub (local.get $p) (local.get $q)))\n");
}

/* ---- Modules */

static void make_func(maker *m, int index) {
  put(m,
      "(func (export \"f%d\") (param $i0 i32) (param $i1 i32) (param $i2 i32) (result i64)\n"
      "(local $i3 i32) (local $i4 i32) (local $l0 i64) (local $l1 i64) (local $l2 i64) (local $v "
      "v128)\n"
      "(local $d0 f64) (local $d1 f64) (local $d2 f64) (local $a i32) (local $b i32) (local $k "
      "i32)\n"
      "(local $n i32) (local $p i32) (local $q i32) (local $r i32)\n",
      index);
  m->traps = pick(m, 2);
  make_statements(m, 3, 2);
  for (uint32_t i = 1 + pick(m, 2); i > 0; i--) {
    static void (*const kinds[])(maker *) = {make_strided_loop, make_strided_loop,
                                             make_pointer_loop, make_nest, make_search};
    kinds[pick(m, 5)](m);
  }
  make_statements(m, 2, 2);
  put(m,
      "(i64.add (i64.add (i64.extend_i32_u (i32.add (i32.add (local.get $p) (local.get $k)) "
      "(i32.xor (local.get $i2) (i32.mul (local.get $i3) (local.get $i4)))))\n"
      " (i64.add (i64x2.extract_lane 0 (local.get $v)) (i64.add (local.get $l0) (local.get "
      "$l1))))\n"
      " (i64.reinterpret_f64 (select (f64.const 1) (local.get $d0)"
      " (f64.ne (local.get $d0) (local.get $d0))))))\n");
}

static void make_module(maker *m, uint64_t seed) {
  m->state = seed * 0x9e3779b97f4a7c15u + 1;
  m->size = 0;
  m->loops = 0;
  put(m,
      "(module (type $unary (func (param i32) (result i32)))\n"
      "(memory (export \"memory\") 1 1) (global $g (export \"g\") (mut i32) (i32.const 7))\n"
      "(table 6 funcref) (elem (i32.const 0) $small $load $small $negate "
      "$load)\n" RANDOM_PROGRAM_FUNCS
      "(func $small (type $unary) (i32.add (i32.mul (local.get 0) (i32.const 5)) (global.get "
      "$g)))\n"
      "(func $load (type $unary) (i32.load8_u (i32.and (local.get 0) (i32.const 65535))))\n"
      "(func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))\n");
  for (int i = 0; i < FUNCS; i++) make_func(m, i);
  put(m, ")");
}

/* ---- Running */

typedef struct outcome {
  uint64_t result;
  int status;
  wr_trap_kind kind;
  size_t frames;
  uint32_t innermost; /* index of the function that trapped */
  size_t offset;      /* of the instruction, in the module */
  uint64_t digest;    /* of the memory and the global */
} outcome;

typedef struct configuration {
  char level; /* 0: the interpreter */
  bool bounds_explicit;
  bool check_proofs; /* what native code does without checks traps if it is wrong */
} configuration;

static uint64_t digest_of(const wasm_instance_t *instance) {
  wasm_extern_t *memory = wr_instance_export(instance, "memory", 6);
  wasm_extern_t *global = wr_instance_export(instance, "g", 1);
  const byte_t *bytes = wasm_memory_data(wasm_extern_as_memory(memory));
  uint64_t digest = 14695981039346656037u, word;
  for (size_t i = 0; i < MEMORY_BYTES; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    digest = (digest ^ word) * 1099511628211u;
    digest ^= digest >> 29;
  }
  wasm_val_t value;
  wasm_global_get(wasm_extern_as_global(global), &value);
  wasm_extern_delete(memory);
  wasm_extern_delete(global);
  return digest ^ (uint32_t)value.of.i32;
}

static outcome call(const wasm_instance_t *instance, int index, const int32_t *arguments) {
  char name[8];
  snprintf(name, sizeof name, "f%d", index);
  wasm_extern_t *func = wr_instance_export(instance, name, strlen(name));
  wr_val args[3], result = {0};
  for (int i = 0; i < 3; i++) args[i] = (wr_val){.type = WR_I32, .of.i32 = arguments[i]};
  wasm_trap_t *trap = NULL;
  outcome out = {0};
  out.status = (int)wr_func_call(wasm_extern_as_func(func), args, 3, &result, 1, &trap);
  if (out.status == WR_OK) out.result = (uint64_t)result.of.i64;
  if (trap) {
    out.kind = wr_trap_get_kind(trap);
    wasm_frame_vec_t trace;
    wasm_trap_trace(trap, &trace);
    out.frames = trace.size;
    if (trace.size) {
      out.innermost = wasm_frame_func_index(trace.data[0]);
      out.offset = wasm_frame_module_offset(trace.data[0]);
    }
    wasm_frame_vec_delete(&trace);
    wasm_trap_delete(trap);
  }
  wasm_extern_delete(func);
  out.digest = digest_of(instance);
  return out;
}

/* Bytes that repeat, so that comparisons and searches find something. */
static void fill_memory(const wasm_instance_t *instance) {
  wasm_extern_t *memory = wr_instance_export(instance, "memory", 6);
  byte_t *bytes = wasm_memory_data(wasm_extern_as_memory(memory));
  for (size_t i = 0; i < MEMORY_BYTES; i++) bytes[i] = (byte_t)(i % 251 < 190 ? i % 7 + 1 : i * 37);
  wasm_extern_delete(memory);
}

static const int32_t arguments[ARGUMENTS][3] = {
    {5, 1000, 3}, {0, 65535 - 70, -1}, {127, -16, 1 << 30}, {40, 65408, 65536}, {3, 16384, 7}};

static const char *compiler(void) {
  const char *named = getenv("WASMRUN_COMPILE");
  return named ? named : WR_BUILD_DIR "/bin/wasmrun-compile";
}

/* Writes a program with which something is wrong where it can be looked at. */
static void keep(const maker *m) {
  FILE *file = fopen("native_random.wat", "w");
  if (!file) return;
  fwrite(m->text, 1, m->size, file);
  fclose(file);
}

static void run_with(const maker *m, const wasm_byte_vec_t *binary, configuration with,
                     outcome *out) {
  wasm_config_t *config = wasm_config_new();
  wr_config_set_engine(config, with.level ? WR_ENGINE_AUTO : WR_ENGINE_INTERP);
  /* Two accesses in one handler of the interpreter have one place. */
  wr_config_set_optimisation(config, WR_OPTIMISE_FUSION, false);
  if (with.bounds_explicit) wr_config_set_bounds(config, WR_BOUNDS_EXPLICIT);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module;
  wasm_instance_t *instance;
  wr_error error;
  if (wr_module_new(engine, binary->data, binary->size, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  if (with.level) {
    wr_compile_options options;
    wr_compile_options_init(&options);
    options.level = with.level;
    options.bounds_explicit = with.bounds_explicit;
    options.check_proofs = with.check_proofs;
    options.compiler = compiler();
    if (wr_module_compile(module, &options, &error) != WR_OK) {
      keep(m);
      fail_msg("level %c: %s", with.level, error.message);
    }
    assert_true(wr_module_is_native(module));
  }
  assert_int_equal(wr_instance_new(store, module, NULL, 0, &instance, NULL, &error), WR_OK);
  for (int i = 0; i < FUNCS; i++)
    for (int k = 0; k < ARGUMENTS; k++) {
      fill_memory(instance);
      out[i * ARGUMENTS + k] = call(instance, i, arguments[k]);
    }
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

/* Where loops have versions, an access may stand for others. */
static bool same_place(configuration with, const outcome *a, const outcome *b) {
  return a->frames == b->frames && a->innermost == b->innermost &&
         (a->offset == b->offset || (with.level != '0' && with.level != '1'));
}

static void compare(const maker *m, uint64_t seed, configuration with, const outcome *expected,
                    const outcome *got) {
  for (int i = 0; i < FUNCS * ARGUMENTS; i++) {
    const outcome *a = &expected[i], *b = &got[i];
    if (a->result == b->result && a->status == b->status && a->kind == b->kind &&
        same_place(with, a, b) && a->digest == b->digest)
      continue;
    keep(m);
    fail_msg(
        "seed %llu, level %c%s: f%d with arguments %d: interpreter %d %d %#llx (%zu frames, %#zx, "
        "digest %#llx), native %d %d %#llx (%zu, %#zx, %#llx); native_random.wat is the program",
        (unsigned long long)seed, with.level, with.bounds_explicit ? ", explicit bounds" : "",
        i / ARGUMENTS, i % ARGUMENTS, a->status, (int)a->kind, (unsigned long long)a->result,
        a->frames, a->offset, (unsigned long long)a->digest, b->status, (int)b->kind,
        (unsigned long long)b->result, b->frames, b->offset, (unsigned long long)b->digest);
  }
}

static void test_engines_agree(void **state) {
  (void)state;
  static const configuration with[] = {
      {'0', false, false}, {'1', false, false}, {'2', false, false}, {'3', false, false},
      {'s', false, false}, {'2', true, false},  {'3', false, true},  {'2', true, true}};
  if (access(compiler(), X_OK) != 0) fail_msg("there is no %s; it takes llvm-19-dev", compiler());
  unsigned long long first = 1, count = PROGRAMS;
  const char *wanted = getenv("WASMRUN_RANDOM");
  if (wanted) sscanf(wanted, "%llu,%llu", &first, &count);
  maker m = {.text = malloc(TEXT_BYTES)};
  outcome *expected = calloc(FUNCS * ARGUMENTS, sizeof *expected);
  outcome *got = calloc(FUNCS * ARGUMENTS, sizeof *got);
  assert_true(m.text && expected && got);
  for (uint64_t seed = first; seed < first + count; seed++) {
    make_module(&m, seed);
    assert_true(m.size + 1 < TEXT_BYTES);
    wasm_byte_vec_t binary;
    wr_error error;
    if (wr_text_to_binary(m.text, m.size, &binary, &error) != WR_OK) fail_msg("%s", error.message);
    run_with(&m, &binary, (configuration){0}, expected);
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
      run_with(&m, &binary, with[i], got);
      compare(&m, seed, with[i], expected, got);
    }
    wasm_byte_vec_delete(&binary);
  }
  free(expected);
  free(got);
  free(m.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_engines_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
