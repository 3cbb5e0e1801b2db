/* In builds without c-ares: names cannot be resolved, addresses still work. */
#include "net.h"

int wr__resolve(wr__op *op, const char *name, int family, wr__address out[WR__MAX_RESOLVED],
                uint32_t *count) {
  (void)op;
  (void)name;
  (void)family;
  (void)out;
  (void)count;
  return ENOSYS;
}
