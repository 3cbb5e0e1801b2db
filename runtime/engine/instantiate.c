/* Instantiation, in the specification's order: imports are checked before anything is made; then
 * everything is allocated and evaluated; then the active segments run one after the other, and the
 * start function. What ran before a trap stays: the instance may already be reachable
 * through tables and functions that it gave away, so it belongs to the store from the moment it is
 * whole. Spec: exec/modules, instantiation. */
#include <stdlib.h>

#include "base/leb128.h"
#include "engine/engine.h"
#include "engine/make.h"
#include "store/objects.h"

/* ---- Imports */

static const char *kind_name(wr_externkind kind) {
  static const char *const names[] = {"function", "table", "memory", "global", "tag"};
  return names[kind];
}

/* For messages: a name's beginning, for "%.*s". */
enum { SHOWN_NAME_BYTES = 100 };
static int shown_size(wr__span name) {
  return name.size < SHOWN_NAME_BYTES ? (int)name.size : SHOWN_NAME_BYTES;
}

static wr_status fail_import(wr_error *error, const char *what, const wr__import *import) {
  return wr__fail(error, WR_UNLINKABLE, WR_NO_OFFSET, "%s: \"%.*s\" \"%.*s\" (%s)", what,
                  shown_size(import->module), (const char *)import->module.data,
                  shown_size(import->name), (const char *)import->name.data,
                  kind_name((wr_externkind)import->kind));
}

static wr_status check_imports(const wr__store *store, const wr__module *module,
                               const wr__extern *imports, size_t import_count, wr_error *error) {
  for (uint32_t i = 0; i < module->import_count; i++) {
    const wr__import *import = &module->imports[i];
    if (i >= import_count || !imports[i].of.any)
      return fail_import(error, "unknown import", import);
    wr_externtype wanted =
        wr__module_externtype(module, (wr_externkind)import->kind, import->index);
    if (!wr__extern_matches(store, &imports[i], &wanted))
      return fail_import(error, "incompatible import type", import);
  }
  return WR_OK;
}

static void take_imports(wr__instance *instance, const wr__extern *imports) {
  const wr__module *module = instance->module;
  for (uint32_t i = 0; i < module->import_count; i++) {
    uint32_t index = module->imports[i].index;
    switch (imports[i].kind) {
      case WR_EXTERN_FUNC:
        instance->imported_funcs[index] = imports[i].of.func;
        break;
      case WR_EXTERN_TABLE:
        instance->tables[index] = imports[i].of.table;
        break;
      case WR_EXTERN_MEMORY:
        instance->memories[index] = imports[i].of.memory;
        break;
      case WR_EXTERN_GLOBAL:
        instance->globals[index] = imports[i].of.global;
        break;
      case WR_EXTERN_TAG:
        instance->tags[index] = imports[i].of.tag;
        break;
    }
  }
}

/* ---- Allocation */

void wr__instance_free(wr__instance *instance) {
  for (uint32_t i = 0; i < instance->func_count; i++)
    wr__host_info_free(instance->funcs[i].host_info);
  uint32_t own_globals = instance->module->global_count - instance->module->imported_globals;
  for (uint32_t i = 0; instance->own_globals && i < own_globals; i++)
    wr__host_info_free(instance->own_globals[i].host_info);
  for (uint32_t i = 0; instance->elems && i < instance->module->elem_count; i++)
    free(instance->elems[i].refs);
  wr__host_info_free(instance->host_info);
  free(instance->imported_funcs);
  free(instance->memories);
  free(instance->tables);
  free(instance->globals);
  free(instance->tags);
  free(instance->elems);
  free(instance->data_dropped);
  wr__module_release(instance->module);
  free(instance);
}

