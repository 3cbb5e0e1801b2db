/* Ends badly, in a way that its argument chooses, three calls deep. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;
static volatile int *volatile wild = (int *)0x7ffffff0;
typedef int (*other_type)(double);

static int takes_int(int n) { return n; }

__attribute__((noinline)) static int inner(const char *how) {
  if (strcmp(how, "divide") == 0) return 12345 / zero;
  if (strcmp(how, "memory") == 0) return *wild;
  if (strcmp(how, "unreachable") == 0) __builtin_trap();
  if (strcmp(how, "type") == 0) {
    void *volatile function = (void *)takes_int;
    return ((other_type)function)(1.0);
  }
  if (strcmp(how, "exit") == 0) exit(7);
  if (strcmp(how, "abort") == 0) abort();
  return 0;
}

__attribute__((noinline)) static int outer(const char *how) { return inner(how) + zero; }

int main(int argc, char **argv) {
  puts("before");
  fflush(stdout);
  int result = outer(argc > 1 ? argv[1] : "");
  puts("after");
  return result;
}
