/* Store: the runtime objects and what owns them. Everything here belongs to one store, is
 * freed with it, and is used by one thread at a time, except shared memories.
 * Spec: exec/runtime.
 *
 * A reference in a slot is 64 bits: 0 is null; an odd value is an i31 (value << 1 | 1, of 32
 * bits, zero-extended); anything else is the address of an object whose first member is a
 * wr__object. externref and anyref share that form, so converting between them is the identity. */
#ifndef WR__STORE_H
#define WR__STORE_H

#include <stdatomic.h>

#include "base/base.h"
#include "module/module.h"
#include "store/budget.h"
#include "config/engine.h"
#include "types/types.h"

typedef struct wr__store wr__store;
typedef struct wr__instance wr__instance;
typedef struct wr__func wr__func;
typedef struct wr__exec wr__exec;
typedef uint64_t wr__ref;

#define WR__NULL_REF ((wr__ref)0)
static inline bool wr__ref_is_i31(wr__ref r) { return r & 1; }
static inline wr__ref wr__ref_from_i31(uint32_t value) { return (uint32_t)(value << 1 | 1); }

typedef enum wr__object_kind {
  WR__OBJECT_FUNC,   /* wr__func, of the store, not of the heap */
  WR__OBJECT_STRUCT, /* gc/ from here on */
  WR__OBJECT_ARRAY,
  WR__OBJECT_HOST, /* a host reference */
  WR__OBJECT_EXN,
} wr__object_kind;

/* The head of all that a reference may point at. */
typedef struct wr__object {
  uint32_t type_id; /* canonical number of the defined type (func, struct, array) or WR__NO_TYPE */
  uint8_t kind;     /* wr__object_kind */
  uint8_t mark;     /* the collector's */
  uint16_t flags;   /* the collector's */
} wr__object;

/* What an embedder hangs on an object (wasm_*_set_host_info). Freed with the store. */
typedef struct wr__host_info {
  void *info;
  void (*finalizer)(void *);
} wr__host_info;

/* Every function has an entry that takes the context and an array of slots: arguments in, results
 * out. Returns WR_OK or the status of the trap that is now in exec->trap. */
typedef wr_status (*wr__entry)(wr__exec *exec, wr__func *func, uint64_t *slots);
/* What an entry returns besides: the function ended in a tail call that left its engine. The caller
 * calls exec->tail_func with exec->tail_args in its place: wr__func_run. */
#define WR__TAIL_CALLED ((wr_status)0x100)

struct wr__func {
  wr__object header;
  uint32_t func_index;    /* in its module; WR_NO_INDEX for host functions */
  const void *code;       /* interp: what a call from register code jumps into (interp/code.h) */
  wr__instance *instance; /* NULL for host functions */
  const wr__deftype *type;
  wr__entry entry;
  const void *native;       /* its code in the image of its instance; NULL: none */
  wr__host_info *host_info; /* NULL until set */
  /* host functions */
  wr_raw_callback callback;
  void *env;
  void (*finalizer)(void *);
};

typedef struct wr__region wr__region; /* platform/memory.h */

/* What a memory is made of; outside stores and counted, so that shared memories can be in several.
 */
typedef struct wr__memory {
  uint8_t *base; /* never moves when guarded or shared */
  _Atomic uint64_t size_bytes;
  _Atomic uint32_t ref_count;
  bool guarded; /* a 32-bit address plus a 32-bit offset cannot leave the reservation */
  bool shared;
  uint8_t page_size_log2;
  bool is64;
  uint64_t max_bytes; /* it may grow to; the type's maximum and the address space together */
  wr_limits limits;   /* as declared, in pages; for import matching */
  wr__region *region; /* guarded: how the fault handler knows it */
  size_t reserved_bytes;
  struct wr__waiters
      *waiters;       /* shared: memory.atomic.wait, and the lock for growing; store/wait.c */
  wr__engine *engine; /* counted */
  wr__host_info *host_info;
  uint64_t file_end;      /* no page from this address on is a file's */
  wr__budget *budget;     /* counted; size_bytes are taken from it */
  size_t committed_bytes; /* beyond this no page was ever made accessible */
} wr__memory;

