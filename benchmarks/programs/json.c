/* Parses JSON text into a tree, and prints the tree back; text printed twice must be the same. */
#include "bench.h"

typedef enum { NUL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT } kind;

typedef struct value {
  kind kind;
  double number;
  char *text; /* of a STRING, length bytes */
  uint32_t length;
  struct value *first, *next; /* members of an ARRAY or OBJECT */
  struct value *key;          /* in an OBJECT */
} value;

static value *arena;
static uint32_t arena_used;
static const char *at;

static value *new_value(kind k) {
  value *v = &arena[arena_used++];
  memset(v, 0, sizeof *v);
  v->kind = k;
  return v;
}

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static value *parse_string(char **out) {
  value *v = new_value(STRING);
  v->text = *out;
  at++;
  while (*at != '"') {
    char c = *at++;
    if (c == '\\') {
      c = *at++;
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    *(*out)++ = c;
  }
  at++;
  v->length = (uint32_t)(*out - v->text);
  return v;
}

static value *parse_number(void) {
  value *v = new_value(NUMBER);
  int negative = *at == '-';
  at += negative;
  double x = 0, scale = 1;
  while (*at >= '0' && *at <= '9') x = x * 10 + (*at++ - '0');
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9'; at++) {
      x = x * 10 + (*at - '0');
      scale *= 10;
    }
  v->number = (negative ? -x : x) / scale;
  return v;
}

static value *parse_value(char **out) {
  skip_space();
  switch (*at) {
    case '"':
      return parse_string(out);
    case 't':
      at += 4;
      {
        value *v = new_value(BOOLEAN);
        v->number = 1;
        return v;
      }
    case 'f':
      at += 5;
      return new_value(BOOLEAN);
    case 'n':
      at += 4;
      return new_value(NUL);
    case '[':
    case '{': {
      char close = *at == '[' ? ']' : '}';
      value *v = new_value(*at == '[' ? ARRAY : OBJECT), **last = &v->first;
      at++;
      for (skip_space(); *at != close; skip_space()) {
        value *key = NULL;
        if (close == '}') {
          key = parse_string(out);
          skip_space();
          at++;
        }
        *last = parse_value(out);
        (*last)->key = key;
        last = &(*last)->next;
        skip_space();
        if (*at == ',') at++;
        skip_space();
      }
      at++;
      return v;
    }
    default:
      return parse_number();
  }
}

static char *print_string(char *p, const value *v) {
  *p++ = '"';
  for (uint32_t i = 0; i < v->length; i++) {
    char c = v->text[i];
    if (c == '"' || c == '\\' || c == '\n' || c == '\t') {
      *p++ = '\\';
      c = c == '\n' ? 'n' : c == '\t' ? 't' : c;
    }
    *p++ = c;
  }
  *p++ = '"';
  return p;
}

static char *print_number(char *p, double x) {
  if (x < 0) {
    *p++ = '-';
    x = -x;
  }
  uint32_t whole = (uint32_t)x, thousandths = (uint32_t)((x - whole) * 1000 + 0.5);
  if (thousandths == 1000) whole++, thousandths = 0;
  char digits[12];
  int n = 0;
  do digits[n++] = (char)('0' + whole % 10);
  while ((whole /= 10) != 0);
  while (n > 0) *p++ = digits[--n];
  *p++ = '.';
  *p++ = (char)('0' + thousandths / 100);
  *p++ = (char)('0' + thousandths / 10 % 10);
  *p++ = (char)('0' + thousandths % 10);
  return p;
}

static char *print_value(char *p, const value *v) {
  static const char *words[] = {"null", "false", "true"};
  switch (v->kind) {
    case NUL:
    case BOOLEAN:
      for (const char *w = words[v->kind == NUL ? 0 : 1 + (v->number != 0)]; *w; w++) *p++ = *w;
      return p;
    case NUMBER:
      return print_number(p, v->number);
    case STRING:
      return print_string(p, v);
    default:
      break;
  }
  *p++ = v->kind == ARRAY ? '[' : '{';
  for (const value *m = v->first; m != NULL; m = m->next) {
    if (m != v->first) *p++ = ',';
    if (m->key != NULL) {
      p = print_string(p, m->key);
      *p++ = ':';
    }
    p = print_value(p, m);
  }
  *p++ = v->kind == ARRAY ? ']' : '}';
  return p;
}

static char *make_text(char *p, int depth) {
  uint32_t choice = depth > 5 ? bench_random() % 3 : depth == 0 ? 4 : bench_random() % 5;
  if (choice < 2) return print_number(p, (double)(bench_random() % 2000000) / 1000.0 - 1000.0);
  if (choice == 2) {
    *p++ = '"';
    for (uint32_t n = bench_random() % 20; n > 0; n--) *p++ = (char)('a' + bench_random() % 26);
    if (bench_random() % 4 == 0) *p++ = '\\', *p++ = 'n';
    *p++ = '"';
    return p;
  }
  *p++ = choice == 3 ? '[' : '{';
  for (uint32_t n = 2 + bench_random() % 8, i = 0; i < n; i++) {
    if (i > 0) *p++ = ',', *p++ = ' ';
    if (choice == 4) {
      *p++ = '"';
      for (uint32_t k = 0; k < 4 + i; k++) *p++ = (char)('a' + (k * 5 + i) % 26);
      *p++ = '"', *p++ = ':', *p++ = ' ';
    }
    p = make_text(p, depth + 1);
  }
  *p++ = choice == 3 ? ']' : '}';
  return p;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 60);
  size_t room = 4 << 20;
  char *text = bench_alloc(room), *printed = bench_alloc(room), *again = bench_alloc(room),
       *strings = bench_alloc(room);
  arena = bench_alloc(200000 * sizeof *arena);
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    char *end = text;
    *end++ = '[';
    while (end - text < 100000) {
      end = make_text(end, 0);
      *end++ = ',', *end++ = '\n';
    }
    end[-2] = ']', end[-1] = 0;
    char *out = strings;
    arena_used = 0;
    at = text;
    size_t length = (size_t)(print_value(printed, parse_value(&out)) - printed);
    printed[length] = 0;
    out = strings;
    arena_used = 0;
    at = printed;
    correct &= (size_t)(print_value(again, parse_value(&out)) - again) == length &&
               memcmp(printed, again, length) == 0;
    checksum = bench_mix_bytes(checksum, printed, length);
  }
  return bench_finish(argc, argv, checksum, correct);
}
