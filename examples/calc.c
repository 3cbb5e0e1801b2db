/* A calculator over standard input: recursive descent, floating-point printing, and errors that
 * travel as values (no longjmp). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct parser {
  const char *at;
  const char *error; /* the first one; NULL while all is well */
} parser;

static double sum(parser *p);

static char peek(parser *p) {
  while (isspace((unsigned char)*p->at)) p->at++;
  return *p->at;
}

static double fail(parser *p, const char *message) {
  if (!p->error) p->error = message;
  return 0;
}

static double atom(parser *p) {
  if (peek(p) == '(') {
    p->at++;
    double value = sum(p);
    if (peek(p) != ')') return fail(p, "expected )");
    p->at++;
    return value;
  }
  if (peek(p) == '-') {
    p->at++;
    return -atom(p);
  }
  char *end;
  double value = strtod(p->at, &end);
  if (end == p->at) return fail(p, "expected a number");
  p->at = end;
  return value;
}

static double power(parser *p) {
  double base = atom(p);
  if (peek(p) != '^') return base;
  p->at++;
  return pow(base, power(p));
}

static double product(parser *p) {
  double value = power(p);
  for (char c; !p->error && ((c = peek(p)) == '*' || c == '/');) {
    p->at++;
    double right = power(p);
    if (c == '/' && right == 0) return fail(p, "division by zero");
    value = c == '*' ? value * right : value / right;
  }
  return value;
}

static double sum(parser *p) {
  double value = product(p);
  for (char c; !p->error && ((c = peek(p)) == '+' || c == '-');) {
    p->at++;
    double right = product(p);
    value = c == '+' ? value + right : value - right;
  }
  return value;
}

int main(void) {
  char line[512];
  int errors = 0;
  while (fgets(line, sizeof line, stdin)) {
    parser p = {line, NULL};
    if (peek(&p) == '\0') continue;
    double value = sum(&p);
    if (!p.error && peek(&p) != '\0') p.error = "expected an operator";
    if (p.error) {
      printf("error at %d: %s\n", (int)(p.at - line) + 1, p.error);
      errors++;
    } else {
      printf("%.15g\n", value);
    }
  }
  return errors ? 1 : 0;
}
