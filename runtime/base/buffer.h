/* A growing run of bytes: the binary format, text, files for debuggers.
 * Running out of memory is remembered, not returned: once `failed` is set every write does
 * nothing, and whoever takes the bytes looks at it once. */
#ifndef WR__BUFFER_H
#define WR__BUFFER_H

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
/* LEB128 */
void wr__buffer_uleb(wr__buffer *buffer, uint64_t value);
void wr__buffer_sleb(wr__buffer *buffer, int64_t value);
/* Of a fixed width, little-endian. */
void wr__buffer_le(wr__buffer *buffer, uint64_t value, unsigned size_bytes);
static inline void wr__buffer_u8(wr__buffer *buffer, unsigned value) {
  wr__buffer_byte(buffer, (uint8_t)value);
}
static inline void wr__buffer_u16(wr__buffer *buffer, uint16_t value) {
  wr__buffer_le(buffer, value, 2);
}
static inline void wr__buffer_u32(wr__buffer *buffer, uint32_t value) {
  wr__buffer_le(buffer, value, 4);
}
static inline void wr__buffer_u64(wr__buffer *buffer, uint64_t value) {
  wr__buffer_le(buffer, value, 8);
}
/* A LEB128 length, then the bytes. */
void wr__buffer_name(wr__buffer *buffer, const void *data, size_t size);
/* Writes the size of what follows a 32-bit length at `at`. */
void wr__buffer_close(wr__buffer *buffer, size_t at);
void wr__buffer_append(wr__buffer *buffer, const wr__buffer *other);
void wr__buffer_text(wr__buffer *buffer, const char *text);
void wr__buffer_format(wr__buffer *buffer, const char *format, ...) WR_PRINTF(2, 3);

#endif
