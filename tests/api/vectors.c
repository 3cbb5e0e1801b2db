/* Every vector and every type of wasm.h: made, filled, copied and deleted, the copy being
 * independent of its original. */
#include "check.h"

static wasm_valtype_t *make_valtype(void) { return wasm_valtype_new(WASM_I64); }
static wasm_functype_t *make_functype(void) {
  return wasm_functype_new_1_1(make_valtype(), make_valtype());
}
static wasm_globaltype_t *make_globaltype(void) {
  return wasm_globaltype_new(make_valtype(), WASM_VAR);
}
static const wasm_limits_t limits = {.min = 1, .max = 3};
static wasm_tabletype_t *make_tabletype(void) {
  return wasm_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits);
}
static wasm_memorytype_t *make_memorytype(void) { return wasm_memorytype_new(&limits); }
static wasm_externtype_t *make_externtype(void) {
  return wasm_memorytype_as_externtype(make_memorytype());
}
static wasm_name_t name_of(const char *text) {
  wasm_name_t name;
  wasm_name_new_from_string(&name, text);
  return name;
}
static wasm_importtype_t *make_importtype(void) {
  wasm_name_t module = name_of("m"), name = name_of("n");
  return wasm_importtype_new(&module, &name, make_externtype());
}
static wasm_exporttype_t *make_exporttype(void) {
  wasm_name_t name = name_of("n");
  return wasm_exporttype_new(&name, make_externtype());
}

static bool same_valtype(const wasm_valtype_t *a, const wasm_valtype_t *b) {
  return wasm_valtype_kind(a) == wasm_valtype_kind(b);
}
static bool same_functype(const wasm_functype_t *a, const wasm_functype_t *b) {
  return wasm_functype_params(a)->size == 1 && wasm_functype_params(b)->size == 1 &&
         same_valtype(wasm_functype_results(a)->data[0], wasm_functype_results(b)->data[0]);
}
static bool same_globaltype(const wasm_globaltype_t *a, const wasm_globaltype_t *b) {
  return wasm_globaltype_mutability(a) == wasm_globaltype_mutability(b) &&
         same_valtype(wasm_globaltype_content(a), wasm_globaltype_content(b));
}
static bool same_limits(const wasm_limits_t *a, const wasm_limits_t *b) {
  return a->min == b->min && a->max == b->max;
}
static bool same_tabletype(const wasm_tabletype_t *a, const wasm_tabletype_t *b) {
  return same_limits(wasm_tabletype_limits(a), wasm_tabletype_limits(b)) &&
         same_valtype(wasm_tabletype_element(a), wasm_tabletype_element(b));
}
static bool same_memorytype(const wasm_memorytype_t *a, const wasm_memorytype_t *b) {
  return same_limits(wasm_memorytype_limits(a), wasm_memorytype_limits(b));
}
static bool same_externtype(const wasm_externtype_t *a, const wasm_externtype_t *b) {
  const wasm_memorytype_t *of_a = wasm_externtype_as_memorytype_const(a);
  const wasm_memorytype_t *of_b = wasm_externtype_as_memorytype_const(b);
  return of_a && of_b && same_memorytype(of_a, of_b);
}
static bool same_name(const wasm_name_t *a, const wasm_name_t *b) {
  return a->size == b->size && !memcmp(a->data, b->data, a->size);
}
static bool same_importtype(const wasm_importtype_t *a, const wasm_importtype_t *b) {
  return same_name(wasm_importtype_module(a), wasm_importtype_module(b)) &&
         same_name(wasm_importtype_name(a), wasm_importtype_name(b)) &&
         same_externtype(wasm_importtype_type(a), wasm_importtype_type(b));
}
static bool same_exporttype(const wasm_exporttype_t *a, const wasm_exporttype_t *b) {
  return same_name(wasm_exporttype_name(a), wasm_exporttype_name(b)) &&
         same_externtype(wasm_exporttype_type(a), wasm_exporttype_type(b));
}

