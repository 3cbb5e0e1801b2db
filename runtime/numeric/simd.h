/* The meaning of every v128 instruction that does not touch memory, written once, for the
 * interpreter's handlers and constant folding; and of the memory instructions the part after
 * the bits are loaded. wr__num_<name> as in scalar.h; v128 operands and results are wr__v128.
 *
 * Plain operations are GNU vector expressions. Those that compilers do not turn into the
 * instruction that the processor has are in platform/. All give the same bits everywhere,
 * but for the sign and payload of NaNs that the specification leaves open.
 * Spec: exec/numerics, vector operations. */
#ifndef WR__NUMERIC_SIMD_H
#define WR__NUMERIC_SIMD_H

#include "numeric/platform/arch.h"
#include "numeric/v128.h"
#include "numeric/simd_int.h"
#include "numeric/simd_float.h"
#include "numeric/simd_relaxed.h"

#endif
