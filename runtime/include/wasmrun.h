/* wasmrun.h: what wasmrun offers beyond the standard WebAssembly C API.
 *
 * The handles are those of wasm.h: a wasm_module_t made here works there, and
 * the other way round. Here are configuration and limits, errors with their
 * place, every value and type of WebAssembly 3.0, linking by name, host functions that see
 * their caller, interruption, statistics, the text format, and WASI.
 *
 * Ownership: a function that returns or fills in a handle gives it to the
 * caller, who frees it with its wasm_*_delete or wr_*_delete. Parameters are
 * borrowed for the call unless the comment says "takes".
 *
 * Threads: engines, configurations that are no longer changed, and modules may
 * be used from any thread at once. A store, and all that lives in it, belongs to
 * one thread at a time; only wr_store_interrupt may be called from others.
 *
 * Errors: a fallible function returns a wr_status, leaves its output parameters
 * untouched unless it returns WR_OK, and describes the failure in *error where
 * the caller passed one. */
#ifndef WASMRUN_H
#define WASMRUN_H

#include "wasm.h"

#ifndef WR_API
#define WR_API __attribute__((visibility("default")))
#endif
#define WR_NODISCARD __attribute__((warn_unused_result))

#ifdef __cplusplus
extern "C" {
#endif

#define WASMRUN_VERSION_MAJOR 0
#define WASMRUN_VERSION_MINOR 1
#define WASMRUN_VERSION_PATCH 0

/* wr_version: the library's version, as "0.1.0". Static storage. */
WR_API const char *wr_version(void);
/* wr_version_details: what a report of a fault should say beside the version, as lines "name: value":
 * the compiler program that is found and its LLVM, and this machine's processor with the features
 * that native code may use. Starts the compiler program.
 * buffer   buffer[size_bytes], NUL-terminated; what does not fit is left out.
 * Threads  any. */
WR_API void wr_version_details(char *buffer, size_t size_bytes);

/* ---- Status and errors --------------------------------------------------- */

typedef enum wr_status {
  WR_OK = 0,
  WR_MALFORMED,     /* the bytes or the text are not a module */
  WR_INVALID,       /* a module that does not validate */
  WR_UNLINKABLE,    /* an import is missing or of another type */
  WR_TRAPPED,       /* execution ended in a trap */
  WR_EXCEPTION,     /* execution ended in an exception that nobody caught */
  WR_EXITED,        /* the guest asked to end (proc_exit); not a failure */
  WR_INTERRUPTED,   /* a deadline or wr_store_interrupt ended the guest */
  WR_OUT_OF_MEMORY, /* the host has no memory, or a limit was reached */
  WR_UNSUPPORTED,   /* a feature that is switched off or not built in */
  WR_BAD_ARGUMENT,  /* the call itself is wrong */
  WR_NOT_FOUND,     /* no such export, file, name */
  WR_IO,            /* the operating system said no; errno is in the message */
} wr_status;

#define WR_NO_OFFSET UINT64_MAX
#define WR_NO_INDEX UINT32_MAX

/* Where and why something failed. Plain data: copy it, nothing to free. Written only on failure. */
typedef struct wr_error {
  wr_status status;
  uint64_t offset;     /* byte offset in the binary module, or WR_NO_OFFSET */
  uint32_t func_index; /* the function that holds the offset, or WR_NO_INDEX */
  uint32_t line;       /* from 1, in text; 0 where there is none */
  uint32_t column;     /* from 1, in bytes, in text; 0 where there is none */
  char message[432];   /* NUL-terminated, without a trailing newline */
} wr_error;

/* wr_status_name: "malformed", "invalid", … Static storage. */
WR_API const char *wr_status_name(wr_status status);

/* Why execution trapped. The messages are those of the official test suite. WRONG_PROOF is of code
 * that was compiled with check_proofs alone. */
#define WR_TRAP_KINDS(X)                                        \
  X(UNREACHABLE, "unreachable")                                 \
  X(INTEGER_OVERFLOW, "integer overflow")                       \
  X(INTEGER_DIVIDE_BY_ZERO, "integer divide by zero")           \
  X(INVALID_CONVERSION, "invalid conversion to integer")        \
  X(MEMORY_OUT_OF_BOUNDS, "out of bounds memory access")        \
  X(TABLE_OUT_OF_BOUNDS, "out of bounds table access")          \
  X(ARRAY_OUT_OF_BOUNDS, "out of bounds array access")          \
  X(UNDEFINED_ELEMENT, "undefined element")                     \
  X(UNINITIALIZED_ELEMENT, "uninitialized element")             \
  X(INDIRECT_CALL_TYPE_MISMATCH, "indirect call type mismatch") \
  X(NULL_REFERENCE, "null reference")                           \
  X(NULL_FUNC_REFERENCE, "null function reference")             \
  X(NULL_STRUCT_REFERENCE, "null structure reference")          \
  X(NULL_ARRAY_REFERENCE, "null array reference")               \
  X(NULL_I31_REFERENCE, "null i31 reference")                   \
  X(NULL_EXCEPTION_REFERENCE, "null exception reference")       \
  X(CAST_FAILURE, "cast failure")                               \
  X(UNALIGNED_ATOMIC, "unaligned atomic")                       \
  X(EXPECTED_SHARED_MEMORY, "expected shared memory")           \
  X(CALL_STACK_EXHAUSTED, "call stack exhausted")               \
  X(OUT_OF_MEMORY, "out of memory")                             \
  X(OUT_OF_FUEL, "out of fuel")                                 \
  X(INTERRUPTED, "interrupted")                                 \
  X(UNCAUGHT_EXCEPTION, "uncaught exception")                   \
  X(EXIT, "exit")                                               \
  X(WRONG_PROOF, "wrong proof")                                 \
  X(HOST, "host function failed")

typedef enum wr_trap_kind {
  WR_TRAP_NONE = 0,
#define X(name, text) WR_TRAP_##name,
  WR_TRAP_KINDS(X)
#undef X
} wr_trap_kind;

/* wr_trap_kind_message: the text in the table above. Static storage. */
WR_API const char *wr_trap_kind_message(wr_trap_kind kind);

/* wr_trap_get_kind: what a trap is; WR_TRAP_HOST for one made by wasm_trap_new. */
WR_API wr_trap_kind wr_trap_get_kind(const wasm_trap_t *trap);

/* wr_trap_exit_status: for a trap of kind WR_TRAP_EXIT, true and the guest's
 * status in *status (untouched otherwise). */
WR_API bool wr_trap_exit_status(const wasm_trap_t *trap, int32_t *status);

/* wr_trap_new_exit: the trap by which a host function made with wasm_func_new ends the guest. */
WR_API wasm_trap_t *wr_trap_new_exit(wasm_store_t *store, int32_t status);

/* wr_trap_adopt: a trap of another store, also of one that is gone, as a trap of an instance's store:
 * the same kind, message, exit status and frames. For threads of one guest, which have a store each.
 * instance  of the module that the trap's frames are of, which then name it.
 * Returns   a trap that the caller owns; never NULL. Threads: the instance's store's. */
WR_API wasm_trap_t *wr_trap_adopt(const wasm_instance_t *instance, const wasm_trap_t *trap);

/* wr_trap_new_kind: a trap of a given kind with that kind's message. (Not of EXIT's or
 * UNCAUGHT_EXCEPTION's, which carry more: the kind is HOST then.) */
WR_API wasm_trap_t *wr_trap_new_kind(wasm_store_t *store, wr_trap_kind kind);

/* wr_frame_func_name: the function's name from the `name` section or its first export, not
 * NUL-terminated, borrowed from the module; data is NULL where it has none. */
WR_API void wr_frame_func_name(const wasm_frame_t *frame, const char **data, size_t *size_bytes);

/* wr_frame_module_name: the same for the module's name. */
WR_API void wr_frame_module_name(const wasm_frame_t *frame, const char **data, size_t *size_bytes);

/* ---- Types ------------------------------------------------------------------
 * A value type in 32 bits. Number and vector types are their binary code. A
 * reference type has WR_REF or WR_REF_NULL in the low byte and its heap type in
 * the upper 24 bits: an abstract heap type's binary code, or a defined type's
 * number in the engine plus WR_HEAP_DEFINED. Defined types are canonical: two
 * modules of one engine give equal types equal numbers, so == compares. */
typedef uint32_t wr_valtype;

enum {
  WR_I32 = 0x7f,
  WR_I64 = 0x7e,
  WR_F32 = 0x7d,
  WR_F64 = 0x7c,
  WR_V128 = 0x7b,
  WR_REF = 0x64,
  WR_REF_NULL = 0x63,

  WR_HEAP_NOEXN = 0x74,
  WR_HEAP_NOFUNC = 0x73,
  WR_HEAP_NOEXTERN = 0x72,
  WR_HEAP_NONE = 0x71,
  WR_HEAP_FUNC = 0x70,
  WR_HEAP_EXTERN = 0x6f,
  WR_HEAP_ANY = 0x6e,
  WR_HEAP_EQ = 0x6d,
  WR_HEAP_I31 = 0x6c,
  WR_HEAP_STRUCT = 0x6b,
  WR_HEAP_ARRAY = 0x6a,
  WR_HEAP_EXN = 0x69,
  WR_HEAP_DEFINED = 0x80,
};

#define WR_REF_TYPE(heap) ((wr_valtype)((uint32_t)(heap) << 8 | WR_REF))
#define WR_REF_NULL_TYPE(heap) ((wr_valtype)((uint32_t)(heap) << 8 | WR_REF_NULL))
#define WR_FUNCREF WR_REF_NULL_TYPE(WR_HEAP_FUNC)
#define WR_EXTERNREF WR_REF_NULL_TYPE(WR_HEAP_EXTERN)

static inline bool wr_valtype_is_ref(wr_valtype t) {
  return (t & 0xff) == WR_REF || (t & 0xff) == WR_REF_NULL;
}
static inline uint32_t wr_valtype_heap(wr_valtype t) { return t >> 8; }

/* wr_valtype_name: "i32", "(ref null func)", "(ref $7)", … written to buffer
 * (size bytes, always NUL-terminated). Returns buffer. */
WR_API char *wr_valtype_name(wr_valtype type, char *buffer, size_t size);

/* wr_functype_new: a function type of any value types, for the engine of the
 * store that it is used with. NULL when out of memory. wr_functype_params and _results give them
 * back; the arrays are borrowed from the type. (wasm_functype_params reports as WASM_I32 …
 * WASM_FUNCREF what wasm.h can express; types that it cannot have kind WR_KIND_OTHER.) */
#define WR_KIND_OTHER ((wasm_valkind_t)255)
WR_API wasm_functype_t *wr_functype_new(const wr_valtype *params, size_t param_count,
                                        const wr_valtype *results, size_t result_count);
WR_API const wr_valtype *wr_functype_params(const wasm_functype_t *type, size_t *count);
WR_API const wr_valtype *wr_functype_results(const wasm_functype_t *type, size_t *count);

/* What an import or an export is, in full. */
typedef enum wr_externkind {
  WR_EXTERN_FUNC,
  WR_EXTERN_TABLE,
  WR_EXTERN_MEMORY,
  WR_EXTERN_GLOBAL,
  WR_EXTERN_TAG,
} wr_externkind;

typedef struct wr_limits {
  uint64_t min;
  uint64_t max; /* where has_max */
  bool has_max;
  bool is64; /* the address type is i64 */
  bool shared;
} wr_limits;

typedef struct wr_externtype {
  wr_externkind kind;
  const wr_valtype *params; /* func and tag: borrowed from the engine */
  size_t param_count;
  const wr_valtype *results; /* func */
  size_t result_count;
  uint32_t defined_type;  /* func and tag: the canonical number */
  wr_valtype valtype;     /* global: content; table: element */
  bool is_mutable;        /* global */
  wr_limits limits;       /* table, in elements; memory, in pages */
  uint8_t page_size_log2; /* memory: 16, or 0 for one-byte pages */
} wr_externtype;

/* wr_externtype_name: "func [i32 i64] -> [f32]", "memory 1 2 shared", "global mut i32", … written
 * to buffer (size bytes, always NUL-terminated, cut off where it does not fit). Returns buffer. */
WR_API char *wr_externtype_name(const wr_externtype *type, char *buffer, size_t size);

/* A name is UTF-8, may hold NULs, is not terminated, and is borrowed from the module. */
typedef struct wr_import {
  const char *module;
  size_t module_size;
  const char *name;
  size_t name_size;
  wr_externtype type;
} wr_import;

typedef struct wr_export {
  const char *name;
  size_t name_size;
  wr_externtype type;
} wr_export;

/* ---- Values -----------------------------------------------------------------
 * A value with its full type. A reference is an owned handle (NULL is the null
 * reference), freed by wr_val_delete. */
typedef struct wr_val {
  wr_valtype type;
  union {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16]; /* little-endian lanes */
    wasm_ref_t *ref;
  } of;
} wr_val;

