/* Structures and arrays over the heap. Bounds are checked before anything is written, so a trap
 * leaves an object as it was; long operations look for an interrupt between pieces. */
#include "gc/object.h"

enum { PIECE_BYTES = 64 << 10 };

static wr__ref to_ref(wr__object *object) { return (wr__ref)(uintptr_t)object; }

static bool out_of_bounds(uint64_t at, uint64_t count, uint64_t size) {
  return at > size || count > size - at;
}

wr__ref wr__struct_new(wr__exec *exec, const wr__deftype *type, const uint64_t *slots) {
  wr__object *object = wr__heap_alloc(exec, type, type->size_bytes, WR__OBJECT_STRUCT);
  for (uint32_t i = 0; object && slots && i < type->field_count; i++) {
    wr__storage_store((uint8_t *)object + type->fields[i].offset, type->fields[i].type, slots);
    slots += wr__valtype_slots(type->fields[i].type);
  }
  return to_ref(object);
}

static wr__array *allocate_array(wr__exec *exec, const wr__deftype *type, uint32_t length) {
  size_t size = type->fields[0].offset + (size_t)length * type->element_size_bytes;
  wr__array *array = (wr__array *)wr__heap_alloc(exec, type, size, WR__OBJECT_ARRAY);
  if (array) array->length = length;
  return array;
}

/* Writes count copies of a value of size_bytes: doubling what is written. */
static wr_trap_kind fill_elements(wr__exec *exec, uint8_t *at, size_t size_bytes,
                                  const uint64_t *slots, uint64_t count) {
  uint64_t total = count * size_bytes;
  if (total == 0) return WR_TRAP_NONE;
  memcpy(at, slots, size_bytes);
  uint64_t done = size_bytes;
  while (done < total) {
    uint64_t piece = total - done < done ? total - done : done;
    if (piece > PIECE_BYTES) piece = PIECE_BYTES;
    memcpy(at + done, at, piece);
    done += piece;
    if (piece == PIECE_BYTES && wr__exec_interrupted(exec)) return WR_TRAP_INTERRUPTED;
  }
  return WR_TRAP_NONE;
}

wr_trap_kind wr__array_new(wr__exec *exec, const wr__deftype *type, const uint64_t *init,
                           uint32_t length, wr__ref *out) {
  wr__array *array = allocate_array(exec, type, length);
  if (!array) return WR_TRAP_OUT_OF_MEMORY;
  if (init) {
    uint8_t *elements = (uint8_t *)array + type->fields[0].offset;
    wr_trap_kind trap = fill_elements(exec, elements, type->element_size_bytes, init, length);
    if (trap) return trap;
  }
  *out = to_ref(&array->header);
  return WR_TRAP_NONE;
}

wr__ref wr__array_new_fixed(wr__exec *exec, const wr__deftype *type, const uint64_t *slots,
                            uint32_t length) {
  wr__array *array = allocate_array(exec, type, length);
  uint8_t *at = array ? (uint8_t *)array + type->fields[0].offset : NULL;
  for (uint32_t i = 0; array && i < length; i++) {
    wr__storage_store(at, type->fields[0].type, slots);
    slots += wr__valtype_slots(type->fields[0].type);
    at += type->element_size_bytes;
  }
  return array ? to_ref(&array->header) : WR__NULL_REF;
}

/* ---- Segments */

/* The bytes of a data segment from an offset on, for count elements; NULL where they are not there.
 */
static const uint8_t *data_bytes(const wr__instance *instance, uint32_t data_index, uint32_t offset,
                                 uint64_t size_bytes) {
  const wr__data_decl *data = &instance->module->datas[data_index];
  uint64_t length = instance->data_dropped[data_index] ? 0 : data->bytes_size;
  if (out_of_bounds(offset, size_bytes, length)) return NULL;
  return instance->module->bytes + data->bytes_offset + offset;
}

wr_trap_kind wr__array_new_data(wr__instance *instance, const wr__deftype *type,
                                uint32_t data_index, uint32_t offset, uint32_t length,
                                wr__ref *out) {
  uint64_t size = (uint64_t)length * type->element_size_bytes;
  const uint8_t *bytes = data_bytes(instance, data_index, offset, size);
  if (!bytes) return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  wr__array *array = allocate_array(instance->exec, type, length);
  if (!array) return WR_TRAP_OUT_OF_MEMORY;
  *out = to_ref(&array->header);
  return wr__copy_bytes(instance->exec, (uint8_t *)array + type->fields[0].offset, bytes, size);
}

wr_trap_kind wr__array_new_elem(wr__instance *instance, const wr__deftype *type,
                                uint32_t elem_index, uint32_t offset, uint32_t length,
                                wr__ref *out) {
  const wr__elem *elem = &instance->elems[elem_index];
  if (out_of_bounds(offset, length, elem->count)) return WR_TRAP_TABLE_OUT_OF_BOUNDS;
  wr__array *array = allocate_array(instance->exec, type, length);
  if (!array) return WR_TRAP_OUT_OF_MEMORY;
  *out = to_ref(&array->header);
  if (length == 0) return WR_TRAP_NONE;
  return wr__copy_bytes(instance->exec, (uint8_t *)array + type->fields[0].offset,
                        (const uint8_t *)(elem->refs + offset), length * sizeof(wr__ref));
}

