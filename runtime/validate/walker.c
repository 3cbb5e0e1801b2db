/* The walk itself: one loop over a body, made three times by inlining: without a visitor, with one,
 * and for constant expressions. Plain instructions are typed from their row's letters; the others
 * by the rules in control.c, references.c, objects.c and bulk.c. Spec: appendix/algorithm,
 * valid/instructions. */
#include <stdlib.h>

#include "validate/internal.h"

typedef enum walk_mode { WALK_PLAIN, WALK_VISITED, WALK_CONST } walk_mode;

/* Operands that one body may have on its stack at a time: an implementation limit, since a call
 * of two bytes may push a thousand. */
enum { MAX_OPERANDS = 1000000 };

/* Locals that are listed one by one when nobody visits. Five bytes may declare 50,000; beyond the
 * first few, runs keep the time to read a body linear in its bytes. */
enum { LISTED_LOCALS = 256 };

void wr__walker_init(wr__walker *walker, const wr__module *module, wr_error *error) {
  *walker = (wr__walker){.module = module,
                         .types = module->engine->types,
                         .error = error,
                         .func_index = WR_NO_INDEX,
                         .features = module->engine->config.features};
  walker->reader.single_memory = !wr__walker_has(walker, WR_FEATURE_MULTI_MEMORY);
}

void wr__walker_free(wr__walker *walker) {
  free(walker->stack);
  free(walker->ctrl);
  free(walker->locals);
  free(walker->runs);
  free(walker->local_is_set);
  free(walker->init_stack);
  wr__instr_reader_free(&walker->reader);
  *walker = (wr__walker){0};
}

/* ---- The operand stack, types and indices ---- */

wr_status wr__walker_reserve(wr__walker *w, uint32_t count) {
  size_t need = (size_t)w->stack_count + count + WR__WALKER_RESERVE;
  if (need <= w->stack_capacity) return WR_OK;
  if (need > MAX_OPERANDS)
    return wr__walker_fail_at(w, WR_UNSUPPORTED, w->module->bytes + w->instr_offset,
                              "too many operands on the stack: at most %u", (unsigned)MAX_OPERANDS);
  if (!wr__grow32(&w->stack, &w->stack_capacity, (uint32_t)need, sizeof *w->stack))
    return wr__walker_fail_oom(w);
  return WR_OK;
}

wr_status wr__walker_push_types(wr__walker *w, const wr_valtype *types, uint32_t count) {
  if (WR_UNLIKELY(count > WR__WALKER_RESERVE)) WR_TRY(wr__walker_reserve(w, count));
  for (uint32_t i = 0; i < count; i++) w->stack[w->stack_count + i] = types[i];
  w->stack_count += count;
  return WR_OK;
}

wr_status wr__walker_pop_types(wr__walker *w, const char *who, const wr_valtype *types,
                               uint32_t count) {
  const wr__ctrl *top = wr__walker_top(w);
  uint32_t there = w->stack_count - top->height;
  if (WR_UNLIKELY(there < count)) {
    if (!top->unreachable) return wr__walker_fail_operands(w, who, types, count, false);
  }
  uint32_t checked = there < count ? there : count;
  for (uint32_t i = 1; i <= checked; i++)
    if (WR_UNLIKELY(!wr__valtype_matches(w->types, w->stack[w->stack_count - i], types[count - i])))
      return wr__walker_fail_operands(w, who, types, count, false);
  w->stack_count -= checked;
  return WR_OK;
}

wr_status wr__walker_resolve(wr__walker *w, wr_valtype raw, wr_valtype *out) {
  uint32_t feature = wr__type_feature(raw);
  if (!wr__walker_has(w, feature)) return wr__walker_fail_feature(w, feature, "the type");
  uint32_t heap = wr_valtype_heap(raw);
  *out = raw;
  if (!wr_valtype_is_ref(raw) || heap < WR_HEAP_DEFINED) return WR_OK;
  uint32_t index = heap - WR_HEAP_DEFINED;
  if (index >= w->module->type_count) return wr__walker_unknown(w, "type", index);
  *out = wr__ref_to(w->module->types[index], (raw & 0xff) == WR_REF_NULL);
  return WR_OK;
}

wr_status wr__walker_deftype(wr__walker *w, uint32_t type_index, wr__comp comp,
                             const wr__deftype **out) {
  static const char *const kinds[] = {"function", "structure", "array"};
  if (type_index >= w->module->type_count) return wr__walker_unknown(w, "type", type_index);
  const wr__deftype *type = w->module->types[type_index];
  if (type->comp != comp)
    return wr__walker_invalid(w, "type mismatch: type %u is no %s type", type_index, kinds[comp]);
  *out = type;
  return WR_OK;
}

