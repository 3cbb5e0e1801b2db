/* Locals, globals, tables, and the parametric instructions.
 *
 * Globals that the module defines lie in the instance itself, at offsets known here. Accesses to
 * globals and tables are plain, and their tags tell LLVM that accesses to memory leave them alone.
 */
#include "lower/lower.h"

static LLVMValueRef global_pointer(wr__lower *l, uint32_t index) {
  const wr__module *m = l->module;
  if (index >= m->imported_globals) {
    size_t at = wr__instance_globals_offset(m->func_count - m->imported_funcs);
    at += (index - m->imported_globals) * sizeof(wr__global) + offsetof(wr__global, value);
    return wr__lower_at(l, l->inst, at);
  }
  LLVMValueRef all = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, globals), true);
  LLVMValueRef global = wr__lower_field(l, l->ptr, all, index * sizeof(void *), true);
  return wr__lower_at(l, global, offsetof(wr__global, value));
}

static void lower_global_get(wr__lower *l, uint32_t index) {
  const wr__global_decl *decl = &l->module->globals[index];
  LLVMTypeRef type = wr__lower_type(l, decl->type);
  LLVMValueRef load = LLVMBuildLoad2(l->b, type, global_pointer(l, index), "");
  LLVMSetAlignment(load, type == l->v128 ? 8 : type == l->i32 || type == l->f32 ? 4 : 8);
  if (!decl->is_mutable)
    LLVMSetMetadata(load, l->kind_invariant, LLVMMetadataAsValue(l->context, l->empty_node));
  wr__lower_tag(l, load, l->tag_global);
  wr__lower_push(l, load);
}

static void lower_global_set(wr__lower *l, uint32_t index) {
  LLVMValueRef value = wr__lower_pop(l);
  LLVMValueRef store = LLVMBuildStore(l->b, value, global_pointer(l, index));
  LLVMTypeRef type = LLVMTypeOf(value);
  LLVMSetAlignment(store, type == l->i32 || type == l->f32 ? 4 : 8);
  wr__lower_order(l, store, l->tag_global);
}

static LLVMValueRef table_pointer(wr__lower *l, uint32_t index) {
  LLVMValueRef all = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, tables), true);
  return wr__lower_field(l, l->ptr, all, index * sizeof(void *), true);
}

/* The address of an element; outside the table: traps. */
static LLVMValueRef table_element(wr__lower *l, uint32_t table_index, LLVMValueRef at) {
  if (LLVMTypeOf(at) == l->i32) at = LLVMBuildZExt(l->b, at, l->i64, "");
  LLVMValueRef table = table_pointer(l, table_index);
  LLVMValueRef size = wr__lower_field(l, l->i64, table, offsetof(wr__table, size), false);
  wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntUGE, at, size, ""), WR_TRAP_TABLE_OUT_OF_BOUNDS);
  LLVMValueRef elems = wr__lower_field(l, l->ptr, table, offsetof(wr__table, elems), false);
  return LLVMBuildGEP2(l->b, l->i64, elems, &at, 1, "");
}

static void lower_table_size(wr__lower *l, uint32_t index) {
  LLVMValueRef size =
      wr__lower_field(l, l->i64, table_pointer(l, index), offsetof(wr__table, size), false);
  bool is64 = l->module->tables[index].limits.is64;
  wr__lower_push(l, is64 ? size : LLVMBuildTrunc(l->b, size, l->i32, ""));
}

static bool lower_table(wr__lower *l, const wr__instr *instr) {
  uint32_t a = instr->imm.index, b = instr->imm.index2;
  LLVMValueRef value;
  switch (instr->op) {
    case WR__OP_table_get:
      value = table_element(l, a, wr__lower_pop(l));
      value = LLVMBuildLoad2(l->b, l->i64, value, "");
      wr__lower_tag(l, value, l->tag_table);
      wr__lower_push(l, value);
      return true;
    case WR__OP_table_set:
      value = wr__lower_pop(l);
      value = LLVMBuildStore(l->b, value, table_element(l, a, wr__lower_pop(l)));
      wr__lower_order(l, value, l->tag_table);
      return true;
    case WR__OP_table_size:
      lower_table_size(l, a);
      return true;
    case WR__OP_table_grow:
      l->stack_count -= 2;
      value = wr__lower_operation(l, WR__HELPER_table_grow, a, 0, &l->stack[l->stack_count], 2,
                                  LLVMTypeOf(l->stack[l->stack_count + 1]));
      wr__lower_push(l, value);
      return true;
    case WR__OP_table_fill:
    case WR__OP_table_copy:
    case WR__OP_table_init:
      l->stack_count -= 3;
      wr__lower_operation(l,
                          instr->op == WR__OP_table_fill   ? WR__HELPER_table_fill
                          : instr->op == WR__OP_table_copy ? WR__HELPER_table_copy
                                                           : WR__HELPER_table_init,
                          a, b, &l->stack[l->stack_count], 3, NULL);
      return true;
    case WR__OP_elem_drop:
      wr__lower_operation(l, WR__HELPER_elem_drop, a, 0, NULL, 0, NULL);
      return true;
  }
  return false;
}

bool wr__lower_variable(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  (void)w;
  uint32_t index = instr->imm.index;
  LLVMValueRef a, b, c;
  switch (instr->op) {
    case WR__OP_local_get:
      wr__lower_push(l, LLVMBuildLoad2(l->b, l->local_types[index], wr__lower_local(l, index), ""));
      return true;
    case WR__OP_local_set:
      LLVMBuildStore(l->b, wr__lower_pop(l), wr__lower_local(l, index));
      return true;
    case WR__OP_local_tee:
      LLVMBuildStore(l->b, l->stack[l->stack_count - 1], wr__lower_local(l, index));
      return true;
    case WR__OP_global_get:
      lower_global_get(l, index);
      return true;
    case WR__OP_global_set:
      lower_global_set(l, index);
      return true;
    case WR__OP_drop:
      wr__lower_pop(l);
      return true;
    case WR__OP_select:
    case WR__OP_select_t:
      c = LLVMBuildICmp(l->b, LLVMIntNE, wr__lower_pop(l), wr__c32(l, 0), "");
      b = wr__lower_pop(l);
      a = wr__lower_pop(l);
      wr__lower_push(l, LLVMBuildSelect(l->b, c, a, b, ""));
      return true;
    case WR__OP_nop:
      return true;
  }
  return lower_table(l, instr);
}
