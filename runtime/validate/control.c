/* Control frames and the rules of control instructions. Spec: valid/instructions, control
 * instructions; appendix/algorithm; the legacy exception instructions as their proposal has them.
 *
 * Invariant: a frame is `entered` when its opening instruction could be reached; code is live where
 * the innermost frame is entered and nothing before in it ended the flow. */
#include "validate/internal.h"

static bool is_live(const wr__walker *w) {
  const wr__ctrl *top = wr__walker_top(w);
  return top->entered && !top->unreachable;
}

wr_status wr__walker_push_frame(wr__walker *w, uint16_t op, const wr_valtype *params,
                                uint32_t param_count, const wr_valtype *results,
                                uint32_t result_count) {
  bool entered = !w->ctrl_count || is_live(w);
  if (WR_UNLIKELY(w->ctrl_count == w->ctrl_capacity)) {
    if (w->ctrl_count >= WR__MAX_NESTING)
      return wr__walker_fail_at(w, WR_UNSUPPORTED, w->module->bytes + w->instr_offset,
                                "too many nested blocks: at most %u", (unsigned)WR__MAX_NESTING);
    if (!wr__grow32(&w->ctrl, &w->ctrl_capacity, w->ctrl_count + 1, sizeof *w->ctrl))
      return wr__walker_fail_oom(w);
    if (w->ctrl_capacity > WR__MAX_NESTING) w->ctrl_capacity = WR__MAX_NESTING;
  }
  w->ctrl[w->ctrl_count++] = (wr__ctrl){.op = op,
                                        .entered = entered,
                                        .height = w->stack_count,
                                        .init_height = w->init_count,
                                        .param_count = param_count,
                                        .result_count = result_count,
                                        .params = params,
                                        .results = results};
  return WR_OK;
}

/* Locals that were set inside a block are unset again after it.
 * Spec: appendix/algorithm, reset_locals. */
static void reset_locals(wr__walker *w, uint32_t init_height) {
  while (w->init_count > init_height) w->local_is_set[w->init_stack[--w->init_count]] = 0;
}

/* A list of one type that outlives the frame. References are kept by the registry, as the results
 * of a function type. */
static wr_status result_list(wr__walker *w, wr_valtype type, const wr_valtype **out) {
  static const wr_valtype numbers[] = {WR_V128, WR_F64, WR_F32, WR_I64, WR_I32};
  if (type >= WR_V128 && type <= WR_I32) {
    *out = &numbers[type - WR_V128];
    return WR_OK;
  }
  uint32_t slot = (type ^ type >> 8) % WR_ARRAY_COUNT(w->cached_types);
  if (w->cached_types[slot] != type) {
    const wr__deftype *made = wr__type_func(w->module->engine->types, NULL, 0, &type, 1);
    if (!made) return wr__walker_fail_oom(w);
    w->cached_types[slot] = type;
    w->cached_results[slot] = made->results;
  }
  *out = w->cached_results[slot];
  return WR_OK;
}

typedef struct block_sig {
  const wr_valtype *params, *results;
  uint32_t param_count, result_count;
} block_sig;

static wr_status resolve_block_type(wr__walker *w, block_sig *sig) {
  *sig = (block_sig){0};
  if (w->reader.block_type_index >= 0) {
    if (!wr__walker_has(w, WR_FEATURE_MULTI_VALUE))
      return wr__walker_fail_feature(w, WR_FEATURE_MULTI_VALUE, "a block type by index");
    const wr__deftype *type;
    uint32_t index =
        w->reader.block_type_index < UINT32_MAX ? (uint32_t)w->reader.block_type_index : UINT32_MAX;
    WR_TRY(wr__walker_deftype(w, index, WR__COMP_FUNC, &type));
    *sig = (block_sig){type->params, type->results, type->param_count, type->result_count};
    return WR_OK;
  }
  if (w->reader.block_type == WR__BOT) return WR_OK;
  wr_valtype type;
  WR_TRY(wr__walker_resolve(w, w->reader.block_type, &type));
  sig->result_count = 1;
  return result_list(w, type, &sig->results);
}

