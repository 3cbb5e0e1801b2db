/* Is a text UTF-8? */
#include "host.h"

/* How many bytes a well-formed sequence that begins with these takes; 0: it is none.
 * Unicode, table 3-7. */
static size_t utf8_sequence(const uint8_t *p, size_t size) {
  if (p[0] < 0x80) return 1;
  size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  if (p[0] < 0xc2 || p[0] > 0xf4 || length > size) return 0;
  uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
  uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  return length;
}

bool wr__wasi_utf8_valid(const char *text, size_t size) {
  for (size_t i = 0; i < size;) {
    size_t length = utf8_sequence((const uint8_t *)text + i, size - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}