typedef struct wr__table {
  wr__ref *elems;
  uint64_t size;
  uint64_t capacity;
  wr_valtype element;
  wr_limits limits;
  uint64_t dirty_end; /* elements from size to here may be other than zero */
  uint64_t max;       /* it may grow to; the type's maximum and the address space together */
  wr__budget *budget; /* its store's; size is taken from it */
  wr__host_info *host_info;
} wr__table;

typedef struct wr__global {
  union {
    uint64_t slot;
    uint64_t slots[2]; /* v128 */
  } value;
  wr_valtype type;
  bool is_mutable;
  wr__host_info *host_info;
} wr__global;

typedef struct wr__tag {
  const wr__deftype *type;
  wr__host_info *host_info;
} wr__tag;

/* An element segment at run time; data segments need only `dropped`. */
typedef struct wr__elem {
  wr__ref *refs; /* NULL when dropped or not needed */
  uint32_t count;
} wr__elem;

/* An instance. Its defined functions lie behind it in one block, so a direct call finds its callee
 * at a fixed distance from the instance: wr__instance_func. */
struct wr__instance {
  wr__memory *memory0;         /* memories[0], or one of size zero that is unguarded */
  uint64_t *stack_limit;       /* a copy of the store's: interpreter frames must end below */
  _Atomic uint32_t *interrupt; /* &exec->interrupt */
  _Atomic int32_t *countdown;  /* &exec->countdown */
  wr__exec *exec;
  wr__store *store;
  wr__module *module;    /* counted */
  uint8_t *memory0_base; /* of a guarded memory 0: it never moves; native code reads it */
  const void *const
      *native_helpers;      /* image/helpers.def, in that order; NULL: another engine runs it */
  uint64_t *native_results; /* of the store: results of native code behind the first */
  wr__func **imported_funcs;
  wr__memory **memories;
  wr__table **tables;
  wr__global **globals; /* pointers: imports and own alike */
  wr__tag **tags;
  const wr__deftype **types; /* module->types */
  /* The engine's, by canonical number, as they were when this was instantiated. */
  const wr__deftype *const *type_records;
  uint32_t type_record_count;
  wr__elem *elems;             /* module->elem_count */
  bool *data_dropped;          /* module->data_count */
  wr__memory *exported_memory; /* of the export "memory", for wr_caller_memory; may be NULL */
  uint32_t func_count;         /* defined */
  wr__host_info *host_info;
  wr__global *own_globals;             /* defined ones, behind funcs in the same block */
  const struct wr__engine_ops *engine; /* the engine that runs it, and what it keeps for it */
  void *engine_state;
  const void *partial_seen; /* tier: the last image whose functions are native in it */
  const char *refusal;      /* why an engine that was asked first does not; static storage */
  wr__func funcs[];         /* the defined ones */
};

static inline wr__func *wr__instance_func(wr__instance *instance, uint32_t func_index) {
  uint32_t imported = instance->module->imported_funcs;
  return func_index < imported ? instance->imported_funcs[func_index]
                               : &instance->funcs[func_index - imported];
}

/* Where an instance's own globals lie, in bytes from the instance: known at compile time. */
static inline size_t wr__instance_globals_offset(uint32_t func_count) {
  return (sizeof(wr__instance) + func_count * sizeof(wr__func) + 15) & ~(size_t)15;
}

/* One frame of a backtrace. */
typedef struct wr__frame {
  wr__instance *instance; /* NULL: a host function */
  uint32_t func_index;
  uint64_t module_offset; /* of the instruction */
} wr__frame;

#define WR__MAX_TRACE 64

