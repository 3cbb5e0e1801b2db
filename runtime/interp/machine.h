/* The machine that handlers are written for: its registers, its operands, its dispatch.
 *
 *   pc    the instruction being executed      fp    the frame
 *   mem   first byte of memory 0              inst  the instance
 *   acc   the last integer result             facc, dacc, vacc  the last f32, f64, v128 result
 *
 * Handlers are written once, with these macros, and each becomes a function. With tail calls the
 * registers are its arguments and the next handler is called in its place (dispatch_tail.c). Under
 * WR_PORTABLE_DISPATCH, for compilers that do not guarantee tail calls, a loop calls one handler
 * after the other, and the registers wait in a structure between them (dispatch_loop.c). */
#ifndef WR__MACHINE_H
#define WR__MACHINE_H

#include "interp/code.h"
#include "gc/object.h"
#include "interp/interp.h"
#include "numeric/scalar.h"
#include "numeric/simd.h"
#include "platform/access.h"
#include "store/store.h"

#define WR__UNUSED __attribute__((unused))
#define WR__STATE                                                                    \
  WR__UNUSED const uint8_t *pc, WR__UNUSED uint64_t *fp, WR__UNUSED uint8_t *mem,    \
      WR__UNUSED wr__instance *inst, WR__UNUSED uint64_t acc, WR__UNUSED float facc, \
      WR__UNUSED double dacc, WR__UNUSED wr__v128 vacc
#define WR__REGISTERS pc, fp, mem, inst, acc, facc, dacc, vacc

/* Numbers of handlers: the generated ones, then those of control.inc. */
enum {
#define WR__PLAIN(name) WR__H_##name,
#define WR__CONTROL(name) WR__H_##name,
#include "handler_names.inc"
#include "interp/control_names.inc"
#undef WR__PLAIN
#undef WR__CONTROL
  WR__H_COUNT
};

/* By number: each handler's distance from its entry. The second is for processors of which
 * wr__cpu_is_wide holds: some of its handlers are those of handlers_wide.c. */
extern const int32_t wr__handler_table[] __attribute__((visibility("hidden")));
extern const int32_t wr__wide_table[] __attribute__((visibility("hidden")));
/* The word that an instruction starts with. */
static inline uint64_t wr__handler_word(const int32_t *table, uint32_t handler) {
  const int32_t *entry = &table[handler];
  return (uint64_t)(uintptr_t)entry + (uint64_t)(int64_t)*entry;
}
/* Runs from pc until the outermost frame returns or a trap ends it. */
wr_status wr__dispatch(const uint8_t *pc, uint64_t *fp, wr__instance *inst, wr__func *func);
/* The code range of the handlers, for the fault handler. */
void wr__dispatch_range(uintptr_t *start, uintptr_t *end);

/* ---- operands in the instruction */
static inline uint16_t wr__code_u16(const uint8_t *p) {
  uint16_t v;
  memcpy(&v, p, 2);
  return v;
}
static inline uint32_t wr__code_u32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}
static inline uint64_t wr__code_u64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}
static inline float wr__code_f32(const uint8_t *p) {
  float v;
  memcpy(&v, p, 4);
  return v;
}
static inline double wr__code_f64(const uint8_t *p) {
  double v;
  memcpy(&v, p, 8);
  return v;
}

/* Operands that lie in the same 8 bytes are read by one load: loads are what there is most of. */
#define WR__WORD(at) (wr__code_u64(pc + (at) / 8 * 8) >> (at) % 8 * 8)
#define WR__IMM_U16(at) (uint16_t)WR__WORD(at)
#define WR__IMM_U32(at) (uint32_t)WR__WORD(at)
#define WR__IMM_S32(at) (int64_t)(int32_t)(uint32_t)WR__WORD(at)
#define WR__IMM_U64(at) wr__code_u64(pc + (at))
#define WR__IMM_F32(at) wr__code_f32(pc + (at))
#define WR__IMM_F64(at) wr__code_f64(pc + (at))
#define WR__IMM_BYTES(at) (pc + (at))
/* Added to the position of a slot's number where the rest of the 8 bytes is zero. */
#define WR__LAST 256
#define WR__SLOT_INDEX(at) ((at) < WR__LAST ? WR__IMM_U16(at) : WR__WORD((at) % WR__LAST))
#define WR__SLOT(at) fp[WR__SLOT_INDEX(at)]

