/* Recursion: as deep as asked, and without end. */
#include <stdio.h>
#include <stdlib.h>

/* Every level is a call: the empty assembly keeps the compiler from making a loop of it, and
 * nothing lies in the guest's own stack in memory. */
__attribute__((noinline)) static long depth(long n) {
  if (n <= 1) return 1;
  long below = depth(n - 1);
  __asm__ volatile("" : "+r"(below));
  return below + 1;
}

static long ackermann(long m, long n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 1000;
  printf("ackermann(2, 9) = %ld\n", ackermann(2, 9));
  fflush(stdout);
  printf("depth %ld\n", depth(n));
}
