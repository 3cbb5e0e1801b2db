/* Constant expressions. They were validated, so nothing is checked here but what can still
 * fail: memory. Values are on a small stack of slots, in the form of frames, whose references are
 * roots while an instruction allocates. Spec: valid/instructions, constant expressions;
 * exec/modules. */
#include <stdlib.h>

#include "gc/object.h"
#include "reader/instr.h"
#include "engine/make.h"

enum { INLINE_SLOTS = 16 };

typedef struct evaluator {
  wr__instance *instance;
  uint64_t *slots;
  bool *is_ref;
  size_t count, capacity;
  uint64_t inline_slots[INLINE_SLOTS];
  bool inline_is_ref[INLINE_SLOTS];
} evaluator;

static bool reserve_slots(evaluator *e, size_t need) {
  if (need <= e->capacity) return true;
  size_t capacity = e->capacity * 2 < need ? need : e->capacity * 2;
  uint64_t *slots = wr__alloc_array(capacity, sizeof *slots);
  bool *is_ref = wr__alloc_array(capacity, sizeof *is_ref);
  if (!slots || !is_ref) {
    free(slots);
    free(is_ref);
    return false;
  }
  memcpy(slots, e->slots, e->count * sizeof *slots);
  memcpy(is_ref, e->is_ref, e->count * sizeof *is_ref);
  if (e->slots != e->inline_slots) {
    free(e->slots);
    free(e->is_ref);
  }
  e->slots = slots;
  e->is_ref = is_ref;
  e->capacity = capacity;
  return true;
}

static wr_status push_slots(evaluator *e, const uint64_t *slots, size_t count, bool is_ref) {
  if (!reserve_slots(e, e->count + count)) return WR_OUT_OF_MEMORY;
  for (size_t i = 0; i < count; i++) {
    e->slots[e->count] = slots[i];
    e->is_ref[e->count++] = is_ref;
  }
  return WR_OK;
}

static wr_status push_slot(evaluator *e, uint64_t slot) { return push_slots(e, &slot, 1, false); }
static wr_status push_ref(evaluator *e, wr__ref ref) { return push_slots(e, &ref, 1, true); }

static wr_status push_v128(evaluator *e, const uint8_t *bytes) {
  uint64_t slots[2];
  memcpy(slots, bytes, sizeof slots);
  return push_slots(e, slots, 2, false);
}

static wr_status push_global(evaluator *e, uint32_t index) {
  const wr__global *global = e->instance->globals[index];
  return push_slots(e, global->value.slots, wr__valtype_slots(global->type),
                    wr_valtype_is_ref(global->type));
}

static void apply_binary(evaluator *e, uint16_t op) {
  uint64_t right = e->slots[--e->count], *left = &e->slots[e->count - 1];
  switch (op) {
    case WR__OP_i32_add:
      *left = (uint32_t)((uint32_t)*left + (uint32_t)right);
      break;
    case WR__OP_i32_sub:
      *left = (uint32_t)((uint32_t)*left - (uint32_t)right);
      break;
    case WR__OP_i32_mul:
      *left = (uint32_t)((uint32_t)*left * (uint32_t)right);
      break;
    case WR__OP_i64_add:
      *left += right;
      break;
    case WR__OP_i64_sub:
      *left -= right;
      break;
    default:
      *left *= right;
      break;
  }
}

static uint32_t field_slots(const wr__deftype *type) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < type->field_count; i++) count += wr__valtype_slots(type->fields[i].type);
  return count;
}

/* Makes an object of `operands` slots, which stay on the stack, as roots, until it is there. */
static wr_status make_object(evaluator *e, wr__op op, const wr__deftype *type, uint32_t length,
                             uint32_t operands) {
  wr__exec *exec = e->instance->exec;
  const uint64_t *slots = e->slots + e->count - operands;
  wr__roots roots = {.slots = e->slots, .is_ref = e->is_ref, .count = e->count};
  wr__ref ref = WR__NULL_REF;
  wr_trap_kind trap = WR_TRAP_NONE;
  wr__roots_push(exec->store->heap, &roots);
  switch (op) {
    case WR__OP_struct_new:
      ref = wr__struct_new(exec, type, slots);
      break;
    case WR__OP_struct_new_default:
      ref = wr__struct_new(exec, type, NULL);
      break;
    case WR__OP_array_new:
      trap = wr__array_new(exec, type, slots, length, &ref);
      break;
    case WR__OP_array_new_default:
      trap = wr__array_new(exec, type, NULL, length, &ref);
      break;
    default:
      ref = wr__array_new_fixed(exec, type, slots, length);
      break;
  }
  wr__roots_pop(exec->store->heap, &roots);
  if (!ref) return wr__exec_trap(exec, trap ? trap : WR_TRAP_OUT_OF_MEMORY);
  e->count -= operands;
  return push_ref(e, ref);
}

