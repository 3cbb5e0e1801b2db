/* Error paths as values through many frames: a reader of nested lists that reports the first
 * mistake with its place. */
#include <stdio.h>
#include <string.h>

typedef enum outcome { GOOD, UNEXPECTED_END, UNEXPECTED_CLOSE, TOO_DEEP } outcome;
static const char *const names[] = {"good", "unexpected end", "unexpected )", "too deep"};

static outcome read_list(const char *text, size_t *at, int depth, int *atoms) {
  if (depth > 100) return TOO_DEEP;
  for (;;) {
    outcome result = GOOD;
    switch (text[*at]) {
      case '\0':
        return depth ? UNEXPECTED_END : GOOD;
      case ')':
        (*at)++;
        return depth ? GOOD : UNEXPECTED_CLOSE;
      case '(':
        (*at)++;
        result = read_list(text, at, depth + 1, atoms);
        break;
      case ' ':
        (*at)++;
        break;
      default:
        *at += strcspn(text + *at, " ()");
        (*atoms)++;
    }
    if (result != GOOD) return result;
  }
}

int main(void) {
  static char deep[300];
  memset(deep, '(', sizeof deep - 1);
  const char *inputs[] = {"(a (b c) (d))", "(a (b", "a) b", deep};
  for (int i = 0; i < 4; i++) {
    size_t at = 0;
    int atoms = 0;
    outcome result = read_list(inputs[i], &at, 0, &atoms);
    printf("%s at %zu, %d atoms\n", names[result], at, atoms);
  }
}
