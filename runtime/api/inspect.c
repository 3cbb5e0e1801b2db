/* What a module says of itself: imports, exports, sections, functions. */
#include "api/module.h"

static wr_import import_at(const wr__module *module, size_t index) {
  const wr__import *from = &module->imports[index];
  return (wr_import){
      .module = (const char *)from->module.data,
      .module_size = from->module.size,
      .name = (const char *)from->name.data,
      .name_size = from->name.size,
      .type = wr__module_externtype(module, (wr_externkind)from->kind, from->index),
  };
}

static wr_export export_at(const wr__module *module, size_t index) {
  const wr__export *from = &module->exports[index];
  return (wr_export){
      .name = (const char *)from->name.data,
      .name_size = from->name.size,
      .type = wr__module_externtype(module, (wr_externkind)from->kind, from->index),
  };
}

size_t wr_module_import_count(const wasm_module_t *module) {
  return wr__api_module_of(module)->import_count;
}

wr_import wr_module_import(const wasm_module_t *module, size_t index) {
  const wr__module *m = wr__api_module_of(module);
  return index < m->import_count ? import_at(m, index) : (wr_import){0};
}

size_t wr_module_export_count(const wasm_module_t *module) {
  return wr__api_module_of(module)->export_count;
}

wr_export wr_module_export(const wasm_module_t *module, size_t index) {
  const wr__module *m = wr__api_module_of(module);
  return index < m->export_count ? export_at(m, index) : (wr_export){0};
}

size_t wr_module_section_count(const wasm_module_t *module) {
  return wr__api_module_of(module)->section_count;
}

wr_section wr_module_section(const wasm_module_t *module, size_t index) {
  const wr__module *m = wr__api_module_of(module);
  return index < m->section_count ? m->sections[index] : (wr_section){0};
}

uint32_t wr_module_func_count(const wasm_module_t *module) {
  return wr__api_module_of(module)->func_count;
}

wr_func_info wr_module_func(const wasm_module_t *module, uint32_t func_index) {
  const wr__module *m = wr__api_module_of(module);
  if (func_index >= m->func_count) return (wr_func_info){0};
  wr__span name = wr__module_func_name(m, func_index);
  const wr__func_decl *decl = &m->funcs[func_index];
  return (wr_func_info){
      .imported = func_index < m->imported_funcs,
      .name = (const char *)name.data,
      .name_size = name.data ? name.size : 0,
      .type = wr__module_externtype(m, WR_EXTERN_FUNC, func_index),
      .code_offset = decl->code_offset,
      .code_size_bytes = decl->code_size,
  };
}

/* ---- wasm.h -------------------------------------------------------------- */

/* A copy of a name; false when out of memory. */
static bool make_name(wasm_name_t *out, const char *data, size_t size) {
  wasm_name_new(out, size, data);
  return out->size == size;
}

static wasm_importtype_t *make_importtype(const wr_import *from) {
  wasm_name_t module, name;
  bool made = make_name(&module, from->module, from->module_size);
  made &= make_name(&name, from->name, from->name_size);
  wasm_externtype_t *type = made ? wr__api_externtype_new(&from->type) : NULL;
  return wasm_importtype_new(&module, &name, type);
}

void wasm_module_imports(const wasm_module_t *module, wasm_importtype_vec_t *out) {
  const wr__module *m = wr__api_module_of(module);
  wasm_importtype_vec_new_uninitialized(out, m->import_count);
  for (size_t i = 0; i < out->size; i++) {
    wr_import from = import_at(m, i);
    out->data[i] = make_importtype(&from);
    if (!out->data[i]) wasm_importtype_vec_delete(out);
  }
}

static wasm_exporttype_t *make_exporttype(const wr_export *from) {
  wasm_name_t name;
  bool made = make_name(&name, from->name, from->name_size);
  wasm_externtype_t *type = made ? wr__api_externtype_new(&from->type) : NULL;
  return wasm_exporttype_new(&name, type);
}

void wasm_module_exports(const wasm_module_t *module, wasm_exporttype_vec_t *out) {
  const wr__module *m = wr__api_module_of(module);
  wasm_exporttype_vec_new_uninitialized(out, m->export_count);
  for (size_t i = 0; i < out->size; i++) {
    wr_export from = export_at(m, i);
    out->data[i] = make_exporttype(&from);
    if (!out->data[i]) wasm_exporttype_vec_delete(out);
  }
}
