/* A growing run of bytes, as the text parser writes the binary format and the printer text.
 * Running out of memory is remembered, not returned: once `failed` is set every write does
 * nothing, and whoever takes the bytes looks at it once. */
#ifndef WR__TEXT_BUFFER_H
#define WR__TEXT_BUFFER_H

#include "base/base.h"

typedef struct wr__buffer {
  uint8_t *data;
  size_t size, capacity;
  bool failed;
} wr__buffer;

void wr__buffer_free(wr__buffer *buffer);
void wr__buffer_bytes(wr__buffer *buffer, const void *data, size_t size);
void wr__buffer_byte(wr__buffer *buffer, uint8_t byte);
/* Room for size bytes more, which the caller writes; NULL when out of memory. */
uint8_t *wr__buffer_extend(wr__buffer *buffer, size_t size);
void wr__buffer_u32(wr__buffer *buffer, uint32_t value); /* LEB128 */
void wr__buffer_u64(wr__buffer *buffer, uint64_t value);
void wr__buffer_s64(wr__buffer *buffer, int64_t value);
void wr__buffer_le(wr__buffer *buffer, uint64_t value, unsigned size_bytes); /* fixed width */
/* A LEB128 length, then the bytes. */
void wr__buffer_name(wr__buffer *buffer, const void *data, size_t size);
void wr__buffer_append(wr__buffer *buffer, const wr__buffer *other);
/* Copies the bytes to a vector of the public API (text.c). */
wr_status wr__buffer_give(const wr__buffer *bytes, wasm_byte_vec_t *out, wr_error *error);
void wr__buffer_text(wr__buffer *buffer, const char *text);
void wr__buffer_format(wr__buffer *buffer, const char *format, ...) WR_PRINTF(2, 3);

#endif
