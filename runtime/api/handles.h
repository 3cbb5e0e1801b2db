/* Handles: what the embedder holds of a store's objects.
 *
 * All reference handles of wasm.h are one structure, so that seeing a function as an external or as
 * a reference is a cast. A live store lists its handles: those that may hold heap references are
 * roots of the collector, and all are cut loose when the store dies, so that one deleted afterwards
 * touches nothing. A handle without a store (modules, and whatever outlived its store) is in no
 * list. */
#ifndef WR__API_HANDLES_H
#define WR__API_HANDLES_H

#include "api/types.h"
#include "store/store.h"

typedef enum wr__handle_kind {
  WR__HANDLE_FUNC,
  WR__HANDLE_GLOBAL,
  WR__HANDLE_TABLE,
  WR__HANDLE_MEMORY,
  WR__HANDLE_TAG,
  WR__HANDLE_INSTANCE,
  WR__HANDLE_MODULE,
  WR__HANDLE_TRAP,
  WR__HANDLE_HEAP, /* a reference value other than a function: of.bits */
} wr__handle_kind;

/* What the handles of one module share. Counted, any thread. */
typedef struct wr__api_module {
  _Atomic uint32_t ref_count;
  wr__module *module; /* counted */
  wr__host_info *host_info;
} wr__api_module;

/* What the handles of one trap share. Counted, of the store's thread. */
typedef struct wr__api_trap {
  uint32_t ref_count;
  wr_status status;
  wr_trap_kind kind;
  int32_t exit_status;
  char *message; /* NULL: the kind's */
  wr__ref exception;
  wr__frame *frames; /* innermost first */
  uint32_t frame_count;
  wr__host_info *host_info;
} wr__api_trap;

struct wasm_ref_t {
  wr__store *store; /* NULL: none, or it is gone */
  uint8_t kind;     /* wr__handle_kind */
  bool is_spare;    /* the store's spare trap (trap.h) */
  union {
    void *any;
    wr__func *func;
    wr__global *global;
    wr__table *table;
    wr__memory *memory;
    wr__tag *tag;
    wr__instance *instance;
    wr__api_module *module;
    wr__api_trap *trap;
    wr__ref bits;
  } of;
  wasm_ref_t *next, *prev;
};

struct wasm_func_t {
  wasm_ref_t ref;
};
struct wasm_global_t {
  wasm_ref_t ref;
};
struct wasm_table_t {
  wasm_ref_t ref;
};
struct wasm_memory_t {
  wasm_ref_t ref;
};
struct wasm_instance_t {
  wasm_ref_t ref;
};
struct wasm_module_t {
  wasm_ref_t ref;
};
struct wasm_trap_t {
  wasm_ref_t ref;
};
struct wasm_foreign_t {
  wasm_ref_t ref;
};
struct wasm_extern_t {
  wasm_ref_t ref;
};
struct wr_tag {
  wasm_ref_t ref;
};

/* Host info of values that have no place for it (structures, arrays, exceptions, i31). Such values
 * are kept alive until the store's end. */
typedef struct wr__api_info {
  wr__ref bits;
  wr__host_info *info;
  struct wr__api_info *next;
} wr__api_info;

/* A store's handles. The two list heads are handles of no kind, linked in circles. */
struct wr__handles {
  wasm_ref_t objects; /* of functions, globals, … : no roots */
  wasm_ref_t roots;   /* of heap references and traps */
  wr__api_info *infos;
  struct wr__spare_trap *spare; /* handed out when a trap cannot be made for lack of memory */
  wasm_trap_t *raised;          /* own: what a callback returned last, while exec.trap.is_raised */
};

/* Public handles and what they stand for. */
static inline wr__store *wr__api_store(const wasm_store_t *store) { return (wr__store *)store; }
static inline wasm_store_t *wr__api_store_handle(wr__store *store) { return (wasm_store_t *)store; }
static inline wr__engine *wr__api_engine(const wasm_engine_t *engine) {
  return (wr__engine *)engine;
}

/* The store's lists; false when out of memory. */
bool wr__api_handles_open(wr__store *store);
/* Cuts all handles loose and runs the finalizers kept here. Before the store is deleted. */
void wr__api_handles_close(wr__store *store);

/* A new handle; NULL when out of memory. Modules and traps: takes one count of the object, also on
 * failure. */
wasm_ref_t *wr__api_handle_new(wr__store *store, wr__handle_kind kind, void *object);
/* A handle of a reference that is not null. */
wasm_ref_t *wr__api_handle_of_ref(wr__store *store, wr__ref bits);
/* A handle of an import or export at run time. */
wasm_extern_t *wr__api_handle_of_extern(wr__store *store, const wr__extern *external);
/* What a handle stands for; false where it is no external. */
bool wr__api_extern_of(const wasm_ref_t *ref, wr__extern *out);

#endif