/* wr_val_delete: deletes the handle of a reference, and makes it null; leaves other values alone.
 */
WR_API void wr_val_delete(wr_val *val);
/* wr_val_copy: a reference in *out is another handle of its object (null when out of memory). */
WR_API void wr_val_copy(wr_val *out, const wr_val *val);

/* ---- Configuration and engine -------------------------------------------- */

/* Run-time switches. All of WebAssembly 3.0 is on by default; THREADS,
 * WIDE_ARITHMETIC and CUSTOM_PAGE_SIZES too; LEGACY_EXCEPTIONS too, since
 * toolchains still emit it. */
#define WR_FEATURES(X)                                        \
  X(MVP, "mvp", true)                                         \
  X(SIGN_EXTENSION, "sign-extension", true)                   \
  X(SATURATING_FLOAT_TO_INT, "saturating-float-to-int", true) \
  X(MUTABLE_GLOBALS, "mutable-globals", true)                 \
  X(MULTI_VALUE, "multi-value", true)                         \
  X(REFERENCE_TYPES, "reference-types", true)                 \
  X(BULK_MEMORY, "bulk-memory", true)                         \
  X(SIMD, "simd", true)                                       \
  X(RELAXED_SIMD, "relaxed-simd", true)                       \
  X(TAIL_CALL, "tail-call", true)                             \
  X(EXTENDED_CONST, "extended-const", true)                   \
  X(MULTI_MEMORY, "multi-memory", true)                       \
  X(MEMORY64, "memory64", true)                               \
  X(FUNCTION_REFERENCES, "function-references", true)         \
  X(GC, "gc", true)                                           \
  X(EXCEPTIONS, "exceptions", true)                           \
  X(LEGACY_EXCEPTIONS, "legacy-exceptions", true)             \
  X(THREADS, "threads", true)                                 \
  X(WIDE_ARITHMETIC, "wide-arithmetic", true)                 \
  X(CUSTOM_PAGE_SIZES, "custom-page-sizes", true)

typedef enum wr_feature {
#define X(name, text, on) WR_FEATURE_##name,
  WR_FEATURES(X)
#undef X
      WR_FEATURE_COUNT
} wr_feature;

/* wr_feature_name: the text in the table above. Static storage. */
WR_API const char *wr_feature_name(wr_feature feature);

/* wr_feature_by_name: the feature of that name in *out; false, and *out untouched, if there is
 * none. */
WR_API bool wr_feature_by_name(const char *name, wr_feature *out);

/* How accesses to memories are kept inside. */
typedef enum wr_bounds {
  WR_BOUNDS_AUTO,     /* guard pages where the host can reserve them, else checks */
  WR_BOUNDS_EXPLICIT, /* checks before each access */
} wr_bounds;

/* Which engine executes. */
typedef enum wr_engine_kind {
  WR_ENGINE_AUTO,   /* native code where the module carries a trusted fitting image; else the
                       interpreter, with native code for what is hot (wr_config_set_tiers) */
  WR_ENGINE_INTERP, /* the interpreter alone */
  WR_ENGINE_NATIVE, /* native code that the module carries, or nothing */
  WR_ENGINE_JIT,    /* for tests: native code from the second call of a function on, or from its first
                       loop; it is made at the first instantiation */
} wr_engine_kind;

/* What the interpreter does to be fast, each of which can be switched off to find a fault in it. */
typedef enum wr_optimisation {
  WR_OPTIMISE_FUSION,       /* several instructions in one */
  WR_OPTIMISE_ACCUMULATORS, /* the last result stays in a register */
  WR_OPTIMISE_COALESCING,   /* results are written where they are moved to */
  WR_OPTIMISE_LOOPS,        /* additions join the branch that ends a loop */
  WR_OPTIMISE_SEQUENCES,    /* instructions that often follow one another share a dispatch */
  WR_OPTIMISE_HELD,         /* what only the next instruction reads stays in a register alone */
  WR_OPTIMISE_WIDE,         /* handlers for processors with AVX2 and BMI2, where it is one */
} wr_optimisation;

/* Setters on a wasm_config_t, before it goes to wasm_engine_new_with_config, which copies it: later
 * changes have no effect. */

/* wr_config_set_feature: admits a feature or not. Modules that use one that is off are refused
 * with WR_INVALID, WR_MALFORMED or WR_UNSUPPORTED, as by the specification without it. */
WR_API void wr_config_set_feature(wasm_config_t *config, wr_feature feature, bool on);
/* wr_config_set_bounds: default WR_BOUNDS_AUTO. */
WR_API void wr_config_set_bounds(wasm_config_t *config, wr_bounds bounds);
/* wr_config_set_engine: default WR_ENGINE_AUTO. */
WR_API void wr_config_set_engine(wasm_config_t *config, wr_engine_kind kind);
/* wr_config_set_tiers: with WR_ENGINE_AUTO, functions that an interpreted program spends its time in get
 * native code, which wasmrun-compile makes in a process of its own beside the running program;
 * nothing waits for it, and without that program nothing changes. Default true. Off, no process is
 * ever started for a program that runs. */
WR_API void wr_config_set_tiers(wasm_config_t *config, bool on);
/* wr_config_set_stack_size: the interpreter's call stack of each store; default 8 MiB, reserved,
 * not committed. What needs more ends in WR_TRAP_CALL_STACK_EXHAUSTED. */
WR_API void wr_config_set_stack_size(wasm_config_t *config, size_t size_bytes);
/* wr_config_set_max_memory, wr_config_set_max_table_elements, wr_config_set_max_gc_heap: the limits
 * (wr_limit) of the engine's stores. Each store of its own has them for itself; wr_store_set_limit
 * changes them for one store. Defaults: 2 GiB, 10,000,000 elements, 512 MiB. */
WR_API void wr_config_set_max_memory(wasm_config_t *config, uint64_t size_bytes);
WR_API void wr_config_set_max_table_elements(wasm_config_t *config, uint64_t count);
WR_API void wr_config_set_max_gc_heap(wasm_config_t *config, uint64_t size_bytes);
/* wr_config_set_gc_stress: collect at every allocation: for tests. Default: off. */
WR_API void wr_config_set_gc_stress(wasm_config_t *config, bool on);
/* wr_config_set_optimisation: default: all on. */
WR_API void wr_config_set_optimisation(wasm_config_t *config, wr_optimisation which, bool on);

/* ---- Store --------------------------------------------------------------- */

/* What a store may use, all of its objects together. The texts are the names of the settings, as in
 * wr_config_set_max_memory and --max-memory. */
#define WR_LIMITS(X)                                                                             \
  X(MEMORY, "max-memory")                 /* bytes of all memories, as memory.size tells them */ \
  X(TABLE_ELEMENTS, "max-table-elements") /* elements of all tables */                           \
  X(GC_HEAP, "max-gc-heap")               /* bytes of structures, arrays, exceptions */

typedef enum wr_limit {
  WR_LIMIT_NONE = 0,
#define X(name, text) WR_LIMIT_##name,
  WR_LIMITS(X)
#undef X
      WR_LIMIT_COUNT
} wr_limit;

/* wr_limit_name: the text in the table above; "no limit" for WR_LIMIT_NONE. Static storage. */
WR_API const char *wr_limit_name(wr_limit limit);

/* wr_store_new_sharing: another store of the engine of `store`, for another thread of the same
 * program: what both use counts against the limits of both, which are the same.
 * stack_size_bytes  of its call stack, as wr_config_set_stack_size; 0: as the engine's stores.
 * Returns  a store that the caller owns, in any order with the first; NULL: out of memory.
 * Threads  any; `store` has to live during the call. */
WR_API wasm_store_t *wr_store_new_sharing(const wasm_store_t *store, size_t stack_size_bytes);

/* wr_store_set_limit: how much a store, and those that share its limits, may use from now on, in
 * the unit of the limit. What is used already stays, also if it is more. memory.grow and table.grow
 * beyond it fail as the specification lets them, an allocation traps with WR_TRAP_OUT_OF_MEMORY,
 * and instantiation ends with WR_OUT_OF_MEMORY; the message names the limit.
 * Threads  any. */
WR_API void wr_store_set_limit(wasm_store_t *store, wr_limit limit, uint64_t most);
/* wr_store_limit: the limit. wr_store_used: how much of it is used; for WR_LIMIT_GC_HEAP that is
 * what the blocks of the heap take, which fragmentation may make a quarter and 4 MiB more than the
 * limit on what is in them. 0 for what is no limit. Threads any. */
