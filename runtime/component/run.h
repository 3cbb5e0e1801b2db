/* Components at run time: instances of components in a store, the functions and resources between
 * them, and what their files share. All of it belongs to one store and lives as long as that.
 * Spec: component-model/CanonicalABI. */
#ifndef WR__COMPONENT_RUN_H
#define WR__COMPONENT_RUN_H

#include "component/component.h"
#include "store/store.h"

typedef struct wr__cworld wr__cworld;
typedef struct wr__cinstance wr__cinstance;

/* A resource type of the store. */
typedef struct wr__rresource {
  wr__cinstance *owner;  /* whose guest implements it; NULL: the host */
  wr__func *destructor;  /* core function [i32] -> []; NULL: none */
  wr_resource_drop drop; /* the host's; NULL: none */
  void *env;
  const char *name; /* for messages; of the host's own ones */
} wr__rresource;

/* A call of a component's function: what it has lent and borrowed. */
typedef struct wr__cscope_call {
  uint32_t borrow_count; /* handles in the callee's table that the call must drop before its end */
  struct wr__clend {
    wr__cinstance *instance;
    uint32_t index;
  } *lends; /* owned handles of the caller that may not go before the end */
  uint32_t lend_count, lend_capacity;
} wr__cscope_call;

/* An element of an instance's table of handles. Spec: resource state. */
typedef struct wr__chandle {
  const wr__rresource *resource; /* NULL: free, and rep is the next free index */
  uintptr_t rep;
  wr__cscope_call *scope; /* a borrow's call; NULL: it is owned */
  uint32_t lends;
} wr__chandle;

typedef struct wr__chandles {
  wr__chandle *items; /* items[0] is never used */
  uint32_t count, capacity, free;
} wr__chandles;

/* What an index space holds, and what an instance exports, by wr__sort: wr__func (core functions),
 * wr__table, wr__memory, wr__global, wr__tag, wr__module, wr__cexports (instances of both kinds),
 * wr__cfunc, wr__rresource or NULL (types), wr__cclosure (components). */
typedef struct wr__cexport {
  wr__span name;
  uint8_t sort; /* wr__sort */
  void *value;
} wr__cexport;

typedef struct wr__cexports {
  wr__instance *core; /* a core module's instance, whose exports are looked up there; or NULL */
  wr__cexport *items;
  uint32_t count;
} wr__cexports;

/* A component and the instance that it was defined in, for its outer aliases. */
typedef struct wr__cclosure {
  const wr__component *component;
  wr__cinstance *parent;
} wr__cclosure;

/* Options of canon lift and lower, resolved. */
typedef struct wr__ccontext {
  wr__cinstance *instance;
  wr__memory *memory;
  wr__func *realloc, *post_return;
  uint8_t encoding; /* wr__encoding */
  wr__cscope_call *call;
} wr__ccontext;

/* A function of a component: a lifted core function, or the host's. */
typedef struct wr__cfunc {
  const wr_component_type *type; /* in terms of the resources of `of` */
  wr__cinstance *of;
  wr__func *core; /* NULL: the host's */
  wr__ccontext context;
  wr_component_callback callback;
  void *env;
  const char *name; /* for messages */
} wr__cfunc;

struct wr__cinstance {
  wr__cworld *world;
  const wr__component *component;
  wr__cinstance *parent;
  void **spaces[WR__SORT_COUNT];
  uint32_t sizes[WR__SORT_COUNT]; /* so far */
  wr__rresource **resources;      /* by slot */
  wr__chandles handles;
  bool may_not_leave;
  bool is_entered;
  wr__cexports exports;
};

/* What a store has of components. Everything below is in its arena. */
struct wr__cworld {
  wr__store *store;
  struct wr__arena *arena;
  wr__component **components; /* counted */
  uint32_t component_count, component_capacity;
  wr__cinstance **instances;
  uint32_t instance_count, instance_capacity;
};

/* A place of a value: core values, or bytes of a memory. */
typedef struct wr__cplace {
  uint64_t *slots; /* NULL: in memory */
  uint32_t address;
} wr__cplace;

/* ---- world.c */
wr__cworld *wr__cworld_new(wr__store *store);
bool wr__cworld_keep(wr__cworld *world, wr__component *component);
/* A trap with a message: its status. */
wr_status wr__ctrap(wr__cworld *world, const char *format, ...) WR_PRINTF(2, 3);
wr_status wr__ctrap_oom(wr__cworld *world);
/* The export of that name, or NULL. */
const wr__cexport *wr__cexports_find(const wr__cexports *exports, wr__span name);

