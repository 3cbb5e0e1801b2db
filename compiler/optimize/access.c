/* Accesses to the memory (access.h): which of them cannot trap. Those need not be volatile.
 *
 * A store stays volatile even so, unless version.c frees a whole loop: LLVM would move it past
 * accesses that trap, and memory would not be exact then. A load that cannot trap has no effect
 * that anyone could miss. */
#include "optimize/access.h"

#include <stdlib.h>

#include "optimize/optimize.h"

/* ---- Recognition */

/* A load of a field of what `owner` points to; NULL: not that. */
static LLVMValueRef owner_of_field(wr__lower *l, LLVMValueRef value, uint64_t field) {
  if (!LLVMIsALoadInst(value)) return NULL;
  LLVMValueRef at = LLVMGetOperand(value, 0);
  if (!field) return at;
  if (!LLVMIsAGetElementPtrInst(at) || LLVMGetNumOperands(at) != 2) return NULL;
  uint64_t offset;
  bool same = LLVMGetGEPSourceElementType(at) == l->i8 &&
              wr__lower_constant(LLVMGetOperand(at, 1), &offset) && offset == field;
  return same ? LLVMGetOperand(at, 0) : NULL;
}

static bool is_memory_base(wr__lower *l, LLVMValueRef value) {
  if (!LLVMIsAInstruction(value)) return false;
  LLVMValueRef inst = LLVMGetParam(LLVMGetBasicBlockParent(LLVMGetInstructionParent(value)), 0);
  if (l->guarded) return owner_of_field(l, value, offsetof(wr__instance, memory0_base)) == inst;
  LLVMValueRef memory = owner_of_field(l, value, offsetof(wr__memory, base));
  return memory && owner_of_field(l, memory, offsetof(wr__instance, memory0)) == inst;
}

static bool is_byte_step(wr__lower *l, LLVMValueRef value) {
  return LLVMIsAGetElementPtrInst(value) && LLVMGetNumOperands(value) == 2 &&
         LLVMGetGEPSourceElementType(value) == l->i8;
}

/* A constant index is part of the offset where their sum is small. */
static bool split_wide(wr__lower *l, LLVMValueRef call, wr__access *out) {
  uint64_t index;
  out->base = LLVMGetOperand(call, 0);
  out->index = LLVMGetOperand(call, 1);
  if (!wr__lower_constant(LLVMGetOperand(call, 2), &out->offset) || out->offset > UINT32_MAX)
    return false;
  if (wr__lower_constant(out->index, &index) && index <= UINT32_MAX) {
    out->offset += index;
    out->index = NULL;
  }
  return is_memory_base(l, out->base);
}

/* base + index + offset, in either order; index is NULL where all of it is constant. */
static bool split_address(wr__lower *l, LLVMValueRef pointer, wr__access *out) {
  if (l->wide) {
    LLVMValueRef call = wr__lower_wide_call(l, pointer);
    return call && split_wide(l, call, out);
  }
  int64_t offset = 0;
  out->index = NULL;
  while (is_byte_step(l, pointer)) {
    LLVMValueRef step = LLVMGetOperand(pointer, 1);
    uint64_t constant;
    if (LLVMTypeOf(step) != l->i64) return false;
    if (wr__lower_constant(step, &constant)) {
      if (__builtin_add_overflow(offset, (int64_t)constant, &offset)) return false;
    } else {
      if (out->index) return false;
      out->index = step;
    }
    pointer = LLVMGetOperand(pointer, 0);
  }
  if (offset < 0 || !is_memory_base(l, pointer)) return false;
  if (out->index && LLVMIsAZExtInst(out->index) &&
      LLVMTypeOf(LLVMGetOperand(out->index, 0)) == l->i32)
    out->index = LLVMGetOperand(out->index, 0);
  out->base = pointer;
  out->offset = (uint64_t)offset;
  return true;
}