/* How the last call ended, when not with WR_OK. Filled by wr__exec_trap* and by the engines. */
typedef struct wr__trap {
  wr_status status; /* WR_TRAPPED, WR_EXITED, WR_INTERRUPTED, WR_EXCEPTION */
  wr_trap_kind kind;
  int32_t exit_status;
  char *message;     /* own; NULL: the kind's */
  bool is_raised;    /* by a callback, with a trap object that the API keeps for its way out */
  wr__ref exception; /* an exn object */
  wr__frame trace[WR__MAX_TRACE]; /* innermost first; the outermost are cut */
  uint32_t trace_count;
} wr__trap;

/* The way of an exception through native frames, for its backtrace if nobody takes it. */
typedef struct wr__native_way {
  bool is_thrown; /* in native code; else it came out of a call */
  uint32_t count;
  uintptr_t pcs[WR__MAX_TRACE]; /* of the throw, and where the functions left were called from */
} wr__native_way;

/* The execution context: one for each store. Engines and native code reach the
 * world through it. */
struct wr__exec {
  _Atomic uint32_t interrupt; /* non-zero: stop at the next poll */
  uint32_t depth;             /* nested calls from the host */
  /* Native code's stack may not go below this, which an interrupt raises. Every prologue reads it:
   * near the start the distance takes a byte. */
  _Atomic uintptr_t native_limit;
  wr__store *store;
  uint64_t *stack; /* the interpreter's call stack, reserved pages */
  uint64_t *stack_limit;
  uint64_t *stack_top; /* where the next entry may put its frame */
  size_t stack_reserved_bytes;
  /* Calls and loop rounds of interpreted code until it looks for interrupts, and lets who watches
   * look; counted by the store's thread, and set to none left by an interrupt. */
  _Atomic int32_t countdown;
  const struct wr__watch *watch; /* engine/engine.h; NULL: nobody watches */
  struct wr__watch_state *watch_state;
  wr__trap trap;
  struct wr__activation *activation; /* the innermost entry into an engine; engine/engine.h */
  wr__instance *caller;              /* the instance that called the running host function */
  /* Native code; native/ */
  _Atomic uintptr_t native_stack_limit; /* what native_limit is without an interrupt; 0: no native
                                           code runs */
  wr__ref native_exception;             /* travels up through native frames */
  wr__native_way native_way;            /* that it took */
  uint64_t *native_results;             /* NULL until the first instance with an image */
  wr__func *tail_func;                  /* of WR__TAIL_CALLED; has an instance */
  uint64_t *tail_args;                  /* with native_results */
  const wr__ref *left_sp;               /* the stack whose roots are visited does not run, and was
                                           left here; NULL: it runs */
};

struct wr__store {
  wr__engine *engine;    /* counted */
  struct wr__heap *heap; /* gc/: host references, structs, arrays, exceptions */
  wr__exec exec;         /* behind what native code reaches */
  /* all that was made in it, freed at the end */
  wr__instance **instances;
  size_t instance_count, instance_capacity;
  void **objects; /* internal to store/ */
  size_t object_count, object_capacity;
  struct wr__handles *handles; /* api/: references that the embedder holds; roots for gc/ */
  _Atomic int event_fd;        /* -1 until asked for: wr__store_event_fd */
  wr__alarm deadline;
  /* Mark what the embedder's handles hold, and what frames of engines do. Set by api/ and engine/,
   * called by gc/ at a collection; NULL: none. */
  void (*visit_handles)(wr__store *store, void (*mark)(void *context, wr__ref ref), void *context);
  void (*visit_frames)(wr__store *store, void (*mark)(void *context, wr__ref ref), void *context);
  struct wr__parking *parking; /* store/wait.c: where it waits in memory.atomic.wait */
  wr__budget *budget;          /* counted; of all stores of the program */
  size_t stack_size_bytes;     /* of each engine's call stack */
  struct wr__call *calls;      /* engine/call.h: all started calls, and the innermost that runs */
  struct wr__call *running_call;
  _Atomic uintptr_t runner; /* the thread that resumed the outermost of these; 0: none runs */
  bool heap_is_over_limit;  /* why its last allocation failed: else the host has no memory */
};