WR_API uint64_t wr_store_limit(const wasm_store_t *store, wr_limit limit);
WR_API uint64_t wr_store_used(const wasm_store_t *store, wr_limit limit);
/* wr_store_limit_hit: the limit that last refused something to the store or to one that shares its
 * limits; WR_LIMIT_NONE: none ever did. Threads any. */
WR_API wr_limit wr_store_limit_hit(const wasm_store_t *store);

/* wr_store_interrupt: ends whatever runs in the store, now or next, with
 * WR_TRAP_INTERRUPTED within 10 ms. The request is spent by the trap, or by
 * wr_store_clear_interrupt.
 * Threads any; the caller sees to it that the store lives meanwhile. */
WR_API void wr_store_interrupt(wasm_store_t *store);
WR_API void wr_store_clear_interrupt(wasm_store_t *store);

/* wr_store_set_deadline: as an interrupt, delay_ns nanoseconds from now; 0 takes the deadline back
 * (an interrupt that already happened stays: wr_store_clear_interrupt). A later call replaces it.
 * Errors  WR_OUT_OF_MEMORY: no timer can be had, and there is no deadline. */
WR_API wr_status wr_store_set_deadline(wasm_store_t *store, uint64_t delay_ns);

/* wr_store_event_fd: a descriptor that polls readable while an interrupt is
 * pending, for host functions that block. Owned by the store: not to be read or closed. -1 if none
 * can be made. */
WR_API int wr_store_event_fd(wasm_store_t *store);

/* wr_store_interrupted: whether an interrupt is pending. Threads any. */
WR_API bool wr_store_interrupted(const wasm_store_t *store);

/* wr_store_engine: the engine that the store is of; borrowed from the store. */
WR_API wasm_engine_t *wr_store_engine(const wasm_store_t *store);

/* wr_store_gc: collect now. */
WR_API void wr_store_gc(wasm_store_t *store);
typedef struct wr_gc_stats {
  uint64_t heap_bytes; /* in use after the last collection plus allocated since */
  uint64_t peak_bytes;
  uint64_t collections;
  uint64_t allocated_bytes; /* ever */
  uint64_t allocated_objects;
} wr_gc_stats;
WR_API void wr_store_gc_stats(const wasm_store_t *store, wr_gc_stats *out);

/* wr_fault_handle: for an embedder that installs handlers for SIGSEGV and SIGBUS after the library
 * installed its own: call it first with the handler's three arguments.
 * Returns true if the fault was a guest's access to its memory: it is dealt with, and the handler
 * returns at once. False: the fault is not ours. Async-signal-safe. */
WR_API bool wr_fault_handle(int signal, void *siginfo, void *ucontext);

/* ---- Modules ------------------------------------------------------------- */

/* wr_module_new: decode and validate a binary module.
 * bytes   size_bytes bytes, borrowed for the call (copied).
 * out     on WR_OK a module that the caller owns; wasm_module_delete frees it.
 * error   may be NULL; has the offset in bytes and the function where there is one.
 * Errors  WR_MALFORMED, WR_INVALID, WR_UNSUPPORTED, WR_OUT_OF_MEMORY, WR_BAD_ARGUMENT.
 * Threads any.   Spec: embedding, module_decode and module_validate. */
WR_API WR_NODISCARD wr_status wr_module_new(wasm_engine_t *engine, const void *bytes,
                                            size_t size_bytes, wasm_module_t **out,
                                            wr_error *error);

/* wr_module_open: the same from a file. Text modules (.wat) are recognised by their content (a
 * parenthesis or a comment comes first) and parsed; errors then have a line and a column.
 * What happens to the file afterwards does not reach the module, with one exception: a module with
 * trusted native code in a file that only root and this user can write is mapped from it, unless
 * wr_config_set_copy_files says otherwise. Adds WR_IO. Threads any. */
WR_API WR_NODISCARD wr_status wr_module_open(wasm_engine_t *engine, const char *path,
                                             wasm_module_t **out, wr_error *error);

/* wr_module_validate: as wr_module_new, without making a module; the bytes are not copied. They may
 * be a component, too, which is validated with the core modules inside. */
WR_API WR_NODISCARD wr_status wr_module_validate(wasm_engine_t *engine, const void *bytes,
                                                 size_t size_bytes, wr_error *error);

/* wr_module_import, wr_module_export: the index-th, in the order of the binary. Past the last: all
 * zeros. */
WR_API size_t wr_module_import_count(const wasm_module_t *module);
WR_API wr_import wr_module_import(const wasm_module_t *module, size_t index);
WR_API size_t wr_module_export_count(const wasm_module_t *module);
WR_API wr_export wr_module_export(const wasm_module_t *module, size_t index);

/* wr_module_bytes: the binary module, borrowed. Its offsets are those of errors and frames. */
WR_API const uint8_t *wr_module_bytes(const wasm_module_t *module, size_t *size_bytes);

/* What wr_module_section reports of the index-th section, in file order. */
typedef struct wr_section {
  uint8_t id;       /* 0 custom … 13 tag */
  const char *name; /* custom: its name; else the standard's word ("type", …) */
  size_t name_size;
  uint64_t offset; /* of the contents (custom: after the name), in bytes from the module's start */
  uint64_t size_bytes;
  uint32_t count; /* entries, for vectors; 0 for custom and start */
} wr_section;
WR_API size_t wr_module_section_count(const wasm_module_t *module);
WR_API wr_section wr_module_section(const wasm_module_t *module, size_t index);

/* What wr_module_func reports; index in the function index space, imports first. Past the last: all
 * zeros. */
typedef struct wr_func_info {
  bool imported;
  const char *name; /* from the name section, else the first export; NULL where none */
  size_t name_size;
  wr_externtype type;
  uint64_t code_offset; /* of the body (its locals) in the module; defined functions */
  uint64_t code_size_bytes;
} wr_func_info;
WR_API uint32_t wr_module_func_count(const wasm_module_t *module);
WR_API wr_func_info wr_module_func(const wasm_module_t *module, uint32_t func_index);

/* wr_module_disassemble: hands the text of a function, one instruction a line with its offset in
 * the module, to write(context, text, size_bytes), line by line. Errors  WR_NOT_FOUND for an index
 * that is not a defined function's; WR_BAD_ARGUMENT. */
typedef void (*wr_write_fn)(void *context, const char *text, size_t size_bytes);
WR_API WR_NODISCARD wr_status wr_module_disassemble(const wasm_module_t *module,
                                                    uint32_t func_index, wr_write_fn write,
                                                    void *context);

/* ---- Native code ------------------------------------------------------------------- */

/* How to compile; wr_compile_options_init fills in the defaults. */
typedef struct wr_compile_options {
  char level;         /* '0' to '3' or 's' */
  const char *target; /* "x86_64-linux" or "aarch64-linux"; NULL: this machine */
  const char *cpu; /* "native", "x86-64-v2", "x86-64-v3", "x86-64-v4", "generic", then ",+feature";
                      NULL: x86-64-v2 or generic */
  bool bounds_explicit; /* check every access, for memories without guard pages */
  bool no_polls;        /* code that cannot be interrupted */
  bool check_proofs;    /* for tests of the compiler: an access without a check because it was shown
                           to be inside the memory traps (WR_TRAP_WRONG_PROOF) if it is not */
  unsigned threads;     /* 0: all processors */
  uint64_t max_memory;  /* of the compiler, in bytes of address space; 0: 2 GiB, and more for threads
                           and large modules */
  const char *compiler; /* path of wasmrun-compile; NULL: beside this program, else in PATH */
  /* Called every now and then with how much is done; total is 0 while it is not known. May be NULL.
   */
  void (*progress)(void *context, uint64_t done, uint64_t total);
  void *progress_context;
} wr_compile_options;
WR_API void wr_compile_options_init(wr_compile_options *options);

/* wr_module_compile: compiles a module with the compiler program, and gives it its native code.
 * What is instantiated from it afterwards runs natively, unless the engine is WR_ENGINE_INTERP.
 * options  NULL: the defaults; its target must be this machine.
 * Errors   WR_UNSUPPORTED (an instruction or option that cannot be compiled), WR_IO (the compiler
 * is missing or crashed), WR_OUT_OF_MEMORY. Threads  one at a time for a module, before it is
 * instantiated. */
WR_API WR_NODISCARD wr_status wr_module_compile(wasm_module_t *module,
                                                const wr_compile_options *options, wr_error *error);
/* wr_module_open_compiled: wr_module_open, then wr_module_compile. Where the engine trusts the user
 * (wr_config_trust_user), the result is kept in $XDG_CACHE_HOME/wasmrun/compiled, signed with the
 * user's key, and the next call with the same module and options takes it from there; that it
 * cannot be kept is no failure. Errors as of both. */
WR_API WR_NODISCARD wr_status wr_module_open_compiled(wasm_engine_t *engine, const char *path,
                                                      const wr_compile_options *options,
                                                      wasm_module_t **out, wr_error *error);
/* What is in that folder, least recently used first; wr_cache_clear removes it. The folder is
 * bounded to 1 GiB: what was not used for longest goes first. *entries is freed with
 * wr_cache_entries_delete. Errors WR_IO, WR_OUT_OF_MEMORY. */
typedef struct wr_cache_entry {
  char name[128];
  uint64_t size_bytes;
  uint64_t made_ns; /* since 1970 */
  uint64_t used_ns; /* the last time, or made_ns */
} wr_cache_entry;
WR_API WR_NODISCARD wr_status wr_cache_list(wr_cache_entry **entries, size_t *count,
                                            wr_error *error);
WR_API void wr_cache_entries_delete(wr_cache_entry *entries);
WR_API WR_NODISCARD wr_status wr_cache_clear(wr_error *error);

/* wr_module_is_native: has the module native code that will run? */
WR_API bool wr_module_is_native(const wasm_module_t *module);
/* wr_module_native_refusal: why the native code that came with the module is not used, without a
 * newline; NULL where none came, or it is used, or the engine is WR_ENGINE_INTERP. Lives as long as
 * the module. */
WR_API const char *wr_module_native_refusal(const wasm_module_t *module);
/* wr_instance_native_refusal: the same for an instance, whose memory or deadline may be what its
 * module's code cannot do with. */
WR_API const char *wr_instance_native_refusal(const wasm_instance_t *instance);

/* ---- Native code in files ------------------------------------------------------------
 * A file is the module, an image for each target in a custom section, and a signature over all of
 * it. wr_module_open and wr_module_new run an image if it fits and if its signature is by a key
 * that the engine was told to trust; otherwise the module is interpreted, or with WR_ENGINE_NATIVE
 * refused when it is instantiated. An engine trusts nobody by itself. */

