/* What the processor can do, by the names of base/cpu_features.h. */
#if defined(__x86_64__)
#include <cpuid.h>

#include "base/cpu_features.h"
#include "platform/process.h"

/* In eax of leaf 7, 1; not among the compilers' names either. */
enum { AVX_VNNI = 1 << 4 };

#define TEST(bit, name) \
  if (__builtin_cpu_supports(name)) features |= 1ull << WR__CPU_##bit

static uint64_t read_features(void) {
  uint64_t features = 0;
  unsigned a, b, c, d; /* the compiler's list of names has no cx16 */
  if (__get_cpuid(1, &a, &b, &c, &d) && c & bit_CMPXCHG16B) features |= 1ull << WR__CPU_CX16;
  TEST(SSE3, "sse3");
  TEST(SSSE3, "ssse3");
  TEST(SSE41, "sse4.1");
  TEST(SSE42, "sse4.2");
  TEST(POPCNT, "popcnt");
  TEST(AVX, "avx");
  TEST(AVX2, "avx2");
  TEST(BMI, "bmi");
  TEST(BMI2, "bmi2");
  TEST(FMA, "fma");
  TEST(F16C, "f16c");
  TEST(LZCNT, "lzcnt");
  TEST(MOVBE, "movbe");
  TEST(AVX512F, "avx512f");
  TEST(AVX512BW, "avx512bw");
  TEST(AVX512CD, "avx512cd");
  TEST(AVX512DQ, "avx512dq");
  TEST(AVX512VL, "avx512vl");
  TEST(AVX512VNNI, "avx512vnni");
  TEST(AVX512VBMI, "avx512vbmi");
  TEST(AVX512VBMI2, "avx512vbmi2");
  TEST(AVX512BITALG, "avx512bitalg");
  TEST(AVX512VPOPCNTDQ, "avx512vpopcntdq");
  TEST(GFNI, "gfni");
  if (__builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & AVX_VNNI)
    features |= 1ull << WR__CPU_AVXVNNI;
  return features;
}

/* Read once: on a virtual machine each question to the processor takes microseconds. */
uint64_t wr__cpu_features(void) {
  enum { IS_KNOWN = 63 };
  static _Atomic uint64_t known;
  uint64_t features = atomic_load_explicit(&known, memory_order_relaxed);
  if (!features) {
    features = read_features() | 1ull << IS_KNOWN;
    atomic_store_explicit(&known, features, memory_order_relaxed);
  }
  return features & ~(1ull << IS_KNOWN);
}

bool wr__cpu_is_wide(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("lzcnt") &&
         __builtin_cpu_supports("popcnt");
}
#endif
