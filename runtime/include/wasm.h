/* wasm.h: the standard WebAssembly C API, name for name and type for type, so that a program
 * written for it compiles and links unchanged. What lies beyond it is in wasmrun.h.
 *
 * Ownership. `own` in a declaration means:
 *   result             the caller frees it with its wasm_*_delete
 *   parameter          the callee takes it, also where the call fails
 *   parameter `out`    filled in for the caller, who frees it
 * What is not `own` is borrowed: a parameter for the call, a result from the object that it was
 * asked of. An owned vector owns its elements too. Deleting NULL does nothing.
 *
 * Handles. What lives in a store (functions, instances, …) is reached through handles. A
 * copy is another handle to the same object; deleting a handle leaves the object to its other
 * users and to the store. A handle must not be used once its store is deleted, but may
 * still be deleted then.
 *
 * Failure. A constructor returns NULL, a vector comes back empty, when memory is lacking or an
 * argument is wrong. Why is told by the wr_* counterpart in wasmrun.h.
 *
 * Threads. Engines, types and shared modules may be used from any thread. A store and all handles
 * made in it belong to one thread at a time. */
#ifndef WASM_H
#define WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How the library's functions are exported. Define it beforehand to link otherwise. */
#ifndef WASM_API_EXTERN
#ifdef __GNUC__
#define WASM_API_EXTERN __attribute__((visibility("default")))
#else
#define WASM_API_EXTERN
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Marks ownership, for the reader; undefined again at the end. */
#define own

/* ---- Machine types ------------------------------------------------------- */

typedef char byte_t;
typedef float float32_t;
typedef double float64_t;

static inline void assertions(void) {
  static_assert(sizeof(float32_t) == 4 && sizeof(float64_t) == 8, "IEEE 754 types are needed");
  static_assert(sizeof(intptr_t) == 4 || sizeof(intptr_t) == 8, "unknown pointer size");
}

/* ---- The forms that declarations take ------------------------------------ */

/* An opaque type and its destructor. */
#define WASM_DECLARE_OWN(name)                    \
  typedef struct wasm_##name##_t wasm_##name##_t; \
  WASM_API_EXTERN void wasm_##name##_delete(own wasm_##name##_t *);

/* A vector of wasm_<name>_t (ptr_or_none empty) or of pointers to it (ptr_or_none *).
 *   new_empty           no elements
 *   new_uninitialized   room for size elements, to be filled in; pointers are NULL at first
 *   new                 takes over the elements of an array, not the array
 *   copy                copies the elements too
 *   delete              deletes the elements too, and leaves the vector empty */
#define WASM_DECLARE_VEC(name, ptr_or_none)                                                     \
  typedef struct wasm_##name##_vec_t {                                                          \
    size_t size;                                                                                \
    wasm_##name##_t ptr_or_none *data;                                                          \
  } wasm_##name##_vec_t;                                                                        \
  WASM_API_EXTERN void wasm_##name##_vec_new_empty(own wasm_##name##_vec_t *out);               \
  WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(own wasm_##name##_vec_t *out,        \
                                                           size_t size);                        \
  WASM_API_EXTERN void wasm_##name##_vec_new(own wasm_##name##_vec_t *out, size_t size,         \
                                             own wasm_##name##_t ptr_or_none const elements[]); \
  WASM_API_EXTERN void wasm_##name##_vec_copy(own wasm_##name##_vec_t *out,                     \
                                              const wasm_##name##_vec_t *from);                 \
  WASM_API_EXTERN void wasm_##name##_vec_delete(own wasm_##name##_vec_t *);

/* A type representation: a value of its own, copied in full. */
#define WASM_DECLARE_TYPE(name) \
  WASM_DECLARE_OWN(name)        \
  WASM_DECLARE_VEC(name, *)     \
  WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *);

/* A handle to an object of a store.
 *   copy            another handle to the same object
 *   same            are both handles of the same object?
 *   get_host_info   what was last set, else NULL
 *   set_host_info   hangs a pointer of the embedder's on the object (not on the handle); with a
 *                   finalizer, which is called once with the pointer when the object dies, with the
 *                   store at the latest. Setting it anew drops the old one without a call. */
