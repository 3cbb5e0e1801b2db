/* Slices of text, and a run of bytes that grows at the end and is taken from the front. */
#ifndef WR__SERVE_BYTES_H
#define WR__SERVE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Borrowed text, not terminated. */
typedef struct wr__slice {
  const char *data;
  size_t size;
} wr__slice;

#define WR__SLICE(literal) ((wr__slice){"" literal, sizeof(literal) - 1})

static inline wr__slice wr__slice_of(const char *text) { return (wr__slice){text, strlen(text)}; }
static inline bool wr__slice_is(wr__slice a, const char *text) {
  size_t size = strlen(text);
  return a.size == size && memcmp(a.data, text, size) == 0;
}
/* Without regard to the case of ASCII letters, as names of fields and hosts are. */
static inline bool wr__slice_is_nocase(wr__slice a, const char *text) {
  size_t size = strlen(text);
  return a.size == size && strncasecmp(a.data, text, size) == 0;
}

/* data[start .. start + size) is what it holds. All zeros is an empty one. */
typedef struct wr__bytes {
  uint8_t *data; /* own */
  size_t start;
  size_t size;
  size_t capacity;
} wr__bytes;

/* wr__bytes_room: size more bytes at the end, to be written and then added to size by the caller;
 * NULL when out of memory. */
uint8_t *wr__bytes_room(wr__bytes *bytes, size_t size);
/* wr__bytes_add: appends a copy; false when out of memory. */
bool wr__bytes_add(wr__bytes *bytes, const void *data, size_t size);
bool wr__bytes_add_text(wr__bytes *bytes, const char *text);
bool wr__bytes_format(wr__bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* wr__bytes_take: takes size bytes off the front. */
void wr__bytes_take(wr__bytes *bytes, size_t size);
void wr__bytes_free(wr__bytes *bytes);

static inline const char *wr__bytes_text(const wr__bytes *bytes) {
  return bytes->data ? (const char *)bytes->data + bytes->start : "";
}

#endif
