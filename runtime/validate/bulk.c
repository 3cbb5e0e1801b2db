/* Rules of table instructions, segments and bulk memory. Addresses have the type of the table or
 * the memory. Spec: valid/instructions, table and memory instructions. */
#include "validate/internal.h"

static wr_status find_table(wr__walker *w, uint32_t index, const wr__table_decl **table) {
  if (index >= w->module->table_count) return wr__walker_unknown(w, "table", index);
  *table = &w->module->tables[index];
  return WR_OK;
}

static wr_status find_elem(wr__walker *w, uint32_t index, const wr__elem_decl **elem) {
  if (index >= w->module->elem_count) return wr__walker_unknown(w, "elem segment", index);
  *elem = &w->module->elems[index];
  return WR_OK;
}

static wr_status find_memory(wr__walker *w, uint32_t index, wr_valtype *address) {
  if (index >= w->module->memory_count) return wr__walker_unknown(w, "memory", index);
  *address = wr__address_type(&w->module->memories[index].limits);
  return WR_OK;
}

static wr_status check_data(wr__walker *w, uint32_t index) {
  return index < w->module->data_count ? WR_OK : wr__walker_unknown(w, "data segment", index);
}

/* The length of a copy has the smaller of the address types. */
static wr_valtype smaller(wr_valtype a, wr_valtype b) {
  return a == WR_I64 && b == WR_I64 ? WR_I64 : WR_I32;
}

static wr_status pop3(wr__walker *w, wr_valtype first, wr_valtype second, wr_valtype third) {
  WR_TRY(wr__walker_pop(w, third));
  WR_TRY(wr__walker_pop(w, second));
  return wr__walker_pop(w, first);
}

static wr_status element_mismatch(wr__walker *w, wr_valtype from, wr_valtype to) {
  char source[40], target[40];
  return wr__walker_invalid(w, "type mismatch: elements of %s do not fit a table of %s",
                            wr__walker_type_name(w->module, from, source, sizeof source),
                            wr__walker_type_name(w->module, to, target, sizeof target));
}

static wr_status rule_table_init(wr__walker *w, const wr__instr *instr) {
  const wr__table_decl *table;
  const wr__elem_decl *elem;
  WR_TRY(find_table(w, instr->imm.index2, &table));
  WR_TRY(find_elem(w, instr->imm.index, &elem));
  if (!wr__valtype_matches(w->types, elem->type, table->element))
    return element_mismatch(w, elem->type, table->element);
  return pop3(w, wr__address_type(&table->limits), WR_I32, WR_I32);
}

static wr_status rule_table_copy(wr__walker *w, const wr__instr *instr) {
  const wr__table_decl *to, *from;
  WR_TRY(find_table(w, instr->imm.index, &to));
  WR_TRY(find_table(w, instr->imm.index2, &from));
  if (!wr__valtype_matches(w->types, from->element, to->element))
    return element_mismatch(w, from->element, to->element);
  wr_valtype target = wr__address_type(&to->limits), source = wr__address_type(&from->limits);
  return pop3(w, target, source, smaller(target, source));
}

static wr_status rule_table(wr__walker *w, const wr__instr *instr) {
  const wr__table_decl *table;
  WR_TRY(find_table(w, instr->imm.index, &table));
  wr_valtype address = wr__address_type(&table->limits);
  switch (instr->op) {
    case WR__OP_table_get:
      WR_TRY(wr__walker_pop(w, address));
      wr__walker_push(w, table->element);
      return WR_OK;
    case WR__OP_table_set:
      WR_TRY(wr__walker_pop(w, table->element));
      return wr__walker_pop(w, address);
    case WR__OP_table_size:
      wr__walker_push(w, address);
      return WR_OK;
    case WR__OP_table_grow:
      WR_TRY(wr__walker_pop(w, address));
      WR_TRY(wr__walker_pop(w, table->element));
      wr__walker_push(w, address);
      return WR_OK;
    default: /* table.fill */
      return pop3(w, address, table->element, address);
  }
}

static wr_status rule_memory_copy(wr__walker *w, const wr__instr *instr) {
  wr_valtype target, source;
  WR_TRY(find_memory(w, instr->imm.index, &target));
  WR_TRY(find_memory(w, instr->imm.index2, &source));
  return pop3(w, target, source, smaller(target, source));
}

wr_status wr__rule_bulk(wr__walker *w, wr__instr *instr) {
  wr_valtype address;
  const wr__elem_decl *elem;
  switch (instr->op) {
    case WR__OP_memory_init:
      WR_TRY(find_memory(w, instr->imm.index2, &address));
      WR_TRY(check_data(w, instr->imm.index));
      return pop3(w, address, WR_I32, WR_I32);
    case WR__OP_data_drop:
      return check_data(w, instr->imm.index);
    case WR__OP_memory_copy:
      return rule_memory_copy(w, instr);
    case WR__OP_memory_fill:
      WR_TRY(find_memory(w, instr->imm.index, &address));
      return pop3(w, address, WR_I32, address);
    case WR__OP_table_init:
      return rule_table_init(w, instr);
    case WR__OP_elem_drop:
      return find_elem(w, instr->imm.index, &elem);
    case WR__OP_table_copy:
      return rule_table_copy(w, instr);
    default:
      return rule_table(w, instr);
  }
}