#define WASM_DECLARE_REF_BASE(name)                                                              \
  WASM_DECLARE_OWN(name)                                                                         \
  WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *);              \
  WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t *, const wasm_##name##_t *);     \
  WASM_API_EXTERN void *wasm_##name##_get_host_info(const wasm_##name##_t *);                    \
  WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t *, void *info);               \
  WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t *, void *info, \
                                                                  void (*finalizer)(void *));

/* A handle that can also be seen as a general reference, and back: NULL if it is another
 * thing. Both views are the same handle, to be deleted once. */
#define WASM_DECLARE_REF(name)                                                           \
  WASM_DECLARE_REF_BASE(name)                                                            \
  WASM_API_EXTERN wasm_ref_t *wasm_##name##_as_ref(wasm_##name##_t *);                   \
  WASM_API_EXTERN wasm_##name##_t *wasm_ref_as_##name(wasm_ref_t *);                     \
  WASM_API_EXTERN const wasm_ref_t *wasm_##name##_as_ref_const(const wasm_##name##_t *); \
  WASM_API_EXTERN const wasm_##name##_t *wasm_ref_as_##name##_const(const wasm_ref_t *);

/* A handle to what may be used by several stores: share makes something that any
 * thread may hold, obtain makes a handle of it in a store. */
#define WASM_DECLARE_SHARABLE_REF(name)                                                     \
  WASM_DECLARE_REF(name)                                                                    \
  WASM_DECLARE_OWN(shared_##name)                                                           \
  WASM_API_EXTERN own wasm_shared_##name##_t *wasm_##name##_share(const wasm_##name##_t *); \
  WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_obtain(wasm_store_t *,                 \
                                                            const wasm_shared_##name##_t *);

/* ---- Bytes and names ----------------------------------------------------- */

typedef byte_t wasm_byte_t;
WASM_DECLARE_VEC(byte, )

/* A name is UTF-8 and not terminated. */
typedef wasm_byte_vec_t wasm_name_t;

#define wasm_name wasm_byte_vec
#define wasm_name_new wasm_byte_vec_new
#define wasm_name_new_empty wasm_byte_vec_new_empty
#define wasm_name_new_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_copy wasm_byte_vec_copy
#define wasm_name_delete wasm_byte_vec_delete

/* The characters of a C string, without its NUL. */
static inline void wasm_name_new_from_string(own wasm_name_t *out, const char *s) {
  wasm_name_new(out, strlen(s), s);
}

/* The same with its NUL, as messages want it. */
static inline void wasm_name_new_from_string_nt(own wasm_name_t *out, const char *s) {
  wasm_name_new(out, strlen(s) + 1, s);
}

/* ---- Configuration, engine, store ---------------------------------------- */

/* Settings; wr_config_set_* in wasmrun.h change them. */
WASM_DECLARE_OWN(config)
WASM_API_EXTERN own wasm_config_t *wasm_config_new(void);

/* What stores and modules share. Deleted handles leave it to its stores and modules. */
WASM_DECLARE_OWN(engine)
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new(void);
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new_with_config(own wasm_config_t *config);

/* Owns every object made in it; deleting it frees them and runs their finalizers. */
WASM_DECLARE_OWN(store)
WASM_API_EXTERN own wasm_store_t *wasm_store_new(wasm_engine_t *engine);

/* ---- Types --------------------------------------------------------------- */

typedef uint8_t wasm_mutability_t;
enum wasm_mutability_enum {
  WASM_CONST,
  WASM_VAR,
};

/* In elements or pages; max is wasm_limits_max_default where there is none. */
typedef struct wasm_limits_t {
  uint32_t min;
  uint32_t max;
} wasm_limits_t;

static const uint32_t wasm_limits_max_default = 0xffffffff;

/* Value types. One that this enumeration lacks has the kind WR_KIND_OTHER (wasmrun.h), of which
 * nothing can be made. */
WASM_DECLARE_TYPE(valtype)

typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
  WASM_I32,
  WASM_I64,
  WASM_F32,
  WASM_F64,
  WASM_EXTERNREF = 128,
  WASM_FUNCREF,
};

/* NULL for a kind that is not in the enumeration. */
WASM_API_EXTERN own wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind);
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *type);