/* wr_module_compile_image: as wr_module_compile, but hands out the image, for any target. *image is
 * freed by the caller with wasm_byte_vec_delete. */
WR_API WR_NODISCARD wr_status wr_module_compile_image(const wasm_module_t *module,
                                                      const wr_compile_options *options,
                                                      wasm_byte_vec_t *image, wr_error *error);

/* An Ed25519 key. */
enum { WR_PUBLIC_KEY_TEXT_SIZE = 45 }; /* in base64, with a NUL */
typedef struct wr_public_key {
  uint8_t bytes[32];
  char name[64]; /* what its file calls it; may be empty */
} wr_public_key;
typedef struct wr_signing_key wr_signing_key;

/* wr_signing_key_open: a secret key.
 * path    its file, which must be closed to everybody else; NULL: the user's own, in
 *         $XDG_CONFIG_HOME/wasmrun, which is made, and trusted, where there is none.
 * Errors  WR_IO: not there, not a key, or open to others; WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_signing_key_open(const char *path, wr_signing_key **out,
                                                  wr_error *error);
/* wr_signing_key_new: a fresh one, which nobody trusts yet.
 * path    a file for it, which must not be there; NULL: it is kept nowhere.
 * Errors  WR_IO, WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_signing_key_new(const char *path, wr_signing_key **out,
                                                 wr_error *error);
WR_API void wr_signing_key_delete(wr_signing_key *key);
WR_API wr_public_key wr_signing_key_public(const wr_signing_key *key);
/* wr_public_key_text: the key in base64. */
WR_API void wr_public_key_text(const wr_public_key *key, char text[WR_PUBLIC_KEY_TEXT_SIZE]);

/* wr_public_keys_read: the keys of a file of lines "wasmrun-public-key BASE64 NAME". *keys is freed
 * with wr_public_keys_delete. Errors WR_IO (also where others may write the file). */
WR_API WR_NODISCARD wr_status wr_public_keys_read(const char *path, wr_public_key **keys,
                                                  size_t *count, wr_error *error);
/* wr_user_keys_read: what the user trusts; wr_user_keys_add, wr_user_keys_remove (by name or by
 * text) change it. Errors WR_IO; WR_NOT_FOUND; WR_BAD_ARGUMENT: the name is taken. */
WR_API WR_NODISCARD wr_status wr_user_keys_read(wr_public_key **keys, size_t *count,
                                                wr_error *error);
WR_API WR_NODISCARD wr_status wr_user_keys_add(const wr_public_key *key, wr_error *error);
WR_API WR_NODISCARD wr_status wr_user_keys_remove(const char *which, wr_error *error);
WR_API void wr_public_keys_delete(wr_public_key *keys);

/* Setters on a configuration, as those above. */

/* wr_config_trust_keys: native code that one of them signed may run. Adds to what is trusted. */
WR_API WR_NODISCARD wr_status wr_config_trust_keys(wasm_config_t *config, const wr_public_key *keys,
                                                   size_t count, wr_error *error);
/* wr_config_trust_user: trusts the user's keys too, which are read when a module with native code
 * is loaded, and remembers verdicts in the user's cache folder. */
WR_API void wr_config_trust_user(wasm_config_t *config);
/* wr_config_allow_unsigned_code: runs any native code that fits. It can do all that this process
 * can. */
WR_API void wr_config_allow_unsigned_code(wasm_config_t *config, bool allow);
/* wr_config_set_verdicts: a folder of this user's alone, made where there is none, in which is
 * remembered which files were checked; NULL (default): nowhere, so that every load checks. Errors
 * WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_config_set_verdicts(wasm_config_t *config, const char *folder);

/* wr_config_set_copy_files: copies each file with native code to memory that nobody can change, and
 * maps nothing from it. Default: off, and files that only root and this user can write are mapped,
 * module and code: they cost no memory of their own. But then whoever can write to the file of a
 * running module changes the code that runs and the bodies that are still to be translated, and
 * both were checked before. A guest is such a one where it is given a directory that it may write
 * to with a module's file in it (or another name of that file): copy then. A copy of 90 MB takes
 * about 50 ms, once for each load. */
WR_API void wr_config_set_copy_files(wasm_config_t *config, bool copy);

/* wr_config_set_debug: makes native code known to gdb: functions, frames, and lines of the source
 * where the module has line tables in DWARF, else module offsets as line numbers. Where dump_folder
 * is not NULL, also to perf: jit-PID.dump in that folder, for `perf inject
 * --jit`, and /tmp/perf-PID.map. Errors WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_config_set_debug(wasm_config_t *config, bool on,
                                                  const char *dump_folder);

/* wr_native_pack: the file that holds the module and native images of it, signed. *out is freed by
 * the caller with wasm_byte_vec_delete. Errors WR_BAD_ARGUMENT, WR_UNSUPPORTED, WR_OUT_OF_MEMORY.
 */
WR_API WR_NODISCARD wr_status wr_native_pack(const wasm_module_t *module,
                                             const wasm_byte_vec_t *images, size_t image_count,
                                             const wr_signing_key *key, wasm_byte_vec_t *out,
                                             wr_error *error);
/* wr_native_strip: the module or component without images and signatures; a module as it was before,
 * a component with the sizes of its sections in their shortest form. WR_NOT_FOUND: there are none. */
WR_API WR_NODISCARD wr_status wr_native_strip(const void *bytes, size_t size_bytes,
                                              wasm_byte_vec_t *out, wr_error *error);
/* wr_file_replace: writes a file whole or not at all. Errors WR_IO. */
WR_API WR_NODISCARD wr_status wr_file_replace(const char *path, const void *data, size_t size_bytes,
                                              wr_error *error);

/* What wr_native_inspect finds in a file. Texts have static storage. */
typedef struct wr_native_image {
  uint64_t offset, size_bytes; /* of the ELF image in the file */
  uint64_t text_size_bytes;
  const char *target; /* NULL: it is no image */
  uint32_t version, func_count;
  bool guarded;       /* memory 0 must have guard pages */
  bool polls;         /* it can be interrupted */
  char cpu[64];       /* what it was compiled for; "" is the baseline */
  const char *misfit; /* why it does not fit this machine and version; NULL: it does */
  const char *fault;  /* what is wrong with its signature; NULL: it is good */
} wr_native_image;

typedef struct wr_native_info {
  uint64_t module_size_bytes; /* without wasmrun's sections */
  bool is_signed;
  wr_public_key key; /* by which */
  size_t image_count;
  wr_native_image images[16];
} wr_native_info;
/* wr_native_inspect: reads, and hashes, all of the file. Errors WR_BAD_ARGUMENT. */
WR_API WR_NODISCARD wr_status wr_native_inspect(const void *bytes, size_t size_bytes,
                                                wr_native_info *out, wr_error *error);

/* ---- The text format ----------------------------------------------------- */

/* wr_text_to_binary: parses one module or component in the text format.
 * out     on WR_OK the binary; wasm_byte_vec_delete frees it.
 * Errors  WR_MALFORMED with line and column, and the line itself in the message; WR_INVALID for a
 *         branch hint that stands before no branch. The result is not validated.
 * Spec    text, appendix/custom (@name, @custom, @metadata.code.branch_hint). (module binary …)
 *         and (module quote …), of the script language, are modules too; so with component.
 *         component-model/Explainer, grammar. */
WR_API WR_NODISCARD wr_status wr_text_to_binary(const char *text, size_t size_bytes,
                                                wasm_byte_vec_t *out, wr_error *error);

/* wr_text_locate: rewrites an error that names an offset in the binary that wr_text_to_binary made
 * of the text, as validation does, into one that names line and column, and shows the line. Leaves
 * it as it is where no place in the text stands for the offset. wr_module_open does this itself. */
WR_API void wr_text_locate(const char *text, size_t size_bytes, wr_error *error);

/* wr_text_escape: text of a module's making (names, messages that hold them) as a person can read
 * it on a terminal: every character that is not shown as itself becomes an escape.
 * text     size_bytes bytes, of any content; borrowed for the call.
 * buffer   buffer_size bytes for the copy and its NUL. What has no room is left out, at the border
 *          of a character.
 * Returns  the length of the copy without the NUL.
 * Controls below U+0080 and bytes that are not UTF-8 become \xNN; other controls, bidirectional
 * and other format characters, separators, blanks other than the space, variation selectors,
 * private use and noncharacters become \u{…}.
 * Threads  any. */
WR_API size_t wr_text_escape(const char *text, size_t size_bytes, char *buffer, size_t buffer_size);

/* Tokens of the text format, for readers of scripts that hold modules: find the parentheses of a
 * form, and give the text between them to wr_text_to_binary. */
typedef enum wr_text_kind {
  WR_TEXT_END,
  WR_TEXT_OPEN,   /* ( */
  WR_TEXT_CLOSE,  /* ) */
  WR_TEXT_STRING, /* with its quotes */
  WR_TEXT_ID,     /* with its dollar */
  WR_TEXT_NUMBER,
  WR_TEXT_WORD, /* anything else: keywords, also those that only scripts have */
} wr_text_kind;

typedef struct wr_text_token {
  wr_text_kind kind;
  size_t offset; /* in bytes from the start of the text */
  size_t size_bytes;
} wr_text_token;

/* wr_text_next: the next token of text[size_bytes] at or behind *at, which moves behind the
 * token. Comments and annotations are passed over. WR_TEXT_END comes again and again.
 * Errors  WR_MALFORMED with line and column. */
WR_API WR_NODISCARD wr_status wr_text_next(const char *text, size_t size_bytes, size_t *at,
                                           wr_text_token *token, wr_error *error);

/* wr_text_string: the bytes that a string token (quotes included) stands for, in
 * out[size_bytes]; how many in *out_size. WR_BAD_ARGUMENT for what is no string token. */
WR_API WR_NODISCARD wr_status wr_text_string(const char *token, size_t size_bytes, uint8_t *out,
                                             size_t *out_size);

/* wr_text_number: the bits of a number token as a value of the type: WR_I32, WR_I64, WR_F32,
 * WR_F64, or 0x78 and 0x77 for integers of 8 and 16 bits. False where the token is no such number.
 */
WR_API bool wr_text_number(const char *token, size_t size_bytes, wr_valtype type, uint64_t *bits);

typedef struct wr_print_options {
  bool folded;   /* s-expressions instead of one instruction a line */
  bool no_names; /* indices only, even where there is a name section */
} wr_print_options;
/* wr_text_write: takes size_bytes of text, borrowed for the call. False: it cannot, and the printing
 * ends. */
