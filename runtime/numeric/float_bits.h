/* The bit patterns of floats, and what the specification says about them alone. Nothing here
 * computes: a NaN keeps its sign and payload unless the name says otherwise. */
#ifndef WR__NUMERIC_FLOAT_BITS_H
#define WR__NUMERIC_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

#define WR__F32_SIGN 0x80000000u
#define WR__F64_SIGN 0x8000000000000000u
#define WR__F32_QUIET 0x00400000u
#define WR__F64_QUIET 0x0008000000000000u

static inline uint32_t wr__f32_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline uint64_t wr__f64_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float wr__f32_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline double wr__f64_from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline float wr__f32_copysign(float magnitude, float sign) {
  return wr__f32_from_bits((wr__f32_bits(magnitude) & ~WR__F32_SIGN) |
                           (wr__f32_bits(sign) & WR__F32_SIGN));
}

static inline double wr__f64_copysign(double magnitude, double sign) {
  return wr__f64_from_bits((wr__f64_bits(magnitude) & ~WR__F64_SIGN) |
                           (wr__f64_bits(sign) & WR__F64_SIGN));
}

/* A signalling NaN made quiet; any other value as it is. An operation that gives back its NaN
 * operand must do this. Adding zero would do it too, but a compiler may take that away.
 * Spec: exec/numerics, NaN propagation. */
static inline float wr__f32_quiet(float value) {
  return value != value ? wr__f32_from_bits(wr__f32_bits(value) | WR__F32_QUIET) : value;
}

static inline double wr__f64_quiet(double value) {
  return value != value ? wr__f64_from_bits(wr__f64_bits(value) | WR__F64_QUIET) : value;
}

#endif