/* ---- store.c */
/* Ends what runs in the store, now or next; wakes it where it waits. Any thread. */
void wr__store_interrupt(wr__store *store);
void wr__store_clear_interrupt(wr__store *store);
/* Made at the first call; -1 if none can be. */
int wr__store_event_fd(wr__store *store);
static inline bool wr__exec_interrupted(wr__exec *exec) {
  return atomic_load_explicit(&exec->interrupt, memory_order_relaxed) != 0;
}

/* As wr__store_interrupt, delay_ns from now; 0 takes the deadline back. WR_OUT_OF_MEMORY where no
 * timer thread can be had. */
wr_status wr__store_set_deadline(wr__store *store, uint64_t delay_ns);

/* ---- objects; NULL and *error (which may be NULL) on failure. All are owned by the store. */
/* limits in pages; memories are counted, the store holds one count. */
wr__memory *wr__memory_new(wr__store *store, const wr_limits *limits, uint8_t page_size_log2,
                           wr_error *error);
/* A shared memory outside stores, with a count of one; the store's count is one more. A store that
 * is given the same memory twice keeps one. False: out of memory. */
wr__memory *wr__memory_new_shared(wr__engine *engine, wr__budget *budget, const wr_limits *limits,
                                  wr_error *error);
bool wr__store_adopt_memory(wr__store *store, wr__memory *memory);
wr__memory *wr__memory_retain(wr__memory *memory);
void wr__memory_release(wr__memory *memory);
wr__table *wr__table_new(wr__store *store, wr_valtype element, const wr_limits *limits,
                         wr__ref init, wr_error *error);
wr__global *wr__global_new(wr__store *store, wr_valtype type, bool is_mutable);
wr__tag *wr__tag_new(wr__store *store, const wr__deftype *type);

/* The memory of instances that have none: size zero, unguarded. */
wr__memory *wr__memory_none(void);
static inline uint64_t wr__memory_size(const wr__memory *memory) {
  return atomic_load_explicit(&((wr__memory *)memory)->size_bytes, memory_order_acquire);
}
/* For tests: unshared memories in explicit mode are reserved without room, so that each growth by a
 * page moves them. */
void wr__memory_set_always_move(bool on);
void wr__host_info_free(wr__host_info *info);

/* Grow by delta; the old size in pages or elements, or UINT64_MAX where it cannot. An interrupt of
 * exec (NULL: of none) ends growing a table, which then stays as it is. */
uint64_t wr__memory_grow(wr__memory *memory, uint64_t delta_pages);
wr_trap_kind wr__table_grow(wr__exec *exec, wr__table *table, uint64_t delta, wr__ref init,
                            uint64_t *old_size);

/* The bulk operations, bounds checks included: each returns WR_TRAP_NONE or why it traps.
 * Spec: exec/instructions. They poll for interrupts each 64 KiB; who calls them polls too, since
 * many short ones may follow one another. */
/* Copies what may overlap, in pieces, without any check of bounds. exec may be NULL: it cannot be
 * interrupted then. */
wr_trap_kind wr__copy_bytes(wr__exec *exec, uint8_t *to, const uint8_t *from, uint64_t count);
/* Writes the same reference many times. */
wr_trap_kind wr__fill_refs(wr__exec *exec, wr__ref *to, wr__ref value, uint64_t count);
wr_trap_kind wr__memory_fill(wr__exec *exec, wr__memory *memory, uint64_t at, uint8_t value,
                             uint64_t count);
wr_trap_kind wr__memory_copy(wr__exec *exec, wr__memory *to, uint64_t to_at, wr__memory *from,
                             uint64_t from_at, uint64_t count);
wr_trap_kind wr__memory_init(wr__instance *instance, uint32_t data_index, wr__memory *memory,
                             uint64_t to_at, uint64_t from_at, uint64_t count);
wr_trap_kind wr__table_fill(wr__exec *exec, wr__table *table, uint64_t at, wr__ref value,
                            uint64_t count);
wr_trap_kind wr__table_copy(wr__exec *exec, wr__table *to, uint64_t to_at, wr__table *from,
                            uint64_t from_at, uint64_t count);