/* The arrays of an instance, zeroed. */
static bool allocate_arrays(wr__instance *instance) {
  const wr__module *m = instance->module;
  instance->imported_funcs = wr__alloc_array(m->imported_funcs, sizeof *instance->imported_funcs);
  instance->memories = wr__alloc_array(m->memory_count, sizeof *instance->memories);
  instance->tables = wr__alloc_array(m->table_count, sizeof *instance->tables);
  instance->globals = wr__alloc_array(m->global_count, sizeof *instance->globals);
  instance->tags = wr__alloc_array(m->tag_count, sizeof *instance->tags);
  instance->elems = wr__alloc_array(m->elem_count, sizeof *instance->elems);
  instance->data_dropped = wr__alloc_array(m->data_count, sizeof *instance->data_dropped);
  return instance->imported_funcs && instance->memories && instance->tables && instance->globals &&
         instance->tags && instance->elems && instance->data_dropped;
}

/* An instance with room for everything, owned by the store, with nothing in it yet. */
static wr__instance *allocate_instance(wr__store *store, wr__module *module) {
  uint32_t func_count = module->func_count - module->imported_funcs;
  size_t globals_at = wr__instance_globals_offset(func_count);
  uint32_t own_globals = module->global_count - module->imported_globals;
  /* At most a million functions of 100 bytes and a million globals of 40: no overflow. */
  wr__instance *instance = calloc(1, globals_at + own_globals * sizeof(wr__global));
  if (!instance) return NULL;
  instance->own_globals = (wr__global *)(void *)((uint8_t *)instance + globals_at);
  instance->store = store;
  instance->exec = &store->exec;
  instance->interrupt = &store->exec.interrupt;
  instance->countdown = &store->exec.countdown;
  instance->memory0 = wr__memory_none();
  instance->module = wr__module_retain(module);
  instance->types = module->types;
  instance->type_records =
      wr__type_records(instance->store->engine->types, &instance->type_record_count);
  if (allocate_arrays(instance) && wr__store_own_instance(store, instance)) return instance;
  wr__instance_free(instance);
  return NULL;
}

/* Modules may hold millions of anything; each loop over them looks for an interrupt. */
static wr_status poll_interrupt(const wr__instance *instance) {
  if (WR_LIKELY(!wr__exec_interrupted(instance->exec))) return WR_OK;
  return wr__exec_trap(instance->exec, WR_TRAP_INTERRUPTED);
}

static wr_status make_funcs(wr__instance *instance) {
  const wr__module *module = instance->module;
  instance->func_count = module->func_count - module->imported_funcs;
  for (uint32_t i = 0; i < instance->func_count; i++) {
    wr__func *func = &instance->funcs[i];
    const wr__deftype *type = module->funcs[module->imported_funcs + i].type;
    func->header.kind = WR__OBJECT_FUNC;
    func->header.type_id = type->id;
    func->func_index = module->imported_funcs + i;
    func->instance = instance;
    func->type = type;
    WR_TRY(poll_interrupt(instance));
  }
  return WR_OK;
}

/* The first engine that takes the instance runs it; its functions can be called from the others. */
static wr_status choose_engine(wr__instance *instance, wr_error *error) {
  const wr__engine_ops *const *engines = wr__engine_records(instance->store->engine);
  bool taken = false;
  for (const wr__engine_ops *const *e = engines; *e && !taken; e++) {
    WR_TRY((*e)->take_instance(instance, &taken, error));
    if (taken) instance->engine = *e;
  }
  if (!taken) return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "no engine runs the module");
  for (const wr__engine_ops *const *e = engines; *e; e++)
    if (*e != instance->engine && (*e)->link_funcs)
      (*e)->link_funcs(instance->funcs, instance->func_count);
  for (const wr__engine_ops *const *e = engines; *e; e++)
    if ((*e)->join_instance) WR_TRY((*e)->join_instance(instance, error));
  return WR_OK;
}

static wr_status make_memories(wr__instance *instance, wr_error *error) {
  const wr__module *module = instance->module;
  for (uint32_t i = module->imported_memories; i < module->memory_count; i++) {
    const wr__memory_decl *decl = &module->memories[i];
    instance->memories[i] =
        wr__memory_new(instance->store, &decl->limits, decl->page_size_log2, error);
    if (!instance->memories[i]) return WR_OUT_OF_MEMORY;
  }
  if (module->memory_count > 0) instance->memory0 = instance->memories[0];
  const wr__export *export = wr__module_find_export(module, "memory", 6);
  if (export && export->kind == WR_EXTERN_MEMORY)
    instance->exported_memory = instance->memories[export->index];
  return WR_OK;
}

