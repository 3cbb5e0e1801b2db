/* What goes into the container beside the image: the program that runs modules, and its settings.
 * Both are descriptors, so the container's files show nothing of them, and neither can be written
 * to by anybody in it. */
#include <errno.h>
#include <stdio.h>
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

static const char *key_text(wr__oci *oci, const wr_public_key *key) {
  char digits[2 * sizeof key->bytes + 1];
  for (size_t i = 0; i < sizeof key->bytes; i++)
    snprintf(digits + 2 * i, 3, "%02x", (unsigned)key->bytes[i]);
  return wr__oci_text(oci, WR__OCI_GUEST_KEY "%s", digits);
}

/* Each text with its NUL, after a first that says what they are. */
static char *settings_bytes(wr__oci *oci, const char *module_path, const wr__oci_words *options,
                            size_t *size_bytes) {
  wr__oci_words texts = {0};
  wr__oci_words_add(oci, &texts, WR__OCI_GUEST_MAGIC);
  wr__oci_words_add(oci, &texts, module_path);
  for (size_t i = 0; i < options->count; i++) wr__oci_words_add(oci, &texts, options->items[i]);
  for (size_t i = 0; i < oci->settings.key_count; i++)
    wr__oci_words_add(oci, &texts, key_text(oci, &oci->settings.keys[i]));
  *size_bytes = 0;
  for (size_t i = 0; i < texts.count; i++) *size_bytes += strlen(texts.items[i]) + 1;
  char *bytes = wr__oci_alloc(oci, *size_bytes), *at = bytes;
  for (size_t i = 0; i < texts.count; i++) at = stpcpy(at, texts.items[i]) + 1;
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