typedef bool (*wr_text_write)(void *context, const char *text, size_t size_bytes);
/* wr_binary_print: prints a binary module or component, which need be well-formed, not valid, in
 * pieces: memory follows the largest piece of text that is printed at once, not the whole.
 * write   called with pieces of about 64 KiB, in order; what came before an error stays written.
 * Errors  WR_MALFORMED with the offset; WR_UNSUPPORTED: a component's values, or nesting of more than
 *         100; WR_OUT_OF_MEMORY; WR_IO: write said no. */
WR_API WR_NODISCARD wr_status wr_binary_print(const void *bytes, size_t size_bytes,
                                              const wr_print_options *options, wr_text_write write,
                                              void *context, wr_error *error);
/* wr_binary_to_text: the same at once; the caller owns *out, which is made on WR_OK alone. */
WR_API WR_NODISCARD wr_status wr_binary_to_text(const void *bytes, size_t size_bytes,
                                                const wr_print_options *options,
                                                wasm_byte_vec_t *out, wr_error *error);

/* ---- Instances ----------------------------------------------------------- */

/* wr_instance_new: links and instantiates, start function included.
 * imports  import_count externals of the same store, in the module's import order; borrowed.
 * out      on WR_OK the instance; the object lives as long as its store.
 * trap     on WR_TRAPPED, WR_EXITED, WR_INTERRUPTED, WR_EXCEPTION the trap; may be NULL.
 * Errors   WR_UNLINKABLE (also for a wrong number of imports), WR_TRAPPED, WR_EXITED,
 *          WR_INTERRUPTED, WR_EXCEPTION, WR_OUT_OF_MEMORY, WR_BAD_ARGUMENT (something of another
 *          store or engine).
 * Spec     exec/modules: instantiation. */
WR_API WR_NODISCARD wr_status wr_instance_new(wasm_store_t *store, const wasm_module_t *module,
                                              wasm_extern_t *const imports[], size_t import_count,
                                              wasm_instance_t **out, wasm_trap_t **trap,
                                              wr_error *error);

/* wr_instance_export: the export of that name, or NULL. The caller owns it. */
WR_API wasm_extern_t *wr_instance_export(const wasm_instance_t *instance, const char *name,
                                         size_t name_size);

/* What an external is. Arrays in the type are borrowed from the engine. The minimum of a memory or
 * table is its present size. */
WR_API wr_externkind wr_extern_kind(const wasm_extern_t *external);
WR_API wr_externtype wr_extern_type(const wasm_extern_t *external);

/* ---- Linking by name --------------------------------------------------------
 * A linker holds externals of one store under two names, a module's and their own. Names are
 * any bytes, given with their size, and copied. */

typedef struct wr_linker wr_linker_t;
/* wr_linker_new: NULL when out of memory. */
WR_API wr_linker_t *wr_linker_new(wasm_store_t *store);
/* Before or after the store. What was linked stays. */
WR_API void wr_linker_delete(wr_linker_t *linker);

/* wr_linker_store: the store that it was made with; borrowed. */
WR_API wasm_store_t *wr_linker_store(const wr_linker_t *linker);

/* wr_linker_define: defines module.name; a later definition replaces an earlier one.
 * external  borrowed: the linker keeps a handle of its own.
 * Errors    WR_OUT_OF_MEMORY; WR_BAD_ARGUMENT for an external of another store. */
WR_API WR_NODISCARD wr_status wr_linker_define(wr_linker_t *linker, const char *module,
                                               size_t module_size, const char *name,
                                               size_t name_size, const wasm_extern_t *external);

/* wr_linker_define_instance: defines every export of the instance under the name of a module. */
WR_API WR_NODISCARD wr_status wr_linker_define_instance(wr_linker_t *linker, const char *module,
                                                        size_t module_size,
                                                        const wasm_instance_t *instance);

/* wr_linker_get: finds a definition; NULL if there is none. The caller owns it. */
WR_API wasm_extern_t *wr_linker_get(const wr_linker_t *linker, const char *module,
                                    size_t module_size, const char *name, size_t name_size);

/* wr_linker_instantiate: as wr_instance_new, with imports taken from the definitions. A missing one
 * is WR_UNLINKABLE, with its module, name and type in the message. */
WR_API WR_NODISCARD wr_status wr_linker_instantiate(wr_linker_t *linker,
                                                    const wasm_module_t *module,
                                                    wasm_instance_t **out, wasm_trap_t **trap,
                                                    wr_error *error);

/* ---- Functions ----------------------------------------------------------- */

/* wr_func_call: calls with full values.
 * args     args[arg_count], of the function's parameter types; borrowed. For a reference, any
 *          reference type in `type` will do: what counts is that the reference itself is of the
 *          parameter's type.
 * results  results[result_count], filled on WR_OK; references in them are the caller's.
 * trap     on WR_TRAPPED, WR_EXITED, WR_INTERRUPTED, WR_EXCEPTION the trap; may be NULL.
 * Errors   those four; WR_BAD_ARGUMENT for other counts or types, before anything ran;
 *          WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_func_call(const wasm_func_t *func, const wr_val *args,
                                           size_t arg_count, wr_val *results, size_t result_count,
                                           wasm_trap_t **trap);

WR_API wr_externtype wr_func_type(const wasm_func_t *func);

/* Whom a host function works for; valid during the call only. */
typedef struct wr_caller wr_caller;
/* wr_caller_store: the store; borrowed. */
WR_API wasm_store_t *wr_caller_store(wr_caller *caller);
/* wr_caller_export: the calling instance's export of that name, which the caller of this owns; NULL
 * where there is none, or where the embedder called. */
WR_API wasm_extern_t *wr_caller_export(wr_caller *caller, const char *name, size_t name_size);
/* wr_caller_memory: the memory that the calling instance exports as "memory": its first byte, and
 * its present size in *size_bytes. NULL and 0 where there is none. Valid until the guest runs again
 * or the memory grows. */
WR_API uint8_t *wr_caller_memory(wr_caller *caller, uint64_t *size_bytes);

/* The ways for a host function to end the guest: each makes the trap and gives the status to
 * return. */
/* With an exit status: `return wr_caller_exit(caller, 3);`. */
WR_API wr_status wr_caller_exit(wr_caller *caller, int32_t status);
/* With a trap: `return wr_caller_trap(caller, "message");`. The text is copied. */
WR_API wr_status wr_caller_trap(wr_caller *caller, const char *message);
/* With a trap of a kind and its message. */
WR_API wr_status wr_caller_trap_kind(wr_caller *caller, wr_trap_kind kind);

/* A host function in slots: slots[] holds the arguments, one 8-byte slot each in order (i32 and
 * f32 in the low 4 bytes, v128 in two slots), and receives the results the same way. The
 * array has room for the larger of both. Returns WR_OK, or what wr_caller_exit or
 * wr_caller_trap* gave. This is the fastest form: nothing is converted, and nothing is checked. */
typedef wr_status (*wr_raw_callback)(void *env, wr_caller *caller, uint64_t *slots);

/* wr_func_new_raw, wr_func_new_val: a host function of the store.
 * type       borrowed.
 * env        goes to each call. finalizer(env) is called once when the store is deleted; not where
 *            the result is NULL. The finalizer may be NULL.
 * Returns    NULL when out of memory, or for a type that the engine does not know. */
WR_API wasm_func_t *wr_func_new_raw(wasm_store_t *store, const wasm_functype_t *type,
                                    wr_raw_callback callback, void *env, void (*finalizer)(void *));

/* A host function in full values. args are borrowed; results come with their types set and
 * references null, and references put there become the library's, also on failure. A result of
 * another type is a trap. */
typedef wr_status (*wr_val_callback)(void *env, wr_caller *caller, const wr_val *args,
                                     wr_val *results);
WR_API wasm_func_t *wr_func_new_val(wasm_store_t *store, const wasm_functype_t *type,
                                    wr_val_callback callback, void *env, void (*finalizer)(void *));

/* wr_func_new_native: a plain C function of a natural signature, called through libffi:
 * int32_t, int64_t, float, double parameters (127 at most) for i32, i64, f32, f64, and at most one
 * result. `double f(int32_t, double)` is of type [i32 f64] -> [f64]. NULL and *error for types
 * that C cannot express so (WR_BAD_ARGUMENT), and when out of memory. */
WR_API wasm_func_t *wr_func_new_native(wasm_store_t *store, const wasm_functype_t *type,
                                       void (*function)(void), wr_error *error);

/* ---- Started calls -------------------------------------------------------- */

/* A call that runs on a stack of its own. A host function may suspend it in its middle; later
 * anybody may resume it, in any thread, and so one thread can serve many guests that wait. A store may
 * have any number of started calls, of which those that are suspended take about 12 KiB each, and
 * address space for their stacks (twice the store's stack size). A store is still used by
 * one thread at a time: no two of its calls run at once. Frames of host functions are on
 * the call's stack, of which they have 256 KiB at least. */
typedef struct wr_call wr_call_t;

typedef enum wr_call_state {
  WR_CALL_SUSPENDED, /* waits for wr_call_resume */
  WR_CALL_RUNNING,   /* in a host function of it, or in another thread */
  WR_CALL_ENDED,     /* wr_call_result says how */
} wr_call_state;

/* wr_call_start: makes a call, and runs it until it is suspended or has ended.
 * args    args[arg_count], as for wr_func_call; borrowed, and read before anything runs.
 * out     the call, which the caller owns; NULL on failure. WR_OK says nothing of how the call went.
 * Errors  WR_BAD_ARGUMENT: wrong arguments, or another thread runs a started call of the store;
 *         WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_call_start(const wasm_func_t *func, const wr_val *args,
                                            size_t arg_count, wr_call_t **out, wr_error *error);

/* wr_call_resume: runs a suspended call until it is suspended again or has ended. Any thread, if no
 * other one uses the store meanwhile.
 * answer  what wr_caller_suspend gives to the host function that waits; not looked at.
 * Errors  WR_BAD_ARGUMENT: the call runs or has ended, or another thread runs a started call of the
 *         store. Nothing ran then. */
WR_API WR_NODISCARD wr_status wr_call_resume(wr_call_t *call, void *answer, wr_error *error);

/* wr_call_get_state: where the call is. Any thread. */
WR_API wr_call_state wr_call_get_state(const wr_call_t *call);

/* wr_call_request: of a suspended call, what its host function gave to wr_caller_suspend; NULL for
 * others. */
WR_API void *wr_call_request(const wr_call_t *call);

