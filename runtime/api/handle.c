/* The life of handles, and the functions that every kind of handle has: delete, copy, same, host
 * info and the views as references and externals. */
#include "api/handles.h"

#include <stdlib.h>

#include "api/trap.h"

/* ---- The lists ----------------------------------------------------------- */

static void link_handle(wasm_ref_t *head, wasm_ref_t *ref) {
  ref->prev = head;
  ref->next = head->next;
  head->next->prev = ref;
  head->next = ref;
}

static void unlink_handle(wasm_ref_t *ref) {
  ref->prev->next = ref->next;
  ref->next->prev = ref->prev;
}

static bool kind_is_root(wr__handle_kind kind) {
  return kind == WR__HANDLE_HEAP || kind == WR__HANDLE_TRAP;
}

/* store->visit_handles: hands every heap reference that the embedder holds to the collector. */
static void visit_roots(wr__store *store, void (*mark)(void *context, wr__ref ref), void *context) {
  struct wr__handles *handles = store->handles;
  for (wasm_ref_t *ref = handles->roots.next; ref != &handles->roots; ref = ref->next) {
    wr__ref bits = ref->kind == WR__HANDLE_HEAP ? ref->of.bits : ref->of.trap->exception;
    if (bits != WR__NULL_REF) mark(context, bits);
  }
  for (wr__api_info *info = handles->infos; info; info = info->next) mark(context, info->bits);
}

bool wr__api_handles_open(wr__store *store) {
  struct wr__handles *handles = calloc(1, sizeof *handles);
  if (!handles) return false;
  handles->objects.next = handles->objects.prev = &handles->objects;
  handles->roots.next = handles->roots.prev = &handles->roots;
  store->handles = handles;
  store->visit_handles = visit_roots;
  handles->spare = wr__api_spare_new(store);
  if (handles->spare) return true;
  wr__api_handles_close(store);
  return false;
}

static void orphan_list(wasm_ref_t *head) {
  for (wasm_ref_t *ref = head->next, *next; ref != head; ref = next) {
    next = ref->next;
    ref->store = NULL;
    ref->next = ref->prev = NULL;
  }
}

void wr__api_handles_close(wr__store *store) {
  struct wr__handles *handles = store->handles;
  wasm_trap_delete(handles->raised);
  store->handles = NULL;
  store->visit_handles = NULL;
  orphan_list(&handles->objects);
  orphan_list(&handles->roots);
  while (handles->infos) {
    wr__api_info *info = handles->infos;
    handles->infos = info->next;
    wr__host_info_free(info->info);
    free(info);
  }
  wr__api_spare_close(handles->spare);
  free(handles);
}

/* ---- Making and freeing -------------------------------------------------- */

static void release_module(wr__api_module *module) {
  if (atomic_fetch_sub_explicit(&module->ref_count, 1, memory_order_acq_rel) > 1) return;
  wr__host_info_free(module->host_info);
  wr__module_release(module->module);
  free(module);
}

static void release_shared(wr__handle_kind kind, void *object) {
  if (kind == WR__HANDLE_MODULE) release_module(object);
  if (kind == WR__HANDLE_TRAP) wr__api_trap_release(object);
}

wasm_ref_t *wr__api_handle_new(wr__store *store, wr__handle_kind kind, void *object) {
  wasm_ref_t *ref = calloc(1, sizeof *ref);
  if (!ref) {
    release_shared(kind, object);
    return NULL;
  }
  ref->kind = (uint8_t)kind;
  ref->of.any = object;
  if (kind == WR__HANDLE_MODULE) return ref; /* modules live outside stores */
  ref->store = store;
  link_handle(kind_is_root(kind) ? &store->handles->roots : &store->handles->objects, ref);
  return ref;
}

wasm_ref_t *wr__api_handle_of_ref(wr__store *store, wr__ref bits) {
  if (!wr__ref_is_i31(bits)) {
    wr__object *object = (wr__object *)(uintptr_t)bits;
    if (object->kind == WR__OBJECT_FUNC) return wr__api_handle_new(store, WR__HANDLE_FUNC, object);
  }
  wasm_ref_t *ref = wr__api_handle_new(store, WR__HANDLE_HEAP, NULL);
  if (ref) ref->of.bits = bits;
  return ref;
}

wasm_extern_t *wr__api_handle_of_extern(wr__store *store, const wr__extern *external) {
  static const uint8_t kinds[] = {
      [WR_EXTERN_FUNC] = WR__HANDLE_FUNC,     [WR_EXTERN_TABLE] = WR__HANDLE_TABLE,
      [WR_EXTERN_MEMORY] = WR__HANDLE_MEMORY, [WR_EXTERN_GLOBAL] = WR__HANDLE_GLOBAL,
      [WR_EXTERN_TAG] = WR__HANDLE_TAG,
  };
  return (wasm_extern_t *)wr__api_handle_new(store, kinds[external->kind], external->of.any);
}

