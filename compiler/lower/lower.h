/* Lowering: a visitor of the walker that makes LLVM IR of function bodies.
 *
 * A function is `R f(instance, parameters...)`, in the module's convention. The first result is R;
 * the others are left in instance->native_results, to be read at once by the caller. References are
 * i64, v128 is <2 x i64>. Locals are allocas, which LLVM promotes; operands are values; labels with
 * operands have phis. Invariant: while code is live the builder stands at the end of an open block,
 * and stack[0..stack_count] are the operands that the walker has. */
#ifndef WR__LOWER_H
#define WR__LOWER_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "compile.h"
#include "store/store.h"
#include "validate/walker.h"

/* LLVM's calling conventions. With tailcc, callees take arguments off the stack, and returns are
 * slow; so it is for modules with tail calls. */
enum { WR__FASTCC = 8, WR__TAILCC = 18 };

typedef struct wr__lower_frame {
  struct wr__lower_frame *next_allocated;
  LLVMBasicBlockRef target;    /* of branches: a loop's header, else what follows the end */
  LLVMBasicBlockRef otherwise; /* if: the else part */
  LLVMValueRef *phis;          /* of the label's operands, at target */
  LLVMValueRef *params;        /* if: what the else part starts with */
  uint32_t phi_count;
  uint32_t incoming; /* branches to target so far */
  /* try_table, try */
  wr__catch *catches;
  uint32_t catch_count;
  LLVMBasicBlockRef dispatch;    /* where exceptions go; NULL until one can */
  LLVMBasicBlockRef next_clause; /* try: the exception was not caught by the clauses so far */
  LLVMValueRef exception;        /* try: what is being handled */
} wr__lower_frame;

/* Which functions of a partition are compiled together. */
typedef enum wr__part_kind {
  WR__PART_ALL,
  WR__PART_OPTIMIZED, /* all but those of WR__EFFORT_NONE */
  WR__PART_PLAIN,     /* those */
} wr__part_kind;

/* What becomes one object. */
typedef struct wr__part {
  const wr__module *module;
  const wr__facts *facts;
  const wr__compile_options *options;
  const wr__partition *partition;
  wr__effort *efforts; /* of the partition's functions, once they have been measured */
  wr__part_kind which;
} wr__part;

/* A body that stands where it is called. */
typedef struct wr__inlining {
  struct wr__inlining *outer; /* what it stands in; NULL: the function's own body */
  uint32_t func_index;
  uint32_t call; /* the place of the call */
} wr__inlining;

enum { WR__INLINE_DEPTH = 4 };

/* Checking mode (optimize/proofs.c): a and b are the same whenever control comes to `before`. */
typedef struct wr__claim {
  LLVMValueRef before, a, b;
} wr__claim;

typedef struct wr__lower {
  const wr__part *part;
  const wr__module *module; /* the part's, as the next two */
  const wr__facts *facts;
  const wr__compile_options *options;
  wr_error *error;
  unsigned convention;
  bool guarded; /* memory 0 needs no checks */
  bool late;    /* it does, and plain accesses get theirs in check.c */
  bool wide;    /* and it is a 64-bit memory */
  bool aarch64;
  uint64_t cpu_features; /* bits of wr__cpu_feature */
  LLVMContextRef context;
  LLVMModuleRef llvm;
  LLVMBuilderRef b;
  LLVMDIBuilderRef di;
  LLVMMetadataRef di_file;
  LLVMMetadataRef di_scope;
  LLVMMetadataRef di_func_type;
  LLVMTypeRef i1, i8, i16, i32, i64, i128, f32, f64, ptr, void_type, v128;
  unsigned kind_invariant, kind_prof, kind_tbaa;
  LLVMMetadataRef empty_node, unlikely;
  /* What an access may touch: accesses of different tags never meet. */
  LLVMMetadataRef tag_memory, tag_instance, tag_global, tag_table, tag_object;
  LLVMValueRef *funcs;  /* by function index; NULL until named */
  uint32_t *type_of_id; /* internal: canonical type number -> module type index, a hash table */
  uint32_t type_hash_size;
  /* the function */
  uint32_t func_index;
  const wr__deftype *type;
  LLVMValueRef func, inst, exec, memory_base;
  LLVMBasicBlockRef entry, propagate;
  LLVMValueRef slots; /* the buffer of operations; replaced at the end by one of slots_needed */
  uint32_t slots_needed;
  LLVMValueRef *locals;
  LLVMTypeRef *local_types;
  uint32_t local_capacity;
  LLVMValueRef *stack;
  uint32_t stack_count, stack_capacity;
  wr__lower_frame *frames; /* all of this function's, to be freed */
  wr__lower_frame body;
  uint32_t offset; /* of the instruction */
  /* a way into a loop: partial.c */
  uint32_t loop;                /* its module offset; 0: the function from its start */
  LLVMValueRef frame;           /* of the interpreter, where the locals are; NULL: parameters */
  LLVMBasicBlockRef loop_entry; /* what is to go to the loop; NULL once it does */
  /* inlining */
  wr__inlining *inlined;  /* the innermost open one */
  uint32_t inline_budget; /* weight that the function may still take in */
  wr__walker *walkers;    /* by depth; made when first needed */
  wr__place_row *places;  /* of the partition */
  size_t place_count, place_capacity;
  uint32_t place_base; /* id of the first */
  wr__claim *claims;   /* of the function, not yet asserted */
  size_t claim_count, claim_capacity;
  const wr__deftype **adapter_types; /* batch: of the adapters that are called */
  size_t adapter_type_count, adapter_type_capacity;
  bool has_less;   /* a function gets less than all passes (optimize/effort.h) */
  bool must_split; /* a function gets none, and the part is not to have such functions */
  bool out_of_memory;
} wr__lower;

