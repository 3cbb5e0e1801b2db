/* The translator: one function at a time, and the choice of what translates each instruction. The
 * parts are translate_*.c; expressions are the emitter's (emit.h). */
#include "interp/translator.h"

#include <stdlib.h>

#include "interp/sequences.h"

char wr__translate_cls(wr_valtype t) {
  switch (t) {
    case WR_I32:
      return 'i';
    case WR_I64:
      return 'l';
    case WR_F32:
      return 'f';
    case WR_F64:
      return 'd';
    case WR_V128:
      return 'v';
    default:
      return 'r';
  }
}

static void visit_plain(translator *t, const wr__instr *in, const wr__opinfo *info) {
  uint64_t extra[2];
  uint32_t count = 0;
  if (info->immediates == WR__IMM_LANE) extra[count++] = in->imm.lane;
  if (info->immediates == WR__IMM_LANES16) {
    memcpy(extra, in->imm.v128, 16);
    count = 2;
  }
  wr__emit_apply(&t->e, in->op, info->param_count, info->results[0], extra, count);
}

/* ---- simple values -------------------------------------------------------------------------- */

static void visit_nop(translator *t, const wr__instr *in) { (void)t, (void)in; }

static void visit_drop(translator *t, const wr__instr *in) {
  (void)in;
  wr__emit_drop(&t->e);
}

static void visit_select(translator *t, const wr__instr *in) {
  char cls = wr__translate_cls(in->operand_type);
  wr__emit_select(&t->e, cls == 'v', cls);
}

static void visit_const(translator *t, const wr__instr *in) {
  switch (in->op) {
    case WR__OP_i32_const:
      wr__emit_push_const(&t->e, 'i', (uint32_t)in->imm.i32);
      break;
    case WR__OP_i64_const:
      wr__emit_push_const(&t->e, 'l', (uint64_t)in->imm.i64);
      break;
    case WR__OP_f32_const:
      wr__emit_push_const(&t->e, 'f', in->imm.f32);
      break;
    case WR__OP_f64_const:
      wr__emit_push_const(&t->e, 'd', in->imm.f64);
      break;
    default: /* ref.null */
      wr__emit_push_const(&t->e, 'l', 0);
  }
}

static void visit_ref_test(translator *t, const wr__instr *in) {
  if (in->op == WR__OP_ref_is_null)
    wr__emit_apply(&t->e, WR__OP_i64_eqz, 1, 'i', NULL, 0);
  else
    wr__emit_apply(&t->e, WR__OP_i64_eq, 2, 'i', NULL, 0);
}

static void visit_ref_func(translator *t, const wr__instr *in) {
  wr__translate_source(t, WR__H_ref_func, 'r', in->imm.index);
}

static void visit_ref_as_non_null(translator *t, const wr__instr *in) {
  (void)in;
  wr__translate_check_non_null(t, WR_TRAP_NULL_REFERENCE);
}

/* ---- the visitor ---------------------------------------------------------------------------- */

typedef void (*visit_fn)(translator *t, const wr__instr *in);

