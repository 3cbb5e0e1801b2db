/* The walk's quick way over ordinary code, which is most of every body: locals, constants, plain
 * operators, loads, stores, and branches that carry nothing, with operands exactly as expected.
 *
 * Invariant: it accepts only what the walker would accept, with the same effect on the stack, and
 * reports nothing: before anything unusual it stops, and the walker takes that instruction. */
#include "validate/internal.h"

/* The longest instruction that is read here without asking whether there are bytes left. */
enum { LONGEST = 16 };

/* An index or offset of one or two bytes at p: its length, or 0 where it is longer. */
WR__INLINE unsigned short_u32(const uint8_t *p, uint32_t *value) {
  *value = p[0];
  if (WR_LIKELY(!(p[0] & 0x80))) return 1;
  *value = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
  return p[1] & 0x80 ? 0 : 2;
}

/* The length of a LEB128 number of at most `most` bytes, or 0. */
WR__INLINE unsigned leb_length(const uint8_t *p, unsigned most) {
  for (unsigned i = 0; i < most; i++)
    if (!(p[i] & 0x80)) return i + 1;
  return 0;
}

/* What does not change while ordinary instructions are walked. */
typedef struct quick_frame {
  const wr_valtype *locals;
  uint32_t local_count; /* those listed; 0 where sets must be tracked */
  bool memory32;        /* memory 0 is there and has 32-bit addresses */
} quick_frame;

/* A load or store: the length of its immediates, or 0. */
WR__INLINE unsigned access_length(const uint8_t *p, const wr__quick *quick) {
  if (WR_UNLIKELY(p[0] > quick->align_log2)) return 0;
  unsigned length = leb_length(p + 1, 4); /* four bytes are 28 bits: in range */
  return length ? length + 1 : 0;
}

/* Does a branch to that depth carry nothing? */
WR__INLINE bool carries_nothing(const wr__walker *w, uint32_t depth) {
  if (depth >= w->ctrl_count) return false;
  const wr_valtype *types;
  return wr__ctrl_label_types(wr__walker_label(w, depth), &types) == 0;
}

/* A plain operator: its length, or 0; *stack is moved on. Without a branch on the number of
 * operands, which would be mispredicted: of one, both checks look at the same slot. */
WR__INLINE unsigned operator(const uint8_t *at, const wr_valtype *base, wr_valtype **stack) {
  const wr__quick *quick = &wr__core_quick[*at];
  wr_valtype *top = *stack;
  if (WR_UNLIKELY(quick->form != WR__QUICK_OPERATOR || top - base < quick->param_count)) return 0;
  wr_valtype *first = top - quick->param_count;
  if (WR_UNLIKELY((top[-1] ^ quick->param) | (*first ^ quick->param))) return 0;
  *first = quick->result;
  *stack = first + 1;
  return 1;
}

WR__INLINE unsigned load(const uint8_t *at, const quick_frame *frame, const wr_valtype *base,
                         wr_valtype *top) {
  const wr__quick *quick = &wr__core_quick[*at];
  if (WR_UNLIKELY(!frame->memory32 || top == base || top[-1] != WR_I32)) return 0;
  unsigned length = access_length(at + 1, quick);
  if (WR_UNLIKELY(!length)) return 0;
  top[-1] = quick->result;
  return length + 1;
}

WR__INLINE unsigned store(const uint8_t *at, const quick_frame *frame, const wr_valtype *base,
                          wr_valtype **stack) {
  const wr__quick *quick = &wr__core_quick[*at];
  const wr_valtype *top = *stack;
  if (WR_UNLIKELY(!frame->memory32 || top - base < 2)) return 0;
  if (WR_UNLIKELY(top[-1] != quick->param || top[-2] != WR_I32)) return 0;
  unsigned length = access_length(at + 1, quick);
  if (WR_UNLIKELY(!length)) return 0;
  *stack -= 2;
  return length + 1;
}

