/* Instruction sequences: folded and plain, blocks and labels. What is open is on an explicit stack,
 * so nesting costs memory in proportion and no C stack. A folded instruction's own bytes wait in
 * p->pending until its operands are written. Spec: text/instructions. */
#include "text/parser.h"

enum {
  FOLDED_PLAIN, /* (op …operands */
  FOLDED_BLOCK, /* (block … (loop … (try_table … */
  FOLDED_IF,    /* (if …; state 0: condition, 1: after `then`, 2: after `else` */
  FOLDED_TRY, /* (try …; state 0: at first, 1: after `do`, 2: `catch`, 3: `catch_all`, 4: `delegate`
               */
  FOLDED_ARM, /* (then … (else … (do … (catch … */
  PLAIN_BLOCK, /* block … end; state 0: at first, 1: after `else` or `catch`, 2: `catch_all` */
};

/* ---- Labels ---------------------------------------------------------------------------------- */

static wr_status push_label(wr__parser *p, wr__frame *frame) {
  frame->labelled = true;
  if (frame->label.data) {
    wr__symbol *symbol = wr__symbols_put(&p->symbols, WR__SPACE_LABEL, p->scope, frame->label);
    if (!symbol) return wr__parse_oom(p);
    frame->shadowed = symbol->index;
    symbol->index = p->label_depth;
  }
  p->label_depth++;
  return wr__parse_add_name(p, WR__SPACE_LABEL, p->func_index, p->block_count++, frame->name);
}

static void pop_label(wr__parser *p, wr__frame *frame) {
  if (!frame->labelled) return;
  frame->labelled = false;
  p->label_depth--;
  if (frame->label.data)
    wr__symbols_find(&p->symbols, WR__SPACE_LABEL, p->scope, frame->label)->index = frame->shadowed;
}

/* The label repeated behind `else` and `end`. */
static wr_status check_label(wr__parser *p, const wr__frame *frame) {
  if (!wr__parse_is(p, WR__TOK_ID)) return WR_OK;
  wr__span name;
  WR_TRY(wr__parse_id_name(p, p->at, &name));
  if (!frame->label.data || frame->label.size != name.size ||
      memcmp(frame->label.data, name.data, name.size))
    return wr__parse_fail(p, p->at, "mismatching label");
  p->at++;
  return WR_OK;
}

/* ---- Frames
 * --------------------------------------------------------------------------------------- */

static wr__frame *top_frame(wr__parser *p, uint32_t base) {
  return p->frame_count > base ? &p->frames[p->frame_count - 1] : NULL;
}

static wr_status push_frame(wr__parser *p, uint8_t kind, uint16_t op, wr__frame **out) {
  if (!wr__grow32(&p->frames, &p->frame_capacity, p->frame_count + 1, sizeof *p->frames))
    return wr__parse_oom(p);
  *out = &p->frames[p->frame_count++];
  **out = (wr__frame){.kind = kind, .op = op, .pending = (uint32_t)p->pending.size, .token = p->at};
  return WR_OK;
}

/* Moves what was written behind `start` to the pending bytes. */
static wr_status defer(wr__parser *p, size_t start) {
  if (p->out->failed) return wr__parse_oom(p);
  wr__buffer_bytes(&p->pending, p->out->data + start, p->out->size - start);
  p->out->size = start;
  if (p->pending.failed || p->pending.size > UINT32_MAX) return wr__parse_oom(p);
  return WR_OK;
}

static wr_status note_hint(wr__parser *p, uint32_t hint) {
  if (!hint) return WR_OK;
  if (!wr__grow32(&p->hints, &p->hint_capacity, p->hint_count + 1, sizeof *p->hints))
    return wr__parse_oom(p);
  p->hints[p->hint_count++] =
      (wr__hint_out){p->func_index, (uint32_t)p->out->size, (uint8_t)(hint - 1)};
  return WR_OK;
}

/* Writes the frame's deferred instruction. */
static wr_status write_pending(wr__parser *p, const wr__frame *frame) {
  WR_TRY(note_hint(p, frame->hint));
  WR_TRY(wr__place_instr(p, frame->token + 1));
  wr__buffer_bytes(p->out, p->pending.data + frame->pending, p->pending.size - frame->pending);
  p->pending.size = frame->pending;
  return WR_OK;
}

