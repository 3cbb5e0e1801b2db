/* Structures and arrays: making, reading, writing, comparing with types. What the interpreter's
 * handlers, native code and constant expressions call.
 *
 * Operands come in slots as frames hold them: one of 8 bytes, two for v128, i8 and i16 as i32.
 * Every function that allocates may collect, and counts on the caller for its operands to be roots.
 * Spec: exec/instructions, aggregate and reference instructions. */
#ifndef WR__GC_OBJECT_H
#define WR__GC_OBJECT_H

#include "gc/heap.h"

/* A field's value into one or two slots, as 32 bits extended with zeros or sign where it is packed.
 */
static inline void wr__storage_load(const void *at, wr_valtype type, bool is_signed,
                                    uint64_t *slots) {
  const uint8_t *p = (const uint8_t *)at;
  switch (type) {
    case WR__I8:
      *slots = is_signed ? (uint32_t)(int8_t)*p : *p;
      break;
    case WR__I16: {
      uint16_t value;
      memcpy(&value, p, sizeof value);
      *slots = is_signed ? (uint32_t)(int16_t)value : value;
      break;
    }
    case WR_I32:
    case WR_F32: {
      uint32_t value;
      memcpy(&value, p, sizeof value);
      *slots = value;
      break;
    }
    case WR_V128:
      memcpy(slots, p, 16);
      break;
    default:
      memcpy(slots, p, 8);
      break;
  }
}

static inline void wr__storage_store(void *at, wr_valtype type, const uint64_t *slots) {
  /* The low bytes of a slot come first: both architectures are little-endian. */
  switch (type) {
    case WR__I8:
      memcpy(at, slots, 1);
      break;
    case WR__I16:
      memcpy(at, slots, 2);
      break;
    case WR_I32:
    case WR_F32:
      memcpy(at, slots, 4);
      break;
    case WR_V128:
      memcpy(at, slots, 16);
      break;
    default:
      memcpy(at, slots, 8);
      break;
  }
}

static inline wr__struct *wr__ref_struct(wr__ref ref) { return (wr__struct *)(uintptr_t)ref; }
static inline wr__array *wr__ref_array(wr__ref ref) { return (wr__array *)(uintptr_t)ref; }
static inline void *wr__struct_field(wr__ref ref, const wr__deftype *type, uint32_t field) {
  return (uint8_t *)(uintptr_t)ref + type->fields[field].offset;
}
static inline void *wr__array_element(wr__ref ref, const wr__deftype *type, uint32_t index) {
  return (uint8_t *)(uintptr_t)ref + type->fields[0].offset +
         (size_t)index * type->element_size_bytes;
}

/* slots: the fields in order; NULL: all default. WR__NULL_REF: out of memory. */
wr__ref wr__struct_new(wr__exec *exec, const wr__deftype *type, const uint64_t *slots);
wr__ref wr__array_new_fixed(wr__exec *exec, const wr__deftype *type, const uint64_t *slots,
                            uint32_t length);

/* These check their operands, and null, as the specification orders it; the trap or
 * WR_TRAP_NONE. *out is untouched by a trap. */
/* init: one element's value; NULL: default. */
wr_trap_kind wr__array_new(wr__exec *exec, const wr__deftype *type, const uint64_t *init,
                           uint32_t length, wr__ref *out);
wr_trap_kind wr__array_new_data(wr__instance *instance, const wr__deftype *type,
                                uint32_t data_index, uint32_t offset, uint32_t length,
                                wr__ref *out);
wr_trap_kind wr__array_new_elem(wr__instance *instance, const wr__deftype *type,
                                uint32_t elem_index, uint32_t offset, uint32_t length,
                                wr__ref *out);
wr_trap_kind wr__struct_get(wr__ref ref, const wr__deftype *type, uint32_t field, bool is_signed,
                            uint64_t *out);
wr_trap_kind wr__struct_set(wr__ref ref, const wr__deftype *type, uint32_t field,
                            const uint64_t *slots);
wr_trap_kind wr__array_get(wr__ref ref, const wr__deftype *type, uint32_t index, bool is_signed,
                           uint64_t *out);
wr_trap_kind wr__array_set(wr__ref ref, const wr__deftype *type, uint32_t index,
                           const uint64_t *slots);
wr_trap_kind wr__array_len(wr__ref ref, uint32_t *out);
wr_trap_kind wr__array_fill(wr__exec *exec, wr__ref ref, const wr__deftype *type, uint32_t at,
                            const uint64_t *slots, uint32_t count);
wr_trap_kind wr__array_copy(wr__exec *exec, wr__ref to, const wr__deftype *to_type, uint32_t to_at,
                            wr__ref from, const wr__deftype *from_type, uint32_t from_at,
                            uint32_t count);
wr_trap_kind wr__array_init_data(wr__instance *instance, wr__ref ref, const wr__deftype *type,
                                 uint32_t at, uint32_t data_index, uint32_t offset, uint32_t count);
wr_trap_kind wr__array_init_elem(wr__instance *instance, wr__ref ref, const wr__deftype *type,
                                 uint32_t at, uint32_t elem_index, uint32_t offset, uint32_t count);

/* Is the reference a value of the type? ref.test, ref.cast, br_on_cast. Spec: exec/values,
 * reference typing. */
bool wr__ref_matches(const wr__typereg *types, wr__ref ref, wr_valtype type);

#endif