/* By wr__op. Arithmetic and accesses are not here: their rows of the table say all. */
static const visit_fn visitors[WR__OP_COUNT] = {
    [WR__OP_unreachable] = wr__translate_unreachable,
    [WR__OP_nop] = visit_nop,
    [WR__OP_block] = wr__translate_open,
    [WR__OP_loop] = wr__translate_open,
    [WR__OP_if] = wr__translate_open,
    [WR__OP_else] = wr__translate_else,
    [WR__OP_end] = wr__translate_end,
    [WR__OP_br] = wr__translate_br_always,
    [WR__OP_br_if] = wr__translate_br_if,
    [WR__OP_br_table] = wr__translate_br_table,
    [WR__OP_br_on_null] = wr__translate_br_on_null,
    [WR__OP_br_on_non_null] = wr__translate_br_on_null,
    [WR__OP_return] = wr__translate_return,
    [WR__OP_call] = wr__translate_call,
    [WR__OP_return_call] = wr__translate_call,
    [WR__OP_call_indirect] = wr__translate_call_indirect,
    [WR__OP_return_call_indirect] = wr__translate_call_indirect,
    [WR__OP_call_ref] = wr__translate_call_ref,
    [WR__OP_return_call_ref] = wr__translate_call_ref,
    [WR__OP_drop] = visit_drop,
    [WR__OP_select] = visit_select,
    [WR__OP_select_t] = visit_select,
    [WR__OP_local_get] = wr__translate_local_get,
    [WR__OP_local_set] = wr__translate_local_set,
    [WR__OP_local_tee] = wr__translate_local_tee,
    [WR__OP_global_get] = wr__translate_global,
    [WR__OP_global_set] = wr__translate_global,
    [WR__OP_i32_const] = visit_const,
    [WR__OP_i64_const] = visit_const,
    [WR__OP_f32_const] = visit_const,
    [WR__OP_f64_const] = visit_const,
    [WR__OP_v128_const] = wr__translate_const_v128,
    [WR__OP_ref_null] = visit_const,
    [WR__OP_ref_is_null] = visit_ref_test,
    [WR__OP_ref_eq] = visit_ref_test,
    [WR__OP_ref_func] = visit_ref_func,
    [WR__OP_ref_as_non_null] = visit_ref_as_non_null,
    [WR__OP_memory_size] = wr__translate_size,
    [WR__OP_memory_grow] = wr__translate_grow,
    [WR__OP_memory_fill] = wr__translate_bulk,
    [WR__OP_memory_copy] = wr__translate_bulk,
    [WR__OP_memory_init] = wr__translate_bulk,
    [WR__OP_data_drop] = wr__translate_segment_drop,
    [WR__OP_table_get] = wr__translate_table_access,
    [WR__OP_table_set] = wr__translate_table_access,
    [WR__OP_table_size] = wr__translate_size,
    [WR__OP_table_grow] = wr__translate_grow,
    [WR__OP_table_fill] = wr__translate_bulk,
    [WR__OP_table_copy] = wr__translate_bulk,
    [WR__OP_table_init] = wr__translate_bulk,
    [WR__OP_elem_drop] = wr__translate_segment_drop,
    [WR__OP_i64_add128] = wr__translate_wide,
    [WR__OP_i64_sub128] = wr__translate_wide,
    [WR__OP_i64_mul_wide_s] = wr__translate_wide,
    [WR__OP_i64_mul_wide_u] = wr__translate_wide,
};

/* Arithmetic: operands to one result, no more to it. */
static bool is_plain(const wr__opinfo *info) {
  return !info->special && info->result_count == 1 && info->param_count &&
         (info->immediates == WR__IMM_NONE || info->immediates == WR__IMM_LANE ||
          info->immediates == WR__IMM_LANES16);
}

/* Instructions that are not in the table, by their row's immediates. */
static wr_status visit_row(translator *t, const wr__instr *in) {
  const wr__opinfo *info = &wr__opinfos[in->op];
  bool is_access =
      (info->immediates == WR__IMM_MEMARG || info->immediates == WR__IMM_MEMARG_LANE) &&
      info->page != WR__PAGE_THREADS;
  if (is_access)
    wr__translate_access(t, in);
  else if (is_plain(info))
    visit_plain(t, in, info);
  else if (!wr__translate_object(t, in) && !wr__translate_try(t, in))
    return wr__fail(t->walker.error, WR_UNSUPPORTED, in->offset, "%s is not executed", info->text);
  return WR_OK;
}

static wr_status visit(void *context, wr__walker *walker, const wr__instr *in) {
  (void)walker;
  translator *t = context;
  t->e.module_offset = in->offset;
  if (visitors[in->op])
    visitors[in->op](t, in);
  else
    WR_TRY(visit_row(t, in));
  if (WR_UNLIKELY(atomic_load_explicit(t->interrupt, memory_order_relaxed))) return WR_INTERRUPTED;
  return t->e.failed ? WR_OUT_OF_MEMORY : WR_OK;
}

/* Code is three times its body, and of small bodies some tens of times. A branch of two bytes may
 * move a thousand values, though: a body that keeps doing that is refused. */
enum { LEAST_LIMIT = 256 * 1024, MOST_GROWTH = 64 };