wr_status wr__rule_block(wr__walker *w, const wr__instr *instr) {
  block_sig sig;
  WR_TRY(resolve_block_type(w, &sig));
  if (instr->op == WR__OP_if) WR_TRY(wr__walker_pop(w, WR_I32));
  if (!sig.param_count)
    return wr__walker_push_frame(w, instr->op, NULL, 0, sig.results, sig.result_count);
  WR_TRY(wr__walker_pop_types(w, "instruction", sig.params, sig.param_count));
  WR_TRY(wr__walker_push_frame(w, instr->op, sig.params, sig.param_count, sig.results,
                               sig.result_count));
  return wr__walker_push_types(w, sig.params, sig.param_count);
}

/* Pops the frame's results, and nothing may be left. */
static wr_status finish_frame(wr__walker *w) {
  wr__ctrl *top = wr__walker_top(w);
  if (WR_UNLIKELY(w->stack_count - top->height > top->result_count))
    return wr__walker_fail_operands(w, "block", top->results, top->result_count, true);
  WR_TRY(wr__walker_pop_types(w, "instruction", top->results, top->result_count));
  w->fell_through = is_live(w);
  reset_locals(w, top->init_height);
  return WR_OK;
}

static wr_status misplaced(wr__walker *w, const char *what) {
  return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                            "END opcode expected: misplaced %s", what);
}

wr_status wr__rule_else(wr__walker *w) {
  wr__ctrl *top = wr__walker_top(w);
  if (top->op != WR__OP_if) return misplaced(w, "else");
  WR_TRY(finish_frame(w));
  top->op = WR__OP_else;
  top->unreachable = false;
  return wr__walker_push_types(w, top->params, top->param_count);
}

/* An `if` without `else` leaves its parameters as its results. */
static wr_status check_missing_else(wr__walker *w, const wr__ctrl *frame) {
  bool fits = frame->param_count == frame->result_count;
  for (uint32_t i = 0; fits && i < frame->param_count; i++)
    fits = wr__valtype_matches(w->types, frame->params[i], frame->results[i]);
  if (fits) return WR_OK;
  return wr__walker_invalid(w,
                            "type mismatch: if without else takes %u and must leave %u operands "
                            "of the same types",
                            frame->param_count, frame->result_count);
}

wr_status wr__rule_end(wr__walker *w) {
  WR_TRY(finish_frame(w));
  wr__ctrl *top = wr__walker_top(w);
  if (WR_UNLIKELY(top->op == WR__OP_if)) WR_TRY(check_missing_else(w, top));
  w->ended = *top;
  w->ctrl_count--;
  return wr__walker_push_types(w, w->ended.results, w->ended.result_count);
}

/* ---- Branches ---- */

static wr_status label_types(wr__walker *w, uint32_t depth, const wr_valtype **types,
                             uint32_t *count) {
  if (WR_UNLIKELY(depth >= w->ctrl_count)) return wr__walker_unknown(w, "label", depth);
  *count = wr__ctrl_label_types(wr__walker_label(w, depth), types);
  return WR_OK;
}

wr_status wr__rule_br(wr__walker *w, uint32_t depth) {
  const wr_valtype *types;
  uint32_t count;
  WR_TRY(label_types(w, depth, &types, &count));
  WR_TRY(wr__walker_pop_types(w, "instruction", types, count));
  wr__walker_unreachable(w);
  return WR_OK;
}

wr_status wr__rule_br_if(wr__walker *w, uint32_t depth) {
  const wr_valtype *types;
  uint32_t count;
  WR_TRY(label_types(w, depth, &types, &count));
  WR_TRY(wr__walker_pop(w, WR_I32));
  if (!count) return WR_OK;
  WR_TRY(wr__walker_pop_types(w, "instruction", types, count));
  return wr__walker_push_types(w, types, count);
}

/* Are the operands what a label takes? Nothing is popped. */
static wr_status check_operands(wr__walker *w, const wr_valtype *types, uint32_t count) {
  const wr__ctrl *top = wr__walker_top(w);
  uint32_t there = w->stack_count - top->height;
  bool fits = there >= count || top->unreachable;
  for (uint32_t i = 0; fits && i < count && i < there; i++)
    fits = wr__valtype_matches(w->types, w->stack[w->stack_count - 1 - i], types[count - 1 - i]);
  return fits ? WR_OK : wr__walker_fail_operands(w, "instruction", types, count, false);
}