/* ---- context.c */
/* An empty LLVM module for a partition; to be freed also where this fails. */
wr_status wr__lower_init(wr__lower *l, const wr__part *part, const wr__machine *machine,
                         wr_error *error);
void wr__lower_free(wr__lower *l);

/* ---- lower.c: the part's functions, and with the first part of all the glue */
wr_status wr__lower_funcs(wr__lower *l);
/* The visitor of bodies once they are started. */
wr_status wr__lower_visit(void *lower, wr__walker *w, const wr__instr *instr);
/* The walker's locals, of which the first start as these values. */
wr_status wr__lower_locals(wr__lower *l, const wr__walker *w, const LLVMValueRef *params);
/* A local starts as this value each time. */
void wr__lower_start_local(wr__lower *l, uint32_t index, LLVMValueRef value);
/* Where a local is; made when it is first asked for. */
LLVMValueRef wr__lower_local(wr__lower *l, uint32_t index);

/* The end of a function: the buffer of operations gets the size that turned out to be needed. */
void wr__lower_finish_slots(wr__lower *l);

/* ---- util.c */
static inline LLVMValueRef wr__c32(wr__lower *l, uint32_t v) {
  return LLVMConstInt(l->i32, v, false);
}
static inline LLVMValueRef wr__c64(wr__lower *l, uint64_t v) {
  return LLVMConstInt(l->i64, v, false);
}
/* Is the value an integer constant of at most 64 bits, and which? Sign bits are not extended.
 * LLVM's own function is not used elsewhere: of wider constants it gives a part, or fails. */
bool wr__lower_constant(LLVMValueRef value, uint64_t *out);
/* The same value wherever it is used, even if LLVM holds it for one that nobody looks at (poison):
 * for what a check and an access have to agree on. */
LLVMValueRef wr__lower_freeze(wr__lower *l, LLVMValueRef value);
LLVMTypeRef wr__lower_type(wr__lower *l, wr_valtype type);
LLVMTypeRef wr__lower_func_type(wr__lower *l, const wr__deftype *type);
LLVMValueRef wr__lower_func(wr__lower *l, uint32_t func_index);
/* The first parameter of a function, and of a call: the instance, in a register of its own, which
 * calls preserve. So it stays there from one function to the next. */
void wr__lower_take_instance(wr__lower *l, LLVMValueRef func);
void wr__lower_pass_instance(wr__lower *l, LLVMValueRef call);
/* Is it a function of the module, and which? */
bool wr__lower_func_index(LLVMValueRef func, uint32_t *index);
LLVMValueRef wr__lower_push(wr__lower *l, LLVMValueRef value);
LLVMValueRef wr__lower_pop(wr__lower *l);
/* ptr + offset bytes */
LLVMValueRef wr__lower_at(wr__lower *l, LLVMValueRef pointer, uint64_t offset);
/* A load of a field; invariant: it is the same for as long as the function runs. */
LLVMValueRef wr__lower_field(wr__lower *l, LLVMTypeRef type, LLVMValueRef pointer, uint64_t offset,
                             bool invariant);