/* The `end` that the current token stands for. */
static wr_status write_end(wr__parser *p) {
  WR_TRY(wr__place_instr(p, p->at));
  wr__write_op(p->out, WR__OP_end);
  return WR_OK;
}

/* ---- Block heads
 * -------------------------------------------------------------------------------------- */

static wr_status parse_blocktype(wr__parser *p) {
  wr__typeuse use;
  WR_TRY(wr__parse_typeuse(p, WR__TYPEUSE_NO_IDS, false, &use));
  if (!use.has_type && use.inline_params == 0 && use.inline_results <= 1) {
    if (use.inline_results)
      wr__buffer_append(p->out, &p->results);
    else
      wr__buffer_byte(p->out, 0x40);
    return WR_OK;
  }
  if (!use.has_type) WR_TRY(wr__parse_settle_typeuse(p, &use));
  wr__buffer_sleb(p->out, use.type_index);
  return WR_OK;
}

static wr_status parse_catches(wr__parser *p) {
  static const uint16_t words[] = {WR__OP_catch, WR__WORD_CATCH_REF, WR__OP_catch_all,
                                   WR__WORD_CATCH_ALL_REF};
  wr__buffer *catches = &p->scratch;
  catches->size = 0;
  uint32_t count = 0, index;
  for (;; count++) {
    uint8_t kind = 0;
    while (kind < 4 && !wr__parse_is_form(p, words[kind])) kind++;
    if (kind == 4) break;
    p->at += 2;
    wr__buffer_byte(catches, kind);
    if (kind < 2) {
      WR_TRY(wr__parse_index(p, WR__SPACE_TAG, 0, &index));
      wr__buffer_uleb(catches, index);
    }
    WR_TRY(wr__parse_label(p, &index));
    wr__buffer_uleb(catches, index);
    WR_TRY(wr__parse_close(p));
  }
  wr__buffer_uleb(p->out, count);
  wr__buffer_append(p->out, catches);
  return WR_OK;
}

/* The label, type and catches of a block: written, but the label not yet pushed. */
static wr_status parse_block_head(wr__parser *p, uint16_t op, wr__frame *frame) {
  WR_TRY(wr__parse_names(p, WR__SPACE_LABEL, &frame->label, &frame->name));
  wr__write_op(p->out, op);
  WR_TRY(parse_blocktype(p));
  return op == WR__OP_try_table ? parse_catches(p) : WR_OK;
}

static bool is_block(uint16_t op) {
  return op == WR__OP_block || op == WR__OP_loop || op == WR__OP_if || op == WR__OP_try ||
         op == WR__OP_try_table;
}

/* Words that only continue or end a block. */
static bool is_delimiter(uint16_t op) {
  return op == WR__OP_else || op == WR__OP_end || op == WR__OP_catch || op == WR__OP_catch_all ||
         op == WR__OP_delegate;
}

/* ---- Plain instructions
 * ------------------------------------------------------------------------------------ */

static wr_status parse_delimiter(wr__parser *p, uint32_t base, uint16_t op) {
  wr__frame *frame = top_frame(p, base);
  bool in_if = frame && frame->kind == PLAIN_BLOCK && frame->op == WR__OP_if;
  bool in_try = frame && frame->kind == PLAIN_BLOCK && frame->op == WR__OP_try;
  uint32_t index;
  bool fits = frame && frame->kind == PLAIN_BLOCK;
  if (op == WR__OP_else) fits = in_if && frame->state == 0;
  if (op == WR__OP_catch || op == WR__OP_catch_all) fits = in_try && frame->state < 2;
  if (op == WR__OP_delegate) fits = in_try && frame->state == 0;
  if (!fits) return wr__parse_unexpected(p, "an instruction or )");
  WR_TRY(wr__place_instr(p, p->at++));
  if (op == WR__OP_else || op == WR__OP_end) WR_TRY(check_label(p, frame));
  if (op == WR__OP_end || op == WR__OP_delegate) pop_label(p, frame);
  wr__write_op(p->out, op);
  if (op == WR__OP_catch) {
    WR_TRY(wr__parse_index(p, WR__SPACE_TAG, 0, &index));
    wr__buffer_uleb(p->out, index);
  }
  if (op == WR__OP_delegate) {
    WR_TRY(wr__parse_label(p, &index));
    wr__buffer_uleb(p->out, index);
  }
  if (op == WR__OP_end || op == WR__OP_delegate)
    p->frame_count--;
  else
    frame->state = op == WR__OP_catch_all ? 2 : 1;
  return WR_OK;
}

