/* Guest memory accesses on aarch64; see the x86-64 file for what they promise. */
#ifndef WR__ACCESS_AARCH64_H
#define WR__ACCESS_AARCH64_H

#ifdef WR__PRESERVE_NONE_USED
#define WR__REG_PC "x20"
#define WR__REG_FP "x21"
#define WR__REG_INST "x23"
#else
#define WR__REG_PC "x0"
#define WR__REG_FP "x1"
#define WR__REG_INST "x3"
#endif

#define WR__ASM_LOAD(text, constraint, out, base, ea) \
  __asm__ volatile(text ", [%1, %2]" : constraint(out) : "r"(base), "r"(ea), WR__PINS)
/* The upper half of a register is zero once its lower half has been written. */
#define WR__ASM_LOAD_32(text, out, base, ea)                                            \
  do {                                                                                  \
    __asm__ volatile(text " %w0, [%1, %2]" : "=r"(out) : "r"(base), "r"(ea), WR__PINS); \
    if (out > UINT32_MAX) __builtin_unreachable();                                      \
  } while (0)
#define WR__ASM_STORE(text, constraint, value, base, ea) \
  __asm__ volatile(text ", [%0, %1]" : : "r"(base), "r"(ea), constraint(value), WR__PINS)

#define WR__LOAD_u8(out, base, ea) WR__ASM_LOAD_32("ldrb", out, base, ea)
#define WR__LOAD_u16(out, base, ea) WR__ASM_LOAD_32("ldrh", out, base, ea)
#define WR__LOAD_u32(out, base, ea) WR__ASM_LOAD_32("ldr", out, base, ea)
#define WR__LOAD_u64(out, base, ea) WR__ASM_LOAD("ldr %x0", "=r", out, base, ea)
#define WR__LOAD_s8(out, base, ea) WR__ASM_LOAD_32("ldrsb", out, base, ea)
#define WR__LOAD_s16(out, base, ea) WR__ASM_LOAD_32("ldrsh", out, base, ea)
#define WR__LOAD_s8l(out, base, ea) WR__ASM_LOAD("ldrsb %x0", "=r", out, base, ea)
#define WR__LOAD_s16l(out, base, ea) WR__ASM_LOAD("ldrsh %x0", "=r", out, base, ea)
#define WR__LOAD_s32l(out, base, ea) WR__ASM_LOAD("ldrsw %x0", "=r", out, base, ea)
#define WR__LOAD_f32(out, base, ea) WR__ASM_LOAD("ldr %s0", "=w", out, base, ea)
#define WR__LOAD_f64(out, base, ea) WR__ASM_LOAD("ldr %d0", "=w", out, base, ea)
#define WR__LOAD_v128(out, base, ea) WR__ASM_LOAD("ldr %q0", "=w", out, base, ea)

#define WR__STORE_u8(value, base, ea) WR__ASM_STORE("strb %w2", "r", value, base, ea)
#define WR__STORE_u16(value, base, ea) WR__ASM_STORE("strh %w2", "r", value, base, ea)
#define WR__STORE_u32(value, base, ea) WR__ASM_STORE("str %w2", "r", value, base, ea)
#define WR__STORE_u64(value, base, ea) WR__ASM_STORE("str %x2", "r", value, base, ea)
#define WR__STORE_f32(value, base, ea) WR__ASM_STORE("str %s2", "w", value, base, ea)
#define WR__STORE_f64(value, base, ea) WR__ASM_STORE("str %d2", "w", value, base, ea)
#define WR__STORE_v128(value, base, ea) WR__ASM_STORE("str %q2", "w", value, base, ea)

#endif
