/* Guest memory accesses on x86-64, opaque to the C optimiser: a load is never dropped, moved or
 * widened, and at the faulting instruction pc, frame and instance are in the registers where
 * the fault handler looks for them. */
#ifndef WR__ACCESS_X86_64_H
#define WR__ACCESS_X86_64_H

#ifdef WR__PRESERVE_NONE_USED
#define WR__REG_PC "r12"
#define WR__REG_FP "r13"
#define WR__REG_INST "r15"
#else
#define WR__REG_PC "rdi"
#define WR__REG_FP "rsi"
#define WR__REG_INST "rcx"
#endif

#define WR__ASM_LOAD(text, constraint, out, base, ea) \
  __asm__ volatile(text " (%1,%2), %0" : constraint(out) : "r"(base), "r"(ea), WR__PINS)
/* The upper half of a register is zero once its lower half has been written. */
#define WR__ASM_LOAD_32(text, out, base, ea)                                           \
  do {                                                                                 \
    __asm__ volatile(text " (%1,%2), %k0" : "=r"(out) : "r"(base), "r"(ea), WR__PINS); \
    if (out > UINT32_MAX) __builtin_unreachable();                                     \
  } while (0)
#define WR__ASM_STORE(text, constraint, value, base, ea) \
  __asm__ volatile(text ", (%0,%1)" : : "r"(base), "r"(ea), constraint(value), WR__PINS)

#define WR__LOAD_u8(out, base, ea) WR__ASM_LOAD_32("movzbl", out, base, ea)
#define WR__LOAD_u16(out, base, ea) WR__ASM_LOAD_32("movzwl", out, base, ea)
#define WR__LOAD_u32(out, base, ea) WR__ASM_LOAD_32("movl", out, base, ea)
#define WR__LOAD_u64(out, base, ea) WR__ASM_LOAD("movq", "=r", out, base, ea)
#define WR__LOAD_s8(out, base, ea) WR__ASM_LOAD_32("movsbl", out, base, ea)
#define WR__LOAD_s16(out, base, ea) WR__ASM_LOAD_32("movswl", out, base, ea)
#define WR__LOAD_s8l(out, base, ea) WR__ASM_LOAD("movsbq", "=r", out, base, ea)
#define WR__LOAD_s16l(out, base, ea) WR__ASM_LOAD("movswq", "=r", out, base, ea)
#define WR__LOAD_s32l(out, base, ea) WR__ASM_LOAD("movslq", "=r", out, base, ea)
#define WR__LOAD_f32(out, base, ea) WR__ASM_LOAD("movss", "=x", out, base, ea)
#define WR__LOAD_f64(out, base, ea) WR__ASM_LOAD("movsd", "=x", out, base, ea)
#define WR__LOAD_v128(out, base, ea) WR__ASM_LOAD("movups", "=x", out, base, ea)

#define WR__STORE_u8(value, base, ea) WR__ASM_STORE("movb %b2", "q", value, base, ea)
#define WR__STORE_u16(value, base, ea) WR__ASM_STORE("movw %w2", "r", value, base, ea)
#define WR__STORE_u32(value, base, ea) WR__ASM_STORE("movl %k2", "r", value, base, ea)
#define WR__STORE_u64(value, base, ea) WR__ASM_STORE("movq %q2", "r", value, base, ea)
#define WR__STORE_f32(value, base, ea) WR__ASM_STORE("movss %2", "x", value, base, ea)
#define WR__STORE_f64(value, base, ea) WR__ASM_STORE("movsd %2", "x", value, base, ea)
#define WR__STORE_v128(value, base, ea) WR__ASM_STORE("movups %2", "x", value, base, ea)

#endif
