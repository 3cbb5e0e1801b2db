/* Tables whose elements are known (facts.h), as read-only data of the image: for each element the
 * way from the data to the code, and the number of the function's type. A call_indirect is then a
 * comparison, and no pointer of the instance is followed. */
#include <stdio.h>
#include <stdlib.h>

#include "lower/lower.h"

static LLVMTypeRef entry_type(wr__lower *l) {
  LLVMTypeRef fields[] = {l->i32, l->i32};
  return LLVMStructTypeInContext(l->context, fields, 2, false);
}

static LLVMValueRef table_data(wr__lower *l, uint32_t table_index) {
  char name[24];
  snprintf(name, sizeof name, "t%u", table_index);
  LLVMValueRef data = LLVMGetNamedGlobal(l->llvm, name);
  if (data) return data;
  LLVMTypeRef type = LLVMArrayType2(entry_type(l), l->facts->tables[table_index].size);
  data = LLVMAddGlobal(l->llvm, type, name);
  LLVMSetVisibility(data, LLVMHiddenVisibility);
  LLVMSetGlobalConstant(data, true);
  LLVMSetAlignment(data, 8);
  return data;
}

LLVMValueRef wr__lower_fixed_code(wr__lower *l, uint32_t table_index, uint32_t type_index,
                                  LLVMValueRef at, LLVMBasicBlockRef otherwise) {
  LLVMValueRef data = table_data(l, table_index);
  LLVMValueRef entry = LLVMBuildGEP2(l->b, entry_type(l), data, &at, 1, "");
  LLVMValueRef type = wr__lower_field(l, l->i32, entry, 4, true);
  LLVMValueRef wanted = wr__c32(l, wr__lower_type_index(l, l->module->types[type_index]));
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntNE, type, wanted, ""), otherwise);
  LLVMValueRef way = wr__lower_field(l, l->i32, entry, 0, true);
  way = LLVMBuildSExt(l->b, way, l->i64, "");
  return LLVMBuildGEP2(l->b, l->i8, data, &way, 1, "");
}

static LLVMValueRef make_entry(wr__lower *l, LLVMValueRef from, uint32_t func_index) {
  LLVMValueRef fields[] = {wr__c32(l, 0), wr__c32(l, UINT32_MAX)};
  if (func_index != WR_NO_INDEX && func_index >= l->module->imported_funcs) {
    LLVMValueRef code = LLVMConstPtrToInt(wr__lower_func(l, func_index), l->i64);
    fields[0] = LLVMConstTrunc(LLVMConstSub(code, from), l->i32);
    fields[1] = wr__c32(l, wr__lower_type_index(l, l->module->funcs[func_index].type));
  }
  return LLVMConstStructInContext(l->context, fields, 2, false);
}

static wr_status define_table(wr__lower *l, uint32_t index) {
  const wr__table_facts *table = &l->facts->tables[index];
  LLVMValueRef *entries = wr__alloc_array(table->size, sizeof *entries);
  if (!entries) return wr__fail_oom(l->error);
  LLVMValueRef data = table_data(l, index);
  LLVMValueRef from = LLVMConstPtrToInt(data, l->i64);
  for (uint32_t i = 0; i < table->size; i++) entries[i] = make_entry(l, from, table->funcs[i]);
  LLVMSetInitializer(data, LLVMConstArray2(entry_type(l), entries, table->size));
  free(entries);
  return WR_OK;
}

wr_status wr__lower_fixed_tables(wr__lower *l) {
  for (uint32_t i = 0; i < l->facts->table_count; i++)
    if (l->facts->tables[i].fixed) WR_TRY(define_table(l, i));
  return WR_OK;
}
