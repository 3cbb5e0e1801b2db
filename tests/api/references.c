/* Every kind of reference of wasm.h: seen as a general one and back, copied, compared, and carrying
 * a pointer of the host's. */
#include "check.h"

#include <signal.h>
#include <ucontext.h>

static int finalized;
static void finalize(void *info) { finalized += *(int *)info; }

/* What holds of a handle of any kind. `object` stays the caller's. */
#define CHECK_HANDLE(name)                                                                   \
  static void check_##name##_handle(wasm_##name##_t *object, const wasm_##name##_t *other) { \
    static int one = 1;                                                                      \
    wasm_##name##_t *copy = wasm_##name##_copy(object);                                      \
    CHECK(copy &&wasm_##name##_same(copy, object) && !wasm_##name##_same(copy, other));      \
    CHECK(!wasm_##name##_get_host_info(object));                                             \
    wasm_##name##_set_host_info(object, &one);                                               \
    CHECK(wasm_##name##_get_host_info(copy) == &one); /* of the object, not of the handle */ \
    wasm_##name##_set_host_info_with_finalizer(copy, &one, finalize);                        \
    CHECK(wasm_##name##_get_host_info(object) == &one);                                      \
    CHECK(!wasm_##name##_get_host_info(other));                                              \
    wasm_##name##_delete(copy);                                                              \
    expected++;                                                                              \
  }

#define CHECK_REF(name)                                                             \
  CHECK_HANDLE(name)                                                                \
  static void check_##name(wasm_##name##_t *object, const wasm_##name##_t *other) { \
    wasm_ref_t *ref = wasm_##name##_as_ref(object);                                 \
    const wasm_ref_t *constant = wasm_##name##_as_ref_const(object);                \
    CHECK(ref &&ref == constant);                                                   \
    CHECK(wasm_ref_as_##name(ref) == object);                                       \
    CHECK(wasm_ref_as_##name##_const(constant) == object);                          \
    CHECK(only_a_##name(ref));                                                      \
    check_##name##_handle(object, other);                                           \
  }

static int expected;

/* How many kinds a reference says that it is, an external aside. */
static int kinds_of(wasm_ref_t *ref) {
  const wasm_ref_t *constant = ref;
  int kinds = !!wasm_ref_as_trap(ref) + !!wasm_ref_as_foreign(ref) + !!wasm_ref_as_module(ref) +
              !!wasm_ref_as_func(ref) + !!wasm_ref_as_global(ref) + !!wasm_ref_as_table(ref) +
              !!wasm_ref_as_memory(ref) + !!wasm_ref_as_instance(ref);
  CHECK(!wasm_ref_as_extern(ref) == !wasm_ref_as_extern_const(constant));
  CHECK(!wasm_ref_as_func(ref) == !wasm_ref_as_func_const(constant));
  return kinds;
}

#define ONLY(name, is_external)                                              \
  static bool only_a_##name(wasm_ref_t *ref) {                               \
    return kinds_of(ref) == 1 && !wasm_ref_as_extern(ref) == !(is_external); \
  }
ONLY(trap, false)
ONLY(foreign, false)
ONLY(module, false)
ONLY(instance, false)
ONLY(func, true)
ONLY(global, true)
ONLY(table, true)
ONLY(memory, true)
ONLY(extern, true)

CHECK_REF(trap)
CHECK_REF(foreign)
CHECK_REF(module)
CHECK_REF(instance)
CHECK_REF(func)
CHECK_REF(global)
CHECK_REF(table)
CHECK_REF(memory)
CHECK_REF(extern)
CHECK_HANDLE(ref)

/* An external and the kind that it is: the same handle, both ways. */
#define CHECK_EXTERN(name)                                                                      \
  static void check_##name##_extern(wasm_##name##_t *object) {                                  \
    wasm_extern_t *external = wasm_##name##_as_extern(object);                                  \
    CHECK(wasm_##name##_as_extern_const(object) == external);                                   \
    CHECK(wasm_extern_as_##name(external) == object);                                           \
    CHECK(wasm_extern_as_##name##_const(external) == object);                                   \
    CHECK(!wasm_extern_as_func_const(external) + !wasm_extern_as_global_const(external) +       \
              !wasm_extern_as_table_const(external) + !wasm_extern_as_memory_const(external) == \
          3);                                                                                   \
  }
CHECK_EXTERN(func)
CHECK_EXTERN(global)
CHECK_EXTERN(table)
CHECK_EXTERN(memory)

static const char text[] =
    "(module"
    "  (func (export \"f\") (param i32) (result i64) (i64.const 1))"
    "  (global (export \"g\") (mut i32) (i32.const 5))"
    "  (table (export \"t\") 2 5 funcref)"
    "  (memory (export \"m\") 1 7))";

static void check_types(const wasm_extern_vec_t *exports) {
  wasm_functype_t *func = wasm_func_type(wasm_extern_as_func(exports->data[0]));
  CHECK(wasm_functype_params(func)->size == 1 && wasm_functype_results(func)->size == 1);
  wasm_functype_delete(func);
  wr_externtype table = wr_extern_type(exports->data[2]), memory = wr_extern_type(exports->data[3]);
  CHECK(table.kind == WR_EXTERN_TABLE && table.limits.min == 2 && table.limits.max == 5);
  CHECK(memory.kind == WR_EXTERN_MEMORY && memory.limits.min == 1 && memory.limits.max == 7);
}

static wasm_trap_t *make_trap(wasm_store_t *store) {
  wasm_name_t message;
  wasm_name_new_from_string_nt(&message, "no");
  wasm_trap_t *trap = wasm_trap_new(store, &message);
  wasm_name_delete(&message);
  return trap;
}

static void check_handles(wasm_store_t *store) {
  wasm_trap_t *traps[2] = {make_trap(store), make_trap(store)};
  wasm_foreign_t *foreigns[2] = {wasm_foreign_new(store), wasm_foreign_new(store)};
  wasm_foreign_t *plain[2] = {wasm_foreign_new(store), wasm_foreign_new(store)};
  check_trap(traps[0], traps[1]);
  check_foreign(foreigns[0], foreigns[1]);
  check_ref_handle(wasm_foreign_as_ref(plain[0]), wasm_foreign_as_ref_const(plain[1]));
  for (int i = 0; i < 2; i++) {
    wasm_trap_delete(traps[i]);
    wasm_foreign_delete(foreigns[i]);
    wasm_foreign_delete(plain[i]);
  }
}

static void check_exports(wasm_store_t *store) {
  wasm_extern_vec_t exports[3];
  wasm_instance_t *instances[3];
  for (int i = 0; i < 3; i++) instances[i] = instantiate(store, text, NULL, &exports[i]);
  wasm_extern_t **own = exports[0].data, **other = exports[1].data;
  check_types(&exports[0]);
  check_instance(instances[0], instances[1]);
  check_func(wasm_extern_as_func(own[0]), wasm_extern_as_func(other[0]));
  check_global(wasm_extern_as_global(own[1]), wasm_extern_as_global(other[1]));
  check_table(wasm_extern_as_table(own[2]), wasm_extern_as_table(other[2]));
  check_memory(wasm_extern_as_memory(own[3]), wasm_extern_as_memory(other[3]));
  check_func_extern(wasm_extern_as_func(own[0]));
  check_global_extern(wasm_extern_as_global(own[1]));
  check_table_extern(wasm_extern_as_table(own[2]));
  check_memory_extern(wasm_extern_as_memory(own[3]));
  check_extern(exports[2].data[0], other[0]);
  for (int i = 0; i < 3; i++) {
    wasm_extern_vec_delete(&exports[i]);
    wasm_instance_delete(instances[i]);
  }
}

static void check_modules(wasm_store_t *store) {
  wasm_byte_vec_t binary = assemble(text);
  CHECK(wasm_module_validate(store, &binary));
  wasm_module_t *module = wasm_module_new(store, &binary), *other = wasm_module_new(store, &binary);
  check_module(module, other);
  binary.data[0] = 1;
  CHECK(!wasm_module_validate(store, &binary) && !wasm_module_new(store, &binary));
  wasm_byte_vec_delete(&binary);
  wasm_module_delete(module);
  wasm_module_delete(other);
}

/* What a store says of its limits, and that they hold. */
static void check_limits(wasm_store_t *store) {
  enum { PAGE = 65536 };
  uint64_t used = wr_store_used(store, WR_LIMIT_MEMORY);
  wr_store_set_limit(store, WR_LIMIT_MEMORY, used + PAGE);
  CHECK(wr_store_limit(store, WR_LIMIT_MEMORY) == used + PAGE);
  CHECK(wr_store_limit_hit(store) == WR_LIMIT_NONE);
  wasm_extern_vec_t exports;
  wasm_instance_t *instance = instantiate(store, text, NULL, &exports);
  CHECK(wr_store_used(store, WR_LIMIT_MEMORY) == used + PAGE);
  CHECK(!wasm_memory_grow(wasm_extern_as_memory(exports.data[3]), 1));
  CHECK(wr_store_limit_hit(store) == WR_LIMIT_MEMORY);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
}

/* A signal that no guest caused is not the library's. */
static void check_fault(void) {
  siginfo_t info = {.si_addr = &finalized};
  ucontext_t context;
  CHECK(getcontext(&context) == 0);
  CHECK(!wr_fault_handle(SIGSEGV, &info, &context));
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  check_handles(store);
  check_modules(store);
  check_exports(store);
  check_limits(store);
  check_fault();
  wasm_store_delete(store);
  CHECK(finalized == expected && expected == 10);
  wasm_engine_delete(engine);
  return 0;
}
