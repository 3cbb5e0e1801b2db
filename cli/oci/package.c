/* What goes into the container beside the image: the program that runs modules, and its settings.
 * Both are descriptors, so the container's files show nothing of them, and neither can be written
 * to by anybody in it. */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"
#include "platform/seal.h"

/* wasmrun-oci, the program without dynamic dependencies, beside this one where nothing else is
 * said. */
static const char *program_path(wr__oci *oci) {
  if (oci->settings.program) return oci->settings.program;
  char *own = wr__oci_adopt(oci, wr__oci_own_path());
  char *slash = strrchr(own, '/');
  return wr__oci_text(oci, "%.*s/wasmrun-oci", slash ? (int)(slash - own) : 0, own);
}

/* Each text with its NUL, after a first line that says what they are. */
static char *settings_bytes(wr__oci *oci, const char *module_path, const wr__oci_words *options,
                            size_t *size_bytes) {
  size_t size = sizeof WR__OCI_GUEST_MAGIC + strlen(module_path) + 1;
  for (size_t i = 0; i < options->count; i++) size += strlen(options->items[i]) + 1;
  char *bytes = wr__oci_alloc(oci, size);
  char *at = stpcpy(bytes, WR__OCI_GUEST_MAGIC) + 1;
  at = stpcpy(at, module_path) + 1;
  for (size_t i = 0; i < options->count; i++) at = stpcpy(at, options->items[i]) + 1;
  *size_bytes = size;
  return bytes;
}

bool wr__oci_package(wr__oci *oci, int fd, const char *module_path, const wr__oci_words *options) {
  const char *program = program_path(oci);
  size_t size_bytes;
  char *settings = settings_bytes(oci, module_path, options, &size_bytes);
  const char *empty = wr__oci_text(oci, "%s/wasmrun/empty", wr__oci_runtime_folder());
  if (!wr__oci_is_program(program)) {
    wr__oci_fail(oci, "%s: the program for containers: %s", program, strerror(errno));
    return false;
  }
  if (!wr__oci_seal_program(program, empty, fd)) {
    wr__oci_fail(oci, "%s: cannot be shown to a container: %s", program, strerror(errno));
    return false;
  }
  if (!wr__oci_seal_bytes(settings, size_bytes, fd + 1)) {
    wr__oci_fail(oci, "cannot hand settings to a container: %s", strerror(errno));
    return false;
  }
  return true;
}