static wr_status rule_br_table(wr__walker *w, const wr__instr *instr) {
  const wr_valtype *types, *checked = NULL;
  uint32_t count, arity;
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(label_types(w, instr->imm.table.targets[instr->imm.table.count], &types, &arity));
  for (uint32_t i = 0; i <= instr->imm.table.count; i++) {
    uint32_t target = instr->imm.table.targets[i];
    WR_TRY(label_types(w, target, &types, &count));
    if (count != arity)
      return wr__walker_invalid(w,
                                "type mismatch: label %u takes %u operands, the default label %u",
                                target, count, arity);
    if (count && types == checked) continue;
    WR_TRY(check_operands(w, types, count));
    checked = types;
  }
  wr__walker_unreachable(w);
  return WR_OK;
}

/* ---- Calls ---- */

static wr_status apply_call(wr__walker *w, const wr__deftype *type) {
  WR_TRY(wr__walker_pop_types(w, "instruction", type->params, type->param_count));
  return wr__walker_push_types(w, type->results, type->result_count);
}

/* The callee's results must be the caller's. Spec: valid/instructions, return_call. */
static wr_status apply_tail_call(wr__walker *w, const wr__deftype *type) {
  const wr__ctrl *body = &w->ctrl[0];
  WR_TRY(wr__walker_pop_types(w, "instruction", type->params, type->param_count));
  bool fits = type->result_count == body->result_count;
  for (uint32_t i = 0; fits && i < type->result_count; i++)
    fits = wr__valtype_matches(w->types, type->results[i], body->results[i]);
  if (!fits)
    return wr__walker_invalid(w, "type mismatch: the tail call's results are not the caller's");
  wr__walker_unreachable(w);
  return WR_OK;
}

static wr_status callee(wr__walker *w, uint32_t func_index, const wr__deftype **type) {
  if (WR_UNLIKELY(func_index >= w->module->func_count))
    return wr__walker_unknown(w, "function", func_index);
  *type = w->module->funcs[func_index].type;
  return WR_OK;
}

wr_status wr__rule_call(wr__walker *w, uint32_t func_index) {
  const wr__deftype *type;
  WR_TRY(callee(w, func_index, &type));
  return apply_call(w, type);
}

static wr_status rule_call_indirect(wr__walker *w, const wr__instr *instr) {
  uint32_t table_index = instr->imm.index2;
  if (table_index && !wr__walker_has(w, WR_FEATURE_REFERENCE_TYPES))
    return wr__walker_fail_feature(w, WR_FEATURE_REFERENCE_TYPES, "a table index");
  if (table_index >= w->module->table_count) return wr__walker_unknown(w, "table", table_index);
  const wr__table_decl *table = &w->module->tables[table_index];
  if (!wr__valtype_matches(w->types, table->element, WR_FUNCREF)) {
    char name[40];
    return wr__walker_invalid(
        w, "type mismatch: instruction requires a table of functions, table %u has %s", table_index,
        wr__walker_type_name(w->module, table->element, name, sizeof name));
  }
  const wr__deftype *type;
  WR_TRY(wr__walker_deftype(w, instr->imm.index, WR__COMP_FUNC, &type));
  WR_TRY(wr__walker_pop(w, wr__address_type(&table->limits)));
  return instr->op == WR__OP_call_indirect ? apply_call(w, type) : apply_tail_call(w, type);
}

static wr_status rule_call_ref(wr__walker *w, wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(wr__walker_deftype(w, instr->imm.index, WR__COMP_FUNC, &type));
  WR_TRY(wr__walker_pop_as(w, wr__ref_to(type, true), &instr->operand_type));
  return instr->op == WR__OP_call_ref ? apply_call(w, type) : apply_tail_call(w, type);
}

static wr_status rule_return_call(wr__walker *w, const wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(callee(w, instr->imm.index, &type));
  return apply_tail_call(w, type);
}

/* ---- Exceptions ---- */

static wr_status tag_type(wr__walker *w, uint32_t tag_index, const wr__deftype **type) {
  if (tag_index >= w->module->tag_count) return wr__walker_unknown(w, "tag", tag_index);
  *type = w->module->tags[tag_index].type;
  return WR_OK;
}

/* The label must take what the clause brings: the tag's values, and the exception for _ref.
 * Spec: valid/instructions, catch clauses. */
