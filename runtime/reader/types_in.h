/* Types as the binary format writes them. What is read is "raw": a defined type stands as heap
 * type WR_HEAP_DEFINED + the module's own type index, to be resolved by the reader's caller.
 * Each function reads at *at, before end; it returns NULL and moves *at on, or returns the
 * error's message and leaves *at alone. Spec: binary/types. */
#ifndef WR__TYPES_IN_H
#define WR__TYPES_IN_H

#include "base/leb128.h"
#include "types/types.h"

/* Every index that is too large for a heap type is read as this one, which no module has. */
#define WR__RAW_INDEX_MAX (0xffffffu - WR_HEAP_DEFINED)

/* The official suite's words. */
#define WR__MESSAGE_END "unexpected end of section or function"

const char *wr__leb_message(wr__leb result);

const char *wr__read_heaptype(const uint8_t **at, const uint8_t *end, uint32_t *raw_heap);
const char *wr__read_reftype(const uint8_t **at, const uint8_t *end, wr_valtype *raw);
const char *wr__read_valtype(const uint8_t **at, const uint8_t *end, wr_valtype *raw);
/* Adds WR__I8 and WR__I16. */
const char *wr__read_storagetype(const uint8_t **at, const uint8_t *end, wr_valtype *raw);

/* The feature that admits a type. */
wr_feature wr__type_feature(wr_valtype raw);

#endif