static wr_status parse_unfolded(wr__parser *p, uint32_t base) {
  uint16_t op = wr__parse_token(p)->word;
  wr__frame *frame = top_frame(p, base);
  if (frame &&
      (frame->kind == FOLDED_PLAIN || frame->kind == FOLDED_IF || frame->kind == FOLDED_TRY))
    return wr__parse_unexpected(p, "( or )");
  if (is_delimiter(op)) return parse_delimiter(p, base, op);
  uint32_t hint;
  WR_TRY(wr__annot_hint(p, &hint));
  WR_TRY(note_hint(p, hint));
  WR_TRY(wr__place_instr(p, p->at));
  if (!is_block(op)) {
    p->at++;
    return wr__parse_plain(p, op);
  }
  WR_TRY(push_frame(p, PLAIN_BLOCK, op, &frame));
  p->at++;
  WR_TRY(parse_block_head(p, op, frame));
  return push_label(p, frame);
}

/* ---- Folded instructions
 * --------------------------------------------------------------------------------------- */

/* (then … or (else … directly in an (if …. */
static wr_status open_if_arm(wr__parser *p, wr__frame *frame) {
  bool is_then = wr__parse_is_form(p, WR__WORD_THEN), is_else = wr__parse_is_form(p, WR__OP_else);
  if (!(is_then && frame->state == 0) && !(is_else && frame->state == 1))
    return wr__parse_unexpected(p, frame->state == 0 ? "(then" : ")");
  if (is_then) {
    WR_TRY(write_pending(p, frame));
    WR_TRY(push_label(p, frame));
  } else {
    WR_TRY(wr__place_instr(p, p->at + 1));
    wr__write_op(p->out, WR__OP_else);
  }
  frame->state++;
  WR_TRY(push_frame(p, FOLDED_ARM, WR__OP_if, &frame));
  p->at += 2;
  return WR_OK;
}

static wr_status parse_folded_delegate(wr__parser *p, wr__frame *frame) {
  uint32_t index;
  if (frame->state != 1) return wr__parse_unexpected(p, ")");
  WR_TRY(wr__place_instr(p, p->at + 1));
  p->at += 2;
  pop_label(p, frame);
  WR_TRY(wr__parse_label(p, &index));
  wr__write_op(p->out, WR__OP_delegate);
  wr__buffer_uleb(p->out, index);
  frame->state = 4;
  return wr__parse_close(p);
}

/* (do …, (catch …, (catch_all … or (delegate …) directly in a (try …. */
static wr_status open_try_arm(wr__parser *p, wr__frame *frame) {
  if (wr__parse_is_form(p, WR__OP_delegate)) return parse_folded_delegate(p, frame);
  bool is_do = wr__parse_is_form(p, WR__WORD_DO), is_catch = wr__parse_is_form(p, WR__OP_catch);
  bool is_catch_all = wr__parse_is_form(p, WR__OP_catch_all);
  bool in_catches = frame->state == 1 || frame->state == 2;
  if (!(is_do && frame->state == 0) && !((is_catch || is_catch_all) && in_catches))
    return wr__parse_unexpected(p, frame->state == 0  ? "(do"
                                   : frame->state < 3 ? "(catch, (catch_all or )"
                                                      : ")");
  frame->state = is_do ? 1 : is_catch ? 2 : 3;
  WR_TRY(push_frame(p, FOLDED_ARM, WR__OP_try, &frame));
  p->at += 2;
  if (is_do) return WR_OK;
  WR_TRY(wr__place_instr(p, p->at - 1));
  wr__write_op(p->out, is_catch ? WR__OP_catch : WR__OP_catch_all);
  if (!is_catch) return WR_OK;
  uint32_t index;
  WR_TRY(wr__parse_index(p, WR__SPACE_TAG, 0, &index));
  wr__buffer_uleb(p->out, index);
  return WR_OK;
}