bool wr__access_read(wr__lower *l, LLVMValueRef instr, wr__access *out) {
  out->is_store = LLVMIsAStoreInst(instr);
  if (!out->is_store && !LLVMIsALoadInst(instr)) return false;
  if (LLVMGetOrdering(instr) != LLVMAtomicOrderingNotAtomic) return false;
  if (!split_address(l, LLVMGetOperand(instr, out->is_store ? 1 : 0), out)) return false;
  LLVMTypeRef type = LLVMTypeOf(out->is_store ? LLVMGetOperand(instr, 0) : instr);
  out->instr = instr;
  out->end = out->offset + LLVMStoreSizeOfType(LLVMGetModuleDataLayout(l->llvm), type);
  return true;
}

/* ---- Bounds of values
 *
 * They are computed in 64 bits, so of values that have no more: of wider ones, which LLVM makes of
 * wide arithmetic and by combining what is narrower, nothing is said. Operands of arithmetic are as
 * wide as its result. */

enum { MOST_BITS = 64 };

/* 0: not an integer. */
static unsigned width_of(LLVMValueRef value) {
  LLVMTypeRef type = LLVMTypeOf(value);
  return LLVMGetTypeKind(type) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(type) : 0;
}

static bool has_bound(LLVMValueRef value) {
  unsigned width = width_of(value);
  return width && width <= MOST_BITS;
}

/* What the type of a value that has a bound allows. */
static uint64_t type_bound(LLVMValueRef value) {
  return UINT64_MAX >> (MOST_BITS - width_of(value));
}

static uint64_t bound_of(LLVMValueRef value, unsigned depth);

/* UINT64_MAX: the second operand is not constant. */
static uint64_t constant_operand(LLVMValueRef value) {
  uint64_t constant;
  return wr__lower_constant(LLVMGetOperand(value, 1), &constant) ? constant : UINT64_MAX;
}

static uint64_t bound_arithmetic(LLVMValueRef value, unsigned depth) {
  uint64_t most = type_bound(value), constant = constant_operand(value), result;
  uint64_t a = bound_of(LLVMGetOperand(value, 0), depth);
  switch (LLVMGetInstructionOpcode(value)) {
    case LLVMAnd:
      result = bound_of(LLVMGetOperand(value, 1), depth);
      return a < result ? a : result;
    case LLVMLShr:
      return constant < 64 ? a >> constant : a;
    case LLVMURem:
      return constant != UINT64_MAX && constant && constant - 1 < a ? constant - 1 : a;
    case LLVMUDiv:
      return constant != UINT64_MAX && constant ? a / constant : a;
    case LLVMShl:
      return constant < 64 && a <= most >> constant ? a << constant : most;
    case LLVMOr: /* no bit above the highest of both */
    case LLVMXor:
      result = a | bound_of(LLVMGetOperand(value, 1), depth);
      return result ? UINT64_MAX >> __builtin_clzll(result) : 0;
    case LLVMAdd:
      if (__builtin_add_overflow(a, bound_of(LLVMGetOperand(value, 1), depth), &result))
        return most;
      return result < most ? result : most;
    case LLVMSub:
      return constant ? most : a;
    case LLVMMul:
      if (__builtin_mul_overflow(a, bound_of(LLVMGetOperand(value, 1), depth), &result))
        return most;
      return result < most ? result : most;
    default:
      return most;
  }
}

/* Of a value that has a bound. */
static uint64_t bound_of(LLVMValueRef value, unsigned depth) {
  uint64_t most = type_bound(value), a, b;
  if (wr__lower_constant(value, &a)) return a;
  if (!depth || !LLVMIsAInstruction(value)) return most;
  switch (LLVMGetInstructionOpcode(value)) {
    case LLVMAnd:
    case LLVMLShr:
    case LLVMURem:
    case LLVMUDiv:
    case LLVMShl:
    case LLVMOr:
    case LLVMXor:
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
      return bound_arithmetic(value, depth - 1);
    case LLVMZExt:
      return bound_of(LLVMGetOperand(value, 0), depth - 1);
    case LLVMTrunc:
      if (!has_bound(LLVMGetOperand(value, 0))) return most;
      a = bound_of(LLVMGetOperand(value, 0), depth - 1);
      return a < most ? a : most;
    case LLVMSelect:
      a = bound_of(LLVMGetOperand(value, 1), depth - 1);
      b = bound_of(LLVMGetOperand(value, 2), depth - 1);
      return a > b ? a : b;
    default:
      return most;
  }
}

