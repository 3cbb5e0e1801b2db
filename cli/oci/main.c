/* The entry of the OCI runtime: which command it is, and who carries it out. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../commands.h"
#include "install.h"
#include "oci.h"
#include "platform/process.h"

static const struct {
  const char *name;
  int (*run)(wr__oci *oci);
} commands[] = {
    {"create", wr__oci_create}, {"run", wr__oci_create},      {"exec", wr__oci_exec},
    {"state", wr__oci_state},   {"delete", wr__oci_delete},   {"features", wr__oci_features},
    {"hook", wr__oci_hook},     {"install", wr__oci_install}, {"uninstall", wr__oci_install},
};

/* Engines read the last word of the first line; the base runtime's own lines follow. */
static int print_version(wr__oci *oci) {
  printf("wasmrun-oci version %s\n", wr_version());
  if (!wr__oci_find_base(oci)) return WR__OCI_FAILED;
  char *line[] = {(char *)oci->base, "--version", NULL};
  char *output;
  size_t size_bytes;
  if (wr__oci_capture(line, true, &output, &size_bytes) == 0)
    printf("base: %.*s", (int)size_bytes, output);
  free(output);
  return wr__flush_output(0);
}

/* Commands that need a container's name, with what follows it. */
static const struct {
  const char *name, *operands;
} named[] = {
    {"create", "[--bundle FOLDER] NAME"},
    {"run", "[--bundle FOLDER] NAME"},
    {"start", "NAME"},
    {"state", "NAME"},
    {"kill", "NAME [SIGNAL]"},
    {"delete", "[--force] NAME"},
    {"exec", "NAME COMMAND [ARG...]"},
    {"ps", "NAME"},
    {"pause", "NAME"},
    {"resume", "NAME"},
    {"update", "NAME"},
};

static bool asks_for_help(const wr__oci *oci) {
  for (char **at = oci->line.rest; *at && strcmp(*at, "--") != 0; at++)
    if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) return true;
  return false;
}

/* The usage of a command that needs a name and has none, or NULL. */
static const char *usage_of_nameless(wr__oci *oci) {
  wr__oci_operands operands;
  if (asks_for_help(oci)) return NULL;
  for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
    if (strcmp(named[i].name, oci->line.command) != 0) continue;
    wr__oci_operands_parse(oci, &operands);
    return operands.operands.count == 0 ? named[i].operands : NULL;
  }
  return NULL;
}

static int dispatch(wr__oci *oci) {
  if (oci->line.wants_version) return print_version(oci);
  if (oci->line.wants_help || !oci->line.command) {
    wr__help_print(oci->line.wants_help ? stdout : stderr, WR__COMMAND_OCI);
    return oci->line.wants_help ? wr__flush_output(0) : WR__EXIT_USAGE;
  }
  const char *usage = usage_of_nameless(oci);
  if (usage)
    return wr__oci_fail(oci, "%s: no container is named; usage: wasmrun oci %s %s",
                        oci->line.command, oci->line.command, usage);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(commands[i].name, oci->line.command) == 0) return commands[i].run(oci);
  }
  return wr__oci_pass(oci);
}

int wr__oci_main(int argc, char **argv) {
  wr__oci oci = {0};
  wr__oci_line_parse(&oci, argc > 0 ? argv + 1 : argv);
  /* A hook belongs to a container that was made already; an installation comes before settings. */
  const char *command = oci.line.command ? oci.line.command : "";
  bool needs_none = strcmp(command, "hook") == 0 || strcmp(command, "install") == 0 ||
                    strcmp(command, "uninstall") == 0;
  bool is_ready = needs_none || wr__oci_settings_load(&oci);
  int exit_status = is_ready ? dispatch(&oci) : wr__oci_failure(&oci);
  wr__oci_end(&oci);
  return exit_status;
}
