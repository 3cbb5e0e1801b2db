/* The translator's part for locals: reading and writing them, and finding out which must start as
 * zero, and which are never named. */
#include "interp/translator.h"

#include <stdlib.h>

/* A local is read where no write of it is known to come first: it must start as zero. */
void wr__translate_must_be_zero(translator *t, uint32_t local) {
  uint32_t slot = t->locals[local].slot;
  wr__translate_slots_must_be_zero(t, slot, slot + (t->locals[local].cls == 'v' ? 2 : 1));
}

void wr__translate_slots_must_be_zero(translator *t, uint32_t slot, uint32_t end) {
  if (slot == end) return;
  if (t->first_zero == t->end_zero) {
    t->first_zero = slot;
    t->end_zero = end;
  }
  if (slot < t->first_zero) t->first_zero = slot;
  if (end > t->end_zero) t->end_zero = end;
}

static void local_read(translator *t, uint32_t local) {
  if (local >= t->param_count && !t->locals[local].set_in) wr__translate_must_be_zero(t, local);
}

/* Writes stay known until the innermost construct around them ends. */
static void local_written(translator *t, uint32_t local) {
  if (local < t->param_count || t->locals[local].set_in) return;
  if (!wr__grow(&t->set_stack, &t->set_stack_capacity, (size_t)t->set_stack_count + 1,
                sizeof *t->set_stack)) {
    t->e.failed = true;
    return;
  }
  t->locals[local].set_in = t->label_count;
  t->set_stack[t->set_stack_count++] = local;
}

void wr__translate_forget_writes(translator *t, uint32_t depth) {
  while (t->set_stack_count) {
    uint32_t local = t->set_stack[t->set_stack_count - 1];
    if (t->locals[local].set_in < depth) return;
    t->locals[local].set_in = 0;
    t->set_stack_count--;
  }
}

void wr__translate_local_get(translator *t, const wr__instr *in) {
  uint32_t local = in->imm.index;
  local_read(t, local);
  if (t->locals[local].cls == 'r') wr__translate_ref_read(t, local);
  wr__emit_settle_tee(&t->e, t->locals[local].slot);
  wr__emit_push_slot(&t->e, t->locals[local].cls, t->locals[local].slot);
}

void wr__translate_local_set(translator *t, const wr__instr *in) {
  uint32_t local = in->imm.index;
  wr__emit_store(&t->e, t->locals[local].slot);
  local_written(t, local);
}

void wr__translate_local_tee(translator *t, const wr__instr *in) {
  uint32_t local = in->imm.index;
  wr__emit_tee(&t->e, t->locals[local].slot);
  local_written(t, local);
}

static wr_status note_used(void *context, wr__walker *walker, const wr__instr *in) {
  translator *t = context;
  (void)walker;
  if (wr__opinfos[in->op].immediates == WR__IMM_LOCAL) t->used[in->imm.index] = true;
  return WR_OK;
}

bool wr__translate_find_used(translator *t, uint32_t func_index) {
  wr__visitor visitor = {note_used, t};
  t->used = calloc(t->walker.local_count + 1, sizeof *t->used);
  return t->used && wr__walk_func(&t->walker, func_index, &visitor) == WR_OK;
}
