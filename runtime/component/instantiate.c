/* Instantiation: a component's definitions in their order, each filling the next place of an index
 * space. Spec: component-model/Explainer, instance definitions; component-model/Binary. */
#include <stdlib.h>

#include "component/arena.h"
#include "component/run.h"
#include "engine/make.h"

/* Nested components can ask for exponentially many. */
enum { MOST_INSTANCES = 10000 };

typedef struct maker {
  wr__cinstance *instance;
  const wr__cexports *args;
  wr_error *error;
} maker;

static void *allocate(maker *m, size_t count, size_t size) {
  return wr__arena_array(m->instance->world->arena, count ? count : 1, size);
}

static void *entry(const maker *m, uint8_t sort, uint32_t index) {
  return m->instance->spaces[sort][index];
}

/* ---- Core instances */

static void *core_export(const wr__cexports *from, uint8_t sort, wr__span name) {
  if (!from->core) {
    const wr__cexport *item = wr__cexports_find(from, name);
    return item && item->sort == sort ? item->value : NULL;
  }
  const wr__export *found =
      wr__module_find_export(from->core->module, (const char *)name.data, name.size);
  return found ? wr__instance_extern(from->core, (wr_externkind)found->kind, found->index).of.any
               : NULL;
}

static const uint8_t sorts_of_kinds[] = {[WR_EXTERN_FUNC] = WR__SORT_CORE_FUNC,
                                         [WR_EXTERN_TABLE] = WR__SORT_CORE_TABLE,
                                         [WR_EXTERN_MEMORY] = WR__SORT_CORE_MEMORY,
                                         [WR_EXTERN_GLOBAL] = WR__SORT_CORE_GLOBAL,
                                         [WR_EXTERN_TAG] = WR__SORT_CORE_TAG};

/* The item that an import of a core module takes from the instances given by name. */
static void *find_core_import(const maker *m, const wr__def *def, const wr__import *import) {
  for (uint32_t i = 0; i < def->of.instantiate.arg_count; i++) {
    const wr__citem *arg = &def->of.instantiate.args[i];
    if (arg->name.size != import->module.size ||
        memcmp(arg->name.data, import->module.data, arg->name.size))
      continue;
    return core_export(entry(m, WR__SORT_CORE_INSTANCE, arg->index), sorts_of_kinds[import->kind],
                       import->name);
  }
  return NULL;
}

static wr_status instantiate_core(maker *m, const wr__def *def, void **out) {
  wr__module *module = entry(m, WR__SORT_CORE_MODULE, def->of.instantiate.index);
  wr__extern *imports = wr__alloc_array(module->import_count, sizeof *imports);
  wr__cexports *made = allocate(m, 1, sizeof *made);
  wr_status status = imports && made ? WR_OK : wr__fail_oom(m->error);
  for (uint32_t i = 0; status == WR_OK && i < module->import_count; i++) {
    const wr__import *import = &module->imports[i];
    imports[i] = (wr__extern){.kind = (wr_externkind)import->kind};
    imports[i].of.any = find_core_import(m, def, import);
    if (!imports[i].of.any)
      status = wr__fail(m->error, WR_UNLINKABLE, def->offset, "unknown import of a core module");
  }
  if (status == WR_OK)
    status = wr__instantiate(m->instance->world->store, module, imports, module->import_count,
                             &made->core, m->error);
  free(imports);
  *out = made;
  return status;
}

/* ---- Instances of items */

static wr_status collect_items(maker *m, const wr__citem *items, uint32_t count, void **out) {
  wr__cexports *made = allocate(m, 1, sizeof *made);
  wr__cexport *list = allocate(m, count, sizeof *list);
  if (!made || !list) return wr__fail_oom(m->error);
  for (uint32_t i = 0; i < count; i++)
    list[i] = (wr__cexport){items[i].name, items[i].sort, entry(m, items[i].sort, items[i].index)};
  *made = (wr__cexports){NULL, list, count};
  *out = made;
  return WR_OK;
}

