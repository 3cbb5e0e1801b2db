/* Strings in the three encodings: checked where they are read, and written by the sequences of
 * allocations that the canonical ABI prescribes. Spec: CanonicalABI, load_string, store_string. */
#include "component/run.h"

enum {
  UTF8,
  UTF16,
  LATIN1,
  MOST_STRING_BYTES = (1 << 28) - 1,
};
#define UTF16_TAG (UINT32_C(1) << 31)

static const uint8_t *bytes_of(const wr__cstring *s) {
  return s->cx ? s->cx->memory->base + s->pointer : s->bytes;
}

/* The code point at *at, which moves behind it; in a string that has been checked. */
static uint32_t next_code_point(const wr__cstring *s, uint32_t *at) {
  const uint8_t *p = bytes_of(s) + *at;
  if (s->encoding == LATIN1) {
    *at += 1;
    return p[0];
  }
  if (s->encoding == UTF16) {
    uint32_t unit = p[0] | (uint32_t)p[1] << 8;
    *at += 2;
    if (unit < 0xd800 || unit >= 0xe000 || s->size_bytes - *at < 2) return unit;
    *at += 2;
    return 0x10000 + ((unit & 0x3ff) << 10) + ((p[2] | (uint32_t)p[3] << 8) & 0x3ff);
  }
  uint32_t size = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
  if (size > s->size_bytes - *at)
    size = s->size_bytes - *at; /* memory that is shared has changed */
  uint32_t value = size == 1 ? p[0] : p[0] & (0x7fu >> size);
  for (uint32_t i = 1; i < size; i++) value = value << 6 | (p[i] & 0x3f);
  *at += size;
  return value & 0x1fffff;
}

static bool is_utf16(const uint8_t *bytes, uint32_t size) {
  for (uint32_t i = 0; i < size; i += 2) {
    uint32_t unit = bytes[i] | (uint32_t)bytes[i + 1] << 8;
    if (unit < 0xd800 || unit >= 0xe000) continue;
    if (unit >= 0xdc00 || size - i < 4) return false;
    uint32_t low = bytes[i + 2] | (uint32_t)bytes[i + 3] << 8;
    if (low < 0xdc00 || low >= 0xe000) return false;
    i += 2;
  }
  return true;
}

/* Ends the text where a sequence begins that needs more bytes? */
static bool is_cut_utf8(const uint8_t *bytes, uint32_t size) {
  for (uint32_t back = 1; back <= 3 && back <= size; back++) {
    uint8_t byte = bytes[size - back];
    if (byte < 0x80) return false;
    if (byte < 0xc0) continue;
    uint32_t wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return wanted > back && wr__utf8_valid(bytes, size - back);
  }
  return false;
}

static wr_status check_string(const wr__cstring *s) {
  const uint8_t *bytes = bytes_of(s);
  wr__cworld *world = s->cx->instance->world;
  if (s->encoding == UTF8 && !wr__utf8_valid(bytes, s->size_bytes))
    return wr__ctrap(
        world, "%s",
        is_cut_utf8(bytes, s->size_bytes) ? "incomplete utf-8 byte sequence" : "invalid utf-8");
  if (s->encoding == UTF16 && !is_utf16(bytes, s->size_bytes))
    return wr__ctrap(world, "unpaired surrogate in a string");
  return WR_OK;
}

wr_status wr__cstring_load(const wr__ccontext *cx, wr__cplace place, wr__cstring *out) {
  uint32_t units;
  uint64_t size;
  *out = (wr__cstring){.cx = cx};
  wr__cload_pair(cx, place, &out->pointer, &units);
  if (cx->encoding == WR__ENCODING_UTF8) {
    size = units;
  } else if (cx->encoding == WR__ENCODING_LATIN1_UTF16 && !(units & UTF16_TAG)) {
    out->encoding = LATIN1;
    size = units;
  } else {
    if (cx->encoding == WR__ENCODING_LATIN1_UTF16) units ^= UTF16_TAG;
    out->encoding = UTF16;
    size = (uint64_t)units * 2;
  }
  if (cx->encoding != WR__ENCODING_UTF8 && out->pointer & 1)
    return wr__ctrap(cx->instance->world, "unaligned pointer");
  if (size > MOST_STRING_BYTES || !wr__cbytes(cx, out->pointer, size))
    return wr__ctrap(cx->instance->world, "string pointer/length out of bounds of memory");
  out->size_bytes = (uint32_t)size;
  return check_string(out);
}

/* ---- Writing */

static uint32_t put_utf16(uint8_t *out, uint32_t c) {
  uint32_t high = c >= 0x10000 ? 0xd800 | (c - 0x10000) >> 10 : c;
  out[0] = (uint8_t)high;
  out[1] = (uint8_t)(high >> 8);
  if (c < 0x10000) return 2;
  uint32_t low = 0xdc00 | ((c - 0x10000) & 0x3ff);
  out[2] = (uint8_t)low;
  out[3] = (uint8_t)(low >> 8);
  return 4;
}

