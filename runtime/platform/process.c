/* Running another program with bytes in and bytes out, over memory files: no pipe can fill up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/process.h"

extern char **environ;

enum { PROGRESS_FD = 3, FD_COUNT, PAUSE_NS = 20000000 };

static bool write_all(int fd, wr__span bytes) {
  while (bytes.size) {
    ssize_t done = write(fd, bytes.data, bytes.size);
    if (done <= 0) return false;
    bytes.data += done;
    bytes.size -= (size_t)done;
  }
  return true;
}

static int memory_file(wr__span bytes, wr__span more) {
  int fd = memfd_create("wasmrun", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (write_all(fd, bytes) && write_all(fd, more) && lseek(fd, 0, SEEK_SET) == 0) return fd;
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

/* ---- Handles */

void wr__process_end(wr__process_handle *handle) {
  pthread_mutex_lock(&handle->lock);
  handle->ended = true;
  if (handle->child) kill(handle->child, SIGKILL);
  pthread_mutex_unlock(&handle->lock);
}

/* The child has ended, and its number is given away next. */
static void forget_child(wr__process_handle *handle) {
  if (!handle) return;
  pthread_mutex_lock(&handle->lock);
  handle->child = 0;
  pthread_mutex_unlock(&handle->lock);
}

static int start(const wr__process_job *job, const int fds[FD_COUNT], pid_t *child);

static int start_with_handle(const wr__process_job *job, const int fds[FD_COUNT], pid_t *child) {
  wr__process_handle *handle = job->handle;
  if (!handle) return start(job, fds, child);
  pthread_mutex_lock(&handle->lock);
  int failed = handle->ended ? ECANCELED : start(job, fds, child);
  if (!failed) handle->child = *child;
  pthread_mutex_unlock(&handle->lock);
  return failed;
}

static int start(const wr__process_job *job, const int fds[FD_COUNT], pid_t *child) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
  int failed = 0;
  for (int i = 0; i < FD_COUNT && !failed; i++)
    failed = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
  if (!failed)
    failed = posix_spawnp(child, job->path, &actions, NULL, (char *const *)job->arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* Waits, and tells how far it is. */
static int wait_for(const wr__process_job *job, pid_t child, const wr__progress *shared) {
  const struct timespec pause = {.tv_nsec = PAUSE_NS};
  int status = 0;
  siginfo_t left;
  if (job->handle) {
    while (waitid(P_PID, (id_t)child, &left, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
    forget_child(job->handle);
  }
  for (;;) {
    pid_t ended = waitpid(child, &status, job->progress ? WNOHANG : 0);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return 255;
    if (ended != 0) continue;
    job->progress(job->context, atomic_load(&shared->done), atomic_load(&shared->total));
    nanosleep(&pause, NULL);
  }
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static wr_status run_on(const wr__process_job *job, const int fds[FD_COUNT],
                        const wr__progress *shared, wr__process_result *out, wr_error *error) {
  pid_t child;
  int failed = start_with_handle(job, fds, &child);
  if (failed)
    return wr__fail(error, failed == ENOENT ? WR_NOT_FOUND : WR_IO, WR_NO_OFFSET,
                    "%s cannot be started: %s", job->path, strerror(failed));
  struct rlimit limit = {job->memory_bytes, job->memory_bytes};
  if (job->memory_bytes) prlimit(child, RLIMIT_AS, &limit, NULL);
  limit = (struct rlimit){job->cpu_seconds, job->cpu_seconds + 1};
  if (job->cpu_seconds) prlimit(child, RLIMIT_CPU, &limit, NULL);
  if (job->niceness)
    (void)setpriority(PRIO_PROCESS, (id_t)child, getpriority(PRIO_PROCESS, 0) + job->niceness);
  wr__process_result result = {.exit_status = wait_for(job, child, shared)};
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

/* What is in the file that both map. */
typedef struct shared_page {
  wr__progress progress;
  pid_t parent;
} shared_page;

/* Pages that the child maps too; NULL where there are none. */
static wr__progress *share_progress(int fd) {
  if (fd < 0 || ftruncate(fd, sizeof(shared_page)) != 0) return NULL;
  void *shared = mmap(NULL, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) return NULL;
  ((shared_page *)shared)->parent = getpid();
  return shared;
}

wr_status wr__process_run(const wr__process_job *job, wr__process_result *out, wr_error *error) {
  const wr__span none = {NULL, 0};
  int fds[FD_COUNT] = {memory_file(job->input, job->more), memory_file(none, none),
                       memory_file(none, none), memory_file(none, none)};
  wr__progress *shared = share_progress(fds[PROGRESS_FD]);
  bool ready = shared && fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0;
  wr_status status = ready ? run_on(job, fds, shared, out, error) : wr__fail_oom(error);
  if (shared) munmap(shared, sizeof(shared_page));
  for (int i = 0; i < FD_COUNT; i++)
    if (fds[i] >= 0) close(fds[i]);
  return status;
}

wr__progress *wr__progress_open(void) {
  static wr__progress unseen;
  struct stat status;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (fstat(PROGRESS_FD, &status) != 0 || status.st_size != sizeof(shared_page)) return &unseen;
  void *shared =
      mmap(NULL, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED, PROGRESS_FD, 0);
  if (shared == MAP_FAILED) return &unseen;
  /* It may have ended before the signal was asked for. */
  if (((shared_page *)shared)->parent != getppid()) _exit(1);
  return shared;
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
