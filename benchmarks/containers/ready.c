/* Says that it is ready, then waits: what a container costs before its program does anything. Run
 * by benchmarks/containers/run.py. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  puts("ready");
  fflush(stdout);
  for (;;) sleep(1000);
}