static wr_status parse_folded(wr__parser *p, uint32_t base) {
  wr__frame *frame = top_frame(p, base);
  const wr__token *word = &p->tokens[p->at + 1];
  uint16_t op = word->kind == WR__TOK_WORD ? word->word : WR__WORD_UNKNOWN;
  bool is_arm = frame && frame->kind == FOLDED_IF &&
                (op == WR__WORD_THEN || op == WR__OP_else || frame->state);
  if (is_arm) return open_if_arm(p, frame);
  if (frame && frame->kind == FOLDED_TRY) return open_try_arm(p, frame);
  if (op >= WR__OP_COUNT || is_delimiter(op)) {
    if (op >= WR__OP_COUNT && op != WR__WORD_UNKNOWN) p->at++;
    return wr__parse_unexpected(p, "an instruction");
  }
  uint32_t hint, hint_inside;
  WR_TRY(wr__annot_hint(p, &hint));
  uint8_t kind = op == WR__OP_if    ? FOLDED_IF
                 : op == WR__OP_try ? FOLDED_TRY
                 : is_block(op)     ? FOLDED_BLOCK
                                    : FOLDED_PLAIN;
  WR_TRY(push_frame(p, kind, op, &frame));
  p->at++;
  WR_TRY(wr__annot_hint(p, &hint_inside));
  frame->hint = hint ? hint : hint_inside;
  p->at++;
  size_t start = p->out->size;
  if (kind == FOLDED_BLOCK || kind == FOLDED_TRY) WR_TRY(wr__place_instr(p, frame->token + 1));
  if (is_block(op))
    WR_TRY(parse_block_head(p, op, frame));
  else
    WR_TRY(wr__parse_plain(p, op));
  if (kind == FOLDED_PLAIN || kind == FOLDED_IF) return defer(p, start);
  return push_label(p, frame);
}

/* The `)` of the innermost open construct. */
static wr_status close_folded(wr__parser *p, wr__frame *frame) {
  switch (frame->kind) {
    case PLAIN_BLOCK:
      return wr__parse_unexpected(p, "end");
    case FOLDED_PLAIN:
      WR_TRY(write_pending(p, frame));
      break;
    case FOLDED_IF:
    case FOLDED_TRY:
      if (frame->state == 0)
        return wr__parse_unexpected(p, frame->kind == FOLDED_IF ? "(then" : "(do");
      if (frame->kind == FOLDED_TRY && frame->state == 4) break;
      WR_TRY(write_end(p));
      break;
    case FOLDED_BLOCK:
      WR_TRY(write_end(p));
      break;
    default:
      break;
  }
  pop_label(p, frame);
  p->frame_count--;
  p->at++;
  return WR_OK;
}

/* ---- Sequences
 * ---------------------------------------------------------------------------------------------------
 */

static wr_status parse_one(wr__parser *p, uint32_t base) {
  const wr__token *token = wr__parse_token(p);
  if (token->kind == WR__TOK_OPEN) return parse_folded(p, base);
  if (token->kind == WR__TOK_WORD && token->word < WR__OP_COUNT) return parse_unfolded(p, base);
  wr__frame *frame = top_frame(p, base);
  if (token->kind == WR__TOK_CLOSE && frame) return close_folded(p, frame);
  return wr__parse_unexpected(
      p, frame && frame->kind == PLAIN_BLOCK ? "an instruction or end" : "an instruction or )");
}

/* Sets the parser to write to `out`, in a fresh stack of labels. */
static void begin_expr(wr__parser *p, wr__buffer *out) {
  p->out = out;
  p->label_depth = p->block_count = 0;
}

wr_status wr__parse_expr(wr__parser *p, wr__buffer *out) {
  uint32_t base = p->frame_count;
  begin_expr(p, out);
  while (p->frame_count > base || !(wr__parse_is(p, WR__TOK_CLOSE) || wr__parse_is(p, WR__TOK_END)))
    WR_TRY(parse_one(p, base));
  WR_TRY(write_end(p));
  return out->failed ? wr__parse_oom(p) : WR_OK;
}

wr_status wr__parse_folded_expr(wr__parser *p, wr__buffer *out) {
  uint32_t base = p->frame_count;
  begin_expr(p, out);
  if (!wr__parse_is(p, WR__TOK_OPEN)) return wr__parse_unexpected(p, "an expression");
  do WR_TRY(parse_one(p, base));
  while (p->frame_count > base);
  WR_TRY(write_end(p));
  return out->failed ? wr__parse_oom(p) : WR_OK;
}
