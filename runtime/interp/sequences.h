/* The last step of translation: the words that instructions start with. */
#ifndef WR__SEQUENCES_H
#define WR__SEQUENCES_H

#include "base/base.h"

/* Until then an instruction starts with its handler's number and its size in bytes. */
static inline uint64_t wr__unlinked_word(uint32_t handler, uint32_t size_bytes) {
  return (uint64_t)size_bytes << 32 | handler;
}

/* An instruction while code is linked. */
typedef struct wr__step {
  uint32_t at;   /* code bytes */
  uint32_t cost; /* dispatches from here on */
  uint16_t handler;
} wr__step;

/* Memory for that, kept from one function to the next; freed by the owner. */
typedef struct wr__steps {
  wr__step *steps;
  size_t capacity;
} wr__steps;

/* Writes the addresses of handlers into `size_bytes` of code. With `join`, an instruction that
 * begins a known sequence gets the handler of the sequence; with `wide`, handlers are those for
 * newer processors. False when out of memory. */
WR_NODISCARD bool wr__link_code(wr__steps *memory, uint8_t *words, size_t size_bytes, bool join,
                                bool wide);

#endif
