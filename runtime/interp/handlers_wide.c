/* The handlers that gain most from a newer processor, compiled a second time for x86-64 with AVX2
 * and BMI2 (the flags are in CMakeLists.txt): vectors without copies, shifts by any register,
 * rounding and counting bits in one instruction. sequences.c takes them where the processor has all
 * that. */
#ifdef WR_WIDE_HANDLERS
#define WR__ENTRY(name) wr__w_##name
#include "interp/machine.h"

#include "handlers_wide.inc"
#endif
