/* Decoding without typing: is the rest of a module well-formed? Asked only once something invalid
 * was found, because a malformed byte anywhere is reported before an invalid instruction.
 * Nesting is kept in the walker's own frames, so depth costs no C stack. */
#include "validate/internal.h"

static wr_status open_frame(wr__walker *w, uint16_t op) {
  return wr__walker_push_frame(w, op, NULL, 0, NULL, 0);
}

/* `else`, `catch` and the rest must stand where the grammar has them. */
static wr_status continue_frame(wr__walker *w, uint16_t op) {
  wr__ctrl *top = wr__walker_top(w);
  bool fits = op == WR__OP_else       ? top->op == WR__OP_if
              : op == WR__OP_delegate ? top->op == WR__OP_try
                                      : top->op == WR__OP_try || top->op == WR__OP_catch;
  if (!fits)
    return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                              "END opcode expected: misplaced %s", wr__opinfos[op].text);
  top->op = op;
  if (op == WR__OP_delegate) w->ctrl_count--;
  return WR_OK;
}

static wr_status scan_instruction(wr__walker *w) {
  w->instr_offset = (uint32_t)(w->at - w->module->bytes);
  if (w->at >= w->end) return wr__walker_malformed(w, WR__MESSAGE_END);
  uint8_t byte = *w->at++;
  wr__instr instr = {.op = wr__core_ops[byte]};
  if (instr.op == WR__OP_NONE) WR_TRY(wr__walker_read_prefixed(w, byte, &instr));
  const wr__opinfo *info = &wr__opinfos[instr.op];
  if (!wr__walker_has(w, info->feature))
    return wr__walker_fail_feature(w, info->feature, info->text);
  WR_TRY(wr__walker_read_immediates(w, (wr__imm)info->immediates, &instr));
  switch (instr.op) {
    case WR__OP_block:
    case WR__OP_loop:
    case WR__OP_if:
    case WR__OP_try:
    case WR__OP_try_table:
      return open_frame(w, instr.op);
    case WR__OP_else:
    case WR__OP_catch:
    case WR__OP_catch_all:
    case WR__OP_delegate:
      return continue_frame(w, instr.op);
    case WR__OP_end:
      w->ctrl_count--;
      return WR_OK;
    default:
      return WR_OK;
  }
}

static wr_status scan_body(wr__walker *w) {
  w->ctrl_count = 0;
  w->stack_count = 0;
  w->init_count = 0;
  WR_TRY(open_frame(w, WR__OP_NONE));
  while (w->ctrl_count) WR_TRY(scan_instruction(w));
  return WR_OK;
}

wr_status wr__scan_func(wr__walker *w, uint32_t func_index) {
  const wr__func_decl *func = &w->module->funcs[func_index];
  w->func_index = func_index;
  w->at = w->module->bytes + func->code_offset;
  w->end = w->module->bytes + w->module->size;
  WR_TRY(wr__walker_read_locals(w, true));
  WR_TRY(scan_body(w));
  if (w->at != w->module->bytes + func->code_offset + func->code_size)
    return wr__walker_malformed(w, "section size mismatch: the body's end is elsewhere");
  return WR_OK;
}

wr_status wr__scan_expr(wr__walker *w, uint32_t offset, uint32_t *end_offset) {
  w->func_index = WR_NO_INDEX;
  w->at = w->module->bytes + offset;
  w->end = w->module->bytes + w->module->size;
  WR_TRY(scan_body(w));
  *end_offset = (uint32_t)(w->at - w->module->bytes);
  return WR_OK;
}