/* wr_call_result: how a call has ended, once: values and trap are the caller's afterwards.
 * results  results[result_count], filled on WR_OK.
 * trap     as for wr_func_call; may be NULL.
 * Errors   those of wr_func_call; WR_BAD_ARGUMENT: it has not ended, or another count. */
WR_API WR_NODISCARD wr_status wr_call_result(wr_call_t *call, wr_val *results, size_t result_count,
                                             wasm_trap_t **trap);

/* wr_call_cancel: ends a suspended call. The host function that waits gets WR_INTERRUPTED, and the
 * guest ends with it, at its next poll at the latest.
 * Errors  WR_BAD_ARGUMENT: the call is not suspended, or another thread runs one of the store. */
WR_API WR_NODISCARD wr_status wr_call_cancel(wr_call_t *call, wr_error *error);

/* wr_call_delete: cancels the call if it is suspended, and frees it. One that runs is left as it is.
 * The end of a store cancels its calls, which are deleted afterwards or before. NULL is nothing. */
WR_API void wr_call_delete(wr_call_t *call);

/* wr_caller_call: the started call that the host function runs in; borrowed. NULL: it runs in none,
 * and cannot suspend. */
WR_API wr_call_t *wr_caller_call(wr_caller *caller);

/* wr_caller_suspend: suspends the started call that the host function runs in: wr_call_start or
 * wr_call_resume returns, and this returns at the next wr_call_resume. The thread may be another one
 * then: a lock may not be held across, and what is the thread's (errno) is read anew.
 * request  for wr_call_request; not looked at.
 * answer   what was given to wr_call_resume; may be NULL.
 * Errors   a status that the host function returns as it is. WR_TRAPPED: no started call, or one of
 *          another store is between; WR_INTERRUPTED: cancelled, or a deadline or interrupt. */
WR_API WR_NODISCARD wr_status wr_caller_suspend(wr_caller *caller, void *request, void **answer);

/* ---- Memories, tables, globals, tags ----------------------------------------
 * Constructors return NULL and fill *error (NULL allowed): WR_BAD_ARGUMENT for what is no valid
 * type or no value of it, WR_OUT_OF_MEMORY. */

/* wr_memory_new: a memory of limits->min pages of 1 << page_size_log2 bytes: 16, or 0 for one-byte
 * pages. Shared ones have a maximum and 64 KiB pages.
 * Spec  embedding, mem_alloc. */
WR_API wasm_memory_t *wr_memory_new(wasm_store_t *store, const wr_limits *limits,
                                    uint8_t page_size_log2, wr_error *error);
WR_API uint64_t wr_memory_size_pages(const wasm_memory_t *memory);
/* wr_memory_grow: the old size in pages in *old_pages (may be NULL); false if it cannot grow. */
WR_API bool wr_memory_grow(wasm_memory_t *memory, uint64_t delta_pages, uint64_t *old_pages);

/* A shared memory outside stores: counted, may be in several stores (threads) of one engine. */
typedef struct wr_shared_memory wr_shared_memory_t;
/* wr_memory_share: NULL where the memory is not shared. */
WR_API wr_shared_memory_t *wr_memory_share(const wasm_memory_t *memory);
/* wr_shared_memory_new: limits with a maximum, in 64 KiB pages. It belongs to no program: the
 * engine's limit max-memory is for it alone. Threads any. */
WR_API wr_shared_memory_t *wr_shared_memory_new(wasm_engine_t *engine, const wr_limits *limits,
                                                wr_error *error);
/* wr_shared_memory_new_for: the same, counted against the limits of a store and of those that share
 * them. Threads any. */
WR_API wr_shared_memory_t *wr_shared_memory_new_for(wasm_store_t *store, const wr_limits *limits,
                                                    wr_error *error);
/* wr_shared_memory_obtain: the memory in a store; NULL when out of memory, or for a store of
 * another engine. */
WR_API wasm_memory_t *wr_shared_memory_obtain(wasm_store_t *store,
                                              const wr_shared_memory_t *shared);
/* wr_shared_memory_delete: the memory lives on in stores that obtained it. Threads any. */
WR_API void wr_shared_memory_delete(wr_shared_memory_t *shared);

/* wr_table_new: a table of limits->min elements, all init (NULL: the null reference). */
WR_API wasm_table_t *wr_table_new(wasm_store_t *store, wr_valtype element, const wr_limits *limits,
                                  const wr_val *init, wr_error *error);
WR_API uint64_t wr_table_size(const wasm_table_t *table);
/* wr_table_get: the caller owns the reference in *out. False out of bounds, and out of memory. */
WR_API bool wr_table_get(const wasm_table_t *table, uint64_t index, wr_val *out);
/* wr_table_set: val is borrowed, NULL is the null reference. False out of bounds, and for a
 * reference that is not of the element type. */
WR_API bool wr_table_set(wasm_table_t *table, uint64_t index, const wr_val *val);
WR_API bool wr_table_grow(wasm_table_t *table, uint64_t delta, const wr_val *init);

/* wr_global_new: init is borrowed. */
WR_API wasm_global_t *wr_global_new(wasm_store_t *store, wr_valtype content, bool is_mutable,
                                    const wr_val *init, wr_error *error);
/* wr_global_get: the caller owns a reference in *out. */
WR_API void wr_global_get(const wasm_global_t *global, wr_val *out);
/* wr_global_set: false where the global is immutable or the value is not of its type. */
WR_API bool wr_global_set(wasm_global_t *global, const wr_val *val);

/* wr_tag_new: a tag for exceptions with the type's parameters; it has no results. NULL where it
 * has, or when out of memory. */
typedef struct wr_tag wr_tag_t;
WR_API wr_tag_t *wr_tag_new(wasm_store_t *store, const wasm_functype_t *type);
WR_API void wr_tag_delete(wr_tag_t *tag);
WR_API wasm_extern_t *wr_tag_as_extern(wr_tag_t *tag);      /* borrowed view */
WR_API wr_tag_t *wr_extern_as_tag(wasm_extern_t *external); /* borrowed view, or NULL */

/* For a trap of kind WR_TRAP_UNCAUGHT_EXCEPTION: the exception's tag (owned; else NULL) and
 * arguments (the first `capacity` of them; the caller owns references). Returns their number. */
WR_API wr_tag_t *wr_trap_exception_tag(const wasm_trap_t *trap);
WR_API size_t wr_trap_exception_args(const wasm_trap_t *trap, wr_val *out, size_t capacity);
/* wr_caller_throw: throws from a host function: `return wr_caller_throw(caller, tag, args, n);`.
 * The guest may catch it. Arguments that are not of the tag's types are a trap. */
WR_API wr_status wr_caller_throw(wr_caller *caller, const wr_tag_t *tag, const wr_val *args,
                                 size_t arg_count);

/* ---- References ---------------------------------------------------------- */

/* The most specific thing that can be said of a reference. */
typedef enum wr_refkind {
  WR_REFKIND_FUNC,
  WR_REFKIND_EXTERN, /* a host reference */
  WR_REFKIND_I31,
  WR_REFKIND_STRUCT,
  WR_REFKIND_ARRAY,
  WR_REFKIND_EXN,
  WR_REFKIND_OTHER, /* no value of WebAssembly: an instance, a memory, a trap, … */
} wr_refkind;
WR_API wr_refkind wr_ref_kind(const wasm_ref_t *ref);

/* wr_ref_new_host: a host reference that stands for a number or a pointer of the embedder: two made
 * of the same value in one store are ref.eq and wasm_ref_same. NULL when out of memory. */
WR_API wasm_ref_t *wr_ref_new_host(wasm_store_t *store, uintptr_t value);
/* wr_ref_host_value: what it was made of (0 for a wasm_foreign_new); false where it is no host
 * reference. */
WR_API bool wr_ref_host_value(const wasm_ref_t *ref, uintptr_t *out);

/* wr_ref_new_i31: the low 31 bits of a number. wr_ref_i31_value reads them as signed; false where
 * it is no i31. */
WR_API wasm_ref_t *wr_ref_new_i31(wasm_store_t *store, int32_t value);
WR_API bool wr_ref_i31_value(const wasm_ref_t *ref, int32_t *out);

/* ---- Components ----------------------------------------------------------
 *
 * A component is opened for an engine, linked to host functions by the names of interfaces, and
 * instantiated in a store. Values cross by a call (wr_component_call_t): what comes from the guest
 * is read in the order of its type with wr_in_*, what goes to the guest is written in that order
 * with wr_out_*. Records and tuples are no step of their own: their fields follow one another. A
 * variant, an option, a result, an enum is a case, then the case's payload, then an end (an enum
 * has only the case); a list is a count, then the elements, then an end.
 *
 * A step that does not fit the type ends the call with a trap that says what was expected; steps
 * behind it read zero and write nothing. Of one store everything here is used by one thread at a
 * time. Spec: component-model, Explainer and CanonicalABI. */

typedef struct wr_component wr_component_t;
typedef struct wr_component_linker wr_component_linker_t;
typedef struct wr_component_instance wr_component_instance_t;
typedef struct wr_component_func wr_component_func_t;
typedef struct wr_component_call wr_component_call_t;

/* wr_component_is: do the bytes begin as a component does, and not as a module? */
WR_API bool wr_component_is(const void *bytes, size_t size_bytes);

/* wr_component_new: decodes and validates a component (binary or text; copied), and the core
 * modules inside.
 * out     the caller owns it; it may be used by any thread, and in any store of the engine.
 * Errors  WR_MALFORMED, WR_INVALID, WR_UNSUPPORTED, WR_OUT_OF_MEMORY, with the byte's offset. */
WR_API WR_NODISCARD wr_status wr_component_new(wasm_engine_t *engine, const void *bytes,
                                               size_t size_bytes, wr_component_t **out,
                                               wr_error *error);
/* wr_component_open: the same of a file. Errors also WR_IO. */
WR_API WR_NODISCARD wr_status wr_component_open(wasm_engine_t *engine, const char *path,
                                                wr_component_t **out, wr_error *error);
/* wr_component_open_compiled: wr_component_open with native code for each distinct core module: from
 * the cache, or from the compiler, as wr_module_open_compiled. Errors as of both. */
WR_API WR_NODISCARD wr_status wr_component_open_compiled(wasm_engine_t *engine, const char *path,
                                                         const wr_compile_options *options,
                                                         wr_component_t **out, wr_error *error);
/* wr_component_compile: the file of a component with native code inside: each distinct core module
 * carries its images, signed, as wr_native_pack packs a module; wr_component_open uses them under
 * the same rules. It stays a component that any runtime runs.
 * options  NULL: the defaults; their target is not looked at.
 * targets  target_count names, as of wr_compile_options; NULL: this machine, once.
 * out      freed by the caller with wasm_byte_vec_delete.
 * Errors   as wr_module_compile; WR_NOT_FOUND: there is no core module; WR_BAD_ARGUMENT.
 * Threads  any. wr_native_strip takes the code out again. */
