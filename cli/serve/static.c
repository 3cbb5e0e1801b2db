/* Files are opened beneath their folder, never through a link, and read by the loop piece by piece
 * as their client takes them. Spec: RFC 9110, 13 and 14: validators and one range. */
#include "static.h"

#include <stdio.h>
#include <stdlib.h>

#include "platform/files.h"
#include "loop.h"
#include "site.h"

#define PIECE ((size_t)64 << 10)

const char *wr__static_type(const char *name) {
  static const char *const types[][2] = {
      {"html", "text/html; charset=utf-8"},
      {"htm", "text/html; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"json", "application/json"},
      {"txt", "text/plain; charset=utf-8"},
      {"md", "text/markdown; charset=utf-8"},
      {"xml", "application/xml"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"ico", "image/x-icon"},
      {"wasm", "application/wasm"},
      {"pdf", "application/pdf"},
      {"woff2", "font/woff2"},
      {"mp4", "video/mp4"},
  };
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
    if (strcasecmp(dot + 1, types[i][0]) == 0) return types[i][1];
  return "application/octet-stream";
}

/* With the lock: the next piece. */
static void pull(wr__exchange *x) {
  size_t size = x->file_left < PIECE ? (size_t)x->file_left : PIECE;
  uint8_t *room = size ? wr__bytes_room(&x->output, size) : NULL;
  int64_t got = room ? wr__os_file_read(x->file, room, size) : 0;
  if (got > 0) {
    x->output.size += (size_t)got;
    x->output_total += (uint64_t)got;
    x->file_left -= (uint64_t)got;
  }
  if (x->file_left > 0 && got <= 0) {
    x->output_failed = true; /* it became shorter */
    x->outcome = "the file ended early";
  }
  if (got <= 0 || x->file_left == 0) x->output_ended = true;
}

/* "bytes=0-99", "bytes=100-" and "bytes=-100" of a file of that size. Anything else is ignored, as
 * RFC 9110, 14.2 allows. False: there is nothing of it. */
static bool read_range(wr__slice given, uint64_t size, uint64_t *from, uint64_t *count) {
  char text[64], *end;
  *from = 0;
  *count = size;
  if (given.size < 8 || given.size >= sizeof text || memcmp(given.data, "bytes=", 6) != 0)
    return true;
  memcpy(text, given.data + 6, given.size - 6);
  text[given.size - 6] = '\0';
  if (strspn(text, "0123456789-") != strlen(text) || !strchr(text, '-')) return true;
  if (text[0] == '-') {
    uint64_t last = strtoull(text + 1, &end, 10);
    if (*end || !text[1]) return true;
    if (last == 0) return false;
    *count = last < size ? last : size;
    *from = size - *count;
    return size > 0;
  }
  uint64_t first = strtoull(text, &end, 10), last = size ? size - 1 : 0;
  if (*end != '-') return true;
  if (end[1])
    last = strtoull(end + 1, &end, 10);
  else
    end++;
  if (*end || last < first) return *end != '\0' || first < size;
  if (first >= size) return false;
  *from = first;
  *count = (last < size ? last : size - 1) - first + 1;
  return true;
}

static void answer_file(wr__exchange *x, const wr__file_info *info, const char *name) {
  wr__bytes fields = {0};
  char tag[64];
  uint64_t from, count;
  snprintf(tag, sizeof tag, "\"%llx-%llx\"", (unsigned long long)info->size,
           (unsigned long long)info->modified_ns);
  wr__slice none_match = wr__head_field(&x->head, "if-none-match");
  bool same = none_match.data && wr__slice_is(none_match, tag);
  bool good = read_range(wr__head_field(&x->head, "range"), info->size, &from, &count);
  wr__bytes_format(&fields, "etag: %s\r\naccept-ranges: bytes\r\n", tag);
  if (same || !good) {
    if (!good)
      wr__bytes_format(&fields, "content-range: bytes */%llu\r\n", (unsigned long long)info->size);
    wr__exchange_begin(x, same ? 304 : 416, &fields, same ? -1 : 0);
    wr__exchange_end(x);
    return;
  }
  wr__bytes_format(&fields, "content-type: %s\r\n", wr__static_type(name));
  bool part = count < info->size;
  if (part)
    wr__bytes_format(&fields, "content-range: bytes %llu-%llu/%llu\r\n", (unsigned long long)from,
                     (unsigned long long)(from + count - 1), (unsigned long long)info->size);
  if (from) wr__os_file_seek(x->file, from);
  x->file_left = count;
  wr__exchange_begin(x, part ? 206 : 200, &fields, (int64_t)count);
  if (wr__slice_is(x->head.method, "HEAD") || count == 0) {
    wr__exchange_end(x);
    return;
  }
  x->pull = pull;
  wr__loop_notify(x->loop, x);
}

void wr__static_serve(wr__exchange *x) {
  bool is_head = wr__slice_is(x->head.method, "HEAD");
  char path[4096];
  wr__file_info info;
  if (!is_head && !wr__slice_is(x->head.method, "GET")) {
    wr__exchange_fail(x, 405, NULL);
    pthread_mutex_lock(&x->lock);
    wr__bytes_add_text(&x->fields, "allow: GET, HEAD\r\n");
    pthread_mutex_unlock(&x->lock);
    return;
  }
  const char *rest = x->rest[0] == '/' ? x->rest + 1 : x->rest;
  size_t size = strlen(rest);
  bool is_folder = size == 0 || rest[size - 1] == '/';
  int length = snprintf(path, sizeof path, "%s%s", rest, is_folder ? "index.html" : "");
  if (length < 0 || (size_t)length >= sizeof path) {
    wr__exchange_fail(x, 414, NULL);
    return;
  }
  x->file = wr__os_file_open_beneath(x->route->folder_fd, path, &info);
  if (x->file >= 0)
    answer_file(x, &info, path);
  else
    wr__exchange_fail(x, 404, NULL);
}