/* ---- handles.c */
wr_status wr__chandle_add(wr__cinstance *instance, const wr__rresource *resource, uintptr_t rep,
                          wr__cscope_call *scope, uint32_t *index);
/* The handle at an index; a trap if there is none of the resource. */
wr_status wr__chandle_get(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                          wr__chandle **out);
/* Lifts an owned handle: it leaves the table. */
wr_status wr__chandle_take(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                           uintptr_t *rep);
/* Lifts a borrow: an owned handle stays where it is until the call ends. */
wr_status wr__chandle_lend(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                           wr__cscope_call *call, uintptr_t *rep);
void wr__cscope_call_end(wr__cscope_call *call);
wr_status wr__chandle_drop(wr__cinstance *instance, uint32_t index, const wr__rresource *resource);
/* Runs the destructor of a value that nobody owns any more; from: the instance that had it. */
wr_status wr__rresource_destroy(wr__cinstance *from, const wr__rresource *resource, uintptr_t rep);
void wr__chandles_free(wr__cinstance *instance);

/* ---- memory.c */
/* Calls realloc; a trap if what it gives is not aligned or outside. */
wr_status wr__crealloc(const wr__ccontext *cx, uint32_t old_pointer, uint32_t old_size,
                       uint32_t alignment, uint32_t size, uint32_t *out);
/* size bytes at address, or NULL. */
uint8_t *wr__cbytes(const wr__ccontext *cx, uint32_t address, uint64_t size);
uint64_t wr__cload(const wr__ccontext *cx, wr__cplace place, uint32_t size);
void wr__cstore(const wr__ccontext *cx, wr__cplace place, uint32_t size, uint64_t value);
/* The two words of a string or a list. */
void wr__cload_pair(const wr__ccontext *cx, wr__cplace place, uint32_t *pointer, uint32_t *length);
void wr__cstore_pair(const wr__ccontext *cx, wr__cplace place, uint32_t pointer, uint32_t length);
/* The place of the next field or parameter, of that type; *at moves behind it. */
wr__cplace wr__cplace_next(const wr_component_type *type, wr__cplace *at);
wr__cplace wr__cplace_payload(const wr_component_type *type, wr__cplace place);
/* Reads a variant's case; a trap if there is no such. */
wr_status wr__cload_case(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                         uint32_t *out);
void wr__cstore_case(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                     uint32_t index);
/* A number, bool, char or flags as it is in a value of the type; a trap if it is none. */
wr_status wr__cload_scalar(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                           uint64_t *out);
/* A list's elements; a trap if they are misaligned or outside. */
wr_status wr__cload_list(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                         uint32_t *pointer, uint32_t *length);
/* Room for a list, whose pointer and length are put into place. */
wr_status wr__cstore_list(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                          uint32_t length, uint32_t *pointer);

/* ---- strings.c */
typedef struct wr__cstring {
  const wr__ccontext *cx; /* NULL: UTF-8 of the host's at bytes */
  const uint8_t *bytes;
  uint32_t pointer, size_bytes;
  uint8_t encoding; /* 0: UTF-8, 1: UTF-16, 2: Latin-1 */
} wr__cstring;
/* A string, checked to be one of its encoding. */
wr_status wr__cstring_load(const wr__ccontext *cx, wr__cplace place, wr__cstring *out);
wr_status wr__cstring_store(const wr__ccontext *cx, const wr__cstring *string, wr__cplace place);
/* As UTF-8 in out, which has room for 3 bytes for each of size_bytes. */
size_t wr__cstring_utf8(const wr__cstring *string, uint8_t *out);

/* ---- move.c */
/* Moves a value from one component to another: types are the same but for the resources' slots. */
wr_status wr__cmove(const wr__ccontext *from, const wr_component_type *from_type, wr__cplace source,
                    const wr__ccontext *to, const wr_component_type *to_type, wr__cplace target);
/* Moves the fields of a record or tuple, or the parameters of a function. */
wr_status wr__cmove_fields(const wr__ccontext *from, const wr_component_type *from_type,
                           wr__cplace source, const wr__ccontext *to,
                           const wr_component_type *to_type, wr__cplace target);
