/* The byte buffer of buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/leb128.h"

void wr__buffer_free(wr__buffer *buffer) {
  free(buffer->data);
  memset(buffer, 0, sizeof *buffer);
}

uint8_t *wr__buffer_extend(wr__buffer *buffer, size_t size) {
  size_t need;
  if (buffer->failed || __builtin_add_overflow(buffer->size, size, &need) ||
      !wr__grow(&buffer->data, &buffer->capacity, need, 1)) {
    buffer->failed = true;
    return NULL;
  }
  uint8_t *at = buffer->data + buffer->size;
  buffer->size = need;
  return at;
}

void wr__buffer_bytes(wr__buffer *buffer, const void *data, size_t size) {
  if (!size) return;
  uint8_t *at = wr__buffer_extend(buffer, size);
  if (at) memcpy(at, data, size);
}

void wr__buffer_byte(wr__buffer *buffer, uint8_t byte) {
  uint8_t *at = wr__buffer_extend(buffer, 1);
  if (at) *at = byte;
}

void wr__buffer_uleb(wr__buffer *buffer, uint64_t value) {
  uint8_t bytes[10];
  wr__buffer_bytes(buffer, bytes, wr__leb_put(bytes, value));
}

void wr__buffer_sleb(wr__buffer *buffer, int64_t value) {
  for (;;) {
    uint8_t byte = (uint8_t)(value & 0x7f);
    value >>= 7;
    bool last = (value == 0 && !(byte & 0x40)) || (value == -1 && (byte & 0x40));
    wr__buffer_byte(buffer, (uint8_t)(last ? byte : byte | 0x80));
    if (last) return;
  }
}

void wr__buffer_le(wr__buffer *buffer, uint64_t value, unsigned size_bytes) {
  uint8_t *at = wr__buffer_extend(buffer, size_bytes);
  for (unsigned i = 0; at && i < size_bytes; i++) at[i] = (uint8_t)(value >> (8 * i));
}

void wr__buffer_name(wr__buffer *buffer, const void *data, size_t size) {
  wr__buffer_uleb(buffer, size);
  wr__buffer_bytes(buffer, data, size);
}

void wr__buffer_close(wr__buffer *buffer, size_t at) {
  uint32_t size = (uint32_t)(buffer->size - at - 4);
  if (!buffer->failed) memcpy(buffer->data + at, &size, 4);
}

void wr__buffer_append(wr__buffer *buffer, const wr__buffer *other) {
  if (other->failed) buffer->failed = true;
  wr__buffer_bytes(buffer, other->data, other->size);
}

void wr__buffer_text(wr__buffer *buffer, const char *text) {
  wr__buffer_bytes(buffer, text, strlen(text));
}

void wr__buffer_format(wr__buffer *buffer, const char *format, ...) {
  char text[256];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (size < 0 || (size_t)size >= sizeof text)
    buffer->failed = true;
  else
    wr__buffer_bytes(buffer, text, (size_t)size);
}
