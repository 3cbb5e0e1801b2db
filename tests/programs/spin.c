/* Never ends by itself: a loop, or a read or a sleep that waits. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "loop";
  if (strcmp(how, "sleep") == 0) {
    struct timespec hour = {3600, 0};
    nanosleep(&hour, NULL);
  } else if (strcmp(how, "read") == 0) {
    char c;
    while (read(0, &c, 1) == 1) continue;
  } else {
    for (volatile unsigned i = 0;; i++) continue;
  }
}
