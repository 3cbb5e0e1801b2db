/* What the processor can do, as images state it. */
#if defined(__aarch64__)
#include <sys/auxv.h>

#include "image/format.h"
#include "platform/platform.h"

/* Bits of AT_HWCAP. */
enum { CAP_CRC = 1 << 7, CAP_ATOMICS = 1 << 8, CAP_RDM = 1 << 12, CAP_DOTPROD = 1 << 20 };

uint64_t wr__cpu_features(void) {
  unsigned long caps = getauxval(AT_HWCAP);
  uint64_t features = 0;
  if (caps & CAP_CRC) features |= 1ull << WR__CPU_CRC;
  if (caps & CAP_ATOMICS) features |= 1ull << WR__CPU_LSE;
  if (caps & CAP_RDM) features |= 1ull << WR__CPU_RDM;
  if (caps & CAP_DOTPROD) features |= 1ull << WR__CPU_DOTPROD;
  return features;
}

bool wr__cpu_is_wide(void) { return false; }
#endif
