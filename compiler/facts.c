/* The walk that finds a module's facts (facts.h). */
#include "facts.h"

#include <stdlib.h>

#include "base/leb128.h"
#include "validate/walker.h"

enum { MAX_FIXED_TABLE = 1 << 20, MAX_LOCALS = 24 };

static void unfix(wr__facts *facts, uint32_t table) { facts->tables[table].fixed = false; }

/* About how many instructions of a machine it comes to; WR__NO_WEIGHT: it may not be in another
 * function's body. */
static uint32_t weigh(uint16_t op) {
  switch (op) {
    case WR__OP_local_get:
    case WR__OP_local_set:
    case WR__OP_local_tee:
    case WR__OP_i32_const:
    case WR__OP_i64_const:
    case WR__OP_i32_wrap_i64:
    case WR__OP_drop:
    case WR__OP_nop:
    case WR__OP_block:
    case WR__OP_else:
    case WR__OP_end:
    case WR__OP_return:
      return 0;
    case WR__OP_loop: /* its polls and versions know one function */
    case WR__OP_try:
    case WR__OP_try_table:
    case WR__OP_throw:
    case WR__OP_throw_ref:
    case WR__OP_rethrow:
    case WR__OP_return_call:
    case WR__OP_return_call_indirect:
    case WR__OP_return_call_ref:
      return WR__NO_WEIGHT;
    case WR__OP_call:
      return 4;
    case WR__OP_call_indirect:
    case WR__OP_call_ref:
      return 8;
    default:
      return wr__opinfos[op].page == WR__PAGE_CORE ? 1 : 2;
  }
}

static void add_weight(wr__facts *facts, const wr__walker *w, uint16_t op) {
  uint32_t weight = facts->weights[w->func_index] + weigh(op);
  if (weight > WR__NO_WEIGHT || w->local_count > MAX_LOCALS) weight = WR__NO_WEIGHT;
  facts->weights[w->func_index] = (uint16_t)weight;
}

static void note_pointer_call(wr__facts *facts, const wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_call_indirect:
    case WR__OP_return_call_indirect:
    case WR__OP_call_ref:
    case WR__OP_return_call_ref:
      facts->by_pointer[instr->imm.index] = true;
      break;
  }
}

static wr_status note_instr(void *context, wr__walker *w, const wr__instr *instr) {
  wr__facts *facts = context;
  add_weight(facts, w, instr->op);
  note_pointer_call(facts, instr);
  switch (instr->op) {
    case WR__OP_try_table:
    case WR__OP_try:
      facts->handlers = true;
      break;
    case WR__OP_return_call:
    case WR__OP_return_call_indirect:
    case WR__OP_return_call_ref:
      facts->tail_calls = true;
      facts->calls[w->func_index] = true;
      break;
    case WR__OP_call:
    case WR__OP_call_indirect:
    case WR__OP_call_ref:
      facts->calls[w->func_index] = true;
      break;
    case WR__OP_table_set:
    case WR__OP_table_grow:
    case WR__OP_table_fill:
      unfix(facts, instr->imm.index);
      break;
    case WR__OP_table_copy: /* into the first */
      unfix(facts, instr->imm.index);
      break;
    case WR__OP_table_init: /* of an element segment and a table */
      unfix(facts, instr->imm.index2);
      break;
  }
  return WR_OK;
}

/* ---- Tables */

/* A constant address; false: it is not one. */
static bool read_offset(const wr__module *module, wr__expr expr, uint32_t *out) {
  const uint8_t *at = module->bytes + expr.offset, *end = at + expr.size;
  int32_t value;
  if (at == end || *at++ != 0x41 || wr__leb_s32(&at, end, &value) != WR__LEB_OK) return false;
  *out = (uint32_t)value;
  return at < end && *at == 0x0b;
}

/* ref.func or ref.null; false: something else. */
static bool read_expr_item(const uint8_t **at, const uint8_t *end, uint32_t *func) {
  *func = WR_NO_INDEX;
  if (*at == end) return false;
  uint8_t op = *(*at)++;
  if (op == 0xd2) {
    if (wr__leb_u32(at, end, func) != WR__LEB_OK) return false;
  } else if (op != 0xd0 || *at == end || *(*at)++ < 0x40) { /* an abstract heap type: one byte */
    return false;
  }
  return *at < end && *(*at)++ == 0x0b;
}

static bool fill_from(const wr__module *module, const wr__elem_decl *elem, wr__table_facts *table) {
  uint32_t first;
  if (!read_offset(module, elem->offset, &first)) return false;
  if (first > table->size || elem->count > table->size - first) return false;
  const uint8_t *at = module->bytes + elem->items_offset, *end = at + elem->items_size;
  for (uint32_t i = 0; i < elem->count; i++) {
    uint32_t *func = &table->funcs[first + i];
    if (elem->is_exprs ? !read_expr_item(&at, end, func)
                       : wr__leb_u32(&at, end, func) != WR__LEB_OK)
      return false;
  }
  return true;
}

