/* The emitter's bottom: bytes of register code, module offsets, slots. */
#include "interp/emit_internal.h"

#include <stdlib.h>

#include "base/leb128.h"
#include "interp/machine.h"
#include "interp/sequences.h"

void wr__emit_free(wr__emit *e) {
  free(e->code);
  free(e->offsets);
  free(e->stack);
  free(e->uses);
  free(e->steps.steps);
}

void wr__emit_restart(wr__emit *e, uint32_t options) {
  memset(&e->size, 0, sizeof *e - offsetof(wr__emit, size));
  e->options = options;
  wr__emit_forget(e);
}

void wr__emit_lay_out(wr__emit *e, uint32_t stack_base) {
  e->stack_base = stack_base;
  wr__emit_use_slots(e, stack_base + 1);
  if (!wr__grow(&e->uses, &e->use_capacity, stack_base, sizeof *e->uses) ||
      !wr__grow(&e->stack, &e->stack_capacity, 32, sizeof *e->stack) ||
      !wr__grow(&e->code, &e->capacity, 1024, 1) ||
      !wr__grow(&e->offsets, &e->offsets_capacity, 256, 1)) {
    e->failed = true;
    return;
  }
  memset(e->uses, 0, stack_base * sizeof *e->uses);
}

static WR_NOINLINE bool reserve_code(wr__emit *e, size_t more) {
  if (e->size + more > e->most_bytes) e->failed = true;
  if (!e->failed && !wr__grow(&e->code, &e->capacity, e->size + more, 1)) e->failed = true;
  return !e->failed;
}

uint32_t wr__emit_begin(wr__emit *e, uint32_t handler, uint32_t size) {
  uint32_t at = (uint32_t)e->size;
  if (WR_UNLIKELY(e->capacity - at < size) && !reserve_code(e, size)) return 0;
  uint64_t word = wr__unlinked_word(handler, size);
  memcpy(e->code + at, &word, 8);
  for (uint32_t k = 8; k < size; k += 8) memset(e->code + at + k, 0, 8);
  e->size += size;
  e->last_at = UINT32_MAX;
  return at;
}

static void put_leb(wr__emit *e, uint32_t value) {
  uint8_t bytes[10];
  size_t size = wr__leb_put(bytes, value);
  memcpy(e->offsets + e->offsets_size, bytes, size);
  e->offsets_size += (uint32_t)size;
}

void wr__emit_note(wr__emit *e, uint32_t module_offset) {
  if (WR_UNLIKELY(e->offsets_capacity - e->offsets_size < 10) &&
      !wr__grow(&e->offsets, &e->offsets_capacity, e->offsets_size + 10, 1)) {
    e->failed = true;
    return;
  }
  uint32_t at = (uint32_t)e->size;
  put_leb(e, at - e->last_offset_at);
  uint32_t delta = module_offset - e->last_offset_module;
  put_leb(e, delta << 1 ^ (uint32_t)((int32_t)delta >> 31)); /* zigzag: trees are written late */
  e->last_offset_at = at;
  e->last_offset_module = module_offset;
}

void wr__emit_forget(wr__emit *e) {
  e->acc_slot = e->vacc_slot = WR__NO_SLOT;
  e->last_at = UINT32_MAX;
}

void wr__emit_label(wr__emit *e) { wr__emit_forget(e); }
