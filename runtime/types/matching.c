/* The relations between types: subtyping of heap types, reference types and defined types, and
 * the check that a declared supertype fits. Reads canonical records only. Spec: valid/matching. */
#include "types/types.h"

static bool is_defined(uint32_t heap) { return heap >= WR_HEAP_DEFINED; }

static const wr__deftype *definition(const wr__typereg *reg, uint32_t heap) {
  return wr__type_get(reg, heap - WR_HEAP_DEFINED);
}

/* The abstract heap type right above a defined one. */
static uint32_t abstract_of(const wr__deftype *type) {
  switch (type->comp) {
    case WR__COMP_FUNC:
      return WR_HEAP_FUNC;
    case WR__COMP_STRUCT:
      return WR_HEAP_STRUCT;
    default:
      return WR_HEAP_ARRAY;
  }
}

uint32_t wr__heaptype_top(const wr__typereg *reg, uint32_t heap) {
  if (is_defined(heap)) heap = abstract_of(definition(reg, heap));
  switch (heap) {
    case WR_HEAP_FUNC:
    case WR_HEAP_NOFUNC:
      return WR_HEAP_FUNC;
    case WR_HEAP_EXTERN:
    case WR_HEAP_NOEXTERN:
      return WR_HEAP_EXTERN;
    case WR_HEAP_EXN:
    case WR_HEAP_NOEXN:
      return WR_HEAP_EXN;
    default:
      return WR_HEAP_ANY;
  }
}

uint32_t wr__heaptype_bottom(const wr__typereg *reg, uint32_t heap) {
  switch (wr__heaptype_top(reg, heap)) {
    case WR_HEAP_FUNC:
      return WR_HEAP_NOFUNC;
    case WR_HEAP_EXTERN:
      return WR_HEAP_NOEXTERN;
    case WR_HEAP_EXN:
      return WR_HEAP_NOEXN;
    default:
      return WR_HEAP_NONE;
  }
}

/* Both abstract. Spec: valid/matching, heap types. */
static bool abstract_matches(uint32_t sub, uint32_t super) {
  if (sub == super) return true;
  switch (sub) {
    case WR_HEAP_NONE:
      return super == WR_HEAP_I31 || super == WR_HEAP_STRUCT || super == WR_HEAP_ARRAY ||
             super == WR_HEAP_EQ || super == WR_HEAP_ANY;
    case WR_HEAP_I31:
    case WR_HEAP_STRUCT:
    case WR_HEAP_ARRAY:
      return super == WR_HEAP_EQ || super == WR_HEAP_ANY;
    case WR_HEAP_EQ:
      return super == WR_HEAP_ANY;
    case WR_HEAP_NOFUNC:
      return super == WR_HEAP_FUNC;
    case WR_HEAP_NOEXTERN:
      return super == WR_HEAP_EXTERN;
    case WR_HEAP_NOEXN:
      return super == WR_HEAP_EXN;
    default:
      return false;
  }
}

bool wr__heaptype_matches(const wr__typereg *reg, uint32_t sub, uint32_t super) {
  if (sub == super) return true;
  if (is_defined(sub)) {
    const wr__deftype *type = definition(reg, sub);
    if (is_defined(super)) return wr__deftype_matches(type, definition(reg, super));
    return abstract_matches(abstract_of(type), super);
  }
  if (!is_defined(super)) return abstract_matches(sub, super);
  /* Only a bottom type is below a defined one. */
  return (sub == WR_HEAP_NONE || sub == WR_HEAP_NOFUNC) && wr__heaptype_bottom(reg, super) == sub;
}

bool wr__valtype_matches_slow(const wr__typereg *reg, wr_valtype sub, wr_valtype super) {
  if (sub == super || sub == WR__BOT) return true;
  if (!wr_valtype_is_ref(sub) || !wr_valtype_is_ref(super)) return false;
  if ((sub & 0xff) == WR_REF_NULL && (super & 0xff) == WR_REF) return false;
  return wr__heaptype_matches(reg, wr_valtype_heap(sub), wr_valtype_heap(super));
}

static bool all_match(const wr__typereg *reg, const wr_valtype *sub, const wr_valtype *super,
                      uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!wr__valtype_matches(reg, sub[i], super[i])) return false;
  return true;
}

/* Mutable fields are invariant. Spec: valid/matching, field types. */
static bool field_matches(const wr__typereg *reg, const wr__field *sub, const wr__field *super) {
  if (sub->is_mutable != super->is_mutable) return false;
  if (sub->is_mutable) return sub->type == super->type;
  return wr__valtype_matches(reg, sub->type, super->type);
}

bool wr__type_super_valid(const wr__typereg *reg, const wr__deftype *type) {
  if (type->super_id == WR__NO_TYPE) return true;
  const wr__deftype *super = wr__type_get(reg, type->super_id);
  if (super->is_final || super->comp != type->comp) return false;
  if (type->comp == WR__COMP_FUNC)
    return type->param_count == super->param_count && type->result_count == super->result_count &&
           all_match(reg, super->params, type->params, type->param_count) &&
           all_match(reg, type->results, super->results, type->result_count);
  if (type->field_count < super->field_count) return false;
  for (uint32_t i = 0; i < super->field_count; i++)
    if (!field_matches(reg, &type->fields[i], &super->fields[i])) return false;
  return true;
}