/* ---- Plain instructions ---- */

/* The table's letters as types; 'a' is given by the caller. */
static const uint8_t letter_types[32] = {
    ['i' & 31] = WR_I32, ['l' & 31] = WR_I64,  ['f' & 31] = WR_F32,
    ['d' & 31] = WR_F64, ['v' & 31] = WR_V128,
};

WR__INLINE wr_valtype letter_type(char letter, wr_valtype address) {
  wr_valtype type = letter_types[letter & 31];
  return type ? type : address;
}

static wr_status apply_signature_slow(wr__walker *w, const wr__opinfo *info, wr_valtype address) {
  wr_valtype params[4];
  for (uint32_t i = 0; i < info->param_count; i++)
    params[i] = letter_type(info->params[i], address);
  WR_TRY(wr__walker_pop_types(w, "instruction", params, info->param_count));
  for (uint32_t i = 0; i < info->result_count; i++)
    wr__walker_push(w, letter_type(info->results[i], address));
  return WR_OK;
}

WR__INLINE wr_status apply_signature(wr__walker *w, const wr__opinfo *info, wr_valtype address) {
  uint32_t count = info->param_count;
  if (WR_LIKELY(w->stack_count - wr__walker_top(w)->height >= count)) {
    wr_valtype *base = w->stack + (w->stack_count - count);
    wr_valtype different = 0;
    for (uint32_t i = 0; i < count; i++)
      different |= base[i] ^ letter_type(info->params[i], address);
    if (WR_LIKELY(!different)) {
      if (info->result_count) base[0] = letter_type(info->results[0], address);
      if (info->result_count > 1) base[1] = letter_type(info->results[1], address);
      w->stack_count += info->result_count - count;
      return WR_OK;
    }
  }
  return apply_signature_slow(w, info, address);
}

/* A memory that the instruction names, as its address type. */
WR__INLINE wr_status memory_address(wr__walker *w, uint32_t index, wr_valtype *address) {
  if (WR_UNLIKELY(index >= w->module->memory_count)) return wr__walker_unknown(w, "memory", index);
  *address = wr__address_type(&w->module->memories[index].limits);
  return WR_OK;
}

/* Spec: valid/instructions, memory argument; atomic accesses are aligned naturally. */
WR__INLINE wr_status check_memarg(wr__walker *w, const wr__opinfo *info, const wr__instr *instr,
                                  wr_valtype *address) {
  WR_TRY(memory_address(w, instr->imm.mem.memory, address));
  uint32_t align = instr->imm.mem.align_log2;
  if (WR_UNLIKELY(align > info->align_log2))
    return wr__walker_invalid(w, "alignment must not be larger than natural: 2**%u for %s", align,
                              info->text);
  if (WR_UNLIKELY(info->page == WR__PAGE_THREADS && align != info->align_log2))
    return wr__walker_invalid(w, "alignment must be equal to natural: 2**%u for %s", align,
                              info->text);
  if (WR_UNLIKELY(instr->imm.mem.offset > UINT32_MAX && *address == WR_I32))
    return wr__walker_invalid(w, "offset out of range: %llu for a 32-bit memory",
                              (unsigned long long)instr->imm.mem.offset);
  return WR_OK;
}

static wr_status check_lanes(wr__walker *w, const wr__opinfo *info, const wr__instr *instr) {
  if (info->immediates == WR__IMM_LANES16) {
    for (int i = 0; i < 16; i++)
      if (instr->imm.v128[i] >= 32)
        return wr__walker_invalid(w, "invalid lane index %u", instr->imm.v128[i]);
    return WR_OK;
  }
  uint32_t lanes, lane;
  if (info->immediates == WR__IMM_MEMARG_LANE) {
    lanes = 16u >> info->align_log2;
    lane = instr->imm.mem.lane;
  } else { /* "i8x16.…", "f64x2.…": the count is after the x */
    const char *text = info->text + 1;
    while (*text != 'x') text++;
    lanes = (uint32_t)strtoul(text + 1, NULL, 10);
    lane = instr->imm.lane;
  }
  if (lane < lanes) return WR_OK;
  return wr__walker_invalid(w, "invalid lane index %u: %s has %u lanes", lane, info->text, lanes);
}