/* ---- one function --------------------------------------------------------------------------- */

/* Called at the first instruction: lays out the frame. */
static bool lay_out(translator *t, const wr__deftype *type) {
  const wr__walker *w = &t->walker;
  if (!wr__grow(&t->locals, &t->local_capacity, w->local_count, sizeof *t->locals)) return false;
  uint32_t slot = 0;
  t->laid_out = true;
  t->param_count = type->param_count;
  t->link_slot = wr__link_slot(type);
  for (uint32_t k = 0; k < w->local_count; k++) {
    if (k == type->param_count) slot = t->link_slot + WR__LINK_SLOTS;
    bool unused = t->used && k >= type->param_count && !t->used[k];
    t->locals[k] =
        (local_info){.slot = slot, .cls = unused ? 'i' : wr__translate_cls(w->locals[k])};
    if (unused) continue;
    if (t->locals[k].cls == 'r') {
      t->ref_local_count++; /* a collection may read it before the first write */
      if (k >= type->param_count) wr__translate_must_be_zero(t, k);
    }
    slot += wr__valtype_slots(w->locals[k]);
  }
  if (w->local_count == type->param_count) slot = t->link_slot + WR__LINK_SLOTS;
  t->exn_base = slot;
  /* A collection reads them. Behind the operands they would lie in the frames of callees. */
  wr__translate_slots_must_be_zero(t, slot, slot + t->exn_reserved);
  wr__emit_lay_out(&t->e, slot + t->exn_reserved);
  return !t->e.failed;
}

static wr_status visit_first(void *context, wr__walker *walker, const wr__instr *in) {
  translator *t = context;
  if (WR_UNLIKELY(!t->laid_out)) {
    if (!lay_out(t, walker->func_type)) return WR_OUT_OF_MEMORY;
    t->enter_at = wr__emit_begin(&t->e, WR__H_enter, 16);
    wr__ctrl body = {.height = 0};
    wr__translate_push_label(t, &body, false);
    if (t->e.failed) return WR_OUT_OF_MEMORY;
  }
  return visit(context, walker, in);
}

/* Copies a list behind the code's words. */
static void *put_list(uint8_t **at, const void *list, size_t size) {
  void *there = *at;
  if (size) memcpy(there, list, size);
  *at += size;
  return there;
}

/* The code in one block, with its lists behind the words; `skip` bytes are left out before them. */
static wr__code *assemble(translator *t, uint32_t func_index, uint32_t skip) {
  wr__emit *e = &t->e;
  uint32_t ref_locals = t->ref_local_count + t->exn_count;
  size_t size = e->size - skip, map_bytes = t->map_count * sizeof *t->maps,
         node_bytes = t->node_count * sizeof *t->nodes,
         local_bytes = ref_locals * sizeof(wr__ref_local),
         loop_bytes = t->loop_count * sizeof *t->loops;
  wr__code *code = malloc(sizeof *code + size + map_bytes + node_bytes + local_bytes + loop_bytes +
                          e->offsets_size);
  if (!code) return NULL;
  *code = (wr__code){.func_index = func_index,
                     .size_bytes = (uint32_t)size,
                     .link_slot = t->link_slot,
                     .first_at = skip,
                     .offsets_size = (uint32_t)e->offsets_size,
                     .ref_map_count = t->map_count,
                     .ref_node_count = t->node_count,
                     .ref_local_count = ref_locals,
                     .loop_count = t->loop_count,
                     .frame_slots = e->frame_slots};
  wr__translate_finish_try(t, code, skip);
  uint8_t *at = (uint8_t *)code->words;
  put_list(&at, e->code + skip, size);
  code->ref_maps = put_list(&at, t->maps, map_bytes);
  code->ref_nodes = put_list(&at, t->nodes, node_bytes);
  code->ref_locals = (wr__ref_local *)at;
  if (ref_locals) wr__translate_list_refs(t, skip, code->ref_locals);
  at += local_bytes;
  code->loops = put_list(&at, t->loops, loop_bytes);
  code->offsets = put_list(&at, e->offsets, e->offsets_size);
  return code;
}

