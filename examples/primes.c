/* Primes by a sieve: memory that grows, integer loops. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  size_t limit = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
  unsigned char *composite = calloc(limit + 1, 1);
  if (!composite) {
    fputs("primes: out of memory\n", stderr);
    return 1;
  }
  size_t count = 0, last = 0;
  for (size_t n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    count++;
    last = n;
    for (size_t m = n * n; m <= limit && m / n == n + (m - n * n) / n; m += n) composite[m] = 1;
  }
  printf("%zu primes up to %zu, the last is %zu\n", count, limit, last);
  free(composite);
}