static inline bool wasm_valkind_is_num(wasm_valkind_t kind) { return kind < WASM_EXTERNREF; }
static inline bool wasm_valkind_is_ref(wasm_valkind_t kind) { return kind >= WASM_EXTERNREF; }
static inline bool wasm_valtype_is_num(const wasm_valtype_t *type) {
  return wasm_valkind_is_num(wasm_valtype_kind(type));
}
static inline bool wasm_valtype_is_ref(const wasm_valtype_t *type) {
  return wasm_valkind_is_ref(wasm_valtype_kind(type));
}

/* Function types. */
WASM_DECLARE_TYPE(functype)
WASM_API_EXTERN own wasm_functype_t *wasm_functype_new(own wasm_valtype_vec_t *params,
                                                       own wasm_valtype_vec_t *results);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *type);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *type);

/* Global types. */
WASM_DECLARE_TYPE(globaltype)
WASM_API_EXTERN own wasm_globaltype_t *wasm_globaltype_new(own wasm_valtype_t *content,
                                                           wasm_mutability_t mutability);
WASM_API_EXTERN const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *type);
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *type);

/* Table types. */
WASM_DECLARE_TYPE(tabletype)
WASM_API_EXTERN own wasm_tabletype_t *wasm_tabletype_new(own wasm_valtype_t *element,
                                                         const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *type);
WASM_API_EXTERN const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *type);

/* Memory types. */
WASM_DECLARE_TYPE(memorytype)
WASM_API_EXTERN own wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *type);

/* Types of externals. The views below are the same object, to be deleted once; _as_ gives NULL
 * where the type is of another kind. A type that wasm.h cannot express whole (a tag; a table or
 * memory that is 64-bit, shared or of another page size) has the kind WR_KIND_OTHER and no view. */
WASM_DECLARE_TYPE(externtype)

typedef uint8_t wasm_externkind_t;
enum wasm_externkind_enum {
  WASM_EXTERN_FUNC,
  WASM_EXTERN_GLOBAL,
  WASM_EXTERN_TABLE,
  WASM_EXTERN_MEMORY,
};

WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *type);

WASM_API_EXTERN wasm_externtype_t *wasm_functype_as_externtype(wasm_functype_t *type);
WASM_API_EXTERN wasm_externtype_t *wasm_globaltype_as_externtype(wasm_globaltype_t *type);
WASM_API_EXTERN wasm_externtype_t *wasm_tabletype_as_externtype(wasm_tabletype_t *type);
WASM_API_EXTERN wasm_externtype_t *wasm_memorytype_as_externtype(wasm_memorytype_t *type);

WASM_API_EXTERN wasm_functype_t *wasm_externtype_as_functype(wasm_externtype_t *type);
WASM_API_EXTERN wasm_globaltype_t *wasm_externtype_as_globaltype(wasm_externtype_t *type);
WASM_API_EXTERN wasm_tabletype_t *wasm_externtype_as_tabletype(wasm_externtype_t *type);
WASM_API_EXTERN wasm_memorytype_t *wasm_externtype_as_memorytype(wasm_externtype_t *type);

WASM_API_EXTERN const wasm_externtype_t *wasm_functype_as_externtype_const(
    const wasm_functype_t *type);
WASM_API_EXTERN const wasm_externtype_t *wasm_globaltype_as_externtype_const(
    const wasm_globaltype_t *type);
WASM_API_EXTERN const wasm_externtype_t *wasm_tabletype_as_externtype_const(
    const wasm_tabletype_t *type);
WASM_API_EXTERN const wasm_externtype_t *wasm_memorytype_as_externtype_const(
    const wasm_memorytype_t *type);

WASM_API_EXTERN const wasm_functype_t *wasm_externtype_as_functype_const(
    const wasm_externtype_t *type);