static wr_status instantiate_component(maker *m, const wr__def *def, void **out) {
  const wr__cclosure *closure = entry(m, WR__SORT_COMPONENT, def->of.instantiate.index);
  void *args;
  wr__cinstance *made;
  WR_TRY(collect_items(m, def->of.instantiate.args, def->of.instantiate.arg_count, &args));
  WR_TRY(wr__cinstantiate(m->instance->world, closure->component, closure->parent, args, &made,
                          m->error));
  *out = &made->exports;
  return WR_OK;
}

/* ---- Aliases */

static wr_status alias_export(maker *m, const wr__def *def, void **out) {
  const wr__cexports *from = entry(m, WR__SORT_INSTANCE, def->of.alias.instance);
  const wr__cexport *found = wr__cexports_find(from, def->of.alias.name);
  *out = found ? found->value : NULL;
  return WR_OK;
}

static wr_status alias_core_export(maker *m, const wr__def *def, void **out) {
  *out = core_export(entry(m, WR__SORT_CORE_INSTANCE, def->of.alias.instance), def->sort,
                     def->of.alias.name);
  return *out ? WR_OK
              : wr__fail(m->error, WR_UNLINKABLE, def->offset, "a core instance lacks an export");
}

static wr_status alias_outer(maker *m, const wr__def *def, void **out) {
  const wr__cinstance *from = m->instance;
  for (uint32_t i = 0; i < def->of.outer.count; i++) from = from->parent;
  *out = from->spaces[def->sort][def->of.outer.index];
  return WR_OK;
}

/* ---- Functions and resources */

static wr_status lift(maker *m, const wr__def *def, void **out) {
  wr__cfunc *func = allocate(m, 1, sizeof *func);
  if (!func) return wr__fail_oom(m->error);
  func->type = def->of.canon.type;
  func->of = m->instance;
  func->core = entry(m, WR__SORT_CORE_FUNC, def->of.canon.func);
  wr__ccontext_fill(m->instance, &def->of.canon.options, &func->context);
  *out = func;
  return WR_OK;
}

static wr_status define_resource(maker *m, const wr__def *def, void **out) {
  wr__rresource *resource = allocate(m, 1, sizeof *resource);
  if (!resource) return wr__fail_oom(m->error);
  resource->owner = m->instance;
  if (def->of.resource.destructor != WR_NO_INDEX)
    resource->destructor = entry(m, WR__SORT_CORE_FUNC, def->of.resource.destructor);
  m->instance->resources[def->of.resource.slot] = resource;
  *out = resource;
  return WR_OK;
}

/* The resource that a definition binds to a slot: itself, or along a path of exports. */
static void bind_resources(maker *m, const wr__def *def, void *made) {
  for (uint32_t i = 0; i < def->bind_count; i++) {
    const wr__cbind *bind = &def->binds[i];
    void *at = made;
    for (uint32_t d = 0; at && d < bind->depth; d++) {
      const wr__cexport *found = wr__cexports_find(at, bind->path[d]);
      at = found ? found->value : NULL;
    }
    m->instance->resources[bind->slot] = at;
  }
}

static wr_status take_import(maker *m, const wr__def *def, void **out) {
  const wr__cexport *arg = wr__cexports_find(m->args, def->of.import.name);
  *out = arg ? arg->value : NULL;
  return WR_OK;
}

static wr_status closure_of(maker *m, const wr__def *def, void **out) {
  wr__cclosure *closure = allocate(m, 1, sizeof *closure);
  if (!closure) return wr__fail_oom(m->error);
  *closure = (wr__cclosure){m->instance->component->components[def->of.component], m->instance};
  *out = closure;
  return WR_OK;
}

/* ---- The walk */

static wr_status give_func(maker *m, wr__func *func, void **out) {
  *out = func;
  return func ? WR_OK : wr__fail_oom(m->error);
}

