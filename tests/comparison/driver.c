/* Runs the calls of a file on a pair of modules in several configurations, and prints what came of
 * each: results or trap, and a digest of memories, tables and globals afterwards. compare.py reads
 * it.
 *
 *   compare_driver LIB MAIN CALLS CONFIGURATION...
 *
 * LIB is instantiated first, and MAIN imports what it exports as "lib". A line of CALLS is the name
 * of an exported function and the bits of its arguments in hexadecimal. Consecutive calls of one
 * function share an instance. A configuration is words with commas between them:
 *   native=L    MAIN and LIB as native code of level L; main-only, lib-only: one of them
 *   jit         functions that become native while they are called, and in loops
 *   explicit    explicit bounds checks
 *   proofs      native code that asserts what the compiler proved
 *   plain       the interpreter without its optimizations; no-N: without the N-th
 *   gc-stress   a collection at every allocation
 *   sequential  one instance for all calls
 *   places      with the place of each trap */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasmrun.h"

enum { MOST_CALLS = 4096, MOST_ARGS = 16, NAME_BYTES = 24 };
static const uint64_t DEADLINE_NS = 20000000000;

typedef struct call {
  char name[NAME_BYTES];
  uint64_t args[MOST_ARGS];
  size_t arg_count;
} call;

typedef struct configuration {
  const char *words;
  char level; /* '\0': the interpreter */
  bool jit, is_explicit, proofs, lib_only, main_only, gc_stress, sequential, places;
  unsigned off; /* optimizations, by bit */
} configuration;

typedef struct pair {
  wasm_engine_t *engine;
  wasm_module_t *lib, *main;
  wasm_store_t *store;
  wasm_instance_t *lib_instance, *main_instance;
} pair;

static call calls[MOST_CALLS];
static size_t call_count;

static void fail(const char *what, const wr_error *error) {
  printf("error: %s: %s: %s\n", what, wr_status_name(error->status), error->message);
  exit(3);
}

/* ---- Reading */

static void read_calls(const char *path) {
  FILE *file = fopen(path, "r");
  char line[512];
  if (!file) {
    printf("error: cannot open %s\n", path);
    exit(3);
  }
  while (call_count < MOST_CALLS && fgets(line, sizeof line, file)) {
    call *to = &calls[call_count];
    char *word = strtok(line, " \n");
    if (!word) continue;
    snprintf(to->name, sizeof to->name, "%s", word);
    for (to->arg_count = 0; to->arg_count < MOST_ARGS && (word = strtok(NULL, " \n")) != NULL;)
      to->args[to->arg_count++] = strtoull(word, NULL, 16);
    call_count++;
  }
  fclose(file);
}

static void read_word(configuration *to, const char *word) {
  const unsigned all = (2u << WR_OPTIMISE_WIDE) - 1;
  if (strncmp(word, "native=", 7) == 0)
    to->level = word[7];
  else if (strncmp(word, "no-", 3) == 0)
    to->off |= 1u << strtoul(word + 3, NULL, 10);
  else if (strcmp(word, "plain") == 0)
    to->off = all;
  else if (strcmp(word, "jit") == 0)
    to->jit = true;
  else if (strcmp(word, "explicit") == 0)
    to->is_explicit = true;
  else if (strcmp(word, "proofs") == 0)
    to->proofs = true;
  else if (strcmp(word, "lib-only") == 0)
    to->lib_only = true;
  else if (strcmp(word, "main-only") == 0)
    to->main_only = true;
  else if (strcmp(word, "gc-stress") == 0)
    to->gc_stress = true;
  else if (strcmp(word, "sequential") == 0)
    to->sequential = true;
  else if (strcmp(word, "places") == 0)
    to->places = true;
  else if (strcmp(word, "interp") != 0) {
    printf("error: no configuration has the word %s\n", word);
    exit(2);
  }
}

static configuration read_configuration(const char *words) {
  configuration out = {.words = words};
  char copy[128];
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) read_word(&out, word);
  return out;
}

/* ---- What is left behind */

static uint64_t mix(uint64_t digest, uint64_t word) {
  digest = (digest ^ word) * UINT64_C(1099511628211);
  return digest ^ digest >> 29;
}

static uint64_t mix_bytes(uint64_t digest, const byte_t *bytes, size_t size) {
  uint64_t word = 0;
  for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
    memcpy(&word, bytes, sizeof word);
    digest = mix(digest, word);
  }
  word = 0;
  if (size) memcpy(&word, bytes, size);
  return mix(digest, word ^ size);
}

