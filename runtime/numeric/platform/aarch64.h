/* The platform's numeric functions for aarch64, whose fmin, fmax and frint instructions are
 * those of WebAssembly. */
#ifndef WR__NUMERIC_PLATFORM_AARCH64_H
#define WR__NUMERIC_PLATFORM_AARCH64_H

#include <arm_neon.h>

static inline float wr__num_f32_sqrt(float x) { return __builtin_sqrtf(x); }
static inline double wr__num_f64_sqrt(double x) { return __builtin_sqrt(x); }

static inline float wr__num_f32_ceil(float x) { return __builtin_ceilf(x); }
static inline float wr__num_f32_floor(float x) { return __builtin_floorf(x); }
static inline float wr__num_f32_trunc(float x) { return __builtin_truncf(x); }
static inline float wr__num_f32_nearest(float x) { return __builtin_rintf(x); }
static inline double wr__num_f64_ceil(double x) { return __builtin_ceil(x); }
static inline double wr__num_f64_floor(double x) { return __builtin_floor(x); }
static inline double wr__num_f64_trunc(double x) { return __builtin_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return __builtin_rint(x); }

static inline float wr__num_f32_min(float a, float b) {
  return vget_lane_f32(vmin_f32(vdup_n_f32(a), vdup_n_f32(b)), 0);
}
static inline double wr__num_f64_min(double a, double b) {
  return vget_lane_f64(vmin_f64(vdup_n_f64(a), vdup_n_f64(b)), 0);
}
static inline float wr__num_f32_max(float a, float b) {
  return vget_lane_f32(vmax_f32(vdup_n_f32(a), vdup_n_f32(b)), 0);
}
static inline double wr__num_f64_max(double a, double b) {
  return vget_lane_f64(vmax_f64(vdup_n_f64(a), vdup_n_f64(b)), 0);
}

#endif
