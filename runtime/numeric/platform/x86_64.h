/* The platform's numeric functions for x86-64: SSE2, which every such processor has, and
 * shorter ways where the compiler may use SSSE3, SSE4.1 or more. */
#ifndef WR__NUMERIC_PLATFORM_X86_64_H
#define WR__NUMERIC_PLATFORM_X86_64_H

#include <emmintrin.h>

#include "numeric/minmax.h"
#include "numeric/rounding.h"

static inline float wr__num_f32_sqrt(float x) { return __builtin_sqrtf(x); }
static inline double wr__num_f64_sqrt(double x) { return __builtin_sqrt(x); }

/* With SSE4.1 the builtins are one instruction (roundss); without it they are calls of libm. */
#if defined(__SSE4_1__)
static inline float wr__num_f32_ceil(float x) { return __builtin_ceilf(x); }
static inline float wr__num_f32_floor(float x) { return __builtin_floorf(x); }
static inline float wr__num_f32_trunc(float x) { return __builtin_truncf(x); }
static inline float wr__num_f32_nearest(float x) { return __builtin_rintf(x); }
static inline double wr__num_f64_ceil(double x) { return __builtin_ceil(x); }
static inline double wr__num_f64_floor(double x) { return __builtin_floor(x); }
static inline double wr__num_f64_trunc(double x) { return __builtin_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return __builtin_rint(x); }
#else
static inline float wr__num_f32_ceil(float x) { return wr__soft_f32_ceil(x); }
static inline float wr__num_f32_floor(float x) { return wr__soft_f32_floor(x); }
static inline float wr__num_f32_trunc(float x) { return wr__soft_f32_trunc(x); }
static inline float wr__num_f32_nearest(float x) { return wr__soft_f32_nearest(x); }
static inline double wr__num_f64_ceil(double x) { return wr__soft_f64_ceil(x); }
static inline double wr__num_f64_floor(double x) { return wr__soft_f64_floor(x); }
static inline double wr__num_f64_trunc(double x) { return wr__soft_f64_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return wr__soft_f64_nearest(x); }
#endif

static inline float wr__num_f32_min(float a, float b) { return wr__soft_f32_min(a, b); }
static inline float wr__num_f32_max(float a, float b) { return wr__soft_f32_max(a, b); }
static inline double wr__num_f64_min(double a, double b) { return wr__soft_f64_min(a, b); }
static inline double wr__num_f64_max(double a, double b) { return wr__soft_f64_max(a, b); }

#endif