void wr__lower_tag(wr__lower *l, LLVMValueRef access, LLVMMetadataRef tag);
/* Of a store that cannot trap: tagged, and kept in order with accesses that can. */
void wr__lower_order(wr__lower *l, LLVMValueRef store, LLVMMetadataRef tag);
LLVMBasicBlockRef wr__lower_block(wr__lower *l, const char *name);
/* Branches to block when the condition holds, which is rare, and goes on in a new block. */
void wr__lower_unlikely(wr__lower *l, LLVMValueRef condition, LLVMBasicBlockRef block);
/* Traps when the condition holds. */
void wr__lower_trap_if(wr__lower *l, LLVMValueRef condition, wr_trap_kind kind);
/* Ends the block with a trap; kind is an i32 value. */
void wr__lower_trap(wr__lower *l, LLVMValueRef kind);
/* Ends the block: the stack's end, or an interrupt. */
void wr__lower_limit(wr__lower *l);
/* void wr.trap(instance, kind) and void wr.limit(instance), which call.c defines. */
LLVMValueRef wr__lower_trap_stub(wr__lower *l);
LLVMValueRef wr__lower_limit_stub(wr__lower *l);
LLVMValueRef wr__lower_intrinsic(wr__lower *l, const char *name, LLVMTypeRef *types,
                                 unsigned type_count, LLVMValueRef *args, unsigned arg_count);
LLVMValueRef wr__lower_call_helper(wr__lower *l, enum wr__helper helper, LLVMValueRef *args,
                                   unsigned count);
/* Instructions from here on have, or do not have, a place in the line table. */
void wr__lower_mark(wr__lower *l, bool on);
/* A slot of the operation buffer as a pointer. */
LLVMValueRef wr__lower_slot(wr__lower *l, uint32_t index);
/* An operation of helpers.def on operands[count] of those types; results as result_type, or NULL.
 */
LLVMValueRef wr__lower_operation(wr__lower *l, enum wr__helper op, uint32_t a, uint32_t b,
                                 const LLVMValueRef *operands, uint32_t count, LLVMTypeRef result);
void wr__lower_store_slot(wr__lower *l, LLVMValueRef value, LLVMValueRef base, uint32_t slot);
LLVMValueRef wr__lower_load_slot(wr__lower *l, LLVMTypeRef type, LLVMValueRef base, uint32_t slot);
uint32_t wr__lower_slots_of(wr__lower *l, LLVMTypeRef type);
/* A zero of the type. */
LLVMValueRef wr__lower_zero(LLVMTypeRef type);
uint32_t wr__lower_type_index(wr__lower *l, const wr__deftype *type);
/* The canonical number of a type of the module, an i32. */
LLVMValueRef wr__lower_type_id(wr__lower *l, const wr__deftype *type);
void wr__lower_attribute(wr__lower *l, LLVMValueRef func, const char *name, const char *value);
void wr__lower_enum_attribute(wr__lower *l, LLVMValueRef func, unsigned at, const char *name,
                              uint64_t value);

/* numeric.c: a constant of floats with its NaNs quiet; any other value as it is. */
LLVMValueRef wr__lower_quiet(wr__lower *l, LLVMValueRef value);

/* ---- the instructions, by kind; false: not of that kind */
bool wr__lower_numeric(wr__lower *l, const wr__instr *instr);
bool wr__lower_simd(wr__lower *l, const wr__instr *instr);
bool wr__lower_memory(wr__lower *l, const wr__instr *instr);
bool wr__lower_atomic(wr__lower *l, const wr__instr *instr);
bool wr__lower_variable(wr__lower *l, wr__walker *w, const wr__instr *instr);
bool wr__lower_reference(wr__lower *l, wr__walker *w, const wr__instr *instr);
bool wr__lower_aggregate(wr__lower *l, const wr__instr *instr);
bool wr__lower_control(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status);
bool wr__lower_call(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status);
bool wr__lower_exception(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status);

/* allocate.c: a new object, zero but for its header (and length). Goes to `slow` where the heap
 * must be asked, before anything has changed; the size in bytes (i64), if constant, is at most
 * WR__HEAP_SMALL_BYTES. */
LLVMValueRef wr__lower_take_cell(wr__lower *l, const wr__deftype *type, LLVMValueRef size,
                                 LLVMBasicBlockRef slow);
LLVMValueRef wr__lower_take_array(wr__lower *l, const wr__deftype *type, LLVMValueRef length,
                                  LLVMBasicBlockRef slow);

/* memory.c */
/* Of memory 0, as it is now. */
LLVMValueRef wr__lower_memory_base(wr__lower *l);
LLVMValueRef wr__lower_memory_size(wr__lower *l);
/* l->wide: an access' base, index and offset in a call, until it is checked: LLVM would not leave
 * index and offset apart, and their sum may wrap. NULL: it is not that. */
