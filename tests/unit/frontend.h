/* For tests of decoding and validation: an engine, and modules from text or bytes. */
#ifndef WR__TEST_FRONTEND_H
#define WR__TEST_FRONTEND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "module/module.h"
#include "config/engine.h"
#include "text/parser.h"

static wr__engine *engine;

static int make_engine(void **state) {
  (void)state;
  engine = wr__engine_new(NULL);
  return engine ? 0 : -1;
}

static int free_engine(void **state) {
  (void)state;
  wr__engine_release(engine);
  return 0;
}

/* The binary of a text module, in the buffer. */
static void assemble(const char *text, wr__buffer *out) {
  wr_error error = {0};
  if (wr__text_parse(text, strlen(text), out, &error) != WR_OK)
    fail_msg("line %u: %s", error.line, error.message);
}

/* Decodes bytes of a block that ends with them, so that reading on is found by ASan. */
static wr_status decode(wr__engine *with, const void *bytes, size_t size, wr_error *error) {
  uint8_t *copy = malloc(size ? size : 1);
  assert_non_null(copy);
  if (size) memcpy(copy, bytes, size);
  wr__module *module = NULL;
  memset(error, 0, sizeof *error);
  wr_status status = wr__module_decode(with, copy, size, WR__BYTES_BORROWED, &module, error);
  if (status == WR_OK) {
    assert_non_null(module);
    wr__module_release(module);
  } else {
    assert_null(module);
    assert_int_equal(error->status, status);
    assert_true(error->message[0] != 0);
    if (error->offset != WR_NO_OFFSET) assert_true(error->offset <= size);
  }
  free(copy);
  return status;
}

static wr_status decode_text(wr__engine *with, const char *text, wr_error *error) {
  wr__buffer binary = {0};
  assemble(text, &binary);
  wr_status status = decode(with, binary.data, binary.size, error);
  wr__buffer_free(&binary);
  return status;
}

#define assert_starts_with(text, prefix)                       \
  do {                                                         \
    if (strncmp(text, prefix, strlen(prefix)) != 0)            \
      fail_msg("'%s' does not begin with '%s'", text, prefix); \
  } while (0)

static void __attribute__((unused)) expect(wr_status status, const char *message,
                                           const char *text) {
  wr_error error;
  wr_status got = decode_text(engine, text, &error);
  if (got != status) fail_msg("%s: got %d '%s'", text, got, error.message);
  if (status != WR_OK) assert_starts_with(error.message, message);
}

#endif