wr_trap_kind wr__table_init(wr__instance *instance, uint32_t elem_index, wr__table *table,
                            uint64_t to_at, uint64_t from_at, uint64_t count);
void wr__data_drop(wr__instance *instance, uint32_t data_index);
void wr__elem_drop(wr__instance *instance, uint32_t elem_index);

/* ---- gc/, as far as api/ needs it */
/* A new host reference; its value is what wr_ref_new_host was given (0: wasm_foreign_new). NULL
 * ref: out of memory. Its host info's finalizer runs when it is collected, or with the store. */
wr__ref wr__host_ref_new(wr__store *store, uintptr_t value);
/* The same host reference for the same value, while there is one. */
wr__ref wr__host_ref_intern(wr__store *store, uintptr_t value);
uintptr_t wr__host_ref_value(wr__ref ref);
/* Where a host reference's info hangs. */
wr__host_info **wr__host_ref_info(wr__ref ref);
/* ---- wait.c */
/* The effective address of an atomic access: unaligned comes before out of bounds. Threads any.
 * Spec: threads, atomic memory instructions. */
wr_trap_kind wr__memory_locate_atomic(const wr__memory *memory, uint64_t address, uint64_t offset,
                                      uint32_t size_bytes, uint64_t *out);
/* Spec: threads, memory.atomic.wait and notify. address is the effective address,
 * *result 0 "ok", 1 "not-equal", 2 "timed-out". timeout_ns < 0 waits for ever; an interrupt ends it
 * with WR_TRAP_INTERRUPTED. */
wr_trap_kind wr__memory_wait(wr__exec *exec, wr__memory *memory, uint64_t address,
                             uint64_t expected, bool is64, int64_t timeout_ns, uint32_t *result);
wr_trap_kind wr__memory_notify(wr__memory *memory, uint64_t address, uint32_t count,
                               uint32_t *woken);

/* ---- link.c */
/* An import or export at run time. */
typedef struct wr__extern {
  wr_externkind kind;
  union {
    wr__func *func;
    wr__table *table;
    wr__memory *memory;
    wr__global *global;
    wr__tag *tag;
    void *any;
  } of;
} wr__extern;

wr__extern wr__instance_extern(wr__instance *instance, wr_externkind kind, uint32_t index);
wr_externtype wr__extern_type(const wr__store *store, const wr__extern *external);
/* Spec: valid/matching, external types; a table's and memory's present size is its minimum. */
bool wr__extern_matches(const wr__store *store, const wr__extern *external,
                        const wr_externtype *wanted);

/* ---- exec.c */
/* Calls any function from the host: slots as for wr__entry. */
wr_status wr__func_invoke(wr__exec *exec, wr__func *func, uint64_t *slots);
/* Goes on with WR__TAIL_CALLED, until a function returns. */
wr_status wr__exec_run_tail(wr__exec *exec, uint64_t *slots);
/* Calls any function from an engine, its tail calls included. */
static inline wr_status wr__func_run(wr__exec *exec, wr__func *func, uint64_t *slots) {
  wr_status status = func->entry(exec, func, slots);
  return WR_LIKELY(status != WR__TAIL_CALLED) ? status : wr__exec_run_tail(exec, slots);
}
/* Puts a trap into exec->trap, without a trace, and returns its status. An interrupt is spent by
 * it. */
wr_status wr__exec_trap(wr__exec *exec, wr_trap_kind kind);
wr_status wr__exec_trap_message(wr__exec *exec, const char *message);
wr_status wr__exec_exit(wr__exec *exec, int32_t status);
/* Appends a frame to exec->trap.trace, where there is room. */
void wr__exec_trace(wr__exec *exec, wr__instance *instance, uint32_t func_index,
                    uint64_t module_offset);
/* The entry of host functions: runs func->callback with exec->caller set as it is. The callback's
 * wr_caller is the exec. */
wr_status wr__host_entry(wr__exec *exec, wr__func *func, uint64_t *slots);

#endif