/* local.get, local.set and local.tee at `at`: as above. */
WR__INLINE unsigned local_instruction(const uint8_t *at, const quick_frame *frame,
                                      const wr_valtype *base, wr_valtype **stack) {
  uint32_t index;
  unsigned length = short_u32(at + 1, &index);
  if (WR_UNLIKELY(!length || index >= frame->local_count)) return 0;
  wr_valtype type = frame->locals[index];
  if (*at == 0x20) { /* local.get */
    *(*stack)++ = type;
    return length + 1;
  }
  if (WR_UNLIKELY(*stack == base || (*stack)[-1] != type)) return 0;
  if (*at == 0x21) (*stack)--; /* local.set */
  return length + 1;
}

WR__INLINE unsigned constant(const uint8_t *at, wr_valtype **stack) {
  unsigned length;
  wr_valtype type;
  switch (*at) {
    case 0x41:
      type = WR_I32;
      length = leb_length(at + 1, 4);
      break;
    case 0x42:
      type = WR_I64;
      length = leb_length(at + 1, 9);
      break;
    case 0x43:
      type = WR_F32;
      length = 4;
      break;
    default:
      type = WR_F64;
      length = 8;
      break;
  }
  if (WR_UNLIKELY(!length)) return 0;
  *(*stack)++ = type;
  return length + 1;
}

void wr__walk_quick(wr__walker *w) {
  if (WR_UNLIKELY(w->end - w->at < LONGEST)) return;
  const quick_frame frame = {
      .locals = w->locals,
      .local_count = w->tracks_init ? 0 : w->listed_count,
      .memory32 = w->module->memory_count && !w->module->memories[0].limits.is64};
  const wr_valtype *base = w->stack + wr__walker_top(w)->height;
  const wr_valtype *limit = w->stack + w->stack_capacity - WR__WALKER_RESERVE;
  const uint8_t *at = w->at, *end = w->end - LONGEST;
  wr_valtype *stack = w->stack + w->stack_count;
  while (at <= end && stack < limit) {
    unsigned length = 0;
    uint32_t depth;
    switch (*at) {
      case 0x20:
      case 0x21:
      case 0x22:
        length = local_instruction(at, &frame, base, &stack);
        break;
      case 0x41 ... 0x44:
        length = constant(at, &stack);
        break;
      case 0x1a: /* drop */
        if (WR_LIKELY(stack > base)) {
          stack--;
          length = 1;
        }
        break;
      case 0x0d: /* br_if */
        length = short_u32(at + 1, &depth);
        if (WR_UNLIKELY(!length || stack == base || stack[-1] != WR_I32 ||
                        !carries_nothing(w, depth))) {
          length = 0;
        } else {
          stack--;
          length++;
        }
        break;
      case 0x28 ... 0x35:
        length = load(at, &frame, base, stack);
        break;
      case 0x36 ... 0x3e:
        length = store(at, &frame, base, &stack);
        break;
      case 0x45 ... 0xbf:
        length = operator(at, base, &stack);
        break;
      default:
        break;
    }
    if (!length) break;
    at += length;
  }
  w->at = at;
  w->stack_count = (uint32_t)(stack - w->stack);
}

/* ---- The same with a visitor: immediates are decoded too ---- */

/* The signed number of at most four bytes at p: its length, or 0 where it is longer. */
WR__INLINE unsigned short_s32(const uint8_t *p, int32_t *value) {
  uint32_t bits = 0;
  for (unsigned i = 0; i < 4; i++) {
    bits |= (p[i] & 0x7fu) << 7 * i;
    if (WR_LIKELY(!(p[i] & 0x80))) {
      unsigned unused = 25 - 7 * i; /* the last byte's bit 6 is the sign */
      *value = (int32_t)(bits << unused) >> unused;
      return i + 1;
    }
  }
  return 0;
}

/* An unsigned one. */
WR__INLINE unsigned short_u64(const uint8_t *p, uint64_t *value) {
  uint32_t bits = 0;
  for (unsigned i = 0; i < 4; i++) {
    bits |= (p[i] & 0x7fu) << 7 * i;
    if (WR_LIKELY(!(p[i] & 0x80))) {
      *value = bits;
      return i + 1;
    }
  }
  return 0;
}