WASM_API_EXTERN const wasm_globaltype_t *wasm_externtype_as_globaltype_const(
    const wasm_externtype_t *type);
WASM_API_EXTERN const wasm_tabletype_t *wasm_externtype_as_tabletype_const(
    const wasm_externtype_t *type);
WASM_API_EXTERN const wasm_memorytype_t *wasm_externtype_as_memorytype_const(
    const wasm_externtype_t *type);

/* What a module wants. */
WASM_DECLARE_TYPE(importtype)
WASM_API_EXTERN own wasm_importtype_t *wasm_importtype_new(own wasm_name_t *module,
                                                           own wasm_name_t *name,
                                                           own wasm_externtype_t *type);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *type);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *type);
WASM_API_EXTERN const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *type);

/* What a module offers. */
WASM_DECLARE_TYPE(exporttype)
WASM_API_EXTERN own wasm_exporttype_t *wasm_exporttype_new(own wasm_name_t *name,
                                                           own wasm_externtype_t *type);
WASM_API_EXTERN const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *type);
WASM_API_EXTERN const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *type);

/* ---- Values -------------------------------------------------------------- */

struct wasm_ref_t;

/* A value. Where it is a reference, of.ref is a handle or, for null, NULL. */
typedef struct wasm_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    struct wasm_ref_t *ref;
  } of;
} wasm_val_t;

/* Deletes the handle of a reference, and makes it null; numbers are left alone. */
WASM_API_EXTERN void wasm_val_delete(own wasm_val_t *val);
WASM_API_EXTERN void wasm_val_copy(own wasm_val_t *out, const wasm_val_t *val);

WASM_DECLARE_VEC(val, )

/* ---- References ---------------------------------------------------------- */

/* Any of the handles below. */
WASM_DECLARE_REF_BASE(ref)

/* ---- Traps and frames ---------------------------------------------------- */

/* A call that was running when a trap happened. */
WASM_DECLARE_OWN(frame)
WASM_DECLARE_VEC(frame, *)
WASM_API_EXTERN own wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame);

/* The instance (borrowed from the frame), the function's index in its module, and
 * where it was: bytes from the start of its body, and from the start of the module. */
WASM_API_EXTERN struct wasm_instance_t *wasm_frame_instance(const wasm_frame_t *frame);
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t *frame);
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t *frame);
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t *frame);

/* NUL-terminated; the NUL is counted in its size. */
typedef wasm_name_t wasm_message_t;

WASM_DECLARE_REF(trap)
/* The message is copied. One that lacks its NUL is given one. */
WASM_API_EXTERN own wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message);
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t *trap, own wasm_message_t *out);
/* The innermost frame, or NULL where no wasm function was running. */
WASM_API_EXTERN own wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap);
/* All frames, innermost first. */
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t *trap, own wasm_frame_vec_t *out);

/* ---- Foreign objects ----------------------------------------------------- */

/* A new externref, told apart by identity; its meaning is in its host info. */
WASM_DECLARE_REF(foreign)
WASM_API_EXTERN own wasm_foreign_t *wasm_foreign_new(wasm_store_t *store);

/* ---- Modules ------------------------------------------------------------- */

WASM_DECLARE_SHARABLE_REF(module)

/* Decodes and validates a binary (copied). NULL where it is no valid module. */
WASM_API_EXTERN own wasm_module_t *wasm_module_new(wasm_store_t *store,
                                                   const wasm_byte_vec_t *binary);
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t *store, const wasm_byte_vec_t *binary);

/* In the order of the binary. */
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t *module,
                                         own wasm_importtype_vec_t *out);
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t *module,
                                         own wasm_exporttype_vec_t *out);

/* A form to keep, and back. What is read back is checked again: the bytes need not be trusted. */
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t *module, own wasm_byte_vec_t *out);
WASM_API_EXTERN own wasm_module_t *wasm_module_deserialize(wasm_store_t *store,
                                                           const wasm_byte_vec_t *bytes);

/* ---- Functions ----------------------------------------------------------- */

WASM_DECLARE_REF(func)