wr_status wr__clower_handle(const wr__ccontext *to, const wr_component_type *type, uintptr_t rep,
                            uint32_t *index);
wr_status wr__clift_handle(const wr__ccontext *from, const wr_component_type *type, uint32_t index,
                           uintptr_t *rep);

/* ---- cursor.c: values that the host reads or writes */
typedef struct wr__cframe {
  const wr_component_type *type; /* whose parts they are; NULL: of one value, `only` */
  const wr_component_type *only; /* the payload, the element, the result */
  uint32_t index, count;
  wr__cplace next;
  bool is_inner; /* a record in something else: ends by itself */
} wr__cframe;
typedef struct wr__ccursor {
  const wr__ccontext *cx;
  uint32_t depth;
  wr__cframe frames[WR__CTYPE_MAX_DEPTH + 2];
} wr__ccursor;

struct wr_component_call {
  wr__cworld *world;
  const wr__cfunc *func;
  const wr_component_type *type; /* the function's, in terms of cx.instance */
  wr__ccontext cx;               /* the guest's side */
  wr__cscope_call scope;
  wr_status status;
  bool is_reading; /* else writing */
  bool is_host;    /* the host's function, which the guest calls */
  bool is_entered;
  uint8_t state;
  wr__cplace result_place; /* of the host's function */
  uint64_t slots[WR__CTYPE_MAX_FLAT + 1], result[1];
  uint8_t **texts; /* converted strings, own */
  uint32_t text_count, text_capacity;
  wr__ccursor cursor; /* last: it is not made zero */
};

/* Begins to read or write: the parameters of a function, or a value. */
void wr__ccursor_params(wr_component_call_t *call, wr__cplace place);
void wr__ccursor_value(wr_component_call_t *call, const wr_component_type *type, wr__cplace place);
void wr__ccall_close(wr_component_call_t *call);
/* A call from the host: enters the instance and begins with the parameters; runs; frees the result
 * in the guest and leaves. */
void wr__ccall_begin(wr_component_call_t *call, const wr__cfunc *func);
wr_status wr__ccall_run(wr_component_call_t *call);
wr_status wr__ccall_finish(wr_component_call_t *call);
/* A call that did not run, or failed. */
void wr__ccall_abandon(wr_component_call_t *call);
/* Has the host written its whole result? Else a trap that says what is missing. */
wr_status wr__ccall_written(wr_component_call_t *call);
/* Reads the next value, a handle, and drops what it owned. */
void wr__ccursor_drop(wr_component_call_t *call);

/* ---- call.c */
/* The core function that canon lower makes. NULL: out of memory. */
wr__func *wr__clower(wr__cinstance *instance, const wr__def *def, const wr__cfunc *callee);
wr__func *wr__cresource_builtin(wr__cinstance *instance, const wr__def *def);
/* The tuple of a function's parameters in memory. */
void wr__cparams_layout(const wr_component_type *func, uint32_t *size, uint32_t *alignment);
/* Before and behind a call into an instance's guest. */
wr_status wr__center(wr__cinstance *instance);
void wr__cleave(wr__cinstance *instance);
wr_status wr__cscope_call_close(wr__cworld *world, wr__cscope_call *call);
void wr__ccontext_fill(wr__cinstance *instance, const wr__canon_options *options,
                       wr__ccontext *out);
/* Where a lifted function's parameters are to be written, and where its result is. */
wr_status wr__cplace_params(const wr__cfunc *func, const wr__ccontext *cx, uint64_t *slots,
                            wr__cplace *out);
wr_status wr__cplace_result(const wr__cfunc *func, const wr__ccontext *cx, uint64_t *slots,
                            wr__cplace *out);
/* Calls the core function of a lifted one: slots as flattened. */
wr_status wr__ccall_core(const wr__cfunc *func, uint64_t *slots);
/* Calls post-return, if there is one, with the flat results. */
wr_status wr__cpost_return(const wr__cfunc *func, uint64_t *results);

/* ---- instantiate.c */
/* args: items by name for the component's imports; binding them has been checked.
 * Errors  WR_TRAPPED (in store->exec.trap), WR_UNLINKABLE, WR_OUT_OF_MEMORY. */
wr_status wr__cinstantiate(wr__cworld *world, const wr__component *component, wr__cinstance *parent,
                           const wr__cexports *args, wr__cinstance **out, wr_error *error);

#endif