/* A reference by what can be said of it in every engine and run. */
static uint64_t ref_word(const wasm_ref_t *ref) {
  int32_t number = 0;
  if (!ref) return 0;
  if (wr_ref_i31_value(ref, &number)) return (uint64_t)(uint32_t)number << 8 | 0x80;
  return 1 + (uint64_t)wr_ref_kind(ref);
}

static uint64_t mix_val(uint64_t digest, wr_val *val) {
  uint64_t words[2] = {0, 0};
  if (wr_valtype_is_ref(val->type)) {
    words[0] = ref_word(val->of.ref);
    wr_val_delete(val);
  } else if (val->type == WR_I32 || val->type == WR_F32) {
    words[0] = (uint32_t)val->of.i32;
  } else if (val->type == WR_V128) {
    memcpy(words, val->of.v128, sizeof words);
  } else {
    words[0] = (uint64_t)val->of.i64;
  }
  return mix(mix(digest, words[0]), words[1]);
}

static uint64_t mix_table(uint64_t digest, const wasm_table_t *table) {
  uint64_t size = wr_table_size(table);
  for (uint64_t i = 0; i < size; i++) {
    wr_val val = {0};
    if (wr_table_get(table, i, &val)) digest = mix_val(digest, &val);
  }
  return mix(digest, size);
}

static uint64_t mix_instance(uint64_t digest, const wasm_module_t *module,
                             const wasm_instance_t *instance) {
  for (size_t i = 0; i < wr_module_export_count(module); i++) {
    wr_export entry = wr_module_export(module, i);
    if (entry.type.kind == WR_EXTERN_FUNC || entry.type.kind == WR_EXTERN_TAG) continue;
    wasm_extern_t *external = wr_instance_export(instance, entry.name, entry.name_size);
    if (entry.type.kind == WR_EXTERN_MEMORY) {
      wasm_memory_t *memory = wasm_extern_as_memory(external);
      digest = mix_bytes(digest, wasm_memory_data(memory), wasm_memory_data_size(memory));
    } else if (entry.type.kind == WR_EXTERN_TABLE) {
      digest = mix_table(digest, wasm_extern_as_table(external));
    } else {
      wr_val val = {0};
      wr_global_get(wasm_extern_as_global(external), &val);
      digest = mix_val(digest, &val);
    }
    wasm_extern_delete(external);
  }
  return digest;
}

/* ---- Running */

static wasm_module_t *open_module(const pair *p, const char *path, const configuration *with,
                                  bool native) {
  wr_error error;
  wasm_module_t *module = NULL;
  if (wr_module_open(p->engine, path, &module, &error) != WR_OK) fail(path, &error);
  if (native) {
    wr_compile_options options;
    wr_compile_options_init(&options);
    options.level = with->level;
    options.bounds_explicit = with->is_explicit;
    options.check_proofs = with->proofs;
    options.compiler = getenv("WASMRUN_COMPILE");
    options.threads = 1;
    if (wr_module_compile(module, &options, &error) != WR_OK) fail("compiling", &error);
  }
  return module;
}

static void open_modules(pair *p, const configuration *with, const char *lib, const char *path) {
  wasm_config_t *config = wasm_config_new();
  for (unsigned k = WR_OPTIMISE_FUSION; k <= WR_OPTIMISE_WIDE; k++)
    wr_config_set_optimisation(config, (wr_optimisation)k, !(with->off >> k & 1));
  wr_config_set_engine(config, with->jit     ? WR_ENGINE_JIT
                               : with->level ? WR_ENGINE_AUTO
                                             : WR_ENGINE_INTERP);
  if (with->is_explicit) wr_config_set_bounds(config, WR_BOUNDS_EXPLICIT);
  wr_config_set_gc_stress(config, with->gc_stress);
  p->engine = wasm_engine_new_with_config(config);
  p->lib = open_module(p, lib, with, with->level && !with->main_only);
  p->main = open_module(p, path, with, with->level && !with->lib_only);
}