uint64_t wr__upper_bound(LLVMValueRef value) {
  return has_bound(value) ? bound_of(value, 6) : UINT64_MAX;
}

/* A call that reads and writes nothing? */
static bool is_pure_intrinsic(LLVMValueRef call) {
  LLVMValueRef callee = LLVMGetCalledValue(call);
  if (!LLVMIsAFunction(callee) || !LLVMGetIntrinsicID(callee)) return false;
  unsigned kind = LLVMGetEnumAttributeKindForName("memory", 6);
  LLVMAttributeRef memory = LLVMGetEnumAttributeAtIndex(callee, LLVMAttributeFunctionIndex, kind);
  return memory && LLVMGetEnumAttributeValue(memory) == 0;
}

bool wr__is_quiet(wr__lower *l, LLVMValueRef instr) {
  switch (LLVMGetInstructionOpcode(instr)) {
    case LLVMStore:
    case LLVMFence:
    case LLVMAtomicRMW:
    case LLVMAtomicCmpXchg:
      return false;
    case LLVMLoad:
      return LLVMGetOrdering(instr) == LLVMAtomicOrderingNotAtomic;
    case LLVMCall:
      return wr__lower_wide_call(l, instr) || is_pure_intrinsic(instr);
    default:
      return true;
  }
}

/* ---- Loads that need not be volatile */

/* In one block; LLVM's scheduling is quadratic in the plain loads of a block. */
enum { MAX_PLAIN_LOADS = 400 };

typedef struct change {
  uint32_t fact;
  uint64_t end;
} change;

/* What is known where the walk stands. */
typedef struct facts {
  wr__lower *l;
  const wr__cfg *cfg;
  wr__pointer_map number; /* of indices */
  uint64_t *ends;         /* by number: index + end is inside the memory */
  size_t end_count, end_capacity;
  change *changes; /* to be taken back when the walk leaves a block */
  size_t change_count, change_capacity;
  wr__access *pending; /* loads since the last effect that may trap */
  size_t pending_count, pending_capacity;
  uint32_t plain_count; /* made so in this block */
  uint64_t least_bytes; /* that the memory has */
} facts;

static bool fact_of(facts *f, LLVMValueRef index, uint32_t *out) {
  *out = wr__pointer_map_get(&f->number, index);
  if (*out != WR__CFG_NONE) return true;
  *out = (uint32_t)f->end_count;
  if (!wr__grow(&f->ends, &f->end_capacity, f->end_count + 1, sizeof *f->ends)) return false;
  f->ends[f->end_count++] = 0;
  return wr__pointer_map_set(&f->number, index, *out);
}

static bool learn(facts *f, uint32_t fact, uint64_t end) {
  if (!wr__grow(&f->changes, &f->change_capacity, f->change_count + 1, sizeof *f->changes))
    return false;
  f->changes[f->change_count++] = (change){fact, f->ends[fact]};
  f->ends[fact] = end;
  return true;
}

static bool never_traps(const facts *f, const wr__access *access) {
  uint64_t most = access->index ? wr__upper_bound(access->index) : 0;
  if (f->l->options->wrong_proofs) return true;
  return access->end <= f->least_bytes && most <= f->least_bytes - access->end;
}

static void make_plain(facts *f, LLVMValueRef load) {
  if (f->plain_count++ < MAX_PLAIN_LOADS) LLVMSetVolatile(load, false);
}