/* Any instruction whose row has a signature. */
static wr_status plain_instruction(wr__walker *w, const wr__opinfo *info, wr__instr *instr) {
  wr_valtype address = WR_I32;
  WR_TRY(wr__walker_read_immediates(w, (wr__imm)info->immediates, instr));
  switch (info->immediates) {
    case WR__IMM_MEMARG_LANE:
      WR_TRY(check_lanes(w, info, instr)); /* fall through */
    case WR__IMM_MEMARG:
      WR_TRY(check_memarg(w, info, instr, &address));
      break;
    case WR__IMM_LANE:
    case WR__IMM_LANES16:
      WR_TRY(check_lanes(w, info, instr));
      break;
    case WR__IMM_MEM:
      WR_TRY(memory_address(w, instr->imm.index, &address));
      break;
    default:
      break;
  }
  return apply_signature(w, info, address);
}

/* A load or store of the core page, in the form that compilers write: one memory, short numbers. */
WR__INLINE wr_status core_access(wr__walker *w, wr__instr *instr) {
  const wr__opinfo *info = &wr__opinfos[instr->op];
  if (WR_UNLIKELY(w->end - w->at < 2 || *w->at >= 0x40 || !w->module->memory_count))
    return plain_instruction(w, info, instr);
  instr->imm.mem.memory = 0;
  instr->imm.mem.align_log2 = *w->at++;
  if (WR_LIKELY(!(*w->at & 0x80))) {
    instr->imm.mem.offset = *w->at++;
  } else {
    wr__leb result = wr__leb_u64(&w->at, w->end, &instr->imm.mem.offset);
    if (WR_UNLIKELY(result != WR__LEB_OK)) return wr__walker_fail_leb(w, result);
  }
  wr_valtype address;
  WR_TRY(check_memarg(w, info, instr, &address));
  return apply_signature(w, info, address);
}

/* ---- Locals, globals, drop, select ---- */

static wr_status uninitialized(wr__walker *w, uint32_t index) {
  return wr__walker_invalid(w, "uninitialized local %u", index);
}

/* Spec: appendix/algorithm, set_local. */
static wr_status note_set(wr__walker *w, uint32_t index) {
  if (w->local_is_set[index]) return WR_OK;
  if (!wr__grow32(&w->init_stack, &w->init_capacity, w->init_count + 1, sizeof *w->init_stack))
    return wr__walker_fail_oom(w);
  w->local_is_set[index] = 1;
  w->init_stack[w->init_count++] = index;
  return WR_OK;
}

/* A local beyond those listed: a binary search among the runs. */
static wr_valtype find_local(const wr__walker *w, uint32_t index) {
  uint32_t low = 0, high = w->run_count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (index < w->runs[middle].end)
      high = middle;
    else
      low = middle + 1;
  }
  return w->runs[low].type;
}

WR__INLINE wr_status local_instruction(wr__walker *w, wr__instr *instr) {
  uint32_t index;
  WR_TRY(wr__walker_u32(w, &index));
  instr->imm.index = index;
  if (WR_UNLIKELY(index >= w->local_count)) return wr__walker_unknown(w, "local", index);
  wr_valtype type = index < w->listed_count ? w->locals[index] : find_local(w, index);
  instr->operand_type = type;
  if (instr->op == WR__OP_local_get) {
    if (WR_UNLIKELY(w->tracks_init && !w->local_is_set[index])) return uninitialized(w, index);
    wr__walker_push(w, type);
    return WR_OK;
  }
  WR_TRY(wr__walker_pop_as(w, type, &instr->operand_type));
  if (instr->op == WR__OP_local_tee) wr__walker_push(w, type);
  return WR_UNLIKELY(w->tracks_init) ? note_set(w, index) : WR_OK;
}

WR__INLINE wr_status global_instruction(wr__walker *w, wr__instr *instr) {
  uint32_t index;
  WR_TRY(wr__walker_u32(w, &index));
  instr->imm.index = index;
  if (WR_UNLIKELY(index >= w->global_limit)) return wr__walker_unknown(w, "global", index);
  const wr__global_decl *global = &w->module->globals[index];
  if (instr->op == WR__OP_global_get) {
    instr->operand_type = global->type;
    wr__walker_push(w, global->type);
    return WR_OK;
  }
  if (WR_UNLIKELY(!global->is_mutable)) return wr__walker_invalid(w, "immutable global %u", index);
  return wr__walker_pop_as(w, global->type, &instr->operand_type);
}

