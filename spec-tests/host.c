/* The host module `spectest` that scripts import from. */
#include <inttypes.h>
#include <stdio.h>

#include "session.h"

typedef struct definer {
  wasm_store_t *store;
  wr_linker_t *linker;
  bool ok;
} definer;

/* Defines an external and deletes the handle. */
static void define(definer *d, const char *name, wasm_extern_t *external) {
  if (!external ||
      wr_linker_define(d->linker, "spectest", 8, name, strlen(name), external) != WR_OK)
    d->ok = false;
  wasm_extern_delete(external);
}

static void define_global(definer *d, const char *name, wr_val value) {
  wasm_global_t *global = wr_global_new(d->store, value.type, false, &value, NULL);
  define(d, name, global ? wasm_global_as_extern(global) : NULL);
}

static void define_memory(definer *d, const char *name, bool shared) {
  wr_limits limits = {.min = 1, .max = 2, .has_max = true, .shared = shared};
  wasm_memory_t *memory = wr_memory_new(d->store, &limits, 16, NULL);
  define(d, name, memory ? wasm_memory_as_extern(memory) : NULL);
}

static void define_table(definer *d, const char *name, bool is64) {
  wr_limits limits = {.min = 10, .max = 20, .has_max = true, .is64 = is64};
  wr_val null = {.type = WR_FUNCREF};
  wasm_table_t *table = wr_table_new(d->store, WR_FUNCREF, &limits, &null, NULL);
  define(d, name, table ? wasm_table_as_extern(table) : NULL);
}

/* env is the signature, a letter for each parameter, or NULL to be silent. */
static wr_status print_values(void *env, wr_caller *caller, const wr_val *args, wr_val *results) {
  (void)caller, (void)results;
  for (const char *letter = env; letter && *letter; letter++, args++) switch (*letter) {
      case 'i':
        printf("%" PRId32 " : i32\n", args->of.i32);
        break;
      case 'l':
        printf("%" PRId64 " : i64\n", args->of.i64);
        break;
      case 'f':
        printf("%g : f32\n", (double)args->of.f32);
        break;
      default:
        printf("%g : f64\n", args->of.f64);
        break;
    }
  return WR_OK;
}

static void define_print(definer *d, const char *name, const char *letters, bool print) {
  wr_valtype params[2];
  size_t count = strlen(letters);
  for (size_t i = 0; i < count; i++)
    params[i] = letters[i] == 'i'   ? WR_I32
                : letters[i] == 'l' ? WR_I64
                : letters[i] == 'f' ? WR_F32
                                    : WR_F64;
  wasm_functype_t *type = wr_functype_new(params, count, NULL, 0);
  wasm_func_t *func =
      type ? wr_func_new_val(d->store, type, print_values, print ? (void *)letters : NULL, NULL)
           : NULL;
  define(d, name, func ? wasm_func_as_extern(func) : NULL);
  wasm_functype_delete(type);
}

bool host_define(wasm_store_t *store, wr_linker_t *linker, bool print) {
  static const char *const prints[][2] = {
      {"print", ""},      {"print_i32", "i"},      {"print_i64", "l"},     {"print_f32", "f"},
      {"print_f64", "d"}, {"print_i32_f32", "if"}, {"print_f64_f64", "dd"}};
  definer d = {store, linker, true};
  define_global(&d, "global_i32", (wr_val){.type = WR_I32, .of.i32 = 666});
  define_global(&d, "global_i64", (wr_val){.type = WR_I64, .of.i64 = 666});
  define_global(&d, "global_f32", (wr_val){.type = WR_F32, .of.f32 = 666.6f});
  define_global(&d, "global_f64", (wr_val){.type = WR_F64, .of.f64 = 666.6});
  define_table(&d, "table", false);
  define_table(&d, "table64", true);
  define_memory(&d, "memory", false);
  define_memory(&d, "shared_memory", true);
  for (size_t i = 0; i < sizeof prints / sizeof *prints; i++)
    define_print(&d, prints[i][0], prints[i][1], print);
  return d.ok;
}