LLVMValueRef wr__lower_wide_call(wr__lower *l, LLVMValueRef value);
/* The address of an access, checked where that is not left to guards. *exact tells
 * whether the access itself may trap. */
LLVMValueRef wr__lower_address(wr__lower *l, uint32_t memory, uint64_t offset, LLVMValueRef index,
                               uint32_t size_bytes, bool *exact);
/* control.c */
/* A branch of the open block to a label with the topmost operands. */
void wr__lower_branch(wr__lower *l, wr__walker *w, uint32_t depth);
wr__lower_frame *wr__lower_frame_new(wr__lower *l);
void wr__lower_make_phis(wr__lower *l, wr__lower_frame *frame, const wr_valtype *types,
                         uint32_t count);
/* The open block goes to the frame's target with the topmost operands. */
void wr__lower_leave(wr__lower *l, wr__lower_frame *frame);
/* The frame's target becomes the open block, with its operands above `height` others. */
void wr__lower_enter(wr__lower *l, wr__lower_frame *frame, uint32_t height);
/* Returns the topmost operands. */
void wr__lower_return(wr__lower *l);
/* inline.c: small functions where they are called. */
bool wr__lower_may_inline(const wr__lower *l, uint32_t func_index);
/* All of them, one after the other? */
bool wr__lower_may_inline_all(const wr__lower *l, const uint32_t *funcs, uint32_t count);
/* The function's body instead of a call: takes the arguments off the stack, leaves the results. */
wr_status wr__lower_inline(wr__lower *l, uint32_t func_index);
/* How much weight a function may take in; whole programs grow by a few percent. */
uint32_t wr__lower_inline_budget(const wr__lower *l);
void wr__lower_start_places(wr__lower *l, uint32_t partition);
void wr__lower_free_inlining(wr__lower *l);
/* What the line table says of the instruction: its offset, or the id of a place. */
uint32_t wr__lower_place(wr__lower *l);
/* call.c: wrappers and adapters of all function types. */
wr_status wr__lower_glue(wr__lower *l);
LLVMValueRef wr__lower_adapter(wr__lower *l, const wr__deftype *type);
/* A call of the adapter, or a tail call and the return. */
LLVMValueRef wr__lower_call_adapter(wr__lower *l, const wr__deftype *type, LLVMValueRef func,
                                    const LLVMValueRef *operands, bool tail);
LLVMValueRef wr__lower_build_call(wr__lower *l, LLVMTypeRef type, LLVMValueRef func,
                                  LLVMValueRef *args, uint32_t count, bool tail);
wr_status wr__lower_build_adapter(wr__lower *l, const wr__deftype *type);
void wr__lower_begin_glue(wr__lower *l, LLVMValueRef func);
/* The results of the call to slots, and the end of a wrapper. */
void wr__lower_finish_wrapper(wr__lower *l, const wr__deftype *type, LLVMValueRef call,
                              LLVMValueRef slots);

/* ---- partial.c: batches */
static inline const wr__batch *wr__lower_batch(const wr__lower *l) { return l->options->batch; }
/* Is code of the function made in this image? */
bool wr__lower_is_here(const wr__lower *l, uint32_t func_index);
/* What the part calls and other images, or other engines, have. */
wr_status wr__lower_absent(wr__lower *l);
/* R x(instance, frame): the function from a loop on. */
LLVMValueRef wr__lower_loop_func(wr__lower *l, uint32_t func_index, uint32_t loop);
/* The locals as the interpreter's frame has them; then what is lowered next is not reached, until
 * the loop is. */
void wr__lower_start_loop_locals(wr__lower *l, const wr__walker *w);
void wr__lower_leave_loop_entry(wr__lower *l);
/* At a loop: it may be the one. */
void wr__lower_meet_loop(wr__lower *l, wr__walker *w, LLVMBasicBlockRef target);
/* Wrappers of the ways into loops. */
wr_status wr__lower_loop_wrappers(wr__lower *l);
/* table.c: tables whose elements are known, as data of the image. */
/* The code of the element at a valid index (i64); goes to `otherwise` unless it is a function of
 * the module and of exactly that type. */
LLVMValueRef wr__lower_fixed_code(wr__lower *l, uint32_t table_index, uint32_t type_index,
                                  LLVMValueRef at, LLVMBasicBlockRef otherwise);
wr_status wr__lower_fixed_tables(wr__lower *l);
/* exception.c: after a call: goes to the handler if an exception travels. */
void wr__lower_check_exception(wr__lower *l, wr__walker *w);
void wr__lower_finish_propagate(wr__lower *l);

#endif
