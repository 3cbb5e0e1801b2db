/* A module's life and what can be asked of it: names, exports, types of its parts.
 * Nothing here changes a module but its count and what engines keep with it. */
#include "module/module.h"

#include <stdlib.h>

#include "platform/file.h"
#include "platform/memory.h"
#include "config/engine.h"

wr__module *wr__module_retain(const wr__module *module) {
  wr__module *m = (wr__module *)(uintptr_t)module; /* counting is no change that anyone sees */
  atomic_fetch_add_explicit(&m->ref_count, 1, memory_order_relaxed);
  return m;
}

static void free_bytes(wr__module *m) {
  uint8_t *bytes = (uint8_t *)(uintptr_t)m->bytes;
  if (m->bytes_owner == WR__BYTES_MALLOC) free(bytes);
  if (m->bytes_owner == WR__BYTES_MMAP) wr__region_remove_file(bytes);
  if (m->bytes_owner == WR__BYTES_MMAP) wr__file_free(bytes, m->size, true);
}

void wr__module_release(wr__module *m) {
  if (!m || atomic_fetch_sub_explicit(&m->ref_count, 1, memory_order_acq_rel) != 1) return;
  for (size_t i = 0; i < WR__ENGINE_SLOTS; i++) {
    void *state = atomic_load(&m->engine_states[i].state);
    if (state) atomic_load (&m->engine_states[i].release)(state);
  }
  free(m->types);
  free(m->funcs);
  free(m->tables);
  free(m->memories);
  free(m->globals);
  free(m->tags);
  free(m->imports);
  free(m->exports);
  free(m->elems);
  free(m->datas);
  free(m->sections);
  free(m->declared_funcs);
  free_bytes(m);
  wr__engine_release(m->engine);
  free(m);
}

void *wr__module_set_state(wr__module *module, enum wr__engine_slot slot, void *state,
                           void (*release)(void *state)) {
  wr__module_state *place = &module->engine_states[slot];
  void *there = NULL;
  atomic_store(&place->release, release);
  return atomic_compare_exchange_strong(&place->state, &there, state) ? state : there;
}

const wr__export *wr__module_find_export(const wr__module *module, const char *name, size_t size) {
  for (uint32_t i = 0; i < module->export_count; i++) {
    const wr__export *e = &module->exports[i];
    if (e->name.size == size && memcmp(e->name.data, name, size) == 0) return e;
  }
  return NULL;
}

/* Bodies lie in the order of their functions, so this is a binary search. */
uint32_t wr__module_func_at(const wr__module *module, uint64_t offset) {
  uint32_t low = module->imported_funcs, high = module->func_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const wr__func_decl *func = &module->funcs[middle];
    if (offset < func->code_offset)
      high = middle;
    else if (offset >= (uint64_t)func->code_offset + func->code_size)
      low = middle + 1;
    else
      return middle;
  }
  return WR_NO_INDEX;
}

wr__span wr__module_custom(const wr__module *module, const char *name, uint32_t index) {
  size_t size = strlen(name);
  for (uint32_t i = 0; i < module->section_count; i++) {
    const wr_section *s = &module->sections[i];
    if (s->id != 0 || s->name_size != size || memcmp(s->name, name, size) != 0) continue;
    if (index-- == 0) return (wr__span){module->bytes + s->offset, (size_t)s->size_bytes};
  }
  return (wr__span){NULL, 0};
}

static void describe_func(const wr__deftype *type, wr_externtype *out) {
  out->params = type->params;
  out->param_count = type->param_count;
  out->results = type->results;
  out->result_count = type->result_count;
  out->defined_type = type->id;
}

wr_externtype wr__module_externtype(const wr__module *module, wr_externkind kind, uint32_t index) {
  wr_externtype out = {.kind = kind};
  switch (kind) {
    case WR_EXTERN_FUNC:
      describe_func(module->funcs[index].type, &out);
      break;
    case WR_EXTERN_TAG:
      describe_func(module->tags[index].type, &out);
      break;
    case WR_EXTERN_TABLE:
      out.valtype = module->tables[index].element;
      out.limits = module->tables[index].limits;
      break;
    case WR_EXTERN_MEMORY:
      out.limits = module->memories[index].limits;
      out.page_size_log2 = module->memories[index].page_size_log2;
      break;
    case WR_EXTERN_GLOBAL:
      out.valtype = module->globals[index].type;
      out.is_mutable = module->globals[index].is_mutable;
      break;
  }
  return out;
}
