/* Which versions of loops stay: where LLVM made nothing of the free one but what it made of the
 * exact one too, the exact one goes alone, since each costs code.
 *
 * The branch between them is known by a mark. What runs in one version alone is what its first
 * block dominates; the exact one is that with volatile accesses. */
#include "optimize/cfg.h"
#include "optimize/optimize.h"

/* The free loop stays if it has at most these percent of the exact one's instructions. */
static uint32_t worth_percent(const wr__lower *l) { return l->options->level == '3' ? 90 : 75; }

static const char mark[] = "wasmrun.version";

static unsigned mark_kind(wr__lower *l) {
  return LLVMGetMDKindIDInContext(l->context, mark, sizeof mark - 1);
}

void wr__mark_version(wr__lower *l, LLVMValueRef branch) {
  LLVMSetMetadata(branch, mark_kind(l), LLVMMetadataAsValue(l->context, l->empty_node));
}

/* What one version has. */
typedef struct side {
  uint32_t loops; /* blocks that are headers of loops */
  uint32_t instrs, accesses;
  bool is_exact, has_vectors;
} side;

static bool is_vector(LLVMTypeRef type) { return LLVMGetTypeKind(type) == LLVMVectorTypeKind; }

/* Phis and the like come to nothing, or are in both. */
static bool counts(LLVMValueRef instr) {
  switch (LLVMGetInstructionOpcode(instr)) {
    case LLVMPHI:
    case LLVMBr:
    case LLVMBitCast:
    case LLVMIntToPtr:
    case LLVMPtrToInt:
    case LLVMFreeze:
      return false;
    case LLVMGetElementPtr:
      return !LLVMIsAConstantInt(LLVMGetOperand(instr, 1));
    case LLVMCall: { /* quiet.c takes most of them away */
      LLVMValueRef callee = LLVMGetCalledValue(instr);
      static const char name[] = "llvm.canonicalize.";
      return strncmp(LLVMGetValueName(callee), name, sizeof name - 1) != 0;
    }
    default:
      return true;
  }
}

static void add_instr(side *s, LLVMValueRef instr) {
  bool is_store = LLVMIsAStoreInst(instr);
  if (is_store || LLVMIsALoadInst(instr)) {
    s->accesses++;
    s->is_exact |= LLVMGetVolatile(instr);
  }
  s->has_vectors |= is_vector(LLVMTypeOf(is_store ? LLVMGetOperand(instr, 0) : instr));
  s->instrs += counts(instr);
}

/* The loops that only this way leads to. */
static side look_at(const wr__cfg *cfg, uint32_t first) {
  side s = {0};
  const uint32_t *at = &cfg->in_order[cfg->blocks[first].order];
  for (uint32_t i = 0; i < cfg->blocks[first].below; i++) {
    uint32_t loop = cfg->blocks[at[i]].loop;
    if (loop == WR__CFG_NONE || !wr__cfg_dominates(cfg, first, cfg->loops[loop].header)) continue;
    s.loops += cfg->loops[loop].header == at[i];
    LLVMValueRef instr = LLVMGetFirstInstruction(cfg->blocks[at[i]].block);
    for (; instr; instr = LLVMGetNextInstruction(instr)) add_instr(&s, instr);
  }
  return s;
}

static bool is_worth(const wr__lower *l, const side *free, const side *exact) {
  if (free->loops != 1 || exact->loops != 1) return true;
  if (free->has_vectors && !exact->has_vectors) return true;
  if (free->accesses < exact->accesses) return true;
  return free->instrs * 100 <= exact->instrs * worth_percent(l);
}

/* The one loop that is left may be unrolled like any other. */
static void take(wr__lower *l, const wr__cfg *cfg, LLVMValueRef branch, unsigned successor,
                 uint32_t first) {
  unsigned kind = LLVMGetMDKindIDInContext(l->context, "llvm.loop", 9);
  const uint32_t *at = &cfg->in_order[cfg->blocks[first].order];
  for (uint32_t i = 0; i < cfg->blocks[first].below; i++)
    LLVMSetMetadata(LLVMGetBasicBlockTerminator(cfg->blocks[at[i]].block), kind, NULL);
  LLVMSetCondition(branch, LLVMConstInt(l->i1, successor == 0, false));
}

/* Is the block entered by this branch alone? Its own loop may come back to it. */
static bool is_entered_once(const wr__cfg *cfg, LLVMValueRef branch, uint32_t block) {
  uint32_t from = wr__cfg_index(cfg, LLVMGetInstructionParent(branch)), times = 0;
  for (uint32_t k = 0; k < cfg->blocks[block].pred_count; k++) {
    uint32_t pred = cfg->preds[cfg->blocks[block].first_pred + k];
    if (pred == from)
      times++;
    else if (!wr__cfg_dominates(cfg, block, pred))
      return false;
  }
  return times == 1;
}

static void settle(wr__lower *l, const wr__cfg *cfg, LLVMValueRef branch) {
  uint32_t first[2];
  side sides[2];
  for (unsigned i = 0; i < 2; i++) {
    first[i] = wr__cfg_index(cfg, LLVMGetSuccessor(branch, i));
    if (first[i] == WR__CFG_NONE || !is_entered_once(cfg, branch, first[i])) return;
    sides[i] = look_at(cfg, first[i]);
  }
  if (sides[0].is_exact == sides[1].is_exact) return;
  unsigned exact = sides[1].is_exact;
  if (!is_worth(l, &sides[!exact], &sides[exact])) take(l, cfg, branch, exact, first[exact]);
}

bool wr__settle_versions(wr__lower *l, LLVMValueRef func) {
  unsigned kind = mark_kind(l);
  wr__cfg cfg;
  if (!wr__cfg_init(&cfg, func)) return false;
  for (uint32_t i = 0; i < cfg.count; i++) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(cfg.blocks[i].block);
    if (LLVMIsABranchInst(end) && LLVMIsConditional(end) && LLVMGetMetadata(end, kind))
      settle(l, &cfg, end);
  }
  wr__cfg_free(&cfg);
  return true;
}