/* A type's copy equals it and outlives it; so does a vector's, of both ways of making one. */
#define CHECK_TYPE(name)                                                     \
  static void check_##name(void) {                                           \
    wasm_##name##_t *type = make_##name(), *copy = wasm_##name##_copy(type); \
    CHECK(copy &&copy != type && same_##name(type, copy));                   \
    wasm_##name##_t *elements[2] = {type, copy};                             \
    wasm_##name##_vec_t vector, second, filled, empty;                       \
    wasm_##name##_vec_new(&vector, 2, elements);                             \
    wasm_##name##_vec_copy(&second, &vector);                                \
    CHECK(vector.size == 2 && second.size == 2 && second.data[0] != type);   \
    wasm_##name##_vec_delete(&vector);                                       \
    CHECK(vector.size == 0 && same_##name(second.data[0], second.data[1]));  \
    wasm_##name##_vec_new_uninitialized(&filled, 2);                         \
    CHECK(filled.size == 2 && !filled.data[0] && !filled.data[1]);           \
    filled.data[1] = make_##name();                                          \
    CHECK(same_##name(filled.data[1], second.data[1]));                      \
    wasm_##name##_vec_delete(&filled);                                       \
    wasm_##name##_vec_delete(&second);                                       \
    wasm_##name##_vec_new_empty(&empty);                                     \
    CHECK(empty.size == 0);                                                  \
    wasm_##name##_vec_delete(&empty);                                        \
    wasm_##name##_delete(make_##name());                                     \
  }

CHECK_TYPE(valtype)
CHECK_TYPE(functype)
CHECK_TYPE(globaltype)
CHECK_TYPE(tabletype)
CHECK_TYPE(memorytype)
CHECK_TYPE(externtype)
CHECK_TYPE(importtype)
CHECK_TYPE(exporttype)

/* Each type as an external type and back: the same object, and no other kind. */
#define CHECK_AS_EXTERNTYPE(name, KIND)                                                \
  static void check_##name##_as_externtype(void) {                                     \
    wasm_##name##_t *type = make_##name();                                             \
    wasm_externtype_t *externtype = wasm_##name##_as_externtype(type);                 \
    CHECK(wasm_externtype_kind(externtype) == KIND);                                   \
    CHECK(wasm_externtype_as_##name(externtype) == type);                              \
    const wasm_externtype_t *constant = wasm_##name##_as_externtype_const(type);       \
    CHECK(constant == externtype);                                                     \
    CHECK(wasm_externtype_as_##name##_const(constant) == type);                        \
    CHECK(!wasm_externtype_as_functype_const(constant) == (KIND != WASM_EXTERN_FUNC)); \
    wasm_externtype_delete(externtype);                                                \
  }

CHECK_AS_EXTERNTYPE(functype, WASM_EXTERN_FUNC)
CHECK_AS_EXTERNTYPE(globaltype, WASM_EXTERN_GLOBAL)
CHECK_AS_EXTERNTYPE(tabletype, WASM_EXTERN_TABLE)
CHECK_AS_EXTERNTYPE(memorytype, WASM_EXTERN_MEMORY)

static void check_bytes(void) {
  wasm_byte_vec_t bytes, copy, room, empty;
  wasm_byte_vec_new(&bytes, 3, "abc");
  wasm_byte_vec_copy(&copy, &bytes);
  wasm_byte_vec_delete(&bytes);
  CHECK(bytes.size == 0 && copy.size == 3 && !memcmp(copy.data, "abc", 3));
  wasm_byte_vec_delete(&copy);
  wasm_byte_vec_new_uninitialized(&room, 100);
  CHECK(room.size == 100);
  memset(room.data, 1, 100);
  wasm_byte_vec_delete(&room);
  wasm_byte_vec_new_empty(&empty);
  CHECK(empty.size == 0);
  wasm_byte_vec_delete(&empty);
}

static void check_values(wasm_store_t *store) {
  wasm_val_t elements[2] = {WASM_I32_VAL(7), WASM_INIT_VAL};
  elements[1].of.ref = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_val_vec_t values, copy, room, empty;
  wasm_val_vec_new(&values, 2, elements);
  wasm_val_vec_copy(&copy, &values);
  CHECK(copy.data[0].of.i32 == 7 && wasm_ref_same(copy.data[1].of.ref, values.data[1].of.ref));
  wasm_val_vec_delete(&values);
  CHECK(wasm_ref_as_foreign(copy.data[1].of.ref));
  wasm_val_vec_delete(&copy);
  wasm_val_vec_new_uninitialized(&room, 2);
  CHECK(room.size == 2);
  wasm_val_vec_delete(&room);
  wasm_val_vec_new_empty(&empty);
  CHECK(empty.size == 0);
  wasm_val_vec_delete(&empty);
}

static void check_externs(wasm_store_t *store) {
  wasm_memorytype_t *type = make_memorytype();
  wasm_extern_t *elements[1] = {wasm_memory_as_extern(wasm_memory_new(store, type))};
  wasm_memorytype_delete(type);
  wasm_extern_vec_t externs, copy, room, empty;
  wasm_extern_vec_new(&externs, 1, elements);
  wasm_extern_vec_copy(&copy, &externs);
  CHECK(copy.size == 1 && wasm_extern_same(copy.data[0], externs.data[0]));
  wasm_extern_vec_delete(&externs);
  CHECK(wasm_memory_size(wasm_extern_as_memory_const(copy.data[0])) == 1);
  wasm_extern_vec_delete(&copy);
  wasm_extern_vec_new_uninitialized(&room, 3);
  CHECK(room.size == 3 && !room.data[2]);
  wasm_extern_vec_delete(&room);
  wasm_extern_vec_new_empty(&empty);
  CHECK(empty.size == 0);
  wasm_extern_vec_delete(&empty);
}

static void check_frames(wasm_store_t *store) {
  wasm_extern_vec_t exports;
  wasm_instance_t *instance =
      instantiate(store, "(module (func (export \"f\") (unreachable)))", NULL, &exports);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t *trap = wasm_func_call(func_export(&exports, 0), &none, &none);
  wasm_frame_t *origin = wasm_trap_origin(trap), *copy = wasm_frame_copy(origin);
  CHECK(copy && wasm_frame_func_offset(copy) == wasm_frame_func_offset(origin));
  wasm_frame_t *elements[2] = {origin, copy};
  wasm_frame_vec_t frames, second, room, empty;
  wasm_frame_vec_new(&frames, 2, elements);
  wasm_frame_vec_copy(&second, &frames);
  wasm_frame_vec_delete(&frames);
  CHECK(second.size == 2 && wasm_frame_func_index(second.data[1]) == 0);
  wasm_frame_vec_delete(&second);
  wasm_frame_vec_new_uninitialized(&room, 1);
  CHECK(room.size == 1 && !room.data[0]);
  wasm_frame_vec_delete(&room);
  wasm_frame_vec_new_empty(&empty);
  wasm_frame_vec_delete(&empty);
  wasm_trap_delete(trap);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  check_valtype();
  check_functype();
  check_globaltype();
  check_tabletype();
  check_memorytype();
  check_externtype();
  check_importtype();
  check_exporttype();
  check_functype_as_externtype();
  check_globaltype_as_externtype();
  check_tabletype_as_externtype();
  check_memorytype_as_externtype();
  check_bytes();
  check_values(store);
  check_externs(store);
  check_frames(store);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