/* The finished code: without `enter` where no local must start as zero. */
static wr__code *finish(translator *t, uint32_t func_index) {
  wr__emit *e = &t->e;
  uint32_t skip = t->first_zero == t->end_zero ? 16 : 0;
  if (!skip) {
    wr__emit_u16(e, t->enter_at + 8, t->first_zero);
    wr__emit_u16(e, t->enter_at + 10, t->end_zero - t->first_zero);
  }
  if (e->frame_slots > WR__MAX_FRAME_SLOTS) e->failed = true;
  for (uint32_t k = 0; k < t->map_count; k++) t->maps[k].at -= skip;
  for (uint32_t k = 0; k < t->loop_count; k++) t->loops[k].at -= skip;
  wr__code *code = e->failed ? NULL : assemble(t, func_index, skip);
  bool join = !(e->options & WR__EMIT_NO_SEQUENCES), wide = !(e->options & WR__EMIT_NO_WIDE);
  if (!code) return NULL;
  if (!e->failed && wr__link_code(&e->steps, (uint8_t *)code->words, code->size_bytes, join, wide))
    return code;
  wr__code_free(code); /* out of memory */
  return NULL;
}

wr__translator *wr__translator_new(const wr__module *module) {
  translator *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  t->module = module;
  t->engine = module->engine;
  wr__walker_init(&t->walker, module, NULL);
  return t;
}

void wr__translator_free(wr__translator *t) {
  if (!t) return;
  wr__walker_free(&t->walker);
  wr__emit_free(&t->e);
  free(t->locals);
  free(t->set_stack);
  free(t->labels);
  free(t->fixups);
  free(t->ranges);
  free(t->handlers);
  free(t->maps);
  free(t->nodes);
  free(t->chain);
  free(t->loop_reads);
  free(t->loops);
  free(t);
}

size_t wr__translator_memory(const wr__translator *t) {
  return t->e.capacity + t->e.steps.capacity * sizeof *t->e.steps.steps +
         t->e.stack_capacity * sizeof *t->e.stack + t->local_capacity * sizeof *t->locals +
         t->label_capacity * sizeof *t->labels;
}

static wr__code *translate_once(wr__translator *t, uint32_t func_index, bool guarded,
                                uint32_t options, uint32_t exn_reserved) {
  wr__emit_restart(&t->e, options);
  t->e.most_bytes = LEAST_LIMIT + (size_t)MOST_GROWTH * t->module->funcs[func_index].code_size;
  memset(&t->guarded, 0, sizeof *t - offsetof(translator, guarded));
  t->guarded = guarded;
  t->exn_reserved = exn_reserved;
  wr__visitor visitor = {visit_first, t};
  wr_status status = wr__walk_func(&t->walker, func_index, &visitor);
  wr__code *code = status == WR_OK ? finish(t, func_index) : NULL;
  for (uint32_t k = 0; k < t->label_count; k++) free(t->labels[k].catches);
  return code;
}

static wr__code *translate_twice(wr__translator *t, uint32_t func_index, bool guarded,
                                 uint32_t options) {
  wr__code *code = translate_once(t, func_index, guarded, options, 0);
  if (!code || t->exn_count == 0) return code;
  /* How many legacy tries there are is known now: again, with slots for what they catch. */
  wr__code_free(code);
  return translate_once(t, func_index, guarded, options, t->exn_count);
}

wr__code *wr__translate(wr__translator *t, uint32_t func_index, bool guarded, uint32_t options,
                        const _Atomic uint32_t *interrupt) {
  static const _Atomic uint32_t never;
  t->interrupt = interrupt ? interrupt : &never;
  wr__code *code = translate_twice(t, func_index, guarded, options);
  if (code || t->e.frame_slots <= WR__MAX_FRAME_SLOTS) return code;
  /* An instruction names slots by 16 bits: again, without slots for locals that nothing names. */
  if (wr__translate_find_used(t, func_index))
    code = translate_twice(t, func_index, guarded, options);
  free(t->used);
  t->used = NULL;
  return code;
}

void wr__code_free(wr__code *code) {
  if (!code) return;
  free(code->try_ranges);
  free(code->try_handlers);
  free(code);
}