static wr_status new_object(evaluator *e, const wr__instr *instr) {
  const wr__deftype *type = e->instance->types[instr->imm.index];
  wr__op op = (wr__op)instr->op;
  switch (op) {
    case WR__OP_struct_new:
      return make_object(e, op, type, 0, field_slots(type));
    case WR__OP_struct_new_default:
      return make_object(e, op, type, 0, 0);
    case WR__OP_array_new_fixed: {
      uint32_t length = instr->imm.index2;
      return make_object(e, op, type, length, length * wr__valtype_slots(type->fields[0].type));
    }
    default: {
      uint32_t length = (uint32_t)e->slots[--e->count];
      uint32_t operands = op == WR__OP_array_new ? wr__valtype_slots(type->fields[0].type) : 0;
      return make_object(e, op, type, length, operands);
    }
  }
}

static wr_status evaluate(evaluator *e, const wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_i32_const:
      return push_slot(e, (uint32_t)instr->imm.i32);
    case WR__OP_i64_const:
      return push_slot(e, (uint64_t)instr->imm.i64);
    case WR__OP_f32_const:
      return push_slot(e, instr->imm.f32);
    case WR__OP_f64_const:
      return push_slot(e, instr->imm.f64);
    case WR__OP_v128_const:
      return push_v128(e, instr->imm.v128);
    case WR__OP_global_get:
      return push_global(e, instr->imm.index);
    case WR__OP_ref_null:
      return push_ref(e, WR__NULL_REF);
    case WR__OP_ref_func:
      return push_ref(e, (wr__ref)(uintptr_t)wr__instance_func(e->instance, instr->imm.index));
    case WR__OP_ref_i31:
      e->slots[e->count - 1] = wr__ref_from_i31((uint32_t)e->slots[e->count - 1]);
      e->is_ref[e->count - 1] = true;
      return WR_OK;
    case WR__OP_struct_new:
    case WR__OP_struct_new_default:
    case WR__OP_array_new:
    case WR__OP_array_new_default:
    case WR__OP_array_new_fixed:
      return new_object(e, instr);
    case WR__OP_any_convert_extern:
    case WR__OP_extern_convert_any:
      return WR_OK; /* one representation */
    default:
      apply_binary(e, instr->op);
      return WR_OK;
  }
}

/* Reading cannot fail in a validated module. */
static void read_instr(wr__instr_reader *r, wr__instr *instr) {
  (void)wr__read_opcode(r, &instr->op);
  (void)wr__read_immediates(r, (wr__imm)wr__opinfos[instr->op].immediates, instr);
}

wr_status wr__const_eval_at(wr__instance *instance, const uint8_t **at, uint64_t out[2]) {
  evaluator e;
  e.instance = instance;
  e.slots = e.inline_slots;
  e.is_ref = e.inline_is_ref;
  e.count = 0;
  e.capacity = INLINE_SLOTS;
  wr__instr_reader reader = {.at = *at, .end = instance->module->bytes + instance->module->size};
  wr_status status = WR_OK;
  wr__instr instr;
  for (read_instr(&reader, &instr); status == WR_OK && instr.op != WR__OP_end;) {
    status = evaluate(&e, &instr);
    read_instr(&reader, &instr);
  }
  if (status == WR_OK) {
    memcpy(out, e.slots, e.count * sizeof *out); /* one value: one slot or two */
    *at = reader.at;
  }
  if (e.slots != e.inline_slots) {
    free(e.slots);
    free(e.is_ref);
  }
  return status;
}

wr_status wr__const_eval(wr__instance *instance, wr__expr expr, uint64_t out[2]) {
  const uint8_t *at = instance->module->bytes + expr.offset;
  return wr__const_eval_at(instance, &at, out);
}