/* ---- slots and accumulators */
static inline float wr__slot_f32(const uint64_t *slot) {
  float v;
  memcpy(&v, slot, 4);
  return v;
}
static inline double wr__slot_f64(const uint64_t *slot) {
  double v;
  memcpy(&v, slot, 8);
  return v;
}
static inline wr__v128 wr__slot_v128(const uint64_t *slot) {
  wr__v128 v;
  memcpy(&v, slot, 16);
  return v;
}

#define WR__GET_i(at) (uint32_t)WR__SLOT(at)
#define WR__GET_l(at) WR__SLOT(at)
#define WR__GET_f(at) wr__slot_f32(&WR__SLOT(at))
#define WR__GET_d(at) wr__slot_f64(&WR__SLOT(at))
#define WR__GET_v(at) wr__slot_v128(&WR__SLOT(at))

#define WR__ACC_i() (uint32_t)acc
#define WR__ACC_l() acc
#define WR__ACC_f() facc
#define WR__ACC_d() dacc
#define WR__ACC_v() vacc

#define WR__PUT_i(at, v) (WR__SLOT(at) = (uint32_t)(v))
#define WR__TEE_i(slot, v) (fp[slot] = (v))
#define WR__TEE_l(slot, v) (fp[slot] = (v))
#define WR__TEE_f(slot, v) memcpy(&fp[slot], &(v), 4)
#define WR__TEE_d(slot, v) memcpy(&fp[slot], &(v), 8)
/* How a handler hands on its result: WR__RESULT_* to a slot and the accumulator, WR__HELD_* to the
 * accumulator alone, where only the next instruction wants it. WR__THEN_* do the same within a
 * sequence, where another instruction follows in the same handler (sequences.py). */
#define WR__HOLD_i(v) (acc = (uint32_t)(v))
#define WR__HOLD_l(v) (acc = (v))
#define WR__HOLD_f(v) (facc = (v))
#define WR__HOLD_d(v) (dacc = (v))
#define WR__HOLD_v(v) (vacc = (v))
#define WR__KEEP_i(at) (WR__SLOT(at) = acc)
#define WR__KEEP_l(at) (WR__SLOT(at) = acc)
#define WR__KEEP_f(at) memcpy(&WR__SLOT(at), &facc, 4)
#define WR__KEEP_d(at) memcpy(&WR__SLOT(at), &dacc, 8)
#define WR__KEEP_v(at) memcpy(&WR__SLOT(at), &vacc, 16)
#define WR__RESULT(cls, at, v, size) \
  do {                               \
    WR__HOLD_##cls(v);               \
    WR__KEEP_##cls(at);              \
    WR__NEXT(size);                  \
  } while (0)
#define WR__THEN_RESULT(cls, at, v, size) \
  do {                                    \
    WR__HOLD_##cls(v);                    \
    WR__KEEP_##cls(at);                   \
    WR__THEN_NEXT(size);                  \
  } while (0)
#define WR__HELD(cls, v, size) \
  do {                         \
    WR__HOLD_##cls(v);         \
    WR__NEXT(size);            \
  } while (0)
#define WR__THEN_HELD(cls, v, size) \
  do {                              \
    WR__HOLD_##cls(v);              \
    WR__THEN_NEXT(size);            \
  } while (0)

#define WR__GLOBAL_l(index) inst->globals[index]->value.slot
#define WR__GLOBAL_v(index) wr__slot_v128(inst->globals[index]->value.slots)
#define WR__SET_GLOBAL_l(index, v) (inst->globals[index]->value.slot = (v))
#define WR__SET_GLOBAL_v(index, v)                      \
  do {                                                  \
    wr__v128 g_ = (v);                                  \
    memcpy(inst->globals[index]->value.slots, &g_, 16); \
  } while (0)

/* ---- memory */
/* What a load gives; those of at most 32 bits leave the upper half zero. */
#define WR__TYPE_u8 uint64_t
#define WR__TYPE_u16 uint64_t
#define WR__TYPE_u32 uint64_t
#define WR__TYPE_u64 uint64_t
#define WR__TYPE_s8 uint64_t
#define WR__TYPE_s16 uint64_t
#define WR__TYPE_s8l int64_t
#define WR__TYPE_s16l int64_t
#define WR__TYPE_s32l int64_t
#define WR__TYPE_f32 float
#define WR__TYPE_f64 double
#define WR__TYPE_v128 wr__v128
/* The same as they lie in memory. */
#define WR__BYTES_u8 uint8_t
#define WR__BYTES_u16 uint16_t
#define WR__BYTES_u32 uint32_t
#define WR__BYTES_u64 uint64_t
#define WR__BYTES_s8 int8_t
#define WR__BYTES_s16 int16_t
#define WR__BYTES_s8l int8_t
#define WR__BYTES_s16l int16_t
#define WR__BYTES_s32l int32_t
#define WR__BYTES_f32 float
#define WR__BYTES_f64 double
#define WR__BYTES_v128 wr__v128