WR_API WR_NODISCARD wr_status wr_component_compile(const wr_component_t *component,
                                                   const wr_compile_options *options,
                                                   const char *const targets[],
                                                   size_t target_count, const wr_signing_key *key,
                                                   wasm_byte_vec_t *out, wr_error *error);
/* wr_component_native_refusal: why native code that a core module carries is not used; NULL: there
 * is none such. Lives as long as the component. */
WR_API const char *wr_component_native_refusal(const wr_component_t *component);
/* wr_component_delete: instances go on; NULL is allowed. */
WR_API void wr_component_delete(wr_component_t *component);

/* What a component imports or exports. The strings are borrowed from the component. */
typedef struct wr_component_extern {
  const char *name; /* not terminated */
  size_t name_size;
  const char *kind; /* "func", "instance", "type", "component", "module" */
} wr_component_extern;
WR_API size_t wr_component_import_count(const wr_component_t *component);
WR_API wr_component_extern wr_component_import(const wr_component_t *component, size_t index);
WR_API size_t wr_component_export_count(const wr_component_t *component);
WR_API wr_component_extern wr_component_export(const wr_component_t *component, size_t index);

/* wr_component_describe: hands a description to write(context, text, size_bytes), line by line: imports
 * and exports with their types as WIT writes them, then the core modules inside with their places and
 * sizes. Lines of more than 4 KiB are cut off, and so is what comes after a million of them.
 * Errors  WR_BAD_ARGUMENT, WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_component_describe(const wr_component_t *component,
                                                    wr_write_fn write, void *context);

/* wr_component_linker_new: names of host functions for components of a store. NULL: out of memory.
 * It may be deleted once everything is instantiated. */
WR_API wr_component_linker_t *wr_component_linker_new(wasm_store_t *store);
WR_API void wr_component_linker_delete(wr_component_linker_t *linker);

/* A host function. It reads its arguments with wr_in_*, then writes its result with wr_out_*.
 * Returns WR_OK, or what wr_caller_exit or wr_caller_trap* gave for wr_component_caller(call). */
typedef wr_status (*wr_component_callback)(void *env, wr_component_call_t *call);

/* wr_component_linker_define: a host function.
 * interface  as "wasi:io/streams@0.2.3"; an import of the same interface takes it if both versions
 *            are compatible (the same up to the first number that is not zero). "" or NULL: a
 *            function that is imported by itself.
 * name       as "[method]input-stream.read". Both are copied. A later definition replaces.
 * Errors     WR_OUT_OF_MEMORY; WR_BAD_ARGUMENT. */
WR_API WR_NODISCARD wr_status wr_component_linker_define(wr_component_linker_t *linker,
                                                         const char *interface, const char *name,
                                                         wr_component_callback callback, void *env);

/* wr_component_linker_define_resource: a resource type of the host. Its values are pointers of the
 * host's: wr_in_handle gives them, wr_out_handle takes them.
 * drop  called with env when the guest drops an owned handle, and for those that are left when the
 *       store ends; may be NULL. */
typedef void (*wr_resource_drop)(void *env, void *value);
WR_API WR_NODISCARD wr_status wr_component_linker_define_resource(wr_component_linker_t *linker,
                                                                  const char *interface,
                                                                  const char *name,
                                                                  wr_resource_drop drop, void *env);

/* wr_component_linker_instantiate: makes an instance, start functions of its modules included.
 * out     the caller owns the handle; the instance lives as long as its store.
 * trap    on WR_TRAPPED, WR_EXITED, WR_INTERRUPTED the trap; may be NULL.
 * Errors  WR_UNLINKABLE: an import is missing or of another kind, which the message names. */
WR_API WR_NODISCARD wr_status wr_component_linker_instantiate(wr_component_linker_t *linker,
                                                              const wr_component_t *component,
                                                              wr_component_instance_t **out,
                                                              wasm_trap_t **trap, wr_error *error);
WR_API void wr_component_instance_delete(wr_component_instance_t *instance);

/* wr_component_instance_func: an exported function, borrowed from the instance's handle; NULL if
 * there is none.
 * interface  the exported instance that has it, with any compatible version; NULL or "": the
 *            component itself. */
WR_API wr_component_func_t *wr_component_instance_func(wr_component_instance_t *instance,
                                                       const char *interface, const char *name);

/* wr_component_call_new: begins a call: its arguments are written with wr_out_*, then it runs, then
 * its result is read with wr_in_*, then it ends. NULL: out of memory. */
WR_API wr_component_call_t *wr_component_call_new(wr_component_func_t *func);
/* wr_component_call_run: calls the guest. Errors as of wr_func_call, *trap (which may be NULL) then
 * being the caller's. */
WR_API WR_NODISCARD wr_status wr_component_call_run(wr_component_call_t *call, wasm_trap_t **trap);
/* wr_component_call_end: lets the guest free its result, and frees the call, also one that did not
 * run or that trapped. What wr_in_text gave is gone. Errors as wr_component_call_run. */
WR_API wr_status wr_component_call_end(wr_component_call_t *call, wasm_trap_t **trap);

/* wr_component_caller: for wr_caller_store, wr_caller_exit and wr_caller_trap* in a callback. */
WR_API wr_caller *wr_component_caller(wr_component_call_t *call);
/* wr_component_call_status: WR_OK, or what the first step that failed came to: a callback may return
 * it at once, or go on. */
WR_API wr_status wr_component_call_status(const wr_component_call_t *call);

/* wr_in_u8 and the others read a bool (0 or 1), an integer of that size (of either sign), flags of
 * that size; wr_in_u32 also a char. */
WR_API uint8_t wr_in_u8(wr_component_call_t *call);
WR_API uint16_t wr_in_u16(wr_component_call_t *call);
WR_API uint32_t wr_in_u32(wr_component_call_t *call);
WR_API uint64_t wr_in_u64(wr_component_call_t *call);
WR_API float wr_in_f32(wr_component_call_t *call);
WR_API double wr_in_f64(wr_component_call_t *call);
/* wr_in_text: a string as UTF-8, or the bytes of a list<u8>; size in *size_bytes. Valid until the
 * first wr_out_* of the call in a callback, and until wr_component_call_end elsewhere. */
WR_API const char *wr_in_text(wr_component_call_t *call, size_t *size_bytes);
/* wr_in_handle: an own (whose value is the reader's now) or a borrow of a resource of the host's.
 * drop  of the resource, as it was defined. The type of an import is the guest's word, and could name
 *       a resource of somebody else: one that was defined with another function fails the step. */
WR_API void *wr_in_handle(wr_component_call_t *call, wr_resource_drop drop);
/* wr_in_case: the number of a case, in the order of the type: of an option 0 is none, of a result 0
 * is ok. wr_in_end closes it; not for an enum. */
WR_API uint32_t wr_in_case(wr_component_call_t *call);
WR_API void wr_in_end(wr_component_call_t *call);
WR_API uint32_t wr_in_list(wr_component_call_t *call);
WR_API void wr_in_list_end(wr_component_call_t *call);

WR_API void wr_out_u8(wr_component_call_t *call, uint8_t value);
WR_API void wr_out_u16(wr_component_call_t *call, uint16_t value);
WR_API void wr_out_u32(wr_component_call_t *call, uint32_t value);
WR_API void wr_out_u64(wr_component_call_t *call, uint64_t value);
WR_API void wr_out_f32(wr_component_call_t *call, float value);
WR_API void wr_out_f64(wr_component_call_t *call, double value);
/* wr_out_text: UTF-8 for a string, any bytes for a list<u8>; copied. */
WR_API void wr_out_text(wr_component_call_t *call, const void *bytes, size_t size_bytes);
/* wr_out_handle: a value of the host's resource that was defined with this drop; as an own, the guest
 * has it now. If the step fails, it stays the caller's. */
WR_API void wr_out_handle(wr_component_call_t *call, wr_resource_drop drop, void *value);
WR_API void wr_out_case(wr_component_call_t *call, uint32_t index);
WR_API void wr_out_end(wr_component_call_t *call);
WR_API void wr_out_list(wr_component_call_t *call, uint32_t count);
WR_API void wr_out_list_end(wr_component_call_t *call);

/* wr_component_invoke: calls an exported function with a text of values as in
 * "ns:pkg/interface#function(1, \"two\", [3])", the interface being optional, and gives the result
 * as such a text. Syntax: WAVE (WebAssembly value encoding).
 * out     malloc'ed and terminated; the caller frees it. "" without a result.
 * Errors  WR_NOT_FOUND: no such function; WR_MALFORMED: the text does not fit the type. */
WR_API WR_NODISCARD wr_status wr_component_invoke(wr_component_instance_t *instance,
                                                  const char *text, char **out, wasm_trap_t **trap,
                                                  wr_error *error);

/* ---- WASI preview 1 ---------------------------------------------------------
 * A wr_wasi_t holds what one guest was given. Make it, grant, define it in a linker.
 * Nothing is granted by default: no argument, variable, directory or stdio (closed).
 * Callbacks get copies of the guest's bytes, at most 64 KiB at once, and may grow its memory.
 * In libwasmrun-wasi. */
typedef struct wr_wasi wr_wasi_t;
WR_API wr_wasi_t *wr_wasi_new(void);
/* After the stores that use it. */
WR_API void wr_wasi_delete(wr_wasi_t *wasi);

/* Strings are copied. args[0] is the program's name. */
WR_API WR_NODISCARD wr_status wr_wasi_set_args(wr_wasi_t *wasi, const char *const args[],
                                               size_t count, wr_error *error);
/* Adds or replaces NAME=value. */
WR_API WR_NODISCARD wr_status wr_wasi_set_env(wr_wasi_t *wasi, const char *name, const char *value,
                                              wr_error *error);

/* Directory rights. WR_WASI_WHOLE_ROOT: all of this process's "/" is granted, whole or by parts, as
 * in a container: in every directory, links and ".." lead anywhere in it, except into what the
 * kernel shows as files (/proc, /sys), and links to /proc/self/fd/0, 1 and 2 are the guest's own
 * streams.
 * WR_WASI_THEN_ROOT: a path whose first name is not in this directory begins at this process's "/",
 * if the name is there. For a working directory: C libraries for WASI do not distinguish "/name"
 * from "name". */
enum { WR_WASI_READ_ONLY = 1, WR_WASI_WHOLE_ROOT = 2, WR_WASI_THEN_ROOT = 4 };
/* Grants a host directory under a guest path. */
WR_API WR_NODISCARD wr_status wr_wasi_preopen_dir(wr_wasi_t *wasi, const char *host_path,
                                                  const char *guest_path, unsigned flags,
                                                  wr_error *error);
