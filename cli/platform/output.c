/* A file that is written in pieces: aside, with a rename at the end. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool wr__output_open(wr__output *output, const char *path) {
  struct stat status;
  *output = (wr__output){.path = path};
  if (strcmp(path, "-") == 0) {
    output->file = stdout;
    return true;
  }
  bool is_device = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
  if (!is_device) {
    int length =
        snprintf(output->aside, sizeof output->aside, "%s.%x.tmp", path, (unsigned)getpid());
    errno = ENAMETOOLONG;
    if (length < 0 || (size_t)length >= sizeof output->aside) return false;
  }
  output->file = fopen(is_device ? path : output->aside, is_device ? "wb" : "wbx");
  return output->file != NULL;
}

bool wr__output_write(void *context, const char *text, size_t size_bytes) {
  wr__output *output = context;
  return fwrite(text, 1, size_bytes, output->file) == size_bytes;
}

bool wr__output_close(wr__output *output, bool keep) {
  bool good = fflush(output->file) == 0 && !ferror(output->file);
  if (output->file == stdout) return good;
  good = fclose(output->file) == 0 && good;
  if (!output->aside[0]) return good;
  if (keep && good && rename(output->aside, output->path) == 0) return true;
  int code = errno;
  unlink(output->aside);
  errno = code;
  return !keep;
}