/* A host function. args are borrowed, of the parameter types. results has the function's number of
 * elements, to be filled with owned values. Returns NULL, or a trap. */
typedef own wasm_trap_t *(*wasm_func_callback_t)(const wasm_val_vec_t *args,
                                                 own wasm_val_vec_t *results);
typedef own wasm_trap_t *(*wasm_func_callback_with_env_t)(void *env, const wasm_val_vec_t *args,
                                                          wasm_val_vec_t *results);

WASM_API_EXTERN own wasm_func_t *wasm_func_new(wasm_store_t *store, const wasm_functype_t *type,
                                               wasm_func_callback_t callback);
/* env goes to each call; the finalizer (NULL allowed) gets it when the function dies. */
WASM_API_EXTERN own wasm_func_t *wasm_func_new_with_env(wasm_store_t *store,
                                                        const wasm_functype_t *type,
                                                        wasm_func_callback_with_env_t callback,
                                                        void *env, void (*finalizer)(void *));

WASM_API_EXTERN own wasm_functype_t *wasm_func_type(const wasm_func_t *func);
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t *func);
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t *func);

/* Calls. args has as many values as there are parameters, of their types; results has room for the
 * results, and its old contents are overwritten, not deleted. Returns NULL, or the trap, and
 * then results are untouched. Wrong arguments are a trap too. */
WASM_API_EXTERN own wasm_trap_t *wasm_func_call(const wasm_func_t *func, const wasm_val_vec_t *args,
                                                wasm_val_vec_t *results);

/* ---- Globals ------------------------------------------------------------- */

WASM_DECLARE_REF(global)
WASM_API_EXTERN own wasm_global_t *wasm_global_new(wasm_store_t *store,
                                                   const wasm_globaltype_t *type,
                                                   const wasm_val_t *init);
WASM_API_EXTERN own wasm_globaltype_t *wasm_global_type(const wasm_global_t *global);
WASM_API_EXTERN void wasm_global_get(const wasm_global_t *global, own wasm_val_t *out);
/* Nothing happens where the global is constant or the value of another type. */
WASM_API_EXTERN void wasm_global_set(wasm_global_t *global, const wasm_val_t *val);

/* ---- Tables -------------------------------------------------------------- */

WASM_DECLARE_REF(table)
typedef uint32_t wasm_table_size_t;

WASM_API_EXTERN own wasm_table_t *wasm_table_new(wasm_store_t *store, const wasm_tabletype_t *type,
                                                 wasm_ref_t *init);
WASM_API_EXTERN own wasm_tabletype_t *wasm_table_type(const wasm_table_t *table);
/* NULL for null, and out of bounds. */
WASM_API_EXTERN own wasm_ref_t *wasm_table_get(const wasm_table_t *table, wasm_table_size_t index);
/* False out of bounds, and for a reference of another type. */
WASM_API_EXTERN bool wasm_table_set(wasm_table_t *table, wasm_table_size_t index, wasm_ref_t *ref);
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t *table);
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t *table, wasm_table_size_t delta,
                                     wasm_ref_t *init);

/* ---- Memories ------------------------------------------------------------ */

WASM_DECLARE_REF(memory)
typedef uint32_t wasm_memory_pages_t;
static const size_t MEMORY_PAGE_SIZE = 0x10000;

WASM_API_EXTERN own wasm_memory_t *wasm_memory_new(wasm_store_t *store,
                                                   const wasm_memorytype_t *type);
WASM_API_EXTERN own wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *memory);
/* The first byte, valid until the memory grows or the guest runs. */
WASM_API_EXTERN byte_t *wasm_memory_data(wasm_memory_t *memory);
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t *memory);
/* In pages. */
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *memory);
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t *memory, wasm_memory_pages_t delta);

/* ---- Externals ----------------------------------------------------------- */

/* A function, global, table or memory (or tag: wasmrun.h). The views are the same handle. */
WASM_DECLARE_REF(extern)
WASM_DECLARE_VEC(extern, *)

WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t *external);
WASM_API_EXTERN own wasm_externtype_t *wasm_extern_type(const wasm_extern_t *external);

