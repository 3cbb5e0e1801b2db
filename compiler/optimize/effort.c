/* How much is done for a function. Some of LLVM's passes take time or memory that grows with the
 * square of something: the blocks of a function, its loops, the branches that compare one value,
 * the length of a sum. Programs have few of each. A function that has more is compiled without
 * those passes, and one that has far more at level 0. So compiling takes time about linear in the
 * size of a module, whatever is in it. */
#include <string.h>

#include "optimize/effort.h"

/* What a function is measured by, and how much of it each effort allows. Times are of one core,
 * at -O2: jump threading takes 0.3 s and 190 MB for 1,000 conditions in a row, and four times that
 * for twice as many. */
typedef struct size {
  uint32_t blocks;
  uint32_t loops;
  uint32_t compares; /* of one value with constants: the most of any */
  uint32_t chain;    /* of an operation with its own result: the longest */
  uint32_t incoming; /* of one phi: the most of any */
  uint32_t zeros;    /* countings of leading and trailing zeros, which get a block each */
} size;

static const size most[] = {
    [WR__EFFORT_FULL] = {1000, 150, 200, 500, 500, 500},
    [WR__EFFORT_LESS] = {12000, 400, 500, 1000, 1000, 500},
};

static bool is_within(const size *s, const size *limit) {
  return s->blocks <= limit->blocks && s->loops <= limit->loops && s->compares <= limit->compares &&
         s->chain <= limit->chain && s->incoming <= limit->incoming && s->zeros <= limit->zeros;
}

typedef struct measure {
  size size;
  wr__pointer_map blocks;   /* by their place in the function */
  wr__pointer_map compares; /* of each value so far */
  wr__pointer_map chains;   /* that end in each instruction */
} measure;

static void note_most(uint32_t *most_so_far, uint32_t count) {
  if (count > *most_so_far) *most_so_far = count;
}

static bool note_compare(measure *m, LLVMValueRef instr) {
  LLVMValueRef value = LLVMGetOperand(instr, 0);
  if (LLVMIsAConstant(value)) value = LLVMGetOperand(instr, 1);
  uint32_t before = wr__pointer_map_get(&m->compares, value);
  uint32_t count = before == WR__CFG_NONE ? 1 : before + 1;
  note_most(&m->size.compares, count);
  return wr__pointer_map_set(&m->compares, value, count);
}

static bool note_chain(measure *m, LLVMValueRef instr) {
  uint32_t length = 0;
  for (unsigned i = 0; i < 2; i++) {
    LLVMValueRef operand = LLVMGetOperand(instr, i);
    if (!LLVMIsAInstruction(operand) ||
        LLVMGetInstructionOpcode(operand) != LLVMGetInstructionOpcode(instr))
      continue;
    uint32_t before = wr__pointer_map_get(&m->chains, operand);
    if (before != WR__CFG_NONE) note_most(&length, before);
  }
  note_most(&m->size.chain, length + 1);
  return wr__pointer_map_set(&m->chains, instr, length + 1);
}

static bool counts_zeros(LLVMValueRef instr) {
  LLVMValueRef callee = LLVMIsACallInst(instr) ? LLVMGetCalledValue(instr) : NULL;
  if (!callee || !LLVMIsAFunction(callee)) return false;
  unsigned id = LLVMGetIntrinsicID(callee);
  return id && (id == LLVMLookupIntrinsicID("llvm.ctlz", 9) ||
                id == LLVMLookupIntrinsicID("llvm.cttz", 9));
}

static bool note_instr(measure *m, LLVMValueRef instr) {
  m->size.zeros += counts_zeros(instr);
  if (LLVMIsAPHINode(instr)) {
    note_most(&m->size.incoming, LLVMCountIncoming(instr));
    return true;
  }
  if (LLVMIsAICmpInst(instr)) return note_compare(m, instr);
  return !LLVMIsABinaryOperator(instr) || note_chain(m, instr);
}

/* Lowering lays a loop's header out before the rest of it. */
static void note_loops(measure *m, LLVMBasicBlockRef block) {
  uint32_t at = wr__pointer_map_get(&m->blocks, block);
  LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
  for (unsigned i = 0; end && i < LLVMGetNumSuccessors(end); i++) {
    uint32_t to = wr__pointer_map_get(&m->blocks, LLVMGetSuccessor(end, i));
    m->size.loops += to <= at;
  }
}

static bool measure_func(measure *m, LLVMValueRef func) {
  LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(func);
  for (; block; block = LLVMGetNextBasicBlock(block))
    if (!wr__pointer_map_set(&m->blocks, block, m->size.blocks++)) return false;
  block = LLVMGetFirstBasicBlock(func);
  for (; block; block = LLVMGetNextBasicBlock(block)) {
    LLVMValueRef i = LLVMGetFirstInstruction(block);
    for (; i; i = LLVMGetNextInstruction(i))
      if (!note_instr(m, i)) return false;
    note_loops(m, block);
  }
  return true;
}

static wr__effort effort_for(const size *s) {
  if (is_within(s, &most[WR__EFFORT_FULL])) return WR__EFFORT_FULL;
  return is_within(s, &most[WR__EFFORT_LESS]) ? WR__EFFORT_LESS : WR__EFFORT_NONE;
}

/* Glue is small. */
static wr__effort *effort_of(wr__lower *l, LLVMValueRef func) {
  static wr__effort full = WR__EFFORT_FULL;
  const wr__partition *partition = l->part->partition;
  uint32_t index;
  bool is_own =
      wr__lower_func_index(func, &index) && index >= partition->first && index < partition->end;
  return is_own ? &l->part->efforts[index - partition->first] : &full;
}

bool wr__effort_find(wr__lower *l, LLVMValueRef func) {
  measure m = {0};
  bool done = measure_func(&m, func);
  wr__pointer_map_free(&m.blocks);
  wr__pointer_map_free(&m.compares);
  wr__pointer_map_free(&m.chains);
  if (!done) return false;
  wr__effort effort = effort_for(&m.size);
  *effort_of(l, func) = effort;
  l->has_less |= effort == WR__EFFORT_LESS;
  l->must_split |= effort == WR__EFFORT_NONE;
  return true;
}

void wr__effort_mask(wr__lower *l, wr__effort effort) {
  unsigned optnone = LLVMGetEnumAttributeKindForName("optnone", strlen("optnone"));
  unsigned optsize = LLVMGetEnumAttributeKindForName("optsize", strlen("optsize"));
  unsigned at = LLVMAttributeFunctionIndex;
  for (LLVMValueRef f = LLVMGetFirstFunction(l->llvm); f; f = LLVMGetNextFunction(f)) {
    if (LLVMIsDeclaration(f)) continue;
    bool is_masked = effort != WR__EFFORT_NONE && *effort_of(l, f) != effort;
    LLVMRemoveEnumAttributeAtIndex(f, at, is_masked ? optsize : optnone);
    if (is_masked)
      wr__lower_enum_attribute(l, f, at, "optnone", 0);
    else if (l->options->level == 's')
      wr__lower_enum_attribute(l, f, at, "optsize", 0);
  }
}