static wr_status make(maker *m, const wr__def *def, void **out) {
  switch ((wr__def_kind)def->kind) {
    case WR__DEF_CORE_MODULE:
      *out = m->instance->component->modules[def->of.module].module;
      return WR_OK;
    case WR__DEF_CORE_INSTANTIATE:
      return instantiate_core(m, def, out);
    case WR__DEF_CORE_EXPORTS:
    case WR__DEF_EXPORTS:
      return collect_items(m, def->of.exports.items, def->of.exports.count, out);
    case WR__DEF_COMPONENT:
      return closure_of(m, def, out);
    case WR__DEF_INSTANTIATE:
      return instantiate_component(m, def, out);
    case WR__DEF_ALIAS_EXPORT:
      return alias_export(m, def, out);
    case WR__DEF_ALIAS_CORE_EXPORT:
      return alias_core_export(m, def, out);
    case WR__DEF_ALIAS_OUTER:
      return alias_outer(m, def, out);
    case WR__DEF_RESOURCE:
      return define_resource(m, def, out);
    case WR__DEF_LIFT:
      return lift(m, def, out);
    case WR__DEF_LOWER:
      return give_func(m, wr__clower(m->instance, def, entry(m, WR__SORT_FUNC, def->of.canon.func)),
                       out);
    case WR__DEF_RESOURCE_NEW:
    case WR__DEF_RESOURCE_DROP:
    case WR__DEF_RESOURCE_REP:
      return give_func(m, wr__cresource_builtin(m->instance, def), out);
    case WR__DEF_IMPORT:
      return take_import(m, def, out);
    case WR__DEF_EXPORT:
      *out = entry(m, def->sort, def->of.export.index);
      return WR_OK;
    case WR__DEF_CORE_TYPE:
    case WR__DEF_TYPE:
      return WR_OK;
  }
  return WR_OK;
}

static wr_status run_definitions(maker *m) {
  const wr__component *component = m->instance->component;
  for (uint32_t i = 0; i < component->def_count; i++) {
    const wr__def *def = &component->defs[i];
    void *made = NULL;
    WR_TRY(make(m, def, &made));
    m->instance->spaces[def->sort][def->index] = made;
    bind_resources(m, def, made);
    if (def->kind != WR__DEF_EXPORT) continue;
    m->instance->exports.items[m->instance->exports.count++] =
        (wr__cexport){def->of.export.name, def->sort, made};
  }
  return WR_OK;
}

static wr__cinstance *new_instance(wr__cworld *world, const wr__component *component,
                                   wr__cinstance *parent) {
  struct wr__arena *arena = world->arena;
  wr__cinstance *instance = wr__arena_alloc(arena, sizeof *instance);
  if (!instance || !wr__grow32(&world->instances, &world->instance_capacity,
                               world->instance_count + 1, sizeof *world->instances))
    return NULL;
  instance->world = world;
  instance->component = component;
  instance->parent = parent;
  instance->resources =
      wr__arena_array(arena, component->resource_count + 1u, sizeof *instance->resources);
  instance->exports.items =
      wr__arena_array(arena, component->def_count + 1u, sizeof *instance->exports.items);
  if (!instance->resources || !instance->exports.items) return NULL;
  for (int sort = 0; sort < WR__SORT_COUNT; sort++) {
    instance->spaces[sort] = wr__arena_array(arena, component->counts[sort] + 1u, sizeof(void *));
    if (!instance->spaces[sort]) return NULL;
  }
  world->instances[world->instance_count++] = instance;
  return instance;
}

wr_status wr__cinstantiate(wr__cworld *world, const wr__component *component, wr__cinstance *parent,
                           const wr__cexports *args, wr__cinstance **out, wr_error *error) {
  if (world->instance_count >= MOST_INSTANCES)
    return wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET, "more than %d instances of components",
                    MOST_INSTANCES);
  wr__exec *exec = &world->store->exec;
  if (wr__exec_interrupted(exec)) return wr__exec_trap(exec, WR_TRAP_INTERRUPTED);
  wr__cinstance *instance = new_instance(world, component, parent);
  if (!instance) return wr__fail_oom(error);
  maker m = {instance, args, error};
  WR_TRY(run_definitions(&m));
  *out = instance;
  return WR_OK;
}