/* Without a type, select takes numbers and vectors alone. */
static wr_status select_instruction(wr__walker *w, wr__instr *instr) {
  wr_valtype first, second;
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop_any(w, &first));
  if (first != WR__BOT && wr_valtype_is_ref(first)) {
    w->stack_count++;
    return wr__walker_fail_operand(w, "number or vector");
  }
  if (first == WR__BOT) {
    WR_TRY(wr__walker_pop_any(w, &second));
    if (wr_valtype_is_ref(second)) {
      w->stack_count++;
      return wr__walker_fail_operand(w, "number or vector");
    }
  } else {
    WR_TRY(wr__walker_pop_as(w, first, &second));
  }
  instr->operand_type = first != WR__BOT ? first : second;
  wr__walker_push(w, instr->operand_type);
  return WR_OK;
}

/* ---- The loop ---- */

/* Instructions that are typed by a rule outside this file, or by their row. */
static wr_status other_instruction(wr__walker *w, wr__instr *instr) {
  const wr__opinfo *info = &wr__opinfos[instr->op];
  if (WR_UNLIKELY(!wr__walker_has(w, info->feature)))
    return wr__walker_fail_feature(w, info->feature, info->text);
  if (!info->special) return plain_instruction(w, info, instr);
  WR_TRY(wr__walker_read_immediates(w, (wr__imm)info->immediates, instr));
  switch (instr->op) {
    case WR__OP_try:
    case WR__OP_catch:
    case WR__OP_throw:
    case WR__OP_rethrow:
    case WR__OP_throw_ref:
    case WR__OP_br_table:
    case WR__OP_return:
    case WR__OP_call_indirect:
    case WR__OP_return_call:
    case WR__OP_return_call_indirect:
    case WR__OP_call_ref:
    case WR__OP_return_call_ref:
    case WR__OP_delegate:
    case WR__OP_catch_all:
    case WR__OP_try_table:
      return wr__rule_control(w, instr);
    case WR__OP_memory_init:
    case WR__OP_data_drop:
    case WR__OP_memory_copy:
    case WR__OP_memory_fill:
    case WR__OP_table_init:
    case WR__OP_elem_drop:
    case WR__OP_table_copy:
    case WR__OP_table_grow:
    case WR__OP_table_size:
    case WR__OP_table_fill:
    case WR__OP_table_get:
    case WR__OP_table_set:
      return wr__rule_bulk(w, instr);
    default:
      if (instr->op >= WR__OP_struct_new && instr->op <= WR__OP_array_init_elem)
        return wr__rule_object(w, instr);
      return wr__rule_reference(w, instr);
  }
}

/* Spec: valid/instructions, constant expressions. */
static bool is_constant(const wr__walker *w, uint16_t op) {
  uint8_t effects = wr__opinfos[op].effects;
  if (effects & WR__EFFECT_EXTENDED_CONSTANT) return wr__walker_has(w, WR_FEATURE_EXTENDED_CONST);
  return effects & WR__EFFECT_CONSTANT;
}

static wr_status not_constant(wr__walker *w, uint16_t op) {
  return wr__walker_invalid(w, "constant expression required: %s is not constant",
                            wr__opinfos[op].text);
}

/* Decodes and types what follows the opcode. */
WR__INLINE wr_status instruction(wr__walker *w, wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_local_get:
    case WR__OP_local_set:
    case WR__OP_local_tee:
      return local_instruction(w, instr);
    case WR__OP_i32_const: {
      if (WR_LIKELY(w->at < w->end && !(*w->at & 0x80))) { /* one byte, bit 6 is the sign */
        instr->imm.i32 = (int32_t)((uint32_t)*w->at++ << 25) >> 25;
      } else {
        wr__leb result = wr__leb_s32(&w->at, w->end, &instr->imm.i32);
        if (WR_UNLIKELY(result != WR__LEB_OK)) return wr__walker_fail_leb(w, result);
      }
      wr__walker_push(w, WR_I32);
      return WR_OK;
    }
    case WR__OP_i32_load ... WR__OP_i64_store32:
      return core_access(w, instr);
    case WR__OP_i32_eqz ... WR__OP_f64_reinterpret_i64:
      return apply_signature(w, &wr__opinfos[instr->op], WR_I32);
    case WR__OP_block:
    case WR__OP_loop:
    case WR__OP_if:
      WR_TRY(wr__walker_read_immediates(w, WR__IMM_BLOCK, instr));
      return wr__rule_block(w, instr);
    case WR__OP_br_if:
      WR_TRY(wr__walker_u32(w, &instr->imm.index));
      return wr__rule_br_if(w, instr->imm.index);
    case WR__OP_br:
      WR_TRY(wr__walker_u32(w, &instr->imm.index));
      return wr__rule_br(w, instr->imm.index);
    case WR__OP_call:
      WR_TRY(wr__walker_u32(w, &instr->imm.index));
      return wr__rule_call(w, instr->imm.index);
    case WR__OP_global_get:
    case WR__OP_global_set:
      return global_instruction(w, instr);
    case WR__OP_drop:
      return wr__walker_pop_any(w, &instr->operand_type);
    case WR__OP_select:
      return select_instruction(w, instr);
    case WR__OP_else:
      return wr__rule_else(w);
    case WR__OP_end:
      return wr__rule_end(w);
    case WR__OP_nop:
      return WR_OK;
    case WR__OP_unreachable:
      wr__walker_unreachable(w);
      return WR_OK;
    default:
      return other_instruction(w, instr);
  }
}

