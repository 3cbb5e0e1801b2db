/* Server-sent events: what is flushed reaches the browser at once; the program sleeps between. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  const char *query = getenv("QUERY_STRING");
  int count = query && *query ? atoi(query) : 10;
  printf("Content-Type: text/event-stream\nCache-Control: no-store\n\n");
  for (int i = 1; i <= count; i++) {
    printf("id: %d\nevent: tick\ndata: %d of %d\n\n", i, i, count);
    if (fflush(stdout)) return 1; /* the browser left */
    if (i < count) usleep(200000);
  }
  return 0;
}
