/* Writes to standard output and reports what came of it on standard error. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  errno = 0;
  ssize_t count = write(1, "some output\n", 12);
  if (count == 12) return 0;
  dprintf(2, "write: %s\n", strerror(errno));
  return 5;
}