/* The same from a descriptor, which is duplicated. */
WR_API WR_NODISCARD wr_status wr_wasi_preopen_fd(wr_wasi_t *wasi, int fd, const char *guest_path,
                                                 unsigned flags, wr_error *error);

/* wr_wasi_add_file: a file that the guest finds at a path of a directory that it was granted, before
 * any that the host has there.
 * guest_path  absolute, as the guest names it.
 * fd          what the guest reads or writes, as far as it is open for that; duplicated.
 * opened      called when the guest opens the file, on the guest's thread; may be NULL.
 * context     of that call.
 * Errors      WR_BAD_ARGUMENT, WR_IO, WR_OUT_OF_MEMORY.
 * Threads     one, before the guest runs. */
typedef void (*wr_wasi_open_fn)(void *context);
WR_API WR_NODISCARD wr_status wr_wasi_add_file(wr_wasi_t *wasi, const char *guest_path, int fd,
                                               wr_wasi_open_fn opened, void *context,
                                               wr_error *error);

/* stdio: stream is 0, 1 or 2. A directory may be passed on as one; reading and writing it fail. A
 * guest's write to a pipe that nobody reads is an error of the guest and no signal for the process;
 * a process that ignores SIGPIPE when it grants the pipe has to go on so. */
WR_API WR_NODISCARD wr_status wr_wasi_stdio_inherit(wr_wasi_t *wasi, int stream, wr_error *error);
WR_API WR_NODISCARD wr_status wr_wasi_stdio_fd(wr_wasi_t *wasi, int stream, int fd,
                                               wr_error *error);
WR_API WR_NODISCARD wr_status wr_wasi_stdio_file(wr_wasi_t *wasi, int stream, const char *path,
                                                 wr_error *error);
/* 1 and 2: every write goes to the callback, which returns 0 or a host errno. */
typedef int (*wr_wasi_write_fn)(void *context, const uint8_t *data, size_t size_bytes);
WR_API WR_NODISCARD wr_status wr_wasi_stdout_callback(wr_wasi_t *wasi, int stream,
                                                      wr_wasi_write_fn write, void *context,
                                                      wr_error *error);
/* 0: reads are answered from the callback: the count of bytes, 0 at the end, or -errno. */
typedef int64_t (*wr_wasi_read_fn)(void *context, uint8_t *data, size_t capacity_bytes);
WR_API WR_NODISCARD wr_status wr_wasi_stdin_callback(wr_wasi_t *wasi, wr_wasi_read_fn read,
                                                     void *context, wr_error *error);
/* 0: reads are answered from a copy of these bytes. */
WR_API WR_NODISCARD wr_status wr_wasi_stdin_bytes(wr_wasi_t *wasi, const void *data,
                                                  size_t size_bytes, wr_error *error);

/* Clocks and randomness of the embedder's own, for runs that repeat exactly. now(context, id)
 * gives the time of a clock (WASI's clockid: 0 realtime, 1 monotonic, 2 and 3 CPU time) in ns.
 * Where the guest would wait for a clock, sleep(context, id, until_ns) is called instead, which
 * should advance that clock; where it is NULL or does not, the wait ends at once. */
typedef uint64_t (*wr_wasi_clock_fn)(void *context, uint32_t clock_id);
typedef void (*wr_wasi_sleep_fn)(void *context, uint32_t clock_id, uint64_t until_ns);
WR_API void wr_wasi_set_clock(wr_wasi_t *wasi, wr_wasi_clock_fn now, wr_wasi_sleep_fn sleep,
                              void *context);
/* random_get is answered by the callback, which returns 0 or a host errno. */
typedef int (*wr_wasi_random_fn)(void *context, uint8_t *data, size_t size_bytes);
WR_API void wr_wasi_set_random(wr_wasi_t *wasi, wr_wasi_random_fn random, void *context);

/* wr_wasi_net_allow: lets the guest use a part of the network; nothing is reachable otherwise.
 * rule     "connect=HOST:PORT", "listen=HOST:PORT" or "resolve=NAME". HOST is an address, a range
 *          (10.0.0.0/8, [fd00::]/8), a name, "*.example.com" or "*"; PORT a number, a range
 *          (8000-8100) or "*". "connect=unix:PATH" and "listen=unix:PATH" are for one local
 *          socket: the file that is there now, if the guest could replace it, and else what the path
 *          names when it is used; no link is followed then. A name in connect may be resolved too,
 *          and means the addresses that the guest was told for it, but for those of this machine,
 *          this link and private networks, which a rule has to name by address.
 * Errors   WR_BAD_ARGUMENT, WR_NOT_FOUND and WR_IO (the directory of a local socket),
 *          WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_wasi_net_allow(wr_wasi_t *wasi, const char *rule, wr_error *error);
/* wr_wasi_listen: opens a listener and gives it as the next free descriptor, after the directories
 * that were given before: "tcp://127.0.0.1:8080", "tcp://[::1]:80", "udp://127.0.0.1:53" or
 * "unix:///run/app.sock". Errors: WR_BAD_ARGUMENT, WR_IO, WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_wasi_listen(wr_wasi_t *wasi, const char *address, wr_error *error);
/* A line, without its end, for each thing that the guest was denied. Any thread that runs it. */
typedef void (*wr_wasi_log_fn)(void *context, const char *line);
WR_API void wr_wasi_set_log(wr_wasi_t *wasi, wr_wasi_log_fn log, void *context);

/* wr_wasi_define: defines wasi_snapshot_preview1 (and wasi_unstable's names where the
 * signatures agree) in a linker. One wr_wasi_t may be defined in several stores (threads). */
WR_API WR_NODISCARD wr_status wr_wasi_define(wr_wasi_t *wasi, wr_linker_t *linker, wr_error *error);

/* wr_wasi_set_max_descriptors: the most descriptors that the guest may have at once, those that it is
 * given among them. Default 4,096; the host's own limit (ulimit -n) is often lower. One more is
 * WASI's error mfile. */
WR_API void wr_wasi_set_max_descriptors(wr_wasi_t *wasi, uint32_t count);

/* The most threads that the guest may have beside its first. Default 256. They share the limits of
 * the store that the context was first defined in; each has call stacks of 1 MiB. */
WR_API void wr_wasi_set_max_threads(wr_wasi_t *wasi, uint32_t count);

/* wr_wasi_define_for: defines only what this module imports, which is quicker, and where a name
 * has several published signatures (sock_accept, sock_recv_from, …), the one that it imports.
 * For a module with threads (wasi-threads) also thread-spawn and the shared memory; the module and
 * this store then have to outlive wr_wasi_run, which ends the threads. */
WR_API WR_NODISCARD wr_status wr_wasi_define_for(wr_wasi_t *wasi, wr_linker_t *linker,
                                                 const wasm_module_t *module, wr_error *error);

/* wr_wasi_end_threads: ends the guest's threads and waits for them. wr_wasi_run does it by itself; an
 * embedder that calls functions of the instance on its own, or whose instantiation failed, calls it
 * before it deletes the first store or the module. Threads: the first store's. */
WR_API void wr_wasi_end_threads(wr_wasi_t *wasi);

/* wr_wasi_run: runs an instance as a program: `_initialize` where it is a reactor, then
 * `_start` where it is a command.
 * exit_status  on WR_OK or WR_EXITED the guest's status (0 when _start returned).
 * trap         on WR_TRAPPED, WR_INTERRUPTED, WR_EXCEPTION; may be NULL. */
WR_API WR_NODISCARD wr_status wr_wasi_run(wr_wasi_t *wasi, wasm_instance_t *instance,
                                          int32_t *exit_status, wasm_trap_t **trap,
                                          wr_error *error);

/* ---- WASI 0.2 ----------------------------------------------------------------
 * The same context for components: what was granted is theirs. A listener that was opened for the
 * guest (wr_wasi_listen) is had by binding to its address. */

/* wr_wasi_define_components: defines the interfaces of WASI 0.2 in a linker of components: wasi:cli,
 * clocks, filesystem, http (types and outgoing-handler), io, random, sockets, for imports of every
 * version from 0.2.0 on.
 * wasi    has to live longer than the linker's store.
 * Errors  WR_OUT_OF_MEMORY. */
WR_API WR_NODISCARD wr_status wr_wasi_define_components(wr_wasi_t *wasi,
                                                        wr_component_linker_t *linker,
                                                        wr_error *error);

/* A field of a head or of trailers; neither text is terminated. */
typedef struct wr_http_field {
  const char *name;
  size_t name_size;
  const char *value;
  size_t value_size;
} wr_http_field;

/* A request for a guest; everything is borrowed for the call. */
typedef struct wr_http_request {
  const char *method;    /* "GET" */
  const char *scheme;    /* "http" or "https", or NULL */
  const char *authority; /* "example.com:8080", or NULL */
  const char *path;      /* "/path?query", or NULL */
  const wr_http_field *fields;
  size_t field_count;
  wr_wasi_read_fn read; /* the body; NULL: there is none */
  void *read_context;
} wr_http_request;

/* What the guest answers, in this order, on the thread that runs it. */
typedef struct wr_http_response {
  /* Once. Returns 0, or an errno: the guest's body then fails. The fields are valid for the call. */
  int (*head)(void *context, unsigned status, const wr_http_field *fields, size_t count);
  wr_wasi_write_fn write; /* pieces of the body */
  /* Once behind head. is_whole: the guest finished the body; else it broke off. */
  void (*end)(void *context, bool is_whole, const wr_http_field *trailers, size_t count);
  void *context;
} wr_http_response;

/* wr_wasi_http_handle: gives a request to the component's wasi:http/incoming-handler and waits until
 * the guest returns.
 * wasi      the context that was defined for the instance's linker.
 * response  its functions are called before this returns, or never.
 * trap      as of wr_func_call; may be NULL.
 * Errors    WR_UNSUPPORTED: the component is no such handler; WR_NOT_FOUND: the guest gave no
 *           response, or an error-code instead, which the message has; WR_OUT_OF_MEMORY; WR_TRAPPED,
 *           WR_EXITED, WR_INTERRUPTED, behind which the instance is not to be used again.
 * Spec      wasi:http/incoming-handler. */
WR_API WR_NODISCARD wr_status wr_wasi_http_handle(wr_wasi_t *wasi,
                                                  wr_component_instance_t *instance,
                                                  const wr_http_request *request,
                                                  const wr_http_response *response,
                                                  wasm_trap_t **trap, wr_error *error);

#ifdef __cplusplus
}
#endif
#endif