static wr_status make_tables(wr__instance *instance, wr_error *error) {
  const wr__module *module = instance->module;
  for (uint32_t i = module->imported_tables; i < module->table_count; i++) {
    const wr__table_decl *decl = &module->tables[i];
    wr__ref init[2] = {WR__NULL_REF, 0};
    if (decl->init.size) WR_TRY(wr__const_eval(instance, decl->init, init));
    wr__table *table =
        wr__table_new(instance->store, decl->element, &decl->limits, WR__NULL_REF, error);
    if (!table) return WR_OUT_OF_MEMORY;
    instance->tables[i] = table;
    if (init[0] && wr__fill_refs(instance->exec, table->elems, init[0], table->size))
      return wr__exec_trap(instance->exec, WR_TRAP_INTERRUPTED);
  }
  return WR_OK;
}

static wr_status make_tags(wr__instance *instance, wr_error *error) {
  const wr__module *module = instance->module;
  for (uint32_t i = module->imported_tags; i < module->tag_count; i++) {
    instance->tags[i] = wr__tag_new(instance->store, module->tags[i].type);
    if (!instance->tags[i]) return wr__fail_oom(error);
    WR_TRY(poll_interrupt(instance));
  }
  return WR_OK;
}

/* In order: an initialiser may read the globals before its own. */
static wr_status make_globals(wr__instance *instance) {
  const wr__module *module = instance->module;
  for (uint32_t i = module->imported_globals; i < module->global_count; i++) {
    wr__global *global = &instance->own_globals[i - module->imported_globals];
    global->type = module->globals[i].type;
    global->is_mutable = module->globals[i].is_mutable;
    instance->globals[i] = global;
    WR_TRY(poll_interrupt(instance));
    WR_TRY(wr__const_eval(instance, module->globals[i].init, global->value.slots));
  }
  return WR_OK;
}

/* ---- Segments */

/* The references of a segment's items, one after the other, into refs[count]. */
static wr_status evaluate_items(wr__instance *instance, const wr__elem_decl *decl, wr__ref *refs,
                                uint32_t *done) {
  const uint8_t *at = instance->module->bytes + decl->items_offset;
  const uint8_t *end = at + decl->items_size;
  for (uint32_t i = 0; i < decl->count; i++) {
    uint64_t value[2];
    WR_TRY(poll_interrupt(instance));
    if (decl->is_exprs) {
      WR_TRY(wr__const_eval_at(instance, &at, value));
    } else {
      uint32_t func_index = 0;
      (void)wr__leb_u32(&at, end, &func_index);
      value[0] = (uintptr_t)wr__instance_func(instance, func_index);
    }
    refs[i] = value[0];
    *done = i + 1; /* what the collector sees, should the next item allocate */
  }
  return WR_OK;
}

static wr_status make_elems(wr__instance *instance, wr_error *error) {
  const wr__module *module = instance->module;
  for (uint32_t i = 0; i < module->elem_count; i++) {
    const wr__elem_decl *decl = &module->elems[i];
    if (decl->mode == WR__SEGMENT_DECLARATIVE) continue; /* dropped at once */
    wr__elem *elem = &instance->elems[i];
    elem->refs = wr__alloc_array(decl->count, sizeof(wr__ref));
    if (!elem->refs) return wr__fail_oom(error);
    WR_TRY(evaluate_items(instance, decl, elem->refs, &elem->count));
  }
  return WR_OK;
}

/* A segment's offset is an i32 or an i64 by its table's or memory's address type. */
static wr_status evaluate_offset(wr__instance *instance, wr__expr expr, bool is64, uint64_t *out) {
  uint64_t value[2];
  WR_TRY(wr__const_eval(instance, expr, value));
  *out = is64 ? value[0] : (uint32_t)value[0];
  return WR_OK;
}

