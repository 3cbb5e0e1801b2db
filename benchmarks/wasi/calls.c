/* One kind of call to the system, many times: what a call costs natively and from a guest.
 *
 *   calls write1 COUNT FILE   COUNT writes of one byte
 *   calls seek COUNT FILE     COUNT seeks in a file
 *   calls clock COUNT         COUNT readings of the monotonic clock
 *   calls copy COUNT FILE     COUNT writes of 64 KiB, and as many reads of what was written */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536

static char block[BLOCK];

static void check(int good, const char *what) {
  if (good) return;
  perror(what);
  exit(1);
}

static void write_bytes(int fd, long count) {
  for (long i = 0; i < count; i++) check(write(fd, block, 1) == 1, "write");
}

static void seek(int fd, long count) {
  for (long i = 0; i < count; i++) check(lseek(fd, i & 7, SEEK_SET) == (i & 7), "lseek");
}

static void read_clock(long count) {
  struct timespec now, before = {0};
  for (long i = 0; i < count; i++) {
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && now.tv_sec >= before.tv_sec, "clock");
    before = now;
  }
}

static void copy(int fd, long count) {
  for (long i = 0; i < count; i++) {
    block[0] = (char)i;
    check(write(fd, block, BLOCK) == BLOCK, "write");
  }
  check(lseek(fd, 0, SEEK_SET) == 0, "lseek");
  for (long i = 0; i < count; i++)
    check(read(fd, block, BLOCK) == BLOCK && block[0] == (char)i, "read");
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long count = atol(argv[2]);
  int fd = argc > 3 ? open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0666) : -1;
  check(argc < 4 || fd >= 0, "open");
  if (strcmp(argv[1], "write1") == 0)
    write_bytes(fd, count);
  else if (strcmp(argv[1], "seek") == 0)
    seek(fd, count);
  else if (strcmp(argv[1], "clock") == 0)
    read_clock(count);
  else if (strcmp(argv[1], "copy") == 0)
    copy(fd, count);
  return 0;
}