bool wr__api_extern_of(const wasm_ref_t *ref, wr__extern *out) {
  switch (ref->kind) {
    case WR__HANDLE_FUNC:
      out->kind = WR_EXTERN_FUNC;
      break;
    case WR__HANDLE_TABLE:
      out->kind = WR_EXTERN_TABLE;
      break;
    case WR__HANDLE_MEMORY:
      out->kind = WR_EXTERN_MEMORY;
      break;
    case WR__HANDLE_GLOBAL:
      out->kind = WR_EXTERN_GLOBAL;
      break;
    case WR__HANDLE_TAG:
      out->kind = WR_EXTERN_TAG;
      break;
    default:
      return false;
  }
  out->of.any = ref->of.any;
  return true;
}

void wasm_ref_delete(wasm_ref_t *ref) {
  if (!ref) return;
  if (ref->is_spare) {
    wr__api_spare_return((wasm_trap_t *)ref);
    return;
  }
  if (ref->next) unlink_handle(ref);
  release_shared(ref->kind, ref->of.any);
  free(ref);
}

wasm_ref_t *wasm_ref_copy(const wasm_ref_t *ref) {
  if (!ref) return NULL;
  if (ref->is_spare) return ref->store ? &wr__api_spare_lend(ref->store)->ref : NULL;
  if (ref->kind == WR__HANDLE_MODULE) {
    atomic_fetch_add_explicit(&ref->of.module->ref_count, 1, memory_order_relaxed);
    return wr__api_handle_new(NULL, WR__HANDLE_MODULE, ref->of.module);
  }
  if (!ref->store) return NULL;
  if (ref->kind == WR__HANDLE_TRAP) ref->of.trap->ref_count++;
  return wr__api_handle_new(ref->store, ref->kind, ref->of.any);
}

bool wasm_ref_same(const wasm_ref_t *a, const wasm_ref_t *b) {
  if (a == b) return true;
  return a && b && a->kind == b->kind && a->store == b->store && a->of.bits == b->of.bits;
}

/* ---- Host info ----------------------------------------------------------- */

/* The place of a heap value's info; NULL where it has none yet and none is to be made. */
static wr__host_info **heap_info_place(const wasm_ref_t *ref, bool make) {
  wr__ref bits = ref->of.bits;
  wr__object *object = wr__ref_is_i31(bits) ? NULL : (wr__object *)(uintptr_t)bits;
  if (object && object->kind == WR__OBJECT_HOST) return wr__host_ref_info(bits);
  struct wr__handles *handles = ref->store->handles;
  for (wr__api_info *info = handles->infos; info; info = info->next)
    if (info->bits == bits) return &info->info;
  wr__api_info *info = make ? calloc(1, sizeof *info) : NULL;
  if (!info) return NULL;
  info->bits = bits;
  info->next = handles->infos;
  handles->infos = info;
  return &info->info;
}

static wr__host_info **info_place(const wasm_ref_t *ref, bool make) {
  if (ref->kind == WR__HANDLE_MODULE) return &ref->of.module->host_info;
  if (!ref->store) return NULL;
  switch ((wr__handle_kind)ref->kind) {
    case WR__HANDLE_FUNC:
      return &ref->of.func->host_info;
    case WR__HANDLE_GLOBAL:
      return &ref->of.global->host_info;
    case WR__HANDLE_TABLE:
      return &ref->of.table->host_info;
    case WR__HANDLE_MEMORY:
      return &ref->of.memory->host_info;
    case WR__HANDLE_TAG:
      return &ref->of.tag->host_info;
    case WR__HANDLE_INSTANCE:
      return &ref->of.instance->host_info;
    case WR__HANDLE_TRAP:
      return &ref->of.trap->host_info;
    case WR__HANDLE_HEAP:
      return heap_info_place(ref, make);
    default:
      return NULL;
  }
}

void *wasm_ref_get_host_info(const wasm_ref_t *ref) {
  wr__host_info **place = ref ? info_place(ref, false) : NULL;
  return place && *place ? (*place)->info : NULL;
}

void wasm_ref_set_host_info_with_finalizer(wasm_ref_t *ref, void *info, void (*finalizer)(void *)) {
  wr__host_info **place = ref ? info_place(ref, true) : NULL;
  if (!place) return;
  if (!*place) *place = calloc(1, sizeof **place);
  if (!*place) return;
  (*place)->info = info;
  (*place)->finalizer = finalizer;
}

void wasm_ref_set_host_info(wasm_ref_t *ref, void *info) {
  wasm_ref_set_host_info_with_finalizer(ref, info, NULL);
}

/* ---- The same for each kind ---------------------------------------------- */

