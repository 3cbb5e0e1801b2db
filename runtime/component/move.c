/* Values from one component to another: read by the rules of lifting and written by those of
 * lowering at once, from memory to memory. Spec: CanonicalABI, lifting and lowering values. */
#include "component/run.h"

wr_status wr__clift_handle(const wr__ccontext *from, const wr_component_type *type, uint32_t index,
                           uintptr_t *rep) {
  const wr__rresource *resource = from->instance->resources[type->element->resource->slot];
  return type->kind == WR__CTYPE_OWN
             ? wr__chandle_take(from->instance, index, resource, rep)
             : wr__chandle_lend(from->instance, index, resource, from->call, rep);
}

wr_status wr__clower_handle(const wr__ccontext *to, const wr_component_type *type, uintptr_t rep,
                            uint32_t *index) {
  const wr__rresource *resource = to->instance->resources[type->element->resource->slot];
  bool is_borrow = type->kind == WR__CTYPE_BORROW;
  if (is_borrow && resource->owner == to->instance) {
    *index = (uint32_t)rep; /* who implements it gets the representation itself */
    return WR_OK;
  }
  return wr__chandle_add(to->instance, resource, rep, is_borrow ? to->call : NULL, index);
}

static wr_status move_handle(const wr__ccontext *from, const wr_component_type *from_type,
                             wr__cplace source, const wr__ccontext *to,
                             const wr_component_type *to_type, wr__cplace target) {
  uintptr_t rep;
  uint32_t index;
  WR_TRY(wr__clift_handle(from, from_type, (uint32_t)wr__cload(from, source, 4), &rep));
  WR_TRY(wr__clower_handle(to, to_type, rep, &index));
  wr__cstore(to, target, 4, index);
  return WR_OK;
}

/* Are all bytes of a value of the type good values, so that they can be copied as they are? */
static bool is_bytes(const wr_component_type *type) {
  return type->kind >= WR__CTYPE_S8 && type->kind <= WR__CTYPE_F64;
}

static wr_status move_list(const wr__ccontext *from, const wr_component_type *from_type,
                           wr__cplace source, const wr__ccontext *to,
                           const wr_component_type *to_type, wr__cplace target) {
  uint32_t read_at, write_at, length;
  WR_TRY(wr__cload_list(from, from_type, source, &read_at, &length));
  WR_TRY(wr__cstore_list(to, to_type, target, length, &write_at));
  const wr_component_type *element = from_type->element;
  if (is_bytes(element)) {
    size_t size = (size_t)length * element->size_bytes;
    if (size) memmove(to->memory->base + write_at, from->memory->base + read_at, size);
    return WR_OK;
  }
  wr__exec *exec = &from->instance->world->store->exec;
  for (uint32_t i = 0; i < length; i++) {
    if (!(i & 4095) && wr__exec_interrupted(exec)) return wr__exec_trap(exec, WR_TRAP_INTERRUPTED);
    WR_TRY(wr__cmove(from, element, (wr__cplace){NULL, read_at + i * element->size_bytes}, to,
                     to_type->element, (wr__cplace){NULL, write_at + i * element->size_bytes}));
  }
  return WR_OK;
}

static wr_status move_case(const wr__ccontext *from, const wr_component_type *from_type,
                           wr__cplace source, const wr__ccontext *to,
                           const wr_component_type *to_type, wr__cplace target) {
  uint32_t index;
  WR_TRY(wr__cload_case(from, from_type, source, &index));
  wr__cstore_case(to, to_type, target, index);
  const wr_component_type *payload = from_type->fields[index].type;
  if (!payload) return WR_OK;
  return wr__cmove(from, payload, wr__cplace_payload(from_type, source), to,
                   to_type->fields[index].type, wr__cplace_payload(to_type, target));
}

wr_status wr__cmove_fields(const wr__ccontext *from, const wr_component_type *from_type,
                           wr__cplace source, const wr__ccontext *to,
                           const wr_component_type *to_type, wr__cplace target) {
  for (uint32_t i = 0; i < from_type->field_count; i++) {
    const wr_component_type *read = from_type->fields[i].type, *written = to_type->fields[i].type;
    wr__cplace field = wr__cplace_next(read, &source);
    WR_TRY(wr__cmove(from, read, field, to, written, wr__cplace_next(written, &target)));
  }
  return WR_OK;
}

wr_status wr__cmove(const wr__ccontext *from, const wr_component_type *from_type, wr__cplace source,
                    const wr__ccontext *to, const wr_component_type *to_type, wr__cplace target) {
  uint64_t value;
  wr__cstring string;
  switch (from_type->kind) {
    case WR__CTYPE_STRING:
      WR_TRY(wr__cstring_load(from, source, &string));
      return wr__cstring_store(to, &string, target);
    case WR__CTYPE_LIST:
      return move_list(from, from_type, source, to, to_type, target);
    case WR__CTYPE_RECORD:
    case WR__CTYPE_TUPLE:
      return wr__cmove_fields(from, from_type, source, to, to_type, target);
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_OPTION:
    case WR__CTYPE_RESULT:
      return move_case(from, from_type, source, to, to_type, target);
    case WR__CTYPE_OWN:
    case WR__CTYPE_BORROW:
      return move_handle(from, from_type, source, to, to_type, target);
    default:
      WR_TRY(wr__cload_scalar(from, from_type, source, &value));
      wr__cstore(to, target, to_type->size_bytes, value);
      return WR_OK;
  }
}