static wr_status check_catch(wr__walker *w, const wr__catch *c) {
  const wr__deftype *tag = NULL;
  if (c->kind < 2) WR_TRY(tag_type(w, c->tag, &tag));
  const wr_valtype *types;
  uint32_t count;
  WR_TRY(label_types(w, c->label, &types, &count));
  uint32_t values = tag ? tag->param_count : 0;
  bool with_ref = c->kind & 1;
  bool fits = count == values + with_ref;
  for (uint32_t i = 0; fits && i < values; i++)
    fits = wr__valtype_matches(w->types, tag->params[i], types[i]);
  if (fits && with_ref)
    fits = wr__valtype_matches(w->types, WR_REF_TYPE(WR_HEAP_EXN), types[values]);
  if (fits) return WR_OK;
  return wr__walker_invalid(w,
                            "type mismatch: a catch clause brings %u operands that label %u "
                            "does not take",
                            values + with_ref, c->label);
}

static wr_status rule_try_table(wr__walker *w, const wr__instr *instr) {
  for (uint32_t i = 0; i < instr->imm.try_table.count; i++)
    WR_TRY(check_catch(w, &instr->imm.try_table.catches[i]));
  return wr__rule_block(w, instr);
}

static wr_status rule_throw(wr__walker *w, const wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(tag_type(w, instr->imm.index, &type));
  WR_TRY(wr__walker_pop_types(w, "instruction", type->params, type->param_count));
  wr__walker_unreachable(w);
  return WR_OK;
}

static wr_status rule_throw_ref(wr__walker *w, wr__instr *instr) {
  WR_TRY(wr__walker_pop_as(w, WR_REF_NULL_TYPE(WR_HEAP_EXN), &instr->operand_type));
  wr__walker_unreachable(w);
  return WR_OK;
}

static wr_status rule_catch(wr__walker *w, const wr__instr *instr) {
  wr__ctrl *top = wr__walker_top(w);
  if (top->op != WR__OP_try && top->op != WR__OP_catch)
    return misplaced(w, wr__opinfos[instr->op].text);
  const wr__deftype *type = NULL;
  if (instr->op == WR__OP_catch) WR_TRY(tag_type(w, instr->imm.index, &type));
  WR_TRY(finish_frame(w));
  top->op = instr->op;
  top->unreachable = false;
  return type ? wr__walker_push_types(w, type->params, type->param_count) : WR_OK;
}

static wr_status rule_delegate(wr__walker *w, const wr__instr *instr) {
  if (wr__walker_top(w)->op != WR__OP_try) return misplaced(w, "delegate");
  if (instr->imm.index >= w->ctrl_count - 1)
    return wr__walker_unknown(w, "label", instr->imm.index);
  return wr__rule_end(w);
}

static wr_status rule_rethrow(wr__walker *w, const wr__instr *instr) {
  uint32_t depth = instr->imm.index;
  if (depth >= w->ctrl_count) return wr__walker_unknown(w, "label", depth);
  uint16_t op = wr__walker_label(w, depth)->op;
  if (op != WR__OP_catch && op != WR__OP_catch_all)
    return wr__walker_invalid(w, "invalid rethrow label %u: not of a catch", depth);
  wr__walker_unreachable(w);
  return WR_OK;
}

wr_status wr__rule_control(wr__walker *w, wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_br_table:
      return rule_br_table(w, instr);
    case WR__OP_return:
      return wr__rule_br(w, w->ctrl_count - 1);
    case WR__OP_call_indirect:
    case WR__OP_return_call_indirect:
      return rule_call_indirect(w, instr);
    case WR__OP_return_call:
      return rule_return_call(w, instr);
    case WR__OP_call_ref:
    case WR__OP_return_call_ref:
      return rule_call_ref(w, instr);
    case WR__OP_try_table:
      return rule_try_table(w, instr);
    case WR__OP_try:
      return wr__rule_block(w, instr);
    case WR__OP_throw:
      return rule_throw(w, instr);
    case WR__OP_throw_ref:
      return rule_throw_ref(w, instr);
    case WR__OP_catch:
    case WR__OP_catch_all:
      return rule_catch(w, instr);
    case WR__OP_delegate:
      return rule_delegate(w, instr);
    default:
      return rule_rethrow(w, instr);
  }
}