wr_trap_kind wr__array_init_data(wr__instance *instance, wr__ref ref, const wr__deftype *type,
                                 uint32_t at, uint32_t data_index, uint32_t offset,
                                 uint32_t count) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (out_of_bounds(at, count, wr__ref_array(ref)->length)) return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  uint64_t size = (uint64_t)count * type->element_size_bytes;
  const uint8_t *bytes = data_bytes(instance, data_index, offset, size);
  if (!bytes) return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  return wr__copy_bytes(instance->exec, wr__array_element(ref, type, at), bytes, size);
}

wr_trap_kind wr__array_init_elem(wr__instance *instance, wr__ref ref, const wr__deftype *type,
                                 uint32_t at, uint32_t elem_index, uint32_t offset,
                                 uint32_t count) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (out_of_bounds(at, count, wr__ref_array(ref)->length)) return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  const wr__elem *elem = &instance->elems[elem_index];
  if (out_of_bounds(offset, count, elem->count)) return WR_TRAP_TABLE_OUT_OF_BOUNDS;
  if (count == 0) return WR_TRAP_NONE;
  return wr__copy_bytes(instance->exec, wr__array_element(ref, type, at),
                        (const uint8_t *)(elem->refs + offset), count * sizeof(wr__ref));
}

/* ---- Access */

wr_trap_kind wr__struct_get(wr__ref ref, const wr__deftype *type, uint32_t field, bool is_signed,
                            uint64_t *out) {
  if (!ref) return WR_TRAP_NULL_STRUCT_REFERENCE;
  wr__storage_load(wr__struct_field(ref, type, field), type->fields[field].type, is_signed, out);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__struct_set(wr__ref ref, const wr__deftype *type, uint32_t field,
                            const uint64_t *slots) {
  if (!ref) return WR_TRAP_NULL_STRUCT_REFERENCE;
  wr__storage_store(wr__struct_field(ref, type, field), type->fields[field].type, slots);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__array_get(wr__ref ref, const wr__deftype *type, uint32_t index, bool is_signed,
                           uint64_t *out) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (index >= wr__ref_array(ref)->length) return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  wr__storage_load(wr__array_element(ref, type, index), type->fields[0].type, is_signed, out);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__array_set(wr__ref ref, const wr__deftype *type, uint32_t index,
                           const uint64_t *slots) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (index >= wr__ref_array(ref)->length) return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  wr__storage_store(wr__array_element(ref, type, index), type->fields[0].type, slots);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__array_len(wr__ref ref, uint32_t *out) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  *out = wr__ref_array(ref)->length;
  return WR_TRAP_NONE;
}

wr_trap_kind wr__array_fill(wr__exec *exec, wr__ref ref, const wr__deftype *type, uint32_t at,
                            const uint64_t *slots, uint32_t count) {
  if (!ref) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (out_of_bounds(at, count, wr__ref_array(ref)->length)) return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  return fill_elements(exec, wr__array_element(ref, type, at), type->element_size_bytes, slots,
                       count);
}

wr_trap_kind wr__array_copy(wr__exec *exec, wr__ref to, const wr__deftype *to_type, uint32_t to_at,
                            wr__ref from, const wr__deftype *from_type, uint32_t from_at,
                            uint32_t count) {
  if (!to || !from) return WR_TRAP_NULL_ARRAY_REFERENCE;
  if (out_of_bounds(to_at, count, wr__ref_array(to)->length) ||
      out_of_bounds(from_at, count, wr__ref_array(from)->length))
    return WR_TRAP_ARRAY_OUT_OF_BOUNDS;
  /* Matching element types have one representation, so elements are copied as bytes. */
  return wr__copy_bytes(exec, wr__array_element(to, to_type, to_at),
                        wr__array_element(from, from_type, from_at),
                        (uint64_t)count * to_type->element_size_bytes);
}

/* ---- Types of references */

/* Is a non-null reference a value of an abstract heap type? */
static bool matches_abstract(wr__ref ref, uint32_t heap) {
  uint8_t kind = wr__ref_is_i31(ref) ? UINT8_MAX : ((wr__object *)(uintptr_t)ref)->kind;
  switch (heap) {
    case WR_HEAP_ANY:
    case WR_HEAP_EXTERN:
      return true; /* validation keeps the hierarchies apart */
    case WR_HEAP_EQ:
      return kind == UINT8_MAX || kind == WR__OBJECT_STRUCT || kind == WR__OBJECT_ARRAY;
    case WR_HEAP_I31:
      return kind == UINT8_MAX;
    case WR_HEAP_STRUCT:
      return kind == WR__OBJECT_STRUCT;
    case WR_HEAP_ARRAY:
      return kind == WR__OBJECT_ARRAY;
    case WR_HEAP_FUNC:
      return kind == WR__OBJECT_FUNC;
    case WR_HEAP_EXN:
      return kind == WR__OBJECT_EXN;
    default:
      return false; /* the bottom types have no values but null */
  }
}

bool wr__ref_matches(const wr__typereg *types, wr__ref ref, wr_valtype type) {
  if (ref == WR__NULL_REF) return (type & 0xff) == WR_REF_NULL;
  uint32_t heap = wr_valtype_heap(type);
  if (heap < WR_HEAP_DEFINED) return matches_abstract(ref, heap);
  if (wr__ref_is_i31(ref)) return false;
  const wr__object *object = (const wr__object *)(uintptr_t)ref;
  if (object->kind > WR__OBJECT_ARRAY) return false; /* host references have no defined type */
  return wr__deftype_matches(wr__type_get(types, object->type_id),
                             wr__type_get(types, heap - WR_HEAP_DEFINED));
}
