/* The parser of HTTP/1.1: what it takes apart, and that pieces of any size give the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/cgi.h"
#include "serve/http1.h"

static int status_of(const char *text, wr__head *head) {
  size_t scanned = 0, end;
  wr__refusal refusal = wr__http1_find_end(text, strlen(text), &scanned, 4096, &end);
  *head = (wr__head){0};
  if (refusal.status) return refusal.status;
  return end ? wr__http1_parse(text, end, head).status : -1;
}

static void takes_apart(void **state) {
  (void)state;
  wr__head head;
  assert_int_equal(status_of("PUT /a%2Fb/../c%20d?e=%zz HTTP/1.1\r\nHost: x:80\r\nA:  b c\t\r\n"
                             "Content-Length: 12\r\n\r\n",
                             &head),
                   0);
  assert_true(wr__slice_is(head.method, "PUT"));
  assert_string_equal(head.path, "/a/c d");
  assert_true(wr__slice_is(head.query, "e=%zz"));
  assert_true(wr__slice_is(head.authority, "x:80"));
  assert_true(wr__slice_is(wr__head_field(&head, "a"), "b c"));
  assert_int_equal(head.framing, WR__BODY_LENGTH);
  assert_int_equal(head.length, 12);
  assert_true(head.keep_alive);
  wr__head_free(&head);
}

static void removes_dots(void **state) {
  (void)state;
  static const char *const paths[][2] = {
      {"/", "/"},          {"/.", "/"},         {"/..", "/"},       {"/../a", "/a"},
      {"/a/..", "/"},      {"/a/../", "/"},     {"/a/./b", "/a/b"}, {"/a//../b", "/a/b"},
      {"/...", "/..."},    {"/%2e%2e/a", "/a"}, {"/a/.%2E", "/"},   {"/a/b/../../..", "/"},
      {"//a//b", "//a//b"}};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    wr__head head = {.target = {paths[i][0], strlen(paths[i][0])}};
    assert_true(wr__head_set_target(&head));
    assert_string_equal(head.path, paths[i][1]);
    wr__head_free(&head);
  }
}

static void waits_for_more(void **state) {
  (void)state;
  const char *text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  size_t scanned = 0, end = 0, size = 0;
  while (end == 0 && size < strlen(text)) {
    size++;
    assert_int_equal(wr__http1_find_end(text, size, &scanned, 4096, &end).status, 0);
  }
  assert_int_equal(end, strlen(text) - 4);
}

static void limits_heads(void **state) {
  (void)state;
  char text[600];
  size_t scanned = 0, end;
  memset(text, 'a', sizeof text);
  assert_int_equal(wr__http1_find_end(text, 600, &scanned, 500, &end).status, 414);
  memcpy(text, "GET / HTTP/1.1\r\n", 16);
  scanned = 0;
  assert_int_equal(wr__http1_find_end(text, 600, &scanned, 500, &end).status, 431);
}

/* The content of a chunked body that comes in pieces of that size; NULL if it is refused. */
static char *read_chunks(const char *text, size_t piece, bool *ended) {
  wr__head head = {.framing = WR__BODY_CHUNKED};
  wr__body body;
  char *got = calloc(1, strlen(text) + 1);
  wr__body_init(&body, &head);
  for (size_t from = 0; from < strlen(text) && !body.ended; from += piece) {
    size_t size = strlen(text) - from < piece ? strlen(text) - from : piece, at = 0;
    while (at < size && !body.ended) {
      wr__slice content;
      if (wr__body_read(&body, text + from, size, &at, &content).status) {
        free(got);
        return NULL;
      }
      if (content.size) strncat(got, content.data, content.size);
    }
  }
  *ended = body.ended;
  return got;
}

static void reads_chunks(void **state) {
  (void)state;
  for (size_t piece = 1; piece < 40; piece++) {
    bool ended = false;
    char *got =
        read_chunks("3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\nT: u\r\n\r\nGET", piece, &ended);
    assert_non_null(got);
    assert_string_equal(got, "abc0123456789");
    assert_true(ended);
    free(got);
    assert_null(read_chunks("3\r\nabcd\r\n0\r\n\r\n", piece, &ended));
    assert_null(read_chunks("3\nabc", piece, &ended));
    assert_null(read_chunks(";\r\n", piece, &ended));
  }
}

static void reads_answers(void **state) {
  (void)state;
  wr__cgi_head head;
  const char *text = "Content-Type: a/b\nStatus: 201 Made\r\nConnection: close\n\nbody";
  assert_int_equal(wr__cgi_head_end(text, strlen(text)), strlen(text) - 4);
  assert_null(wr__cgi_head_parse(text, strlen(text) - 4, &head));
  assert_int_equal(head.status, 201);
  assert_int_equal(head.fields.size, strlen("Content-Type: a/b\r\n"));
  wr__bytes_free(&head.fields);
  for (const char *const *bad =
           (const char *const[]){"\n", "A b: c\n\n", "A\n\n", "A: b\rC: d\n\n", "Status: 99\n\n",
                                 "Status: 100\n\n", "Content-Length: x\n\n", NULL};
       *bad; bad++) {
    assert_non_null(wr__cgi_head_parse(*bad, strlen(*bad), &head));
    wr__bytes_free(&head.fields);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_apart),    cmocka_unit_test(removes_dots),
      cmocka_unit_test(waits_for_more), cmocka_unit_test(limits_heads),
      cmocka_unit_test(reads_chunks),   cmocka_unit_test(reads_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
