/* Making objects in line: an object takes the next cell of the run that the heap keeps for its size
 * (gc/heap.h). Where that run is used up, or the object is large, the runtime makes it.
 *
 * The stores are ordered as all that others can see: what is handed out at a trap must be what the
 * heap believes to be. */
#include "gc/heap.h"
#include "image/format.h"
#include "lower/lower.h"

/* Is the class of the size known now? */
static bool known_class(LLVMValueRef size, uint32_t *size_class) {
  uint64_t bytes;
  if (!wr__lower_constant(size, &bytes) || bytes > WR__HEAP_SMALL_BYTES) return false;
  *size_class = wr__heap_class((size_t)bytes);
  return true;
}

/* The wr__bump of a size in bytes (i64). */
static LLVMValueRef bump_of(wr__lower *l, LLVMValueRef size) {
  LLVMValueRef store = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, store), true);
  LLVMValueRef front = wr__lower_field(l, l->ptr, store, offsetof(wr__store, heap), true);
  LLVMValueRef classes = wr__lower_at(l, front, offsetof(wr__heap_front, classes));
  uint32_t known;
  if (known_class(size, &known)) return wr__lower_at(l, classes, known * sizeof(wr__bump));
  LLVMValueRef granules = LLVMBuildAdd(l->b, size, wr__c64(l, WR__HEAP_GRANULE - 1), "");
  granules = LLVMBuildUDiv(l->b, granules, wr__c64(l, WR__HEAP_GRANULE), "");
  LLVMValueRef row = LLVMBuildGEP2(l->b, l->i8, front, &granules, 1, "");
  LLVMValueRef size_class =
      wr__lower_field(l, l->i8, row, offsetof(wr__heap_front, class_of), true);
  size_class = LLVMBuildZExt(l->b, size_class, l->i64, "");
  size_class = LLVMBuildMul(l->b, size_class, wr__c64(l, sizeof(wr__bump)), "");
  return LLVMBuildGEP2(l->b, l->i8, classes, &size_class, 1, "");
}

static void put(wr__lower *l, LLVMValueRef value, LLVMValueRef at, unsigned align) {
  LLVMValueRef store = LLVMBuildStore(l->b, value, at);
  LLVMSetAlignment(store, align);
  wr__lower_order(l, store, l->tag_instance);
}

LLVMValueRef wr__lower_take_cell(wr__lower *l, const wr__deftype *type, LLVMValueRef size,
                                 LLVMBasicBlockRef slow) {
  LLVMValueRef cells = bump_of(l, size);
  LLVMValueRef object = wr__lower_field(l, l->ptr, cells, offsetof(wr__bump, bump), false);
  LLVMValueRef limit = wr__lower_field(l, l->ptr, cells, offsetof(wr__bump, limit), false);
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntEQ, object, limit, ""), slow);
  uint32_t known;
  LLVMValueRef bytes;
  if (known_class(size, &known)) {
    bytes = wr__c64(l, wr__heap_cell_bytes[known]);
  } else {
    bytes = wr__lower_field(l, l->i32, cells, offsetof(wr__bump, cell_bytes), true);
    bytes = LLVMBuildZExt(l->b, bytes, l->i64, "");
  }
  LLVMValueRef next = LLVMBuildGEP2(l->b, l->i8, object, &bytes, 1, "");
  put(l, next, wr__lower_at(l, cells, offsetof(wr__bump, bump)), 8);
  LLVMValueRef id = LLVMBuildZExt(l->b, wr__lower_type_id(l, type), l->i64, "");
  uint64_t kind = type->comp == WR__COMP_STRUCT ? WR__OBJECT_STRUCT : WR__OBJECT_ARRAY;
  _Static_assert(offsetof(wr__object, type_id) == 0 && offsetof(wr__object, kind) == 4 &&
                     sizeof(wr__object) == 8,
                 "the header is written as one number");
  put(l, LLVMBuildOr(l->b, id, wr__c64(l, kind << 32), ""), object, 8);
  return object;
}

LLVMValueRef wr__lower_take_array(wr__lower *l, const wr__deftype *type, LLVMValueRef length,
                                  LLVMBasicBlockRef slow) {
  LLVMValueRef size = LLVMBuildZExt(l->b, length, l->i64, "");
  size = LLVMBuildMul(l->b, size, wr__c64(l, type->element_size_bytes), "");
  size = LLVMBuildAdd(l->b, size, wr__c64(l, type->fields[0].offset), "");
  LLVMValueRef most = wr__c64(l, WR__HEAP_SMALL_BYTES);
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntUGT, size, most, ""), slow);
  LLVMValueRef array = wr__lower_take_cell(l, type, size, slow);
  put(l, length, wr__lower_at(l, array, offsetof(wr__array, length)), 4);
  return array;
}
