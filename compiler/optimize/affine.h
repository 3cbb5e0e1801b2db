/* What the i32 values of an innermost loop are in each of its iterations; for a 64-bit memory also
 * the i64 values. */
#ifndef WR__AFFINE_H
#define WR__AFFINE_H

#include "optimize/cfg.h"
#include "lower/lower.h"

enum { WR__LINEAR_TERMS = 6 };

/* constant + the sum of factor * value, modulo 2^32 or 2^64, of values of that width that do not
 * change in the loop. So that two of them that differ by a constant are seen to. */
typedef struct wr__linear {
  uint64_t constant;
  uint32_t count;
  bool wide; /* i64 */
  struct wr__linear_term {
    LLVMValueRef value;
    uint64_t factor;
  } terms[WR__LINEAR_TERMS];
} wr__linear;

/* What a check in 64 bits takes for granted of wide values, and asks of them: addresses, rounds and
 * steps below these powers of two do not wrap together. */
enum { WR__WIDE_ADDRESS_LOG2 = 48, WR__WIDE_ROUNDS_LOG2 = 40, WR__WIDE_STEP_LOG2 = 15 };

/* In iteration i, counted from 0: start + i * step, modulo 2^32 or 2^64. */
typedef struct wr__affine {
  bool known;
  wr__linear start, step;
} wr__affine;

typedef struct wr__affine_loop {
  wr__lower *l; /* its builder stands at the end of the preheader */
  const wr__cfg *cfg;
  uint32_t loop;
  LLVMBasicBlockRef preheader, latch;
  wr__pointer_map numbers; /* of values, in found */
  wr__affine *found;
  size_t found_count, found_capacity;
  bool out_of_memory;
} wr__affine_loop;

/* When the loop is left by an exit that it passes in each iteration. */
typedef struct wr__trip {
  LLVMValueRef branch;
  bool leaves_on_true;
  LLVMValueRef last;  /* i64: the iteration in which it leaves, */
  LLVMValueRef holds; /* i1: if this holds; NULL: always. Both are frozen */
} wr__trip;

/* Finds preheader and latch: what goes in from elsewhere must do so by one block that goes nowhere
 * else. False: there is no such block, or several latches. */
bool wr__affine_open(wr__affine_loop *a);
bool wr__linear_same_terms(const wr__linear *a, const wr__linear *b);
bool wr__linear_is_constant(const wr__linear *a, int64_t *value);
/* Of two with the same terms: how far a is behind b. False: further than anything needs. */
bool wr__linear_apart(const wr__linear *a, const wr__linear *b, int64_t *out);
/* Is the value one of an address that a check can be made of? NULL: always. Built where the builder
 * stands; value is the index in 64 bits. */
LLVMValueRef wr__linear_is_small(wr__lower *l, const wr__linear *a, LLVMValueRef value);
/* Its value, built where the builder stands. */
LLVMValueRef wr__linear_build(wr__lower *l, const wr__linear *a);

wr__affine wr__affine_of(wr__affine_loop *a, LLVMValueRef value);
/* Builds what it needs where the builder stands. False: no exit can be counted. */
bool wr__affine_trip(wr__affine_loop *a, wr__trip *out);
void wr__affine_free(wr__affine_loop *a);

#endif
