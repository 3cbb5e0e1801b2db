/* Rings of public keys: whose native code an engine trusts. */
#ifndef WR__KEYRING_H
#define WR__KEYRING_H

#include <stdatomic.h>

#include "base/base.h"

typedef wr_public_key wr__public_key;

/* What an engine trusts. Counted, immutable. */
typedef struct wr__keyring {
  _Atomic uint32_t ref_count;
  size_t count;
  wr__public_key keys[];
} wr__keyring;

wr__keyring *wr__keyring_retain(wr__keyring *ring);
void wr__keyring_release(wr__keyring *ring);
bool wr__keyring_has(const wr__keyring *ring, const wr__public_key *key);
/* A ring with further keys, in place of *ring, whose count it takes. False when out of memory. */
bool wr__keyring_add(wr__keyring **ring, const wr__public_key *keys, size_t count);

#endif