/* False, and the trap is printed, if the start function or a segment traps. */
static bool make_instances(pair *p) {
  wr_error error;
  wasm_trap_t *trap = NULL;
  p->store = wasm_store_new(p->engine);
  wr_linker_t *linker = wr_linker_new(p->store);
  if (wr_linker_instantiate(linker, p->lib, &p->lib_instance, NULL, &error) != WR_OK)
    fail("instantiating lib", &error);
  if (wr_linker_define_instance(linker, "lib", 3, p->lib_instance) != WR_OK) exit(3);
  wr_status status = wr_linker_instantiate(linker, p->main, &p->main_instance, &trap, &error);
  wr_linker_delete(linker);
  if (status == WR_OK) return true;
  if (!trap) fail("instantiating main", &error);
  printf("start %s\n", wr_trap_kind_message(wr_trap_get_kind(trap)));
  wasm_trap_delete(trap);
  return false;
}

static void delete_instances(pair *p) {
  wasm_instance_delete(p->main_instance);
  wasm_instance_delete(p->lib_instance);
  wasm_store_delete(p->store);
  p->main_instance = p->lib_instance = NULL;
}

static void print_val(wr_val *val) {
  if (val->type == WR_I32 || val->type == WR_F32)
    printf(" %08" PRIx32, (uint32_t)val->of.i32);
  else if (val->type == WR_I64 || val->type == WR_F64)
    printf(" %016" PRIx64, (uint64_t)val->of.i64);
  else
    printf(" %" PRIx64, mix_val(0, val));
}

static void print_trap(const configuration *with, const wasm_trap_t *trap) {
  wr_trap_kind kind = wr_trap_get_kind(trap);
  printf(" trap %s", wr_trap_kind_message(kind));
  if (kind == WR_TRAP_UNCAUGHT_EXCEPTION) {
    wr_val args[4];
    size_t count = wr_trap_exception_args(trap, args, 4);
    for (size_t i = 0; i < count && i < 4; i++) print_val(&args[i]);
  }
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  printf(" | %zu frames", trace.size);
  if (trace.size) printf(" in %" PRIu32, wasm_frame_func_index(trace.data[0]));
  if (trace.size && with->places) printf(" at %#zx", wasm_frame_module_offset(trace.data[0]));
  wasm_frame_vec_delete(&trace);
}

static void run_call(const pair *p, const configuration *with, const call *call) {
  wasm_extern_t *external = wr_instance_export(p->main_instance, call->name, strlen(call->name));
  wasm_func_t *func = external ? wasm_extern_as_func(external) : NULL;
  printf("%s", call->name);
  if (!func) {
    printf(" is not exported\n");
    return;
  }
  wr_externtype type = wr_func_type(func);
  wr_val args[MOST_ARGS] = {0}, results[MOST_ARGS] = {0};
  for (size_t i = 0; i < type.param_count && i < MOST_ARGS; i++) {
    args[i].type = type.params[i];
    args[i].of.i64 = i < call->arg_count ? (int64_t)call->args[i] : 0;
  }
  wasm_trap_t *trap = NULL;
  wr_store_set_deadline(p->store, DEADLINE_NS);
  wr_status status = wr_func_call(func, args, type.param_count, results, type.result_count, &trap);
  wr_store_set_deadline(p->store, 0);
  for (size_t i = 0; status == WR_OK && i < type.result_count; i++) print_val(&results[i]);
  if (trap)
    print_trap(with, trap);
  else if (status != WR_OK)
    printf(" %s", wr_status_name(status));
  wasm_trap_delete(trap);
  wasm_extern_delete(external);
  uint64_t digest = mix_instance(14695981039346656037u, p->lib, p->lib_instance);
  printf(" | %016" PRIx64 "\n", mix_instance(digest, p->main, p->main_instance));
}

static void run_calls(pair *p, const configuration *with) {
  for (size_t i = 0; i < call_count;) {
    if (!make_instances(p)) {
      delete_instances(p);
      return;
    }
    size_t first = i;
    do run_call(p, with, &calls[i++]);
    while (i < call_count && (with->sequential || strcmp(calls[first].name, calls[i].name) == 0));
    delete_instances(p);
  }
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: compare_driver LIB MAIN CALLS CONFIGURATION...\n");
    return 2;
  }
  read_calls(argv[3]);
  for (int i = 4; i < argc; i++) {
    configuration with = read_configuration(argv[i]);
    pair p = {0};
    printf("== %s\n", with.words);
    fflush(stdout);
    open_modules(&p, &with, argv[1], argv[2]);
    run_calls(&p, &with);
    wasm_module_delete(p.main);
    wasm_module_delete(p.lib);
    wasm_engine_delete(p.engine);
    printf("-- end\n");
    fflush(stdout);
  }
  return 0;
}
