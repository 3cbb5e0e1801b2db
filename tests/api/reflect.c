/* What a module and its instance say of themselves, and that what wasm.h cannot express is never
 * cut down to something else. */
#include "check.h"

static bool name_is(const wasm_name_t *name, const char *expected) {
  return name->size == strlen(expected) && !memcmp(name->data, expected, name->size);
}

static const wasm_exporttype_t *export_named(const wasm_exporttype_vec_t *exports,
                                             const char *name) {
  for (size_t i = 0; i < exports->size; i++)
    if (name_is(wasm_exporttype_name(exports->data[i]), name)) return exports->data[i];
  return NULL;
}

static const char module_text[] =
    "(module (import \"m\" \"f\" (func (param i32 externref) (result f32 funcref)))"
    "  (import \"m\" \"t\" (table 1 2 externref))"
    "  (func (export \"func\") (param i64 f64))"
    "  (global (export \"global\") (mut i32) (i32.const 0))"
    "  (table (export \"table\") 50 funcref)"
    "  (memory (export \"memory\") 1 4)"
    "  (func (export \"vector\") (param v128))"
    "  (memory (export \"long memory\") i64 1)"
    "  (table (export \"long table\") i64 1 funcref)"
    "  (tag (export \"tag\") (param i32))"
    "  (global (export \"any\") anyref (ref.null any)))";

static void check_imports(const wasm_module_t *module) {
  wasm_importtype_vec_t imports, copy;
  wasm_module_imports(module, &imports);
  wasm_importtype_vec_copy(&copy, &imports);
  wasm_importtype_vec_delete(&imports);
  CHECK(copy.size == 2);
  CHECK(name_is(wasm_importtype_module(copy.data[0]), "m"));
  CHECK(name_is(wasm_importtype_name(copy.data[0]), "f"));
  const wasm_functype_t *func =
      wasm_externtype_as_functype_const(wasm_importtype_type(copy.data[0]));
  CHECK(func && wasm_functype_params(func)->size == 2 && wasm_functype_results(func)->size == 2);
  CHECK(wasm_valtype_kind(wasm_functype_params(func)->data[1]) == WASM_EXTERNREF);
  CHECK(wasm_valtype_kind(wasm_functype_results(func)->data[1]) == WASM_FUNCREF);
  const wasm_tabletype_t *table =
      wasm_externtype_as_tabletype_const(wasm_importtype_type(copy.data[1]));
  CHECK(table && wasm_tabletype_limits(table)->min == 1 && wasm_tabletype_limits(table)->max == 2);
  CHECK(wasm_valtype_kind(wasm_tabletype_element(table)) == WASM_EXTERNREF);
  wasm_importtype_vec_delete(&copy);
}

static void check_plain_exports(const wasm_exporttype_vec_t *exports) {
  const wasm_externtype_t *type = wasm_exporttype_type(export_named(exports, "func"));
  CHECK(wasm_externtype_kind(type) == WASM_EXTERN_FUNC);
  CHECK(!wasm_externtype_as_globaltype_const(type));
  const wasm_functype_t *func = wasm_externtype_as_functype_const(type);
  CHECK(wasm_functype_params(func)->size == 2 && wasm_functype_results(func)->size == 0);
  CHECK(wasm_valtype_kind(wasm_functype_params(func)->data[0]) == WASM_I64);

  type = wasm_exporttype_type(export_named(exports, "global"));
  const wasm_globaltype_t *global = wasm_externtype_as_globaltype_const(type);
  CHECK(global && wasm_globaltype_mutability(global) == WASM_VAR);

  type = wasm_exporttype_type(export_named(exports, "table"));
  const wasm_tabletype_t *table = wasm_externtype_as_tabletype_const(type);
  CHECK(table && wasm_tabletype_limits(table)->min == 50);
  CHECK(wasm_tabletype_limits(table)->max == wasm_limits_max_default);

  type = wasm_exporttype_type(export_named(exports, "memory"));
  const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(type);
  CHECK(memory && wasm_memorytype_limits(memory)->min == 1 &&
        wasm_memorytype_limits(memory)->max == 4);
}

static void check_other_exports(const wasm_exporttype_vec_t *exports) {
  static const char *const others[] = {"long memory", "long table", "tag"};
  for (size_t i = 0; i < 3; i++) {
    const wasm_externtype_t *type = wasm_exporttype_type(export_named(exports, others[i]));
    CHECK(wasm_externtype_kind(type) == WR_KIND_OTHER);
    CHECK(!wasm_externtype_as_memorytype_const(type) && !wasm_externtype_as_tabletype_const(type));
  }
  const wasm_externtype_t *type = wasm_exporttype_type(export_named(exports, "vector"));
  const wasm_functype_t *func = wasm_externtype_as_functype_const(type);
  CHECK(wasm_valtype_kind(wasm_functype_params(func)->data[0]) == WR_KIND_OTHER);
  type = wasm_exporttype_type(export_named(exports, "any"));
  const wasm_globaltype_t *any = wasm_externtype_as_globaltype_const(type);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(any)) == WR_KIND_OTHER);
}

static wasm_trap_t *ignore(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  results->data[0].kind = WASM_F32;
  results->data[1].kind = WASM_FUNCREF;
  (void)args;
  return NULL;
}

static void check_instance(wasm_store_t *store, const wasm_module_t *module) {
  wasm_importtype_vec_t wanted;
  wasm_module_imports(module, &wanted);
  const wasm_externtype_t *type = wasm_importtype_type(wanted.data[0]);
  wasm_func_t *func = wasm_func_new(store, wasm_externtype_as_functype_const(type), ignore);
  wasm_table_t *table = wasm_table_new(
      store, wasm_externtype_as_tabletype_const(wasm_importtype_type(wanted.data[1])), NULL);
  CHECK(func && table);
  wasm_importtype_vec_delete(&wanted);
  wasm_extern_t *imported[] = {wasm_func_as_extern(func), wasm_table_as_extern(table)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance);
  wasm_exporttype_vec_t types;
  wasm_module_exports(module, &types);
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == types.size);
  for (size_t i = 0; i < exports.size; i++) {
    wasm_externtype_t *own = wasm_extern_type(exports.data[i]);
    CHECK(wasm_externtype_kind(own) == wasm_externtype_kind(wasm_exporttype_type(types.data[i])));
    wasm_externtype_delete(own);
  }
  wasm_val_t vector[1] = {WASM_I64_VAL(0)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(vector), none = WASM_EMPTY_VEC;
  wasm_trap_t *trap = wasm_func_call(func_export(&exports, 4), &args, &none);
  CHECK(trap); /* a v128 cannot be passed through wasm.h */
  wasm_trap_delete(trap);
  wasm_exporttype_vec_delete(&types);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_table_delete(table);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = load(store, module_text);
  check_imports(module);
  wasm_exporttype_vec_t exports;
  wasm_module_exports(module, &exports);
  CHECK(exports.size == 9);
  check_plain_exports(&exports);
  check_other_exports(&exports);
  wasm_exporttype_vec_delete(&exports);
  check_instance(store, module);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
