/* Rolls dice: random numbers and the clocks. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  unsigned char bytes[6000];
  for (size_t at = 0; at < sizeof bytes; at += 250) {
    if (getentropy(bytes + at, 250) != 0) {
      perror("dice: getentropy");
      return 1;
    }
  }
  int counts[6] = {0};
  for (size_t i = 0; i < sizeof bytes; i++) {
    if (bytes[i] < 252) counts[bytes[i] % 6]++;
  }
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  int likely = 0;
  for (int face = 0; face < 6; face++) likely += counts[face] > 700 && counts[face] < 1300;
  clock_gettime(CLOCK_MONOTONIC, &after);
  long long ns = (after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec);
  printf("%s dice, %s clock, %s calendar\n", likely == 6 ? "fair" : "loaded",
         ns >= 0 ? "forward" : "backward", time(NULL) > 1700000000 ? "modern" : "ancient");
}
