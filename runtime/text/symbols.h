/* Symbolic identifiers: from a space, a scope in it and a name to an index. Spec: text/modules,
 * identifier contexts. Names are borrowed. */
#ifndef WR__TEXT_SYMBOLS_H
#define WR__TEXT_SYMBOLS_H

#include "base/base.h"

typedef enum wr__space {
  WR__SPACE_TYPE,
  WR__SPACE_FUNC,
  WR__SPACE_TABLE,
  WR__SPACE_MEMORY,
  WR__SPACE_GLOBAL,
  WR__SPACE_TAG,
  WR__SPACE_ELEM,
  WR__SPACE_DATA,
  WR__SPACE_FIELD, /* scope: the type */
  WR__SPACE_LOCAL, /* scope: the function */
  WR__SPACE_LABEL, /* scope: the function */
  WR__SPACE_COUNT,
} wr__space;

typedef struct wr__symbol {
  const uint8_t *name;
  uint32_t name_size;
  uint32_t scope;
  uint32_t index;
  uint8_t space;
} wr__symbol;

typedef struct wr__symbols {
  wr__symbol *slots;
  uint32_t capacity; /* a power of two, or 0 */
  uint32_t count;
} wr__symbols;

void wr__symbols_free(wr__symbols *symbols);
/* The entry of a name, or NULL. Valid until the next wr__symbols_put. */
wr__symbol *wr__symbols_find(const wr__symbols *symbols, wr__space space, uint32_t scope,
                             wr__span name);
/* The entry of a name, made with index WR_NO_INDEX where there was none; NULL when out of memory.
 */
wr__symbol *wr__symbols_put(wr__symbols *symbols, wr__space space, uint32_t scope, wr__span name);

#endif
