/* Files in depth: positions, truncation, rights, directories, links, times, errors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (!(condition)) {                                                   \
      printf("line %d: %s: %s\n", __LINE__, #condition, strerror(errno)); \
      failures++;                                                         \
    }                                                                     \
  } while (0)

static int failures;

static void positions(void) {
  char buffer[32] = "";
  int fd = open("data", O_CREAT | O_RDWR | O_TRUNC, 0644);
  CHECK(fd >= 0);
  CHECK(write(fd, "hello, world", 12) == 12);
  CHECK(lseek(fd, 0, SEEK_CUR) == 12);
  CHECK(pread(fd, buffer, 5, 7) == 5 && memcmp(buffer, "world", 5) == 0);
  CHECK(lseek(fd, -5, SEEK_END) == 7);
  CHECK(pwrite(fd, "W", 1, 7) == 1);
  CHECK(read(fd, buffer, 5) == 5 && memcmp(buffer, "World", 5) == 0);
  CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
  CHECK(ftruncate(fd, 5) == 0);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_size == 5 && S_ISREG(status.st_mode));
  CHECK(close(fd) == 0);
  CHECK(close(fd) == -1 && errno == EBADF);
  fd = open("data", O_RDONLY);
  CHECK(write(fd, "x", 1) == -1 && errno == EBADF);
  close(fd);
  fd = open("data", O_WRONLY | O_APPEND);
  CHECK(write(fd, "!", 1) == 1);
  close(fd);
  CHECK(stat("data", &status) == 0 && status.st_size == 6);
}

static void directories(void) {
  CHECK(mkdir("folder", 0755) == 0);
  CHECK(mkdir("folder", 0755) == -1 && errno == EEXIST);
  for (int i = 0; i < 300; i++) {
    char name[64];
    snprintf(name, sizeof name, "folder/file-%03d", i);
    int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK(fd >= 0);
    close(fd);
  }
  int seen = 0;
  DIR *dir = opendir("folder");
  CHECK(dir != NULL);
  for (struct dirent *entry; dir && (entry = readdir(dir));) seen += entry->d_name[0] == 'f';
  if (dir) closedir(dir);
  CHECK(seen == 300);
  CHECK(rmdir("folder") == -1 && errno == ENOTEMPTY);
  CHECK(rename("folder/file-000", "moved") == 0);
  CHECK(unlink("moved") == 0);
  for (int i = 1; i < 300; i++) {
    char name[64];
    snprintf(name, sizeof name, "folder/file-%03d", i);
    CHECK(unlink(name) == 0);
  }
  CHECK(rmdir("folder") == 0);
}

static void links(void) {
  char target[32];
  CHECK(symlink("data", "soft") == 0);
  CHECK(readlink("soft", target, sizeof target) == 4 && memcmp(target, "data", 4) == 0);
  struct stat status;
  CHECK(lstat("soft", &status) == 0 && S_ISLNK(status.st_mode));
  CHECK(stat("soft", &status) == 0 && S_ISREG(status.st_mode));
  CHECK(link("data", "hard") == 0);
  CHECK(stat("hard", &status) == 0 && status.st_nlink == 2);
  CHECK(unlink("hard") == 0 && unlink("soft") == 0);
  struct timespec times[2] = {{1000000000, 0}, {1234567890, 5000000}};
  CHECK(utimensat(AT_FDCWD, "data", times, 0) == 0);
  CHECK(stat("data", &status) == 0 && status.st_mtim.tv_sec == 1234567890);
  CHECK(unlink("data") == 0);
  CHECK(unlink("data") == -1 && errno == ENOENT);
}

static void confinement(void) {
  CHECK(open("../outside", O_RDONLY) == -1);
  CHECK(open("/etc/passwd", O_RDONLY) == -1);
  CHECK(symlink("/etc/passwd", "escape") == -1 || open("escape", O_RDONLY) == -1);
  unlink("escape");
  if (symlink("..", "up") == 0) { /* a runtime may refuse to make it */
    CHECK(open("up/outside", O_RDONLY) == -1);
    CHECK(unlink("up") == 0);
  }
}

int main(void) {
  positions();
  directories();
  links();
  confinement();
  printf("%d failures\n", failures);
  return failures != 0;
}
