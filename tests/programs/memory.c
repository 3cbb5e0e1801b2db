/* Grows its memory until it gets no more, and says how far it came in MiB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  long most = argc > 1 ? atol(argv[1]) : 64;
  long got = 0;
  char *volatile newest = NULL; /* volatile: what nobody looks at would not be allocated */
  for (char *block; got < most && (block = malloc(1 << 20)) != NULL; got++) {
    memset(block, 1, 1 << 20);
    newest = block;
  }
  if (newest && newest[12345] != 1) return 1;
  printf("%s %ld MiB\n", got == most ? "all of" : "stopped below", most);
}