/* After the instruction: was it live, or does its frame's visibility count? */
WR__INLINE bool is_visited(const wr__walker *w, uint16_t op, bool live) {
  switch (op) {
    case WR__OP_end:
    case WR__OP_delegate:
      return w->ended.entered;
    case WR__OP_else:
    case WR__OP_catch:
    case WR__OP_catch_all:
      return wr__walker_top(w)->entered;
    default:
      return live;
  }
}

WR__INLINE wr_status step(wr__walker *w, walk_mode mode) {
  if (WR_UNLIKELY(w->stack_count + WR__WALKER_RESERVE > w->stack_capacity))
    WR_TRY(wr__walker_reserve(w, 0));
  w->instr_offset = (uint32_t)(w->at - w->module->bytes);
  if (WR_UNLIKELY(w->at >= w->end)) return wr__walker_malformed(w, WR__MESSAGE_END);
  uint8_t byte = *w->at++;
  wr__instr instr;
  instr.op = wr__core_ops[byte];
  if (WR_UNLIKELY(instr.op == WR__OP_NONE)) WR_TRY(wr__walker_read_prefixed(w, byte, &instr));
  if (mode == WALK_CONST && !is_constant(w, instr.op)) return not_constant(w, instr.op);
  if (mode == WALK_PLAIN) return instruction(w, &instr);
  instr.offset = w->instr_offset;
  instr.operand_type = WR__BOT;
  const wr__ctrl *top = wr__walker_top(w);
  bool live = top->entered && !top->unreachable;
  WR_TRY(instruction(w, &instr));
  if (w->stack_count > w->max_stack_count) w->max_stack_count = w->stack_count;
  if (mode == WALK_CONST && instr.op == WR__OP_global_get &&
      w->module->globals[instr.imm.index].is_mutable)
    return not_constant(w, instr.op);
  if (w->visitor && is_visited(w, instr.op, live))
    return w->visitor->visit(w->visitor->context, w, &instr);
  return WR_OK;
}

static wr_status walk_plain(wr__walker *w) {
  while (w->ctrl_count) {
    wr__walk_quick(w);
    WR_TRY(step(w, WALK_PLAIN));
  }
  return WR_OK;
}

static wr_status walk_visited(wr__walker *w) {
  while (w->ctrl_count) {
    WR_TRY(wr__visit_quick(w));
    WR_TRY(step(w, WALK_VISITED));
  }
  return WR_OK;
}

static wr_status walk_const(wr__walker *w) {
  while (w->ctrl_count) WR_TRY(step(w, WALK_CONST));
  return WR_OK;
}

/* ---- Bodies ---- */

static wr_status add_locals(wr__walker *w, uint32_t count, wr_valtype type) {
  if (!count) return WR_OK;
  if (!wr__valtype_is_defaultable(type)) w->tracks_init = true;
  uint32_t all = w->local_count + count;
  if (w->run_count || (!w->visitor && all > LISTED_LOCALS)) {
    if (!wr__grow32(&w->runs, &w->run_capacity, w->run_count + 1, sizeof *w->runs))
      return wr__walker_fail_oom(w);
    w->runs[w->run_count++] = (wr__local_run){all, type};
  } else {
    if (!wr__grow32(&w->locals, &w->local_capacity, all, sizeof *w->locals))
      return wr__walker_fail_oom(w);
    for (uint32_t i = w->local_count; i < all; i++) w->locals[i] = type;
    w->listed_count = all;
  }
  w->local_count = all;
  return WR_OK;
}

