/* What every unit uses: the status macros, checked sizes, small helpers.
 * Nothing here allocates or keeps state. */
#ifndef WR__BASE_H
#define WR__BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wasmrun.h"

#define WR_LIKELY(x) __builtin_expect(!!(x), 1)
#define WR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WR_NOINLINE __attribute__((noinline))
#define WR_ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Passes a failure on to the caller. */
#define WR_TRY(expr)                                                 \
  do {                                                               \
    wr_status wr_try_status_ = (expr);                               \
    if (WR_UNLIKELY(wr_try_status_ != WR_OK)) return wr_try_status_; \
  } while (0)

/* Bytes that somebody else owns. */
typedef struct wr__span {
  const uint8_t *data;
  size_t size;
} wr__span;

/* wr__fail: fills *error (NULL allowed) with a status, a byte offset (or WR_NO_OFFSET) and a
 * formatted message; returns the status, so `return wr__fail(...)`. */
wr_status wr__fail(wr_error *error, wr_status status, uint64_t offset, const char *format, ...)
    WR_PRINTF(4, 5);

/* wr__fail_oom: the same for WR_OUT_OF_MEMORY. */
wr_status wr__fail_oom(wr_error *error);

/* wr__grow: makes *array, of *capacity elements of element_size bytes, hold at least `need`
 * elements, growing by half at least. False when out of memory, and then nothing changed. */
bool wr__grow(void *array, size_t *capacity, size_t need, size_t element_size);
bool wr__grow32(void *array, uint32_t *capacity, uint32_t need, size_t element_size);

/* wr__alloc_array: count * element_size zeroed bytes (never NULL for 0), or NULL. */
void *wr__alloc_array(size_t count, size_t element_size);

/* Is the text well-formed UTF-8? Spec: binary/values, names. */
bool wr__utf8_valid(const uint8_t *data, size_t size);
/* wr__utf8_next: the length of the well-formed sequence at p, whose code point goes to *code; 0 if
 * there is none. left > 0. */
size_t wr__utf8_next(const uint8_t *p, size_t left, uint32_t *code);
/* wr__utf8_put: the sequence of a code point, at most 4 bytes; how many. */
size_t wr__utf8_put(uint8_t *out, uint32_t code);

static inline uint64_t wr__hash_bytes(const void *data, size_t size, uint64_t seed) {
  const uint8_t *p = (const uint8_t *)data;
  uint64_t h = seed ^ 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < size; i++) h = (h ^ p[i]) * 0x100000001b3u;
  return h ^ (h >> 29);
}

#endif