static uint32_t utf8_size(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

size_t wr__cstring_utf8(const wr__cstring *s, uint8_t *out) {
  size_t size = 0;
  for (uint32_t at = 0; at < s->size_bytes;)
    size += (uint32_t)wr__utf8_put(out + size, next_code_point(s, &at));
  return size;
}

/* A string that is being written: where, how much room there is, how much is used. */
typedef struct target {
  const wr__ccontext *cx;
  uint32_t pointer, room, size;
} target;

static wr_status make_room(target *t, uint32_t alignment, uint64_t room) {
  if (room > UINT32_MAX / 2) return wr__ctrap(t->cx->instance->world, "string is too long");
  if (room == t->room && t->room) return WR_OK;
  WR_TRY(wr__crealloc(t->cx, t->room ? t->pointer : 0, t->room, alignment, (uint32_t)room,
                      &t->pointer));
  t->room = (uint32_t)room;
  return WR_OK;
}

static wr_status finish(const target *t, wr__cplace place, uint32_t units) {
  wr__cstore_pair(t->cx, place, t->pointer, units);
  return WR_OK;
}

/* The same encoding on both sides. */
static wr_status copy_string(target *t, const wr__cstring *s, uint32_t alignment) {
  WR_TRY(make_room(t, alignment, s->size_bytes));
  if (s->size_bytes) memmove(t->cx->memory->base + t->pointer, bytes_of(s), s->size_bytes);
  return WR_OK;
}

/* UTF-16 or Latin-1 as UTF-8: as if it were ASCII, until it is not. */
static wr_status write_utf8(target *t, const wr__cstring *s, wr__cplace place) {
  uint32_t units = s->encoding == UTF16 ? s->size_bytes / 2 : s->size_bytes, at = 0;
  uint64_t worst = (uint64_t)units * (s->encoding == UTF16 ? 3 : 2);
  WR_TRY(make_room(t, 1, units));
  while (at < s->size_bytes) {
    uint32_t c = next_code_point(s, &at);
    if (c >= 0x80 && t->room < worst) WR_TRY(make_room(t, 1, worst));
    if (t->room - t->size < utf8_size(c)) break; /* shared memory has changed */
    t->size += (uint32_t)wr__utf8_put(t->cx->memory->base + t->pointer + t->size, c);
  }
  if (t->room > t->size) WR_TRY(make_room(t, 1, t->size));
  return finish(t, place, t->size);
}

/* UTF-8 or Latin-1 as UTF-16. */
static wr_status write_utf16(target *t, const wr__cstring *s, wr__cplace place) {
  WR_TRY(make_room(t, 2, (uint64_t)s->size_bytes * 2));
  for (uint32_t at = 0; at < s->size_bytes;) {
    uint32_t c = next_code_point(s, &at);
    if (t->room - t->size < 4u - 2 * (c < 0x10000)) break;
    t->size += put_utf16(t->cx->memory->base + t->pointer + t->size, c);
  }
  if (t->room > t->size) WR_TRY(make_room(t, 2, t->size));
  return finish(t, place, t->size / 2);
}

/* What has been written as Latin-1 becomes UTF-16, from its end on, in place. */
static void widen(target *t) {
  uint8_t *bytes = t->cx->memory->base + t->pointer;
  for (uint32_t i = t->size; i-- > 0;) {
    bytes[2 * i] = bytes[i];
    bytes[2 * i + 1] = 0;
  }
  t->size *= 2;
}

/* UTF-8 or UTF-16 as Latin-1, until a character does not fit. */
static wr_status write_latin1_or_utf16(target *t, const wr__cstring *s, wr__cplace place) {
  uint32_t units = s->encoding == UTF16 ? s->size_bytes / 2 : s->size_bytes;
  bool is_wide = false;
  WR_TRY(make_room(t, 2, units));
  for (uint32_t at = 0; at < s->size_bytes;) {
    uint32_t c = next_code_point(s, &at);
    if (c >= 0x100 && !is_wide) {
      WR_TRY(make_room(t, 2, (uint64_t)units * 2));
      widen(t);
      is_wide = true;
    }
    if (t->room - t->size < (is_wide ? 4u - 2 * (c < 0x10000) : 1u)) break;
    uint8_t *out = t->cx->memory->base + t->pointer + t->size;
    if (is_wide)
      t->size += put_utf16(out, c);
    else
      *out = (uint8_t)c, t->size++;
  }
  if (t->room > t->size) WR_TRY(make_room(t, 2, t->size));
  return finish(t, place, is_wide ? (t->size / 2) | UTF16_TAG : t->size);
}

/* UTF-16 that may be Latin-1 after all. Spec: store_probably_utf16_to_latin1_or_utf16. */
static wr_status write_probably_utf16(target *t, const wr__cstring *s, wr__cplace place) {
  WR_TRY(copy_string(t, s, 2));
  uint8_t *bytes = t->cx->memory->base + t->pointer;
  uint32_t units = s->size_bytes / 2;
  for (uint32_t i = 0; i < units; i++)
    if (bytes[2 * i + 1]) return finish(t, place, units | UTF16_TAG);
  for (uint32_t i = 0; i < units; i++) bytes[i] = bytes[2 * i];
  WR_TRY(make_room(t, 1, units));
  return finish(t, place, units);
}

wr_status wr__cstring_store(const wr__ccontext *cx, const wr__cstring *s, wr__cplace place) {
  target t = {.cx = cx};
  switch (cx->encoding) {
    case WR__ENCODING_UTF8:
      if (s->encoding != UTF8) return write_utf8(&t, s, place);
      WR_TRY(copy_string(&t, s, 1));
      return finish(&t, place, s->size_bytes);
    case WR__ENCODING_UTF16:
      if (s->encoding != UTF16) return write_utf16(&t, s, place);
      WR_TRY(copy_string(&t, s, 2));
      return finish(&t, place, s->size_bytes / 2);
    default:
      if (s->encoding == UTF16 && s->cx && s->cx->encoding == WR__ENCODING_LATIN1_UTF16)
        return write_probably_utf16(&t, s, place);
      if (s->encoding != LATIN1) return write_latin1_or_utf16(&t, s, place);
      WR_TRY(copy_string(&t, s, 2));
      return finish(&t, place, s->size_bytes);
  }
}