WR__INLINE unsigned visited_access(const uint8_t *at, const quick_frame *frame,
                                   const wr_valtype *base, wr_valtype **stack, wr__instr *instr) {
  const wr__quick *quick = &wr__core_quick[*at];
  wr_valtype *top = *stack;
  bool is_load = quick->form == WR__QUICK_LOAD;
  if (WR_UNLIKELY(!frame->memory32 || top - base < (is_load ? 1 : 2) || at[1] > quick->align_log2))
    return 0;
  if (WR_UNLIKELY(is_load ? top[-1] != WR_I32 : top[-1] != quick->param || top[-2] != WR_I32))
    return 0;
  unsigned length = short_u64(at + 2, &instr->imm.mem.offset);
  if (WR_UNLIKELY(!length)) return 0;
  instr->imm.mem.memory = 0;
  instr->imm.mem.align_log2 = at[1];
  if (is_load)
    top[-1] = quick->result;
  else
    *stack -= 2;
  return length + 2;
}

WR__INLINE unsigned visited_local(const uint8_t *at, const quick_frame *frame,
                                  const wr_valtype *base, wr_valtype **stack, wr__instr *instr) {
  unsigned length = local_instruction(at, frame, base, stack);
  if (WR_UNLIKELY(!length)) return 0;
  short_u32(at + 1, &instr->imm.index);
  instr->operand_type = frame->locals[instr->imm.index];
  return length;
}

WR__INLINE unsigned visited_constant(const uint8_t *at, wr_valtype **stack, wr__instr *instr) {
  if (*at == 0x41) {
    unsigned length = short_s32(at + 1, &instr->imm.i32);
    if (WR_UNLIKELY(!length)) return 0;
    *(*stack)++ = WR_I32;
    return length + 1;
  }
  bool is_f32 = *at == 0x43;
  if (is_f32)
    memcpy(&instr->imm.f32, at + 1, 4);
  else
    memcpy(&instr->imm.f64, at + 1, 8);
  *(*stack)++ = is_f32 ? WR_F32 : WR_F64;
  return is_f32 ? 5 : 9;
}

wr_status wr__visit_quick(wr__walker *w) {
  const wr__ctrl *top = wr__walker_top(w);
  if (WR_UNLIKELY(!top->entered || top->unreachable)) return WR_OK;
  const quick_frame frame = {
      .locals = w->locals,
      .local_count = w->tracks_init ? 0 : w->listed_count,
      .memory32 = w->module->memory_count && !w->module->memories[0].limits.is64};
  const wr__visitor *visitor = w->visitor;
  const wr_valtype *base = w->stack + top->height;
  const wr_valtype *limit = w->stack + w->stack_capacity - WR__WALKER_RESERVE;
  wr_valtype *stack = w->stack + w->stack_count;
  const uint8_t *at = w->at;
  wr__instr instr;
  while (w->end - at >= LONGEST && stack < limit) {
    unsigned length = 0;
    instr.operand_type = WR__BOT;
    switch (*at) {
      case 0x20 ... 0x22:
        length = visited_local(at, &frame, base, &stack, &instr);
        break;
      case 0x41:
      case 0x43 ... 0x44:
        length = visited_constant(at, &stack, &instr);
        break;
      case 0x28 ... 0x3e:
        length = visited_access(at, &frame, base, &stack, &instr);
        break;
      case 0x45 ... 0xbf:
        length = operator(at, base, &stack);
        break;
      default:
        break;
    }
    if (!length) break;
    instr.op = wr__core_ops[*at];
    instr.offset = w->instr_offset = (uint32_t)(at - w->module->bytes);
    w->at = at += length;
    w->stack_count = (uint32_t)(stack - w->stack);
    if (w->stack_count > w->max_stack_count) w->max_stack_count = w->stack_count;
    WR_TRY(visitor->visit(visitor->context, w, &instr));
  }
  return WR_OK;
}