WASM_API_EXTERN wasm_extern_t *wasm_func_as_extern(wasm_func_t *func);
WASM_API_EXTERN wasm_extern_t *wasm_global_as_extern(wasm_global_t *global);
WASM_API_EXTERN wasm_extern_t *wasm_table_as_extern(wasm_table_t *table);
WASM_API_EXTERN wasm_extern_t *wasm_memory_as_extern(wasm_memory_t *memory);

WASM_API_EXTERN wasm_func_t *wasm_extern_as_func(wasm_extern_t *external);
WASM_API_EXTERN wasm_global_t *wasm_extern_as_global(wasm_extern_t *external);
WASM_API_EXTERN wasm_table_t *wasm_extern_as_table(wasm_extern_t *external);
WASM_API_EXTERN wasm_memory_t *wasm_extern_as_memory(wasm_extern_t *external);

WASM_API_EXTERN const wasm_extern_t *wasm_func_as_extern_const(const wasm_func_t *func);
WASM_API_EXTERN const wasm_extern_t *wasm_global_as_extern_const(const wasm_global_t *global);
WASM_API_EXTERN const wasm_extern_t *wasm_table_as_extern_const(const wasm_table_t *table);
WASM_API_EXTERN const wasm_extern_t *wasm_memory_as_extern_const(const wasm_memory_t *memory);

WASM_API_EXTERN const wasm_func_t *wasm_extern_as_func_const(const wasm_extern_t *external);
WASM_API_EXTERN const wasm_global_t *wasm_extern_as_global_const(const wasm_extern_t *external);
WASM_API_EXTERN const wasm_table_t *wasm_extern_as_table_const(const wasm_extern_t *external);
WASM_API_EXTERN const wasm_memory_t *wasm_extern_as_memory_const(const wasm_extern_t *external);

/* ---- Instances ----------------------------------------------------------- */

WASM_DECLARE_REF(instance)

/* Links and instantiates, and runs the start function. imports are in the order of
 * wasm_module_imports. NULL on failure; *trap (trap may be NULL) is then why, also where it
 * was no trap but a wrong import. */
WASM_API_EXTERN own wasm_instance_t *wasm_instance_new(wasm_store_t *store,
                                                       const wasm_module_t *module,
                                                       const wasm_extern_vec_t *imports,
                                                       own wasm_trap_t **trap);
/* In the order of wasm_module_exports. */
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t *instance,
                                           own wasm_extern_vec_t *out);

/* ---- Shorthands ---------------------------------------------------------- */

#define WASM_EMPTY_VEC {0, NULL}
#define WASM_ARRAY_VEC(array) {sizeof(array) / sizeof(*(array)), array}

/* Value types. */
static inline own wasm_valtype_t *wasm_valtype_new_i32(void) { return wasm_valtype_new(WASM_I32); }
static inline own wasm_valtype_t *wasm_valtype_new_i64(void) { return wasm_valtype_new(WASM_I64); }
static inline own wasm_valtype_t *wasm_valtype_new_f32(void) { return wasm_valtype_new(WASM_F32); }
static inline own wasm_valtype_t *wasm_valtype_new_f64(void) { return wasm_valtype_new(WASM_F64); }
static inline own wasm_valtype_t *wasm_valtype_new_externref(void) {
  return wasm_valtype_new(WASM_EXTERNREF);
}
static inline own wasm_valtype_t *wasm_valtype_new_funcref(void) {
  return wasm_valtype_new(WASM_FUNCREF);
}

/* Function types wasm_functype_new_<params>_<results>: up to three parameters, up to two results;
 * the value types are taken. */
