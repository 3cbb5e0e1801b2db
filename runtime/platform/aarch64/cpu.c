/* What the processor can do, by the names of base/cpu_features.h. */
#if defined(__aarch64__)
#include <sys/auxv.h>

#include "base/cpu_features.h"
#include "platform/process.h"

/* Bits of AT_HWCAP and AT_HWCAP2. */
enum {
  CAP_CRC = 1 << 7,
  CAP_ATOMICS = 1 << 8,
  CAP_FP16 = 1 << 9 | 1 << 10, /* scalar and vector */
  CAP_RDM = 1 << 12,
  CAP_SHA3 = 1 << 17,
  CAP_DOTPROD = 1 << 20,
  CAP2_I8MM = 1 << 13,
};

uint64_t wr__cpu_features(void) {
  unsigned long caps = getauxval(AT_HWCAP);
  uint64_t features = 0;
  if (caps & CAP_CRC) features |= 1ull << WR__CPU_CRC;
  if (caps & CAP_ATOMICS) features |= 1ull << WR__CPU_LSE;
  if (caps & CAP_RDM) features |= 1ull << WR__CPU_RDM;
  if (caps & CAP_DOTPROD) features |= 1ull << WR__CPU_DOTPROD;
  if ((caps & CAP_FP16) == CAP_FP16) features |= 1ull << WR__CPU_FULLFP16;
  if (caps & CAP_SHA3) features |= 1ull << WR__CPU_SHA3;
  if (getauxval(AT_HWCAP2) & CAP2_I8MM) features |= 1ull << WR__CPU_I8MM;
  return features;
}

bool wr__cpu_is_wide(void) { return false; }
#endif
