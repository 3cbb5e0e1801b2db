/* Text of a module's making for the eyes of a person: characters that a terminal obeys or does not
 * show, or that change the order of those around them, become escapes. */
#include "base/visible.h"

#include <stdio.h>

/* Unicode's categories Cc, Cf, Zl, Zp and Zs (but for the space itself), what its property
 * Default_Ignorable_Code_Point adds to them, and what has no meaning that all terminals share:
 * private use, noncharacters, planes without characters. In order. */
static const struct {
  uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
    {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x1680, 0x1680},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},
    {0x205f, 0x206f},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
    {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d159, 0x1d159},
    {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0x10ffff},
};

bool wr__is_visible(uint32_t code) {
  size_t low = 0, high = WR_ARRAY_COUNT(hidden);
  if (code > 0x1f && code < 0x7f) return true;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (hidden[middle].last < code)
      low = middle + 1;
    else
      high = middle;
  }
  return low == WR_ARRAY_COUNT(hidden) || hidden[low].first > code;
}

/* The bytes that stand for the next of text[size]: as they are, \u{…} for a character that is not
 * shown, \xNN for a byte that is a control or no UTF-8. *taken of them are read. */
static size_t show_next(const uint8_t *text, size_t size, char out[16], size_t *taken) {
  uint32_t code = 0;
  *taken = wr__utf8_next(text, size, &code);
  if (*taken && wr__is_visible(code)) {
    memcpy(out, text, *taken);
    return *taken;
  }
  if (*taken > 1) return (size_t)snprintf(out, 16, "\\u{%x}", (unsigned)code);
  *taken = 1;
  return (size_t)snprintf(out, 16, "\\x%02x", text[0]);
}

size_t wr_text_escape(const char *text, size_t size_bytes, char *buffer, size_t buffer_size) {
  size_t used = 0;
  if (buffer_size == 0) return 0;
  for (size_t at = 0, taken; at < size_bytes; at += taken) {
    char shown[16];
    size_t count = show_next((const uint8_t *)text + at, size_bytes - at, shown, &taken);
    if (count >= buffer_size - used) break;
    memcpy(buffer + used, shown, count);
    used += count;
  }
  buffer[used] = '\0';
  return used;
}
