/* Printing and parsing every module of the suite. */
#include "roundtrip.h"

#include <stdio.h>

/* Reads a LEB128 number of a well-formed module. */
static size_t read_size(const uint8_t *bytes, size_t *at) {
  size_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = bytes[(*at)++];
    value |= (size_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
}

/* Passes over custom sections from *at on. */
static void skip_custom(const wasm_byte_vec_t *m, size_t *at) {
  const uint8_t *bytes = (const uint8_t *)m->data;
  while (*at < m->size && bytes[*at] == 0) {
    ++*at;
    size_t size = read_size(bytes, at);
    *at += size;
  }
}

/* Have two valid modules the same sections, custom ones aside? */
static bool same_sections(const wasm_byte_vec_t *a, const wasm_byte_vec_t *b) {
  size_t at_a = 8, at_b = 8;
  for (;;) {
    skip_custom(a, &at_a);
    skip_custom(b, &at_b);
    if (at_a >= a->size || at_b >= b->size) return at_a >= a->size && at_b >= b->size;
    size_t start_a = at_a, start_b = at_b;
    at_a++, at_b++;
    size_t size_a = read_size((const uint8_t *)a->data, &at_a);
    size_t size_b = read_size((const uint8_t *)b->data, &at_b);
    at_a += size_a, at_b += size_b;
    if (at_a - start_a != at_b - start_b ||
        memcmp(a->data + start_a, b->data + start_b, at_a - start_a))
      return false;
  }
}

static bool trip(const wasm_byte_vec_t *module, const wr_print_options *options,
                 wasm_byte_vec_t *out, char *message, size_t message_size) {
  wasm_byte_vec_t text;
  wr_error error;
  if (wr_binary_to_text(module->data, module->size, options, &text, &error) != WR_OK) {
    snprintf(message, message_size, "does not print: %s", error.message);
    return false;
  }
  wr_status status = wr_text_to_binary(text.data, text.size, out, &error);
  wasm_byte_vec_delete(&text);
  if (status == WR_OK) return true;
  snprintf(message, message_size, "what was printed does not parse: line %u: %s", error.line,
           error.message);
  return false;
}

static bool check_form(const wasm_byte_vec_t *module, const wr_print_options *options,
                       char *message, size_t message_size) {
  wasm_byte_vec_t again;
  if (!trip(module, options, &again, message, message_size)) return false;
  bool same = same_sections(module, &again);
  wasm_byte_vec_delete(&again);
  if (!same)
    snprintf(message, message_size, "another module after printing %s%s",
             options->folded ? "folded" : "flat", options->no_names ? " without names" : "");
  return same;
}

bool roundtrip_check(wasm_engine_t *engine, const wasm_byte_vec_t *module, bool is_normal,
                     char *message, size_t message_size) {
  wasm_byte_vec_t normal;
  wr_print_options plain = {.folded = false};
  wr_error error;
  if (is_normal)
    wasm_byte_vec_copy(&normal, module);
  else if (!trip(module, &plain, &normal, message, message_size))
    return false;
  bool ok = wr_module_validate(engine, normal.data, normal.size, &error) == WR_OK;
  if (!ok) snprintf(message, message_size, "not valid after printing: %s", error.message);
  for (int form = 0; ok && form < 4; form++) {
    wr_print_options options = {.folded = form & 1, .no_names = form & 2};
    ok = check_form(&normal, &options, message, message_size);
  }
  wasm_byte_vec_delete(&normal);
  return ok;
}
