/* Rewriting a component around its core modules. Only sections are looked at, not what is in them.
 * Spec: component-model/Binary, component definitions. */
#include "image/rewrite.h"

#include <stdlib.h>

#include "base/leb128.h"

enum {
  PREAMBLE_BYTES = 8,
  LONGEST_LEB = 5,
  SECTION_MODULE = 1,
  SECTION_COMPONENT = 4,
  MOST_NESTING = 100,
};

typedef struct writer {
  uint8_t *bytes;
  size_t size, capacity;
  bool has_fixed_sizes;
  wr__module_replacer replace;
  void *context;
  wr_error *error;
} writer;

static wr_status append(writer *w, const uint8_t *bytes, size_t size) {
  if (size > SIZE_MAX - w->size || !wr__grow(&w->bytes, &w->capacity, w->size + size + 1, 1))
    return wr__fail_oom(w->error);
  if (size) memcpy(w->bytes + w->size, bytes, size);
  w->size += size;
  return WR_OK;
}

static wr_status fail_malformed(const writer *w) {
  return wr__fail(w->error, WR_MALFORMED, WR_NO_OFFSET, "not a WebAssembly component");
}

/* Begins a section; its size gets five bytes. */
static wr_status begin_section(writer *w, uint8_t id, size_t *contents) {
  uint8_t head[1 + LONGEST_LEB] = {id};
  WR_TRY(append(w, head, sizeof head));
  *contents = w->size;
  return WR_OK;
}

static wr_status end_section(writer *w, size_t contents) {
  uint64_t size = w->size - contents;
  if (size > UINT32_MAX)
    return wr__fail(w->error, WR_UNSUPPORTED, WR_NO_OFFSET, "a section above 4 GiB");
  uint8_t *head = w->bytes + contents - LONGEST_LEB;
  unsigned length = 1;
  while (w->has_fixed_sizes ? length < LONGEST_LEB : size >> (7 * length)) length++;
  for (unsigned i = 0; i < length; i++)
    head[i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i + 1 < length ? 0x80 : 0));
  if (length == LONGEST_LEB) return WR_OK;
  memmove(head + length, w->bytes + contents, size);
  w->size -= LONGEST_LEB - length;
  return WR_OK;
}

static wr_status rewrite_module(writer *w, wr__span module) {
  uint8_t *made = NULL;
  size_t size = 0;
  WR_TRY(w->replace(w->context, module, w->size, &made, &size, w->error));
  wr_status status = append(w, made ? made : module.data, made ? size : module.size);
  free(made);
  return status;
}

static wr_status rewrite_component(writer *w, wr__span component, unsigned depth);

static wr_status rewrite_section(writer *w, uint8_t id, wr__span section, unsigned depth) {
  size_t contents;
  WR_TRY(begin_section(w, id, &contents));
  if (id == SECTION_MODULE)
    WR_TRY(rewrite_module(w, section));
  else
    WR_TRY(rewrite_component(w, section, depth + 1));
  return end_section(w, contents);
}

static wr_status rewrite_component(writer *w, wr__span component, unsigned depth) {
  const uint8_t *at = component.data, *end = at + component.size;
  if (component.size < PREAMBLE_BYTES || memcmp(at, "\0asm", 4) != 0 || depth > MOST_NESTING)
    return fail_malformed(w);
  WR_TRY(append(w, at, PREAMBLE_BYTES));
  at += PREAMBLE_BYTES;
  while (at < end) {
    const uint8_t *start = at;
    uint8_t id = *at++;
    uint32_t size;
    if (wr__leb_u32(&at, end, &size) != WR__LEB_OK || size > (size_t)(end - at))
      return fail_malformed(w);
    wr__span section = {at, size};
    at += size;
    if (id == SECTION_MODULE || id == SECTION_COMPONENT)
      WR_TRY(rewrite_section(w, id, section, depth));
    else
      WR_TRY(append(w, start, (size_t)(at - start)));
  }
  return WR_OK;
}

wr_status wr__component_rewrite(wr__span component, bool has_fixed_sizes,
                                wr__module_replacer replace, void *context, uint8_t **out,
                                size_t *out_size, wr_error *error) {
  writer w = {
      .has_fixed_sizes = has_fixed_sizes, .replace = replace, .context = context, .error = error};
  wr_status status = rewrite_component(&w, component, 0);
  if (status != WR_OK) {
    free(w.bytes);
    return status;
  }
  *out = w.bytes;
  *out_size = w.size;
  return WR_OK;
}
