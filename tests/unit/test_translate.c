/* Translation takes time and memory in proportion to the body, whatever the body is: deep operand
 * stacks that are searched at every instruction, and branches that carry a thousand values. */
#include "frontend.h"

#include "interp/translate.h"
#include "base/buffer.h"

enum { TYPE_SECTION = 1, FUNC_SECTION = 3, MEMORY_SECTION = 5, CODE_SECTION = 10 };

static void put_section(wr__buffer *out, uint8_t id, const wr__buffer *content) {
  wr__buffer_byte(out, id);
  wr__buffer_uleb(out, (uint32_t)content->size);
  wr__buffer_append(out, content);
}

/* A module of one function without parameters, with `results` of type i32 and a memory. */
static wr__module *make_module(wr__buffer *out, uint32_t results, const wr__buffer *body) {
  wr__buffer section = {0};
  wr__buffer_bytes(out, "\0asm\1\0\0\0", 8);
  wr__buffer_bytes(&section, "\1\x60\0", 3);
  wr__buffer_uleb(&section, results);
  for (uint32_t i = 0; i < results; i++) wr__buffer_byte(&section, 0x7f);
  put_section(out, TYPE_SECTION, &section);
  section.size = 0;
  wr__buffer_bytes(&section, "\1\0", 2);
  put_section(out, FUNC_SECTION, &section);
  section.size = 0;
  wr__buffer_bytes(&section, "\1\0\1", 3);
  put_section(out, MEMORY_SECTION, &section);
  section.size = 0;
  wr__buffer_byte(&section, 1);
  wr__buffer_uleb(&section, (uint32_t)body->size);
  wr__buffer_append(&section, body);
  put_section(out, CODE_SECTION, &section);
  wr__buffer_free(&section);
  wr__module *module = NULL;
  wr_error error = {0};
  if (wr__module_decode(engine, out->data, out->size, WR__BYTES_BORROWED, &module, &error) != WR_OK)
    fail_msg("offset %llu: %s", (unsigned long long)error.offset, error.message);
  return module;
}

static void repeat(wr__buffer *body, uint32_t count, const char *bytes, size_t size) {
  for (uint32_t i = 0; i < count; i++) wr__buffer_bytes(body, bytes, size);
}

/* Translates; the size of the code, or 0 where there is none. */
static uint32_t translate(uint32_t results, const wr__buffer *body) {
  wr__buffer bytes = {0};
  wr__module *module = make_module(&bytes, results, body);
  wr__translator *translator = wr__translator_new(module);
  assert_non_null(translator);
  wr__code *code = wr__translate(translator, 0, true, 0, NULL);
  uint32_t size = code ? code->size_bytes : 0;
  wr__code_free(code);
  wr__translator_free(translator);
  wr__module_release(module);
  wr__buffer_free(&bytes);
  return size;
}

/* Forty thousand operands below; above them, what makes the emitter look for operands that trap,
 * read memory, read a local, or write one. With searches of the whole stack each of these would
 * take minutes. */
static void deep_stacks_are_not_searched(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
  } above[] = {
      {"\x41\0\x28\2\0\x1a", 6},                    /* i32.const 0, i32.load, drop */
      {"\x41\0\x41\0\x36\2\0", 7},                  /* i32.store */
      {"\x20\0\x41\1\x6a\x21\0", 7},                /* local 0 + 1 → local 0 */
      {"\x20\1\x20\0\x21\1\x1a", 7},                /* local.get 1 over a local.set 1, drop */
      {"\x20\0\x41\1\x6a\x22\1\x20\1\x6a\x1a", 11}, /* a tee that is settled */
      {"\2\x40\x0b", 3},                            /* block, end */
      {"\x41\0\x0d\0", 4}, /* br_if: carries the function's results, which are none */
  };
  for (size_t k = 0; k < WR_ARRAY_COUNT(above); k++) {
    wr__buffer body = {0};
    wr__buffer_bytes(&body, "\1\2\x7f", 3); /* two locals */
    repeat(&body, 40000, k % 2 ? "\x20\0" : "\x41\1", 2);
    repeat(&body, 400000, above[k].bytes, above[k].size);
    repeat(&body, 40000, "\x1a", 1);
    wr__buffer_byte(&body, 0x0b);
    assert_true(translate(0, &body) > 0);
    wr__buffer_free(&body);
  }
}

/* Two bytes that move a thousand values, again and again: refused, rather than gigabytes of code.
 */
static void code_is_bounded(void **state) {
  (void)state;
  wr__buffer body = {0};
  wr__buffer_bytes(&body, "\0\2\0", 3); /* no locals; a block of the function's type */
  wr__buffer_bytes(&body, "\x41\7", 2); /* below the values, so that each branch moves them */
  repeat(&body, 1000, "\x41\1", 2);
  repeat(&body, 100000, "\x41\0\x0d\0", 4);
  wr__buffer_bytes(&body, "\x0c\0\x0b\x0b", 4);
  assert_int_equal(translate(1000, &body), 0);
  wr__buffer_free(&body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deep_stacks_are_not_searched),
      cmocka_unit_test(code_is_bounded),
  };
  return cmocka_run_group_tests(tests, make_engine, free_engine);
}