static inline own wasm_functype_t *wasm_functype_new_0_0(void) {
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new_empty(&params);
  wasm_valtype_vec_new_empty(&results);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_1_0(own wasm_valtype_t *p) {
  wasm_valtype_t *param_types[1] = {p};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 1, param_types);
  wasm_valtype_vec_new_empty(&results);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_2_0(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2) {
  wasm_valtype_t *param_types[2] = {p1, p2};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 2, param_types);
  wasm_valtype_vec_new_empty(&results);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_3_0(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *p3) {
  wasm_valtype_t *param_types[3] = {p1, p2, p3};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 3, param_types);
  wasm_valtype_vec_new_empty(&results);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_0_1(own wasm_valtype_t *r) {
  wasm_valtype_t *result_types[1] = {r};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new_empty(&params);
  wasm_valtype_vec_new(&results, 1, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_1_1(own wasm_valtype_t *p,
                                                         own wasm_valtype_t *r) {
  wasm_valtype_t *param_types[1] = {p};
  wasm_valtype_t *result_types[1] = {r};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 1, param_types);
  wasm_valtype_vec_new(&results, 1, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_2_1(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *r) {
  wasm_valtype_t *param_types[2] = {p1, p2};
  wasm_valtype_t *result_types[1] = {r};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 2, param_types);
  wasm_valtype_vec_new(&results, 1, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_3_1(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *p3,
                                                         own wasm_valtype_t *r) {
  wasm_valtype_t *param_types[3] = {p1, p2, p3};
  wasm_valtype_t *result_types[1] = {r};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 3, param_types);
  wasm_valtype_vec_new(&results, 1, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_0_2(own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2) {
  wasm_valtype_t *result_types[2] = {r1, r2};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new_empty(&params);
  wasm_valtype_vec_new(&results, 2, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_1_2(own wasm_valtype_t *p,
                                                         own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2) {
  wasm_valtype_t *param_types[1] = {p};
  wasm_valtype_t *result_types[2] = {r1, r2};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 1, param_types);
  wasm_valtype_vec_new(&results, 2, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_2_2(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2) {
  wasm_valtype_t *param_types[2] = {p1, p2};
  wasm_valtype_t *result_types[2] = {r1, r2};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 2, param_types);
  wasm_valtype_vec_new(&results, 2, result_types);
  return wasm_functype_new(&params, &results);
}

static inline own wasm_functype_t *wasm_functype_new_3_2(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *p3,
                                                         own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2) {
  wasm_valtype_t *param_types[3] = {p1, p2, p3};
  wasm_valtype_t *result_types[2] = {r1, r2};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 3, param_types);
  wasm_valtype_vec_new(&results, 2, result_types);
  return wasm_functype_new(&params, &results);
}

/* A pointer as an integer value, of 32 or 64 bits as the host has it, and back. */
static inline void wasm_val_init_ptr(own wasm_val_t *out, void *p) {
#if UINTPTR_MAX == UINT32_MAX
  out->kind = WASM_I32;
  out->of.i32 = (intptr_t)p;
#elif UINTPTR_MAX == UINT64_MAX
  out->kind = WASM_I64;
  out->of.i64 = (intptr_t)p;
#endif
}

static inline void *wasm_val_ptr(const wasm_val_t *val) {
#if UINTPTR_MAX == UINT32_MAX
  return (void *)(intptr_t)val->of.i32;
#elif UINTPTR_MAX == UINT64_MAX
  return (void *)(intptr_t)val->of.i64;
#endif
}

/* Initialisers of a wasm_val_t. */
#define WASM_I32_VAL(i)                 \
  {                                     \
    .kind = WASM_I32, .of = {.i32 = i } \
  }
#define WASM_I64_VAL(i)                 \
  {                                     \
    .kind = WASM_I64, .of = {.i64 = i } \
  }
#define WASM_F32_VAL(z)                 \
  {                                     \
    .kind = WASM_F32, .of = {.f32 = z } \
  }
#define WASM_F64_VAL(z)                 \
  {                                     \
    .kind = WASM_F64, .of = {.f64 = z } \
  }
#define WASM_REF_VAL(r)                       \
  {                                           \
    .kind = WASM_EXTERNREF, .of = {.ref = r } \
  }
#define WASM_INIT_VAL                            \
  {                                              \
    .kind = WASM_EXTERNREF, .of = {.ref = NULL } \
  }

#undef own

#ifdef __cplusplus
}
#endif

#endif