/* A table is what its segments make of it only if nothing runs before all of them have been
 * applied. A segment of an imported table hands functions of the instance to others, which can call
 * them even if a later segment traps, or is interrupted, and the instance never comes to be. Spec:
 * exec/modules, instantiation. */
static bool may_leak(const wr__module *module, const wr__elem_decl *elem) {
  return elem->table < module->imported_tables && elem->count;
}

static void fill_table(const wr__module *module, wr__facts *facts, uint32_t index) {
  wr__table_facts *table = &facts->tables[index];
  table->size = (uint32_t)module->tables[index].limits.min;
  table->funcs = wr__alloc_array(table->size, sizeof *table->funcs);
  table->fixed = table->funcs;
  for (uint32_t i = 0; table->fixed && i < table->size; i++) table->funcs[i] = WR_NO_INDEX;
  bool leaked = false;
  for (uint32_t i = 0; i < module->elem_count && table->fixed; i++) {
    const wr__elem_decl *elem = &module->elems[i];
    if (elem->mode != WR__SEGMENT_ACTIVE) continue;
    if (elem->table == index) table->fixed = !leaked && fill_from(module, elem, table);
    leaked |= may_leak(module, elem);
  }
}

static wr__targets *find_targets(const wr__table_facts *table, const wr__deftype *type) {
  uint32_t mask = table->targets_size - 1, at = type->id * 0x9e3779b1u & mask;
  while (table->targets[at].type && table->targets[at].type != type) at = (at + 1) & mask;
  return &table->targets[at];
}

static wr_status sort_targets(const wr__module *module, wr__table_facts *table, wr_error *error) {
  table->targets_size = 16;
  while (table->targets_size < module->type_count * 2) table->targets_size *= 2;
  table->targets = wr__alloc_array(table->targets_size, sizeof *table->targets);
  if (!table->targets) return wr__fail_oom(error);
  for (uint32_t i = 0; i < table->size; i++) {
    uint32_t func = table->funcs[i];
    if (func == WR_NO_INDEX || func < module->imported_funcs) continue;
    wr__targets *targets = find_targets(table, module->funcs[func].type);
    targets->type = module->funcs[func].type;
    if (targets->count < WR__MAX_TARGETS) targets->at[targets->count] = i;
    if (targets->count <= WR__MAX_TARGETS) targets->count++;
  }
  return WR_OK;
}

const wr__targets *wr__facts_targets(const wr__facts *facts, uint32_t table,
                                     const wr__deftype *type) {
  return find_targets(&facts->tables[table], type);
}

static void find_own_tables(const wr__module *module, wr__facts *facts) {
  for (uint32_t i = module->imported_tables; i < module->table_count; i++) {
    const wr__table_decl *decl = &module->tables[i];
    uint64_t size = decl->limits.min;
    facts->tables[i].fixed = size && size <= MAX_FIXED_TABLE && !decl->init.size;
  }
  for (uint32_t i = 0; i < module->export_count; i++)
    if (module->exports[i].kind == WR_EXTERN_TABLE) unfix(facts, module->exports[i].index);
}

wr_status wr__facts_init(wr__facts *facts, const wr__module *module, bool with_tables,
                         wr_error *error) {
  *facts = (wr__facts){.table_count = module->table_count};
  facts->calls = wr__alloc_array(module->func_count, sizeof *facts->calls);
  facts->weights = wr__alloc_array(module->func_count, sizeof *facts->weights);
  facts->by_pointer = wr__alloc_array(module->type_count, sizeof *facts->by_pointer);
  facts->tables = wr__alloc_array(module->table_count, sizeof *facts->tables);
  bool made = facts->calls && facts->weights && facts->by_pointer && facts->tables;
  wr_status status = made ? WR_OK : wr__fail_oom(error);
  if (made && with_tables) find_own_tables(module, facts);
  wr__walker walker;
  wr__walker_init(&walker, module, error);
  wr__visitor visitor = {note_instr, facts};
  for (uint32_t i = module->imported_funcs; i < module->func_count && status == WR_OK; i++)
    status = wr__walk_func(&walker, i, &visitor);
  wr__walker_free(&walker);
  for (uint32_t i = 0; i < module->table_count && status == WR_OK; i++) {
    if (facts->tables[i].fixed) fill_table(module, facts, i);
    if (facts->tables[i].fixed) status = sort_targets(module, &facts->tables[i], error);
  }
  if (status != WR_OK) wr__facts_free(facts);
  return status;
}

void wr__facts_free(wr__facts *facts) {
  for (uint32_t i = 0; facts->tables && i < facts->table_count; i++) {
    free(facts->tables[i].funcs);
    free(facts->tables[i].targets);
  }
  free(facts->tables);
  free(facts->calls);
  free(facts->by_pointer);
  free(facts->weights);
  *facts = (wr__facts){0};
}
