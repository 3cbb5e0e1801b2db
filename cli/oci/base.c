/* The base runtime: which program it is, and its command lines. */
#include <string.h>

#include "oci.h"
#include "platform/process.h"

/* Engines start their runtime with little or no PATH. */
static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                      "/usr/bin",        "/sbin",          "/bin"};

static const char *find_in_folders(wr__oci *oci, const char *name) {
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    const char *path = wr__oci_text(oci, "%s/%s", folders[i], name);
    if (wr__oci_is_program(path)) return path;
  }
  return NULL;
}

const char *wr__oci_find_base(wr__oci *oci) {
  const char *wanted = oci->settings.runtime;
  if (oci->base) return oci->base;
  const char *found = NULL;
  if (!wanted) {
    found = find_in_folders(oci, "runc");
    if (!found) found = find_in_folders(oci, "crun");
  } else if (!strchr(wanted, '/')) {
    found = find_in_folders(oci, wanted);
  } else if (wr__oci_is_program(wanted)) {
    found = wanted;
  }
  if (!found && wanted) {
    wr__oci_fail(oci, "the base runtime '%s' is not installed", wanted);
  } else if (!found) {
    wr__oci_fail(oci, "no base runtime is installed: neither runc nor crun is in %s to %s",
                 folders[0], folders[sizeof folders / sizeof folders[0] - 1]);
  } else if (wr__oci_is_self(found)) {
    wr__oci_fail(oci, "the base runtime '%s' is wasmrun itself", found);
    found = NULL;
  }
  oci->base = found;
  return found;
}

static void add_all(wr__oci *oci, wr__oci_words *line, const wr__oci_words *words) {
  for (size_t i = 0; words && i < words->count; i++) wr__oci_words_add(oci, line, words->items[i]);
}

static char **make_line(wr__oci *oci, const wr__oci_words *globals, const char *command,
                        const wr__oci_words *words, const wr__oci_words *operands) {
  wr__oci_words line = {0};
  wr__oci_words_add(oci, &line, oci->base);
  add_all(oci, &line, globals);
  if (command) wr__oci_words_add(oci, &line, command);
  add_all(oci, &line, words);
  add_all(oci, &line, operands);
  wr__oci_words_add(oci, &line, NULL);
  return (char **)line.items;
}

char **wr__oci_base_line(wr__oci *oci, const char *command, const wr__oci_words *words,
                         const wr__oci_words *operands) {
  return make_line(oci, &oci->line.globals, command, words, operands);
}

char **wr__oci_quiet_line(wr__oci *oci, const char *command, const wr__oci_words *words,
                          const wr__oci_words *operands) {
  return make_line(oci, &oci->line.quiet, command, words, operands);
}

int wr__oci_pass(wr__oci *oci) {
  if (!wr__oci_find_base(oci)) return wr__oci_failure(oci);
  wr__oci_words rest = {0};
  for (char **at = oci->line.rest; *at; at++) wr__oci_words_add(oci, &rest, *at);
  char **line = wr__oci_base_line(oci, oci->line.command, NULL, &rest);
  return wr__oci_fail(oci, "%s: %s", oci->base, wr__oci_become(line));
}