#define DEFINE_REF_BASE(type, prefix)                                                             \
  void prefix##_delete(type *ref) { wasm_ref_delete((wasm_ref_t *)ref); }                         \
  type *prefix##_copy(const type *ref) { return (type *)wasm_ref_copy((const wasm_ref_t *)ref); } \
  bool prefix##_same(const type *a, const type *b) {                                              \
    return wasm_ref_same((const wasm_ref_t *)a, (const wasm_ref_t *)b);                           \
  }                                                                                               \
  void *prefix##_get_host_info(const type *ref) {                                                 \
    return wasm_ref_get_host_info((const wasm_ref_t *)ref);                                       \
  }                                                                                               \
  void prefix##_set_host_info(type *ref, void *info) {                                            \
    wasm_ref_set_host_info((wasm_ref_t *)ref, info);                                              \
  }                                                                                               \
  void prefix##_set_host_info_with_finalizer(type *ref, void *info, void (*finalizer)(void *)) {  \
    wasm_ref_set_host_info_with_finalizer((wasm_ref_t *)ref, info, finalizer);                    \
  }

/* is_kind(ref) tells whether a reference may be seen so. */
#define DEFINE_REF(name, is_kind)                                                      \
  DEFINE_REF_BASE(wasm_##name##_t, wasm_##name)                                        \
  wasm_ref_t *wasm_##name##_as_ref(wasm_##name##_t *ref) { return (wasm_ref_t *)ref; } \
  const wasm_ref_t *wasm_##name##_as_ref_const(const wasm_##name##_t *ref) {           \
    return (const wasm_ref_t *)ref;                                                    \
  }                                                                                    \
  wasm_##name##_t *wasm_ref_as_##name(wasm_ref_t *ref) {                               \
    return ref && is_kind(ref) ? (wasm_##name##_t *)ref : NULL;                        \
  }                                                                                    \
  const wasm_##name##_t *wasm_ref_as_##name##_const(const wasm_ref_t *ref) {           \
    return ref && is_kind(ref) ? (const wasm_##name##_t *)ref : NULL;                  \
  }

#define DEFINE_EXTERN_VIEWS(name, is_kind)                                                      \
  wasm_extern_t *wasm_##name##_as_extern(wasm_##name##_t *ref) { return (wasm_extern_t *)ref; } \
  const wasm_extern_t *wasm_##name##_as_extern_const(const wasm_##name##_t *ref) {              \
    return (const wasm_extern_t *)ref;                                                          \
  }                                                                                             \
  wasm_##name##_t *wasm_extern_as_##name(wasm_extern_t *ref) {                                  \
    return ref && is_kind(&ref->ref) ? (wasm_##name##_t *)ref : NULL;                           \
  }                                                                                             \
  const wasm_##name##_t *wasm_extern_as_##name##_const(const wasm_extern_t *ref) {              \
    return ref && is_kind(&ref->ref) ? (const wasm_##name##_t *)ref : NULL;                     \
  }

static bool is_func(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_FUNC; }
static bool is_global(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_GLOBAL; }
static bool is_table(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_TABLE; }
static bool is_memory(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_MEMORY; }
static bool is_instance(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_INSTANCE; }
static bool is_module(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_MODULE; }
static bool is_trap(const wasm_ref_t *ref) { return ref->kind == WR__HANDLE_TRAP; }
static bool is_extern(const wasm_ref_t *ref) {
  wr__extern external;
  return wr__api_extern_of(ref, &external);
}
static bool is_foreign(const wasm_ref_t *ref) {
  return ref->kind == WR__HANDLE_HEAP && ref->store && !wr__ref_is_i31(ref->of.bits) &&
         ((wr__object *)(uintptr_t)ref->of.bits)->kind == WR__OBJECT_HOST;
}

DEFINE_REF(func, is_func)
DEFINE_REF(global, is_global)
DEFINE_REF(table, is_table)
DEFINE_REF(memory, is_memory)
DEFINE_REF(instance, is_instance)
DEFINE_REF(module, is_module)
DEFINE_REF(trap, is_trap)
DEFINE_REF(foreign, is_foreign)
DEFINE_REF(extern, is_extern)

DEFINE_EXTERN_VIEWS(func, is_func)
DEFINE_EXTERN_VIEWS(global, is_global)
DEFINE_EXTERN_VIEWS(table, is_table)
DEFINE_EXTERN_VIEWS(memory, is_memory)

void wr_tag_delete(wr_tag_t *tag) { wasm_ref_delete((wasm_ref_t *)tag); }
wasm_extern_t *wr_tag_as_extern(wr_tag_t *tag) { return (wasm_extern_t *)tag; }
wr_tag_t *wr_extern_as_tag(wasm_extern_t *external) {
  return external && external->ref.kind == WR__HANDLE_TAG ? (wr_tag_t *)external : NULL;
}