static wr_status run_active_elems(wr__instance *instance) {
  const wr__module *module = instance->module;
  for (uint32_t i = 0; i < module->elem_count; i++) {
    const wr__elem_decl *decl = &module->elems[i];
    if (decl->mode != WR__SEGMENT_ACTIVE) continue;
    wr__table *table = instance->tables[decl->table];
    uint64_t at;
    WR_TRY(poll_interrupt(instance));
    WR_TRY(evaluate_offset(instance, decl->offset, table->limits.is64, &at));
    wr_trap_kind trap = wr__table_init(instance, i, table, at, 0, decl->count);
    if (trap) return wr__exec_trap(instance->exec, trap);
    wr__elem_drop(instance, i);
  }
  return WR_OK;
}

/* Has an engine the contents of all active segments ready? */
static wr_status fill_memory(wr__instance *instance, bool *filled) {
  *filled = false;
  for (const wr__engine_ops *const *e = wr__engine_records(instance->store->engine); *e && !*filled;
       e++)
    if ((*e)->fill_memory) WR_TRY((*e)->fill_memory(instance, filled));
  return WR_OK;
}

static wr_status run_active_datas(wr__instance *instance) {
  const wr__module *module = instance->module;
  bool filled;
  WR_TRY(fill_memory(instance, &filled));
  if (filled) return WR_OK;
  for (uint32_t i = 0; i < module->data_count; i++) {
    const wr__data_decl *decl = &module->datas[i];
    if (decl->mode != WR__SEGMENT_ACTIVE) continue;
    wr__memory *memory = instance->memories[decl->memory];
    uint64_t at;
    WR_TRY(poll_interrupt(instance));
    WR_TRY(evaluate_offset(instance, decl->offset, memory->is64, &at));
    wr_trap_kind trap = wr__memory_init(instance, i, memory, at, 0, decl->bytes_size);
    if (trap) return wr__exec_trap(instance->exec, trap);
    wr__data_drop(instance, i);
  }
  return WR_OK;
}

/* ---- The whole */

static wr_status fill_instance(wr__instance *instance, const wr__extern *imports, wr_error *error) {
  take_imports(instance, imports);
  WR_TRY(make_funcs(instance));
  WR_TRY(make_tags(instance, error));
  WR_TRY(make_memories(instance, error));
  WR_TRY(choose_engine(instance, error));
  WR_TRY(make_globals(instance));
  WR_TRY(make_tables(instance, error));
  return make_elems(instance, error);
}

static wr_status run_instance(wr__instance *instance) {
  WR_TRY(run_active_elems(instance));
  WR_TRY(run_active_datas(instance));
  uint32_t start = instance->module->start_func;
  if (start == WR_NO_INDEX) return WR_OK;
  uint64_t slots[1] = {0};
  return wr__func_invoke(instance->exec, wr__instance_func(instance, start), slots);
}

/* Says in *error what ended the instantiation, where the trap record has it. */
static wr_status describe_failure(const wr__exec *exec, wr_status status, wr_error *error) {
  if (status == WR_OUT_OF_MEMORY) {
    if (error && error->status != status) wr__fail_oom(error);
    return status;
  }
  if (status == WR_UNSUPPORTED) return status; /* an engine that cannot run it; *error says why */
  const wr__trap *trap = &exec->trap;
  return wr__fail(error, status, WR_NO_OFFSET, "%s",
                  trap->message ? trap->message : wr_trap_kind_message(trap->kind));
}

wr_status wr__instantiate(wr__store *store, wr__module *module, const wr__extern *imports,
                          size_t import_count, wr__instance **out, wr_error *error) {
  if (error) memset(error, 0, sizeof *error);
  WR_TRY(check_imports(store, module, imports, import_count, error));
  wr__instance *instance = allocate_instance(store, module);
  if (!instance) return wr__fail_oom(error);
  wr_status status = fill_instance(instance, imports, error);
  if (status == WR_OK) status = run_instance(instance);
  if (status != WR_OK) return describe_failure(&store->exec, status, error);
  *out = instance;
  return WR_OK;
}
