/* Finding and writing the custom sections that hold native images and their signature. */
#include "image/section.h"

#include <stdlib.h>

#include "base/leb128.h"

/* An image section is its name, the number of zero bytes that follow as 32 bits, those zeros, and
 * the image up to the section's end. */
enum { PREAMBLE_BYTES = 8, LONGEST_LEB = 5, PADDING_BYTES = 4 };

static const char tail_magic[WR__SECTIONS_TAIL_BYTES] = WR__SIGNATURE_TAIL;

bool wr__sections_are_last(const uint8_t tail[WR__SECTIONS_TAIL_BYTES]) {
  return memcmp(tail, tail_magic, sizeof tail_magic) == 0;
}

static bool is_named(wr__span name, const char *wanted) {
  return name.size == strlen(wanted) && memcmp(name.data, wanted, name.size) == 0;
}

static bool add_module_span(wr__sections *s, const uint8_t *from, const uint8_t *to) {
  if (from == to) return true;
  if (s->module_span_count == WR__MAX_MODULE_SPANS) return false;
  s->module[s->module_span_count++] = (wr__span){from, (size_t)(to - from)};
  s->module_bytes += (uint64_t)(to - from);
  return true;
}

static bool add_image(wr__sections *s, const uint8_t *at, const uint8_t *end) {
  uint32_t padding;
  if (s->image_count == WR__MAX_IMAGES_IN_FILE || end - at < PADDING_BYTES) return false;
  memcpy(&padding, at, sizeof padding);
  at += PADDING_BYTES;
  if (padding > (size_t)(end - at))
    padding = (uint32_t)(end - at); /* an empty image: refused later */
  s->images[s->image_count++] = (wr__span){at + padding, (size_t)(end - at) - padding};
  return true;
}

/* Looks at one section; *ours tells whether it is one of wasmrun's. */
static bool look_at(wr__sections *s, uint8_t id, const uint8_t *at, const uint8_t *end,
                    bool *ours) {
  wr__span name;
  uint32_t length;
  *ours = false;
  if (id != 0 || wr__leb_u32(&at, end, &length) != WR__LEB_OK || length > (size_t)(end - at))
    return true;
  name = (wr__span){at, length};
  at += length;
  *ours = true;
  if (is_named(name, WR__IMAGE_SECTION)) return add_image(s, at, end);
  if (is_named(name, WR__SIGNATURE_SECTION)) {
    s->signature = (wr__span){at, (size_t)(end - at)};
    return true;
  }
  *ours = false;
  return true;
}

bool wr__sections_find(const uint8_t *bytes, size_t size, wr__sections *out) {
  *out = (wr__sections){.image_count = 0};
  const uint8_t *at = bytes + PREAMBLE_BYTES, *end = bytes + size, *kept = bytes;
  if (size < PREAMBLE_BYTES || memcmp(bytes, "\0asm\1\0\0", PREAMBLE_BYTES) != 0) return false;
  while (at < end) {
    const uint8_t *start = at;
    uint8_t id = *at++;
    uint32_t section_size;
    bool ours;
    if (wr__leb_u32(&at, end, &section_size) != WR__LEB_OK || section_size > (size_t)(end - at))
      return false;
    if (!look_at(out, id, at, at + section_size, &ours)) return false;
    at += section_size;
    if (!ours) continue;
    if (!add_module_span(out, kept, start)) return false;
    kept = at;
  }
  return add_module_span(out, kept, end) && (out->image_count || out->signature.data);
}

uint8_t *wr__sections_module(const wr__sections *sections) {
  uint8_t *module = malloc(sections->module_bytes ? sections->module_bytes : 1);
  size_t at = 0;
  for (uint32_t i = 0; module && i < sections->module_span_count; i++) {
    memcpy(module + at, sections->module[i].data, sections->module[i].size);
    at += sections->module[i].size;
  }
  return module;
}

bool wr__image_header_read(wr__span image, wr__image_header *out) {
  if (image.size < WR__IMAGE_HEADER_OFFSET + sizeof *out) return false;
  memcpy(out, image.data + WR__IMAGE_HEADER_OFFSET, sizeof *out);
  return true;
}

/* ---- Writing */

/* What comes before a section's contents; its size in five bytes, so that the length of this is
 * known before the size is. */
static size_t write_head(uint8_t *out, const char *name, uint64_t contents) {
  size_t length = strlen(name);
  uint64_t size = 1 + length + contents;
  size_t at = 0;
  out[at++] = 0;
  for (int i = 0; i < LONGEST_LEB; i++)
    out[at++] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < LONGEST_LEB - 1 ? 0x80 : 0));
  out[at++] = (uint8_t)length;
  memcpy(out + at, name, length);
  return at + length;
}

static uint64_t head_bytes(const char *name) { return 2 + LONGEST_LEB + strlen(name); }

/* Of an image section that begins there in the file. */
static uint64_t padding_at(uint64_t at) {
  uint64_t start = at + head_bytes(WR__IMAGE_SECTION) + PADDING_BYTES;
  return (WR__IMAGE_ALIGN - start % WR__IMAGE_ALIGN) % WR__IMAGE_ALIGN;
}

static uint64_t write_image(uint8_t *out, uint64_t at, uint64_t file_offset, wr__span image) {
  uint32_t padding = (uint32_t)padding_at(file_offset + at);
  at += write_head(out + at, WR__IMAGE_SECTION, PADDING_BYTES + (uint64_t)padding + image.size);
  memcpy(out + at, &padding, sizeof padding);
  at += PADDING_BYTES + (uint64_t)padding;
  memcpy(out + at, image.data, image.size);
  return at + image.size;
}

wr_status wr__sections_pack(wr__span module, uint64_t file_offset, const wr__span *images,
                            uint32_t image_count, wr__span signature, uint8_t **out,
                            size_t *out_size, wr_error *error) {
  if (image_count > WR__MAX_IMAGES_IN_FILE)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "too many native images");
  uint64_t total = module.size;
  for (uint32_t i = 0; i < image_count; i++) {
    total += head_bytes(WR__IMAGE_SECTION) + PADDING_BYTES + padding_at(file_offset + total) +
             images[i].size;
    if (images[i].size > INT32_MAX)
      return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "a native image above 2 GiB");
  }
  total += head_bytes(WR__SIGNATURE_SECTION) + signature.size;
  uint8_t *packed = calloc(1, total);
  if (!packed) return wr__fail_oom(error);
  memcpy(packed, module.data, module.size);
  uint64_t at = module.size;
  for (uint32_t i = 0; i < image_count; i++) at = write_image(packed, at, file_offset, images[i]);
  at += write_head(packed + at, WR__SIGNATURE_SECTION, signature.size);
  memcpy(packed + at, signature.data, signature.size);
  *out = packed;
  *out_size = total;
  return WR_OK;
}
