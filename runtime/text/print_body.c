/* Function bodies: an instruction a line, indented by nesting, or folded.
 * Spec: text/instructions. */
#include "text/printer.h"

static bool is_inner(uint16_t op) {
  return op == WR__OP_else || op == WR__OP_catch || op == WR__OP_catch_all;
}

wr_status wr__print_body(wr__printer *p, wr__cursor *c, const uint8_t *body_start) {
  const wr__print_deftype *type = wr__print_functype(p, p->func_types[p->func_index]);
  wr__buffer line = {0};
  wr__print_instr instr;
  WR_TRY(wr__print_begin_expr(p, type ? type->result_count : 0));
  if (p->options.folded) return wr__print_folded_body(p, c, body_start);
  wr_status status = WR_OK;
  for (;;) {
    uint32_t depth = p->label_count;
    uint8_t hint = wr__print_take_hint(p, (uint32_t)(c->at - body_start));
    line.size = 0;
    status = wr__print_instr_text(p, c, &line, &instr);
    if (status != WR_OK || !p->label_count) break;
    bool outdent = is_inner(instr.op) || instr.op == WR__OP_end || instr.op == WR__OP_delegate;
    wr__print_line(&p->out, 1 + depth - outdent);
    if (instr.op == WR__OP_if || instr.op == WR__OP_br_if) wr__print_write_hint(&p->out, hint);
    wr__buffer_append(&p->out, &line);
    status = wr__print_flush(p);
    if (status != WR_OK) break;
  }
  wr__buffer_free(&line);
  return status;
}
