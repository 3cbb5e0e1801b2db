/* Values in core values and in memory: numbers, cases, pointers and lengths, each checked as the
 * canonical ABI says. Spec: CanonicalABI, loading, storing, flat lifting, flat lowering. */
#include "component/run.h"

enum { MOST_LIST_BYTES = (1 << 28) - 1 };

uint8_t *wr__cbytes(const wr__ccontext *cx, uint32_t address, uint64_t size) {
  if (!cx->memory) return NULL;
  uint64_t end = wr__memory_size(cx->memory);
  return address <= end && size <= end - address ? cx->memory->base + address : NULL;
}

wr_status wr__crealloc(const wr__ccontext *cx, uint32_t old_pointer, uint32_t old_size,
                       uint32_t alignment, uint32_t size, uint32_t *out) {
  wr__cworld *world = cx->instance->world;
  if (!cx->realloc) return wr__ctrap(world, "no realloc to store a value with");
  uint64_t slots[4] = {old_pointer, old_size, alignment, size};
  bool may_not_leave = cx->instance->may_not_leave;
  cx->instance->may_not_leave = true;
  WR_TRY(wr__func_invoke(&world->store->exec, cx->realloc, slots));
  cx->instance->may_not_leave = may_not_leave;
  *out = (uint32_t)slots[0];
  if (*out & (alignment - 1)) return wr__ctrap(world, "realloc return: result not aligned");
  if (!wr__cbytes(cx, *out, size)) return wr__ctrap(world, "realloc return: beyond end of memory");
  return WR_OK;
}

uint64_t wr__cload(const wr__ccontext *cx, wr__cplace place, uint32_t size) {
  uint64_t value = 0;
  if (place.slots)
    memcpy(&value, place.slots, size);
  else
    memcpy(&value, cx->memory->base + place.address, size);
  return value;
}

void wr__cstore(const wr__ccontext *cx, wr__cplace place, uint32_t size, uint64_t value) {
  if (place.slots)
    *place.slots = value;
  else
    memcpy(cx->memory->base + place.address, &value, size);
}

void wr__cload_pair(const wr__ccontext *cx, wr__cplace place, uint32_t *pointer, uint32_t *length) {
  wr__cplace second =
      place.slots ? (wr__cplace){place.slots + 1, 0} : (wr__cplace){NULL, place.address + 4};
  *pointer = (uint32_t)wr__cload(cx, place, 4);
  *length = (uint32_t)wr__cload(cx, second, 4);
}

void wr__cstore_pair(const wr__ccontext *cx, wr__cplace place, uint32_t pointer, uint32_t length) {
  wr__cplace second =
      place.slots ? (wr__cplace){place.slots + 1, 0} : (wr__cplace){NULL, place.address + 4};
  wr__cstore(cx, place, 4, pointer);
  wr__cstore(cx, second, 4, length);
}

wr__cplace wr__cplace_next(const wr_component_type *type, wr__cplace *at) {
  wr__cplace place = *at;
  if (place.slots) {
    at->slots += type->flat_count;
    return place;
  }
  place.address = (place.address + type->alignment - 1) & ~(type->alignment - 1u);
  at->address = place.address + type->size_bytes;
  return place;
}

wr__cplace wr__cplace_payload(const wr_component_type *type, wr__cplace place) {
  return place.slots ? (wr__cplace){place.slots + 1, 0}
                     : (wr__cplace){NULL, place.address + type->payload_offset};
}

wr_status wr__cload_case(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                         uint32_t *out) {
  *out = (uint32_t)wr__cload(cx, place, place.slots ? 4 : type->discriminant_size);
  if (*out >= type->field_count)
    return wr__ctrap(cx->instance->world, "invalid variant discriminant");
  return WR_OK;
}

void wr__cstore_case(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                     uint32_t index) {
  /* Core values that the case does not use are 0. */
  for (uint32_t i = 1; place.slots && i < type->flat_count; i++) place.slots[i] = 0;
  wr__cstore(cx, place, type->discriminant_size, index);
}

/* Of a flat value only as many bits count as the type has; the sign fills the rest. */
static uint64_t as_core(uint8_t kind, uint64_t value) {
  switch (kind) {
    case WR__CTYPE_S8:
      return (uint32_t)(int8_t)value;
    case WR__CTYPE_S16:
      return (uint32_t)(int16_t)value;
    default:
      return value;
  }
}

wr_status wr__cload_scalar(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                           uint64_t *out) {
  uint64_t value =
      wr__cload(cx, place, place.slots && type->kind == WR__CTYPE_BOOL ? 4 : type->size_bytes);
  if (type->kind == WR__CTYPE_BOOL) value = value != 0;
  if (type->kind == WR__CTYPE_CHAR && (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)))
    return wr__ctrap(cx->instance->world, "invalid `char` bit pattern");
  if (type->kind == WR__CTYPE_FLAGS && type->field_count < 32)
    value &= (UINT64_C(1) << type->field_count) - 1;
  *out = as_core(type->kind, value);
  return WR_OK;
}

wr_status wr__cload_list(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                         uint32_t *pointer, uint32_t *length) {
  wr__cload_pair(cx, place, pointer, length);
  uint64_t size = (uint64_t)*length * type->element->size_bytes;
  if (*pointer & (type->element->alignment - 1u))
    return wr__ctrap(cx->instance->world, "unaligned pointer");
  if (size > MOST_LIST_BYTES || !wr__cbytes(cx, *pointer, size))
    return wr__ctrap(cx->instance->world, "list content out-of-bounds");
  return WR_OK;
}

wr_status wr__cstore_list(const wr__ccontext *cx, const wr_component_type *type, wr__cplace place,
                          uint32_t length, uint32_t *pointer) {
  uint64_t size = (uint64_t)length * type->element->size_bytes;
  if (size > MOST_LIST_BYTES) return wr__ctrap(cx->instance->world, "list is too long");
  WR_TRY(wr__crealloc(cx, 0, 0, type->element->alignment, (uint32_t)size, pointer));
  wr__cstore_pair(cx, place, *pointer, length);
  return WR_OK;
}
