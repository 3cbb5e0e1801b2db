/* The walk that finds a module's facts (facts.h). */
#include "facts.h"

#include <stdlib.h>

#include "base/leb128.h"
#include "validate/walker.h"

enum { MAX_FIXED_TABLE = 1 << 20 };

static void unfix(wr__facts *facts, uint32_t table) { facts->tables[table].fixed = false; }

static wr_status note_instr(void *context, wr__walker *w, const wr__instr *instr) {
  wr__facts *facts = context;
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

static void fill_table(const wr__module *module, wr__facts *facts, uint32_t index) {
  wr__table_facts *table = &facts->tables[index];
  table->size = (uint32_t)module->tables[index].limits.min;
  table->funcs = wr__alloc_array(table->size, sizeof *table->funcs);
  table->fixed = table->funcs;
  for (uint32_t i = 0; table->fixed && i < table->size; i++) table->funcs[i] = WR_NO_INDEX;
  for (uint32_t i = 0; i < module->elem_count && table->fixed; i++) {
    const wr__elem_decl *elem = &module->elems[i];
    if (elem->mode == WR__SEGMENT_ACTIVE && elem->table == index)
      table->fixed = fill_from(module, elem, table);
  }
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

wr_status wr__facts_init(wr__facts *facts, const wr__module *module, wr_error *error) {
  *facts = (wr__facts){.table_count = module->table_count};
  facts->calls = wr__alloc_array(module->func_count, sizeof *facts->calls);
  facts->tables = wr__alloc_array(module->table_count, sizeof *facts->tables);
  wr_status status = facts->calls && facts->tables ? WR_OK : wr__fail_oom(error);
  if (status == WR_OK) find_own_tables(module, facts);
  wr__walker walker;
  wr__walker_init(&walker, module, error);
  wr__visitor visitor = {note_instr, facts};
  for (uint32_t i = module->imported_funcs; i < module->func_count && status == WR_OK; i++)
    status = wr__walk_func(&walker, i, &visitor);
  wr__walker_free(&walker);
  for (uint32_t i = 0; i < module->table_count && status == WR_OK; i++)
    if (facts->tables[i].fixed) fill_table(module, facts, i);
  if (status != WR_OK) wr__facts_free(facts);
  return status;
}

void wr__facts_free(wr__facts *facts) {
  for (uint32_t i = 0; facts->tables && i < facts->table_count; i++) free(facts->tables[i].funcs);
  free(facts->tables);
  free(facts->calls);
  *facts = (wr__facts){0};
}
