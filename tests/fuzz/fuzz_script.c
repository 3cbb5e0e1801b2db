/* Scripts of the official suite, of any content: every command passes or fails, and none takes the
 * runner along. Scripts run with a deadline and small limits; they read no other file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

static char path[512];

static void end(void) { unlink(path); }

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  const char *temporary = getenv("TMPDIR");
  snprintf(path, sizeof path, "%.400s/fuzz-script-XXXXXX", temporary ? temporary : "/tmp");
  int fd = mkstemp(path);
  if (fd < 0) abort();
  close(fd);
  atexit(end);
  return 0;
}

/* Whether the text names files: (input "/dev/zero") is no fault of the reader's. */
static bool has_word(const uint8_t *data, size_t size, const char *word) {
  return memmem(data, size, word, strlen(word)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (has_word(data, size, "input")) return 0;
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  close(fd);
  const settings options = {.engine = SPEC_INTERP, .level = '2', .timeout_seconds = 0.2};
  report_file file = {.path = strdup(path)};
  if (!file.path) return 0;
  session_run_file(&options, &file);
  report_free(&file);
  return 0;
}