/* An access behind pending loads of the same index, and further, traps if they would. */
static void settle_pending(facts *f, const wr__access *access) {
  size_t kept = 0;
  for (size_t i = 0; i < f->pending_count; i++) {
    const wr__access *load = &f->pending[i];
    if (load->index == access->index && load->end <= access->end)
      make_plain(f, load->instr);
    else
      f->pending[kept++] = *load;
  }
  f->pending_count = kept;
}

static bool visit_access(facts *f, const wr__access *access) {
  uint32_t fact = 0;
  bool known = never_traps(f, access);
  if (!known && access->index) {
    if (!fact_of(f, access->index, &fact)) return false;
    known = f->ends[fact] >= access->end;
  }
  if (known) {
    if (!access->is_store || f->l->late) make_plain(f, access->instr);
    if (!LLVMGetVolatile(access->instr)) wr__note_proof(f->l, access->instr);
    return true;
  }
  if (!f->l->late) settle_pending(f, access);
  if (access->index && !learn(f, fact, access->end)) return false;
  if (f->l->late) return true; /* nothing that comes later stands for a check */
  if (access->is_store || f->pending_count == MAX_PLAIN_LOADS) return true;
  if (!wr__grow(&f->pending, &f->pending_capacity, f->pending_count + 1, sizeof *f->pending))
    return false;
  f->pending[f->pending_count++] = *access;
  return true;
}

static bool visit_block(facts *f, uint32_t block) {
  f->pending_count = f->plain_count = 0;
  LLVMValueRef instr = LLVMGetFirstInstruction(f->cfg->blocks[block].block);
  for (; instr; instr = LLVMGetNextInstruction(instr)) {
    wr__access access;
    if (wr__access_read(f->l, instr, &access) && LLVMGetVolatile(instr) &&
        !visit_access(f, &access))
      return false;
    if (!wr__is_quiet(f->l, instr)) f->pending_count = 0;
  }
  return true;
}

/* Down the dominator tree: children[b] is the first block that b dominates at once, siblings[b] the
 * next of the same parent. */
static bool walk_tree(facts *f, const uint32_t *children, const uint32_t *siblings, size_t *marks) {
  uint32_t block = 0;
  for (;;) {
    marks[block] = f->change_count;
    if (!visit_block(f, block)) return false;
    if (children[block] != WR__CFG_NONE) {
      block = children[block];
      continue;
    }
    for (;;) {
      while (f->change_count > marks[block]) {
        const change *last = &f->changes[--f->change_count];
        f->ends[last->fact] = last->end;
      }
      if (siblings[block] != WR__CFG_NONE) break;
      if (!block) return true;
      block = f->cfg->blocks[block].idom;
    }
    block = siblings[block];
  }
}

bool wr__relax_loads(wr__lower *l, const wr__cfg *cfg) {
  const wr__memory_decl *decl = &l->module->memories[0];
  facts f = {.l = l, .cfg = cfg, .least_bytes = decl->limits.min << decl->page_size_log2};
  uint32_t *children = wr__alloc_array(cfg->count, sizeof *children);
  uint32_t *siblings = wr__alloc_array(cfg->count, sizeof *siblings);
  size_t *marks = wr__alloc_array(cfg->count, sizeof *marks);
  bool done = children && siblings && marks;
  if (done) {
    memset(children, 0xff, cfg->count * sizeof *children);
    memset(siblings, 0xff, cfg->count * sizeof *siblings);
    for (uint32_t i = cfg->count; i-- > 1;) {
      siblings[i] = children[cfg->blocks[i].idom];
      children[cfg->blocks[i].idom] = i;
    }
    done = walk_tree(&f, children, siblings, marks);
  }
  free(children);
  free(siblings);
  free(marks);
  free(f.ends);
  free(f.changes);
  free(f.pending);
  wr__pointer_map_free(&f.number);
  return done;
}