/* Guarded memory 0: the sum cannot leave the reservation. */
#define WR__ADDRESS(ea, address, offset) uint64_t ea = (uint64_t)(address) + (offset)
#define WR__PINS "r"(pin_pc), "r"(pin_fp), "r"(pin_inst)
#define WR__PIN                                            \
  register const uint8_t *pin_pc __asm__(WR__REG_PC) = pc; \
  register uint64_t *pin_fp __asm__(WR__REG_FP) = fp;      \
  register wr__instance *pin_inst __asm__(WR__REG_INST) = inst
#define WR__LOAD(type, ea, out)    \
  do {                             \
    WR__PIN;                       \
    WR__LOAD_##type(out, mem, ea); \
  } while (0)
#define WR__STORE(type, ea, value) \
  do {                             \
    __auto_type v_ = (value);      \
    WR__PIN;                       \
    WR__STORE_##type(v_, mem, ea); \
  } while (0)

/* Any memory, with a check. Spec exec/instructions: memory instructions. */
#define WR__CHECKED_ADDRESS(ea, memory, address, offset, width)                                 \
  wr__memory *m_ = inst->memories[memory];                                                      \
  uint64_t at_, size_ = atomic_load_explicit(&m_->size_bytes, memory_order_relaxed);            \
  if (WR_UNLIKELY(__builtin_add_overflow((uint64_t)(address), (offset), &at_) || at_ > size_ || \
                  size_ - at_ < (width)))                                                       \
    WR__TRAP(WR_TRAP_MEMORY_OUT_OF_BOUNDS);                                                     \
  uint8_t *ea = m_->base + at_
#define WR__CHECKED_LOAD(type, ea, out) \
  do {                                  \
    WR__BYTES_##type v_;                \
    memcpy(&v_, ea, sizeof v_);         \
    out = v_;                           \
  } while (0)
#define WR__CHECKED_STORE(type, ea, value)           \
  do {                                               \
    WR__BYTES_##type v_ = (WR__BYTES_##type)(value); \
    memcpy(ea, &v_, sizeof v_);                      \
  } while (0)

#define WR__LANE_8(v, lane) wr__num_i8x16_extract_lane_u(v, lane)
#define WR__LANE_16(v, lane) wr__num_i16x8_extract_lane_u(v, lane)
#define WR__LANE_32(v, lane) wr__num_i32x4_extract_lane(v, lane)
#define WR__LANE_64(v, lane) wr__num_i64x2_extract_lane(v, lane)
#define WR__WITH_LANE_8(v, lane, x) wr__num_i8x16_replace_lane(v, x, lane)
#define WR__WITH_LANE_16(v, lane, x) wr__num_i16x8_replace_lane(v, x, lane)
#define WR__WITH_LANE_32(v, lane, x) wr__num_i32x4_replace_lane(v, x, lane)
#define WR__WITH_LANE_64(v, lane, x) wr__num_i64x2_replace_lane(v, x, lane)

/* ---- control */
#define WR__INTERRUPTED() \
  WR_UNLIKELY(atomic_load_explicit(inst->interrupt, memory_order_relaxed) != 0)
#define WR__CHECK(kind_expression)                                     \
  do {                                                                 \
    wr_trap_kind kind_ = (kind_expression);                            \
    if (WR_UNLIKELY(kind_ != WR_TRAP_NONE)) WR__TRAP((uint64_t)kind_); \
  } while (0)
#define WR__NEXT(size) \
  do {                 \
    pc += (size);      \
    WR__DISPATCH();    \
  } while (0)
#define WR__THEN_NEXT(size) (pc += (size))
/* Within a sequence, before an access: pc is to be in its register now, so that it is not kept
 * twice. */
#define WR__SETTLE_PC() __asm__("" : "+r"(pc))
/* After calls of C functions nothing is known of the accumulators, and none need be kept. */
#define WR__FORGET()      \
  do {                    \
    acc = 0;              \
    facc = 0;             \
    dacc = 0;             \
    vacc = (wr__v128){0}; \
  } while (0)
