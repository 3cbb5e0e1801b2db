/* JSON of bundles. jansson's integers are signed and of 64 bits, those of OCI documents also
 * unsigned (a limit without end is 18446744073709551615): such an integer is a string with a mark
 * while it is in jansson's hands. The mark holds a random number, so no document can contain it. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"

enum { MARK_SIZE = 24, SAFE_DIGITS = 18, DOCUMENT_LIMIT_BYTES = 16 << 20 };

static void make_mark(char mark[MARK_SIZE + 1]) {
  static uint64_t number;
  if (number == 0) number = wr__oci_random();
  snprintf(mark, MARK_SIZE + 1, "\"integer:%015" PRIx64, number >> 4);
}

/* The length of the integer that begins at text and is too long for jansson, else 0. */
static size_t long_integer(const char *text, const char *end) {
  const char *at = text + (*text == '-');
  while (at < end && isdigit((unsigned char)*at)) at++;
  size_t digits = (size_t)(at - text) - (*text == '-');
  bool is_integer = at == end || (*at != '.' && *at != 'e' && *at != 'E');
  return is_integer && digits > SAFE_DIGITS ? (size_t)(at - text) : 0;
}

/* A copy of the document with its long integers as marked strings; *size_bytes becomes its size. */
static char *mark_integers(wr__oci *oci, const char *text, size_t *size_bytes) {
  char mark[MARK_SIZE + 1];
  make_mark(mark);
  const char *end = text + *size_bytes;
  char *out = wr__oci_alloc(oci, *size_bytes * 4 + 1), *to = out;
  bool in_string = false;
  for (const char *at = text; at < end;) {
    bool is_number = !in_string && (*at == '-' || isdigit((unsigned char)*at));
    size_t length = is_number ? long_integer(at, end) : 0;
    if (length > 0) {
      to = stpcpy(to, mark);
      memcpy(to, at, length);
      to += length;
      *to++ = '"';
      at += length;
      continue;
    }
    if (is_number) { /* to its end, so that no part of it is taken for a number */
      while (at < end && memchr("0123456789+-.eE", *at, 15)) *to++ = *at++;
      continue;
    }
    if (in_string && *at == '\\' && at + 1 < end) {
      *to++ = *at++;
    } else if (*at == '"') {
      in_string = !in_string;
    }
    *to++ = *at++;
  }
  *size_bytes = (size_t)(to - out);
  return out;
}

json_t *wr__oci_json_parse(wr__oci *oci, const char *name, const char *text, size_t size_bytes) {
  json_error_t error;
  char *marked = mark_integers(oci, text, &size_bytes);
  json_t *json = json_loadb(marked, size_bytes, 0, &error);
  if (json && json_is_object(json)) return json;
  if (json) {
    wr__oci_fail(oci, "%s: not a JSON object", name);
    json_decref(json);
  } else {
    wr__oci_fail(oci, "%s:%d:%d: invalid JSON: %s", name, error.line, error.column, error.text);
  }
  return NULL;
}

json_t *wr__oci_json_load(wr__oci *oci, const char *path) {
  char *text;
  size_t size_bytes;
  if (!wr__oci_read_file(path, DOCUMENT_LIMIT_BYTES, &text, &size_bytes)) {
    wr__oci_fail(oci, "%s: %s", path, strerror(errno));
    return NULL;
  }
  wr__oci_adopt(oci, text);
  return wr__oci_json_parse(oci, path, text, size_bytes);
}

const char *wr__oci_json_dump(wr__oci *oci, const json_t *json, size_t flags) {
  char mark[MARK_SIZE + 1];
  make_mark(mark);
  char *text = wr__oci_adopt(oci, json_dumps(json, flags));
  char *to = text;
  for (const char *at = text; *at;) {
    if (strncmp(at, mark, MARK_SIZE) == 0) {
      at += MARK_SIZE;
      while (*at != '"') *to++ = *at++;
      at++;
    } else {
      *to++ = *at++;
    }
  }
  *to = '\0';
  return text;
}
