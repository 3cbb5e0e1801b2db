/* One call of a function of WASI 0.2: its arguments are read in order, then its results are written
 * in order. What is read and written follows the function's type. */
#ifndef WR__WASI_P2_ABI_H
#define WR__WASI_P2_ABI_H

#include "p2.h"

#include <setjmp.h>

#define WR__P2_MAX_OWNED 4u

typedef struct wr__p2_call {
  wr__op op;
  wr__p2 *p2;
  wr_component_call_t *call;
  const char *trap; /* not NULL: trap with this message */
  bool exited;
  int32_t exit_status;
  void *memory;                  /* own: freed behind the call */
  void *owned[WR__P2_MAX_OWNED]; /* by wr__in_own, for a call that fails before they are used */
  uint32_t owned_count;
  jmp_buf failed; /* where an argument that is not what the function takes leads */
} wr__p2_call;

/* Arguments. The function's type is the guest's word: an object of another kind, or a case that
 * there is none of, ends the call where it is read, so nothing may be held then that memory and
 * owned do not have. Text lies in the guest's memory: valid until the first wr__out_*. */
static inline uint8_t wr__in_u8(wr__p2_call *c) { return wr_in_u8(c->call); } /* bool, flags */
static inline uint16_t wr__in_u16(wr__p2_call *c) { return wr_in_u16(c->call); }
static inline uint32_t wr__in_u32(wr__p2_call *c) { return wr_in_u32(c->call); }
static inline uint64_t wr__in_u64(wr__p2_call *c) { return wr_in_u64(c->call); }
typedef struct wr__p2_text {
  const char *bytes;
  size_t size;
} wr__p2_text;
wr__p2_text wr__in_text(wr__p2_call *c); /* string, or list<u8> */
/* borrow: not counted. */
void *wr__in_object(wr__p2_call *c, wr__p2_kind kind);
void *wr__in_either(wr__p2_call *c, wr__p2_kind one, wr__p2_kind other);
void *wr__in_any(wr__p2_call *c); /* of any kind */
/* own: the count is the caller's, once all arguments are read. */
void *wr__in_own(wr__p2_call *c, wr__p2_kind kind);
/* enum of so many cases */
uint32_t wr__in_enum(wr__p2_call *c, uint32_t count);
/* variant, option, result; then its payload, then the end */
static inline uint32_t wr__in_case(wr__p2_call *c) { return wr_in_case(c->call); }
static inline void wr__in_end(wr__p2_call *c) { wr_in_end(c->call); }
static inline uint32_t wr__in_list(wr__p2_call *c) { return wr_in_list(c->call); }
static inline void wr__in_list_end(wr__p2_call *c) { wr_in_list_end(c->call); }

/* Results. */
static inline void wr__out_u8(wr__p2_call *c, uint8_t value) { wr_out_u8(c->call, value); }
static inline void wr__out_u16(wr__p2_call *c, uint16_t value) { wr_out_u16(c->call, value); }
static inline void wr__out_u32(wr__p2_call *c, uint32_t value) { wr_out_u32(c->call, value); }
static inline void wr__out_u64(wr__p2_call *c, uint64_t value) { wr_out_u64(c->call, value); }
static inline void wr__out_enum(wr__p2_call *c, uint32_t index) { wr_out_case(c->call, index); }
static inline void wr__out_text(wr__p2_call *c, const void *bytes, size_t size) {
  wr_out_text(c->call, bytes, size); /* copied */
}
/* own: takes the count. */
void wr__out_object(wr__p2_call *c, void *object);
/* A new object, as own; a trap if there can be none (NULL, with errno). */
void wr__out_new(wr__p2_call *c, void *object);
static inline void wr__out_case(wr__p2_call *c, uint32_t index) { wr_out_case(c->call, index); }
static inline void wr__out_end(wr__p2_call *c) { wr_out_end(c->call); }
static inline void wr__out_list(wr__p2_call *c, uint32_t count) { wr_out_list(c->call, count); }
static inline void wr__out_list_end(wr__p2_call *c) { wr_out_list_end(c->call); }
/* result: ok, whose payload and end follow; result or option: the first case without a payload. */
static inline void wr__out_ok(wr__p2_call *c) { wr__out_case(c, 0); }
static inline void wr__out_none(wr__p2_call *c) {
  wr__out_case(c, 0);
  wr__out_end(c);
}

/* Ends the guest: with a trap, or as a program ends. Nothing is written then. */
void wr__p2_trap(wr__p2_call *c, const char *message);
void wr__p2_exit(wr__p2_call *c, int32_t status);
/* Memory for the call, once. Ends the call if there is none. */
void *wr__p2_memory(wr__p2_call *c, size_t size_bytes);

static inline wr__op *wr__p2_op(wr__p2_call *c) { return &c->op; }
static inline wr__p2 *wr__p2_of(wr__p2_call *c) { return c->p2; }

/* A function: one row. */
typedef void (*wr__p2_handler)(wr__p2_call *c);
typedef struct wr__p2_function {
  const char *name;
  wr__p2_handler handler;
} wr__p2_function;

typedef struct wr__p2_binding {
  wr__p2 *p2;
  wr__p2_handler handler;
} wr__p2_binding;
/* A wr_component_callback, with a binding. */
wr_status wr__p2_enter(void *env, wr_component_call_t *call);
/* The drop function of all resources of ours, by which they are known from others'. */
void wr__p2_drop(void *env, void *object);
wr_status wr__p2_define_resource(wr_component_linker_t *linker, const char *interface,
                                 const char *name, wr__p2 *p2);
/* Of a store's components; the WASI context's until that is deleted. NULL: out of memory. */
wr__p2 *wr__p2_context_new(wr_wasi_t *wasi);

/* An interface: its functions, and the resources that it has. */
typedef struct wr__p2_resource {
  const char *name;
} wr__p2_resource;
typedef struct wr__p2_interface {
  const char *name; /* "wasi:io/streams" */
  const wr__p2_function *functions;
  uint32_t function_count;
  const wr__p2_resource *resources;
  uint32_t resource_count;
} wr__p2_interface;

#define WR__P2_INTERFACE(symbol, text, functions, resources)                                 \
  const wr__p2_interface symbol = {text, functions, sizeof(functions) / sizeof *(functions), \
                                   resources, sizeof(resources) / sizeof *(resources)}
#define WR__P2_FUNCTIONS(symbol, text, functions)                                                  \
  const wr__p2_interface symbol = {text, functions, sizeof(functions) / sizeof *(functions), NULL, \
                                   0}
#define WR__P2_RESOURCES(symbol, text, resources)            \
  const wr__p2_interface symbol = {text, NULL, 0, resources, \
                                   sizeof(resources) / sizeof *(resources)}

#endif