#define WR__BRANCH(condition, displacement, after, next, size) \
  do {                                                         \
    if (condition) {                                           \
      pc += (displacement);                                    \
      after;                                                   \
      WR__DISPATCH();                                          \
    }                                                          \
    next(size);                                                \
  } while (0)
#define WR__POLL() \
  if (WR__INTERRUPTED()) WR__TRAP(WR_TRAP_INTERRUPTED)
/* Calls and branches back count down, and what an interrupt wants, or who watches the program, is
 * looked at when nothing is left: after the jump, where no accumulator is live. */
static inline bool wr__countdown_ends(const wr__instance *inst) {
  int32_t left = atomic_load_explicit(inst->countdown, memory_order_relaxed) - 1;
  atomic_store_explicit(inst->countdown, left, memory_order_relaxed);
  return left < 0;
}
#define WR__COUNT_DOWN(then) \
  if (WR_UNLIKELY(wr__countdown_ends(inst))) WR__GOTO(then)
#define WR__BRANCH_IF(condition, displacement, size) \
  WR__BRANCH(condition, displacement, (void)0, WR__NEXT, size)
#define WR__BRANCH_BACK_IF(condition, displacement, size) \
  WR__BRANCH(condition, displacement, WR__COUNT_DOWN(poll_loop), WR__NEXT, size)
#define WR__THEN_BRANCH_IF(condition, displacement, size) \
  WR__BRANCH(condition, displacement, (void)0, WR__THEN_NEXT, size)
#define WR__THEN_BRANCH_BACK_IF(condition, displacement, size) \
  WR__BRANCH(condition, displacement, WR__COUNT_DOWN(poll_loop), WR__THEN_NEXT, size)

/* What handlers of control.inc do that are also parts of sequences. Operand positions are written
 * by translate*.c; each comment gives them as  kind@byte. */

/* displacement@8 */
#define WR__DO_br()       \
  do {                    \
    pc += WR__IMM_S32(8); \
    WR__DISPATCH();       \
  } while (0)
#define WR__DO_br_back()       \
  do {                         \
    pc += WR__IMM_S32(8);      \
    WR__COUNT_DOWN(poll_loop); \
    WR__DISPATCH();            \
  } while (0)

/* index slot@8, count@12, displacement@16… (count of them, then the default) */
#define WR__BR_TABLE(index_expression)                                                 \
  do {                                                                                 \
    uint32_t index_ = (index_expression), count_ = WR__IMM_U32(12);                    \
    int64_t displacement_ = WR__IMM_S32(16 + 4 * (index_ < count_ ? index_ : count_)); \
    pc += displacement_;                                                               \
    if (displacement_ < 0) WR__COUNT_DOWN(poll_loop);                                  \
    WR__DISPATCH();                                                                    \
  } while (0)
#define WR__DO_br_table() WR__BR_TABLE(WR__GET_i(8))
#define WR__DO_br_table_acc() WR__BR_TABLE((uint32_t)acc)

/* Calls. nfp is the callee's frame; the callee finds its own function in acc. */
#define WR__CALL_SAME(f, frame_base, link_at, size)                                      \
  do {                                                                                   \
    wr__func *callee_ = (f);                                                             \
    uint64_t *nfp_ = fp + (frame_base);                                                  \
    if (WR_UNLIKELY(nfp_ + wr__code_of(callee_->code)->frame_slots > inst->stack_limit)) \
      WR__TRAP(WR_TRAP_CALL_STACK_EXHAUSTED);                                            \
    uint64_t *link_ = nfp_ + (link_at);                                                  \
    link_[WR__LINK_PC] = (uint64_t)(uintptr_t)(pc + (size));                             \
    link_[WR__LINK_FP] = (uint64_t)(uintptr_t)fp;                                        \
    fp = nfp_;                                                                           \
    pc = callee_->code;                                                                  \
    acc = (uint64_t)(uintptr_t)callee_;                                                  \
    WR__COUNT_DOWN(poll_call);                                                           \
    WR__DISPATCH();                                                                      \
  } while (0)
/* base@8, callee's link@10, distance of the function from the instance@12 */
#define WR__DO_call() \
  WR__CALL_SAME((wr__func *)((char *)inst + WR__IMM_U32(12)), WR__IMM_U16(8), WR__IMM_U16(10), 16)

