/* The names of processor features, which images state by their place here. */
#ifndef WR__CPU_FEATURES_H
#define WR__CPU_FEATURES_H

/* Processor features that an image may need, by LLVM's names. Their order is part of the version.
 */
/* clang-format off */
#define WR__CPU_FEATURES_X86_64(X)                                                            \
  X(SSE3, "sse3") X(SSSE3, "ssse3") X(SSE41, "sse4.1") X(SSE42, "sse4.2") X(POPCNT, "popcnt") \
  X(CX16, "cx16") X(AVX, "avx") X(AVX2, "avx2") X(BMI, "bmi") X(BMI2, "bmi2") X(FMA, "fma")   \
  X(F16C, "f16c") X(LZCNT, "lzcnt") X(MOVBE, "movbe") X(AVX512F, "avx512f")                   \
  X(AVX512BW, "avx512bw") X(AVX512CD, "avx512cd") X(AVX512DQ, "avx512dq")                     \
  X(AVX512VL, "avx512vl") X(AVX512VNNI, "avx512vnni") X(AVX512VBMI, "avx512vbmi")             \
  X(AVX512VBMI2, "avx512vbmi2") X(AVX512BITALG, "avx512bitalg")                               \
  X(AVX512VPOPCNTDQ, "avx512vpopcntdq") X(GFNI, "gfni") X(AVXVNNI, "avxvnni")
#define WR__CPU_FEATURES_AARCH64(X)                                                           \
  X(LSE, "lse") X(DOTPROD, "dotprod") X(RDM, "rdm") X(CRC, "crc") X(FULLFP16, "fullfp16")     \
  X(I8MM, "i8mm") X(SHA3, "sha3")
#define WR__CPU_FEATURES(X) WR__CPU_FEATURES_X86_64(X) WR__CPU_FEATURES_AARCH64(X) X(OTHER, "other")
/* clang-format on */

enum wr__cpu_feature {
#define X(name, text) WR__CPU_##name,
  WR__CPU_FEATURES(X)
#undef X
      WR__CPU_FEATURE_COUNT
};

#endif
