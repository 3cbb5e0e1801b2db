/* Running another program with bytes in and bytes out, over memory files: no pipe can fill up. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/platform.h"

extern char **environ;

static int memory_file(const uint8_t *bytes, size_t size) {
  int fd = memfd_create("wasmrun", MFD_CLOEXEC);
  if (fd < 0) return -1;
  while (size) {
    ssize_t done = write(fd, bytes, size);
    if (done <= 0) {
      close(fd);
      return -1;
    }
    bytes += done;
    size -= (size_t)done;
  }
  if (lseek(fd, 0, SEEK_SET) == 0) return fd;
  close(fd);
  return -1;
}

static uint8_t *read_back(int fd, size_t *size) {
  struct stat status;
  if (fstat(fd, &status) != 0) return NULL;
  *size = (size_t)status.st_size;
  uint8_t *bytes = malloc(*size + 1);
  size_t done = 0;
  while (bytes && done < *size) {
    ssize_t got = pread(fd, bytes + done, *size - done, (off_t)done);
    if (got <= 0) {
      free(bytes);
      return NULL;
    }
    done += (size_t)got;
  }
  if (bytes) bytes[*size] = 0;
  return bytes;
}

static int start(const char *path, const char *const arguments[], const int fds[3], pid_t *child) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
  int failed = 0;
  for (int i = 0; i < 3 && !failed; i++)
    failed = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
  if (!failed)
    failed = posix_spawnp(child, path, &actions, NULL, (char *const *)arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 255;
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static wr_status run_on(const char *path, const char *const arguments[], const int fds[3],
                        uint64_t memory_bytes, wr__process_result *out, wr_error *error) {
  pid_t child;
  int failed = start(path, arguments, fds, &child);
  if (failed)
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s cannot be started: %s", path, strerror(failed));
  struct rlimit limit = {memory_bytes, memory_bytes};
  if (memory_bytes) prlimit(child, RLIMIT_AS, &limit, NULL);
  wr__process_result result = {.exit_status = wait_for(child)};
  size_t message_size;
  result.output = read_back(fds[1], &result.output_size);
  result.message = (char *)read_back(fds[2], &message_size);
  if (!result.output || !result.message) {
    free(result.output);
    free(result.message);
    return wr__fail_oom(error);
  }
  *out = result;
  return WR_OK;
}

wr_status wr__process_run(const char *path, const char *const arguments[], const uint8_t *input,
                          size_t input_size, uint64_t memory_bytes, wr__process_result *out,
                          wr_error *error) {
  int fds[3] = {memory_file(input, input_size), memory_file(NULL, 0), memory_file(NULL, 0)};
  wr_status status = fds[0] < 0 || fds[1] < 0 || fds[2] < 0
                         ? wr__fail_oom(error)
                         : run_on(path, arguments, fds, memory_bytes, out, error);
  for (int i = 0; i < 3; i++)
    if (fds[i] >= 0) close(fds[i]);
  return status;
}

bool wr__program_sibling(const char *name, char *path, size_t size) {
  ssize_t length = readlink("/proc/self/exe", path, size);
  if (length <= 0 || (size_t)length >= size) return false;
  path[length] = 0;
  char *slash = strrchr(path, '/');
  if (!slash || (size_t)(slash + 1 - path) + strlen(name) + 1 > size) return false;
  strcpy(slash + 1, name);
  return access(path, X_OK) == 0;
}