/* link@8 */
#define WR__DO_ret()                                     \
  do {                                                   \
    uint64_t *link_ = fp + WR__IMM_U16(8);               \
    pc = (const uint8_t *)(uintptr_t)link_[WR__LINK_PC]; \
    fp = (uint64_t *)(uintptr_t)link_[WR__LINK_FP];      \
    WR__DISPATCH();                                      \
  } while (0)
/* link@8, slot@10 */
#define WR__DO_ret_slot() \
  do {                    \
    acc = WR__SLOT(10);   \
    fp[0] = acc;          \
    WR__DO_ret();         \
  } while (0)
#define WR__DO_ret_acc() \
  do {                   \
    fp[0] = acc;         \
    WR__DO_ret();        \
  } while (0)

/* destination@8, 16 bytes@16 */
#define WR__DO_const_v128(next)      \
  do {                               \
    memcpy(&vacc, pc + 16, 16);      \
    memcpy(&WR__SLOT(8), &vacc, 16); \
    next(32);                        \
  } while (0)

/* The function of a handler; handlers_wide.c has others for the same handlers. */
#ifndef WR__ENTRY
#define WR__ENTRY(name) wr__h_##name
#endif
#define WR__SECTION __attribute__((section("wr_interp"), aligned(16), visibility("hidden")))
#ifdef WR_PORTABLE_DISPATCH
typedef struct wr__machine {
  uint64_t *fp;
  uint8_t *mem;
  wr__instance *inst;
  uint64_t acc;
  float facc;
  double dacc;
  wr__v128 vacc;
  wr_status status;
} wr__machine;
/* Gives the next instruction, or NULL with m->status set. */
typedef const uint8_t *(*wr__handler)(const uint8_t *pc, wr__machine *restrict m);
#define WR__DECLARE(name) const uint8_t *wr__h_##name(const uint8_t *pc, wr__machine *restrict m);
#define WR__HANDLER(name)                                                                     \
  static inline __attribute__((always_inline))                                                \
  const uint8_t *wr__body_##name(WR__STATE, wr__machine *restrict m);                         \
  WR__SECTION const uint8_t *WR__ENTRY(name)(const uint8_t *pc, wr__machine *restrict m) {    \
    return wr__body_##name(pc, m->fp, m->mem, m->inst, m->acc, m->facc, m->dacc, m->vacc, m); \
  }                                                                                           \
  static inline const uint8_t *wr__body_##name(WR__STATE, wr__machine *restrict m)
#define WR__WAIT()  \
  do {              \
    m->fp = fp;     \
    m->mem = mem;   \
    m->inst = inst; \
    m->acc = acc;   \
    m->facc = facc; \
    m->dacc = dacc; \
    m->vacc = vacc; \
  } while (0)
#define WR__DISPATCH() \
  do {                 \
    WR__WAIT();        \
    return pc;         \
  } while (0)
#define WR__GOTO(name)          \
  do {                          \
    WR__WAIT();                 \
    return wr__h_##name(pc, m); \
  } while (0)
#define WR__TRAP(kind)      \
  do {                      \
    acc = (uint64_t)(kind); \
    WR__GOTO(trap);         \
  } while (0)
#define WR__LEAVE(result) \
  do {                    \
    m->status = (result); \
    return NULL;          \
  } while (0)
#else
typedef wr_status (*wr__handler)(WR__STATE) WR__PRESERVE_NONE;
#define WR__DECLARE(name) WR__PRESERVE_NONE wr_status wr__h_##name(WR__STATE);
#define WR__HANDLER(name) WR__SECTION WR__PRESERVE_NONE wr_status WR__ENTRY(name)(WR__STATE)
#define WR__MUSTTAIL WR__RETURN_CALL
#define WR__DISPATCH() WR__MUSTTAIL((wr__handler)(uintptr_t)wr__code_u64(pc))(WR__REGISTERS)
#define WR__GOTO(name) WR__MUSTTAIL wr__h_##name(WR__REGISTERS)
#define WR__TRAP(kind) \
  WR__MUSTTAIL wr__h_trap(pc, fp, mem, inst, (uint64_t)(kind), facc, dacc, vacc)
#define WR__LEAVE(result) return (result)
#endif

#define WR__PLAIN(name) WR__DECLARE(name)
#define WR__CONTROL(name) WR__DECLARE(name)
#include "handler_names.inc"
#include "interp/control_names.inc"
#undef WR__PLAIN
#undef WR__CONTROL

#endif
