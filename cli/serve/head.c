/* The rules for heads of requests that both versions of HTTP share. Spec: RFC 9110. */
#include "head.h"

#include <stdlib.h>

void wr__head_free(wr__head *head) {
  free(head->text);
  free(head->path);
  free(head->fields);
  *head = (wr__head){0};
}

wr__slice wr__head_field(const wr__head *head, const char *name) {
  for (size_t i = 0; i < head->field_count; i++)
    if (wr__slice_is_nocase(head->fields[i].name, name)) return head->fields[i].value;
  return (wr__slice){0};
}

size_t wr__head_count(const wr__head *head, const char *name) {
  size_t count = 0;
  for (size_t i = 0; i < head->field_count; i++)
    count += wr__slice_is_nocase(head->fields[i].name, name);
  return count;
}

/* Spec: RFC 9110, 5.6.2: tchar. */
static bool is_tchar(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool wr__head_is_token(wr__slice text) {
  for (size_t i = 0; i < text.size; i++)
    if (!is_tchar((unsigned char)text.data[i])) return false;
  return text.size > 0;
}

/* Spec: RFC 9110, 5.5: field-content, without blanks at its ends; obs-text is let through. */
bool wr__head_is_value(wr__slice text) {
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  if (text.size == 0) return true;
  char first = text.data[0], last = text.data[text.size - 1];
  return first != ' ' && first != '\t' && last != ' ' && last != '\t';
}

/* A name or an address, and a port: no userinfo, no path, nothing encoded but in names. */
bool wr__head_is_authority(wr__slice text) {
  size_t i = 0;
  if (text.size > 0 && text.data[0] == '[') {
    while (i < text.size && text.data[i] != ']') {
      if (i > 0 && !strchr("0123456789abcdefABCDEF:.", text.data[i])) return false;
      i++;
    }
    if (i++ == text.size) return false;
  } else {
    while (i < text.size && text.data[i] != ':') {
      unsigned char c = (unsigned char)text.data[i++];
      bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_' || c == '~';
      if (!good) return false;
    }
  }
  if (i == 0) return false;
  if (i == text.size) return true;
  if (text.data[i++] != ':' || text.size - i > 5) return false;
  for (; i < text.size; i++)
    if (text.data[i] < '0' || text.data[i] > '9') return false;
  return true;
}

bool wr__head_length(wr__slice text, uint64_t *out) {
  uint64_t value = 0;
  if (text.size == 0) return false;
  for (size_t i = 0; i < text.size; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return false;
    if (__builtin_mul_overflow(value, 10, &value)) return false;
    if (__builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value)) return false;
  }
  *out = value;
  return value <= INT64_MAX;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX. False for a bad escape and for NUL. */
static bool decode(wr__slice from, char *to) {
  for (size_t i = 0; i < from.size; i++) {
    char c = from.data[i];
    if (c == '%') {
      int high = i + 2 < from.size ? hex_digit(from.data[i + 1]) : -1;
      int low = i + 2 < from.size ? hex_digit(from.data[i + 2]) : -1;
      if (high < 0 || low < 0 || (high | low) == 0) return false;
      c = (char)(high << 4 | low);
      i += 2;
    }
    *to++ = c;
  }
  *to = '\0';
  return true;
}

/* Removes "." and ".." segments of an absolute path in place. Spec: RFC 3986, 5.2.4. Done after
 * decoding, so that no encoding of a dot leads elsewhere. */
static void remove_dots(char *path) {
  const char *from = path;
  char *to = path;
  while (*from == '/') {
    size_t size = 1 + strcspn(from + 1, "/");
    bool last = from[size] == '\0';
    bool here = size == 2 && from[1] == '.';
    bool up = size == 3 && from[1] == '.' && from[2] == '.';
    if (up)
      while (to > path && *--to != '/') continue;
    if (!here && !up) {
      memmove(to, from, size);
      to += size;
    } else if (last) {
      *to++ = '/';
    }
    from += size;
  }
  *to = '\0';
}

bool wr__head_set_target(wr__head *head) {
  wr__slice path = head->target;
  for (size_t i = 0; i < path.size; i++) {
    unsigned char c = (unsigned char)path.data[i];
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;
  }
  const char *mark = path.size ? memchr(path.data, '?', path.size) : NULL;
  head->has_query = mark != NULL;
  if (mark) {
    head->query = (wr__slice){mark + 1, path.size - (size_t)(mark - path.data) - 1};
    path.size = (size_t)(mark - path.data);
  }
  if (path.size == 0 || (path.data[0] != '/' && !wr__slice_is(path, "*"))) return false;
  head->path = malloc(path.size + 2);
  if (!head->path || !decode(path, head->path)) return false;
  if (head->path[0] == '/') remove_dots(head->path);
  return true;
}