/* Spec: binary/modules, code section: runs of locals of one type. */
wr_status wr__walker_read_locals(wr__walker *w, bool scanning) {
  uint32_t runs, total = 0;
  WR_TRY(wr__walker_u32(w, &runs));
  if (runs > (size_t)(w->end - w->at)) return wr__walker_malformed(w, WR__MESSAGE_END);
  for (uint32_t i = 0; i < runs; i++) {
    uint32_t count;
    wr_valtype type;
    w->instr_offset = (uint32_t)(w->at - w->module->bytes);
    WR_TRY(wr__walker_u32(w, &count));
    if (count > WR__MAX_LOCALS - total)
      return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                                "too many locals: at most %u", (unsigned)WR__MAX_LOCALS);
    total += count;
    const char *message = wr__read_valtype(&w->at, w->end, &type);
    if (message) return wr__walker_malformed(w, "%s", message);
    if (scanning) continue;
    WR_TRY(wr__walker_resolve(w, type, &type));
    WR_TRY(add_locals(w, count, type));
  }
  return WR_OK;
}

/* Where a local without a default value stands, sets are tracked: parameters are set. */
static wr_status start_tracking(wr__walker *w) {
  free(w->local_is_set);
  w->local_is_set = malloc(w->local_count);
  if (!w->local_is_set) return wr__walker_fail_oom(w);
  for (uint32_t i = 0; i < w->listed_count; i++)
    w->local_is_set[i] = i < w->func_type->param_count || wr__valtype_is_defaultable(w->locals[i]);
  uint32_t start = w->listed_count;
  for (uint32_t i = 0; i < w->run_count; start = w->runs[i++].end)
    memset(w->local_is_set + start, wr__valtype_is_defaultable(w->runs[i].type),
           w->runs[i].end - start);
  return WR_OK;
}

static void reset(wr__walker *w, const wr__visitor *visitor) {
  w->visitor = visitor;
  w->stack_count = w->ctrl_count = w->init_count = w->local_count = w->max_stack_count = 0;
  w->run_count = w->listed_count = 0;
  w->tracks_init = false;
  w->end = w->module->bytes + w->module->size;
}

wr_status wr__walk_func(wr__walker *w, uint32_t func_index, const wr__visitor *visitor) {
  const wr__func_decl *func = &w->module->funcs[func_index];
  const wr__deftype *type = func->type;
  reset(w, visitor);
  w->func_index = func_index;
  w->func_type = type;
  w->global_limit = w->module->global_count;
  w->at = w->module->bytes + func->code_offset;
  w->instr_offset = func->code_offset;
  if (!wr__grow32(&w->locals, &w->local_capacity, type->param_count, sizeof *w->locals))
    return wr__walker_fail_oom(w);
  if (type->param_count) memcpy(w->locals, type->params, type->param_count * sizeof *w->locals);
  w->local_count = w->listed_count = type->param_count;
  WR_TRY(wr__walker_read_locals(w, false));
  if (WR_UNLIKELY(w->tracks_init)) WR_TRY(start_tracking(w));
  WR_TRY(wr__walker_push_frame(w, WR__OP_NONE, NULL, 0, type->results, type->result_count));
  WR_TRY(wr__walker_reserve(w, 0));
  WR_TRY(visitor ? walk_visited(w) : walk_plain(w));
  if (w->at != w->module->bytes + func->code_offset + func->code_size)
    return wr__walker_malformed(w, "section size mismatch: the body's end is elsewhere");
  return WR_OK;
}

wr_status wr__walk_const(wr__walker *w, uint32_t offset, uint32_t limit, wr_valtype expected,
                         uint32_t global_limit, const wr__visitor *visitor, wr__expr *expr) {
  reset(w, visitor);
  w->func_index = WR_NO_INDEX;
  w->func_type = NULL;
  w->global_limit = global_limit;
  w->at = w->module->bytes + offset;
  w->end = w->module->bytes + limit;
  w->instr_offset = offset;
  WR_TRY(wr__walker_push_frame(w, WR__OP_NONE, NULL, 0, &expected, 1));
  WR_TRY(wr__walker_reserve(w, 0));
  WR_TRY(walk_const(w));
  *expr = (wr__expr){offset, (uint32_t)(w->at - w->module->bytes) - offset};
  return WR_OK;
}
