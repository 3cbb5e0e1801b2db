/* In builds without c-ares: names cannot be resolved, addresses still work. */
#include "net.h"

uint32_t wr__resolve(wr__call *call, const char *name, int family,
                     wr__address out[WR__MAX_RESOLVED], uint32_t *count) {
  (void)call;
  (void)name;
  (void)family;
  (void)out;
  (void)count;
  return WASI_NOSYS;
}
