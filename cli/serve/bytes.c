/* The bytes of bytes.h. */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint8_t *wr__bytes_room(wr__bytes *bytes, size_t size) {
  size_t needed;
  if (__builtin_add_overflow(bytes->size, size, &needed)) return NULL;
  if (bytes->start > 0 && bytes->capacity - bytes->start < needed) {
    memmove(bytes->data, bytes->data + bytes->start, bytes->size);
    bytes->start = 0;
  }
  if (bytes->capacity - bytes->start < needed) {
    size_t capacity = bytes->capacity ? bytes->capacity : 256;
    while (capacity < needed)
      if (__builtin_mul_overflow(capacity, 2, &capacity)) return NULL;
    uint8_t *data = realloc(bytes->data, capacity);
    if (!data) return NULL;
    bytes->data = data;
    bytes->capacity = capacity;
  }
  return bytes->data + bytes->start + bytes->size;
}

bool wr__bytes_add(wr__bytes *bytes, const void *data, size_t size) {
  if (size == 0) return true;
  uint8_t *room = wr__bytes_room(bytes, size);
  if (!room) return false;
  memcpy(room, data, size);
  bytes->size += size;
  return true;
}

bool wr__bytes_add_text(wr__bytes *bytes, const char *text) {
  return wr__bytes_add(bytes, text, strlen(text));
}

bool wr__bytes_format(wr__bytes *bytes, const char *format, ...) {
  char small[512];
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  int length = vsnprintf(small, sizeof small, format, list);
  va_end(list);
  bool good = length >= 0;
  if (good && (size_t)length < sizeof small) {
    good = wr__bytes_add(bytes, small, (size_t)length);
  } else if (good) {
    uint8_t *room = wr__bytes_room(bytes, (size_t)length + 1);
    good = room && vsnprintf((char *)room, (size_t)length + 1, format, again) == length;
    if (good) bytes->size += (size_t)length;
  }
  va_end(again);
  return good;
}

void wr__bytes_take(wr__bytes *bytes, size_t size) {
  bytes->start += size;
  bytes->size -= size;
  if (bytes->size == 0) bytes->start = 0;
}

void wr__bytes_free(wr__bytes *bytes) {
  free(bytes->data);
  *bytes = (wr__bytes){0};
}
