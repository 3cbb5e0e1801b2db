/* `create` and `run`: a module's bundle is adapted in a folder of its own, which is the bundle that
 * the base runtime gets. Nothing is left of it where the container could not be made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"

/* What one container is made of. */
typedef struct creation {
  wr__oci_operands operands;
  const char *id;
  const char *bundle; /* as it was given, absolute */
  json_t *config;
  wr__oci_program program;
  wr__oci_words options;
  int fd; /* of the program in the container; the settings are behind it */
} creation;

/* ---- The record ----------------------------------------------------------------------------- */

static bool write_json(wr__oci *oci, const char *folder, const char *name, const json_t *json) {
  const char *path = wr__oci_text(oci, "%s/%s", folder, name);
  const char *text = wr__oci_json_dump(oci, json, JSON_COMPACT);
  if (wr__oci_write_file(path, text, strlen(text))) return true;
  wr__oci_fail(oci, "cannot write %s: %s", path, strerror(errno));
  return false;
}

/* given.json, before the configuration is changed. */
static bool write_given(wr__oci *oci, const creation *c, const char *folder) {
  json_t *annotations = json_object_get(c->config, "annotations");
  json_t *given = json_pack("{s:s, s:O?}", "bundle", c->bundle, "annotations", annotations);
  bool good = given && write_json(oci, folder, "given.json", given);
  json_decref(given);
  return good;
}

/* The environment's sockets (LISTEN_FDS) are descriptors for the container like those of
 * --preserve-fds; said in this way, every base runtime counts them alike. */
static bool adapt_listeners(wr__oci *oci, creation *c, unsigned listeners) {
  json_t *env = json_object_get(json_object_get(c->config, "process"), "env");
  if (listeners == 0) return true;
  const char *count = wr__oci_text(oci, "LISTEN_FDS=%u", listeners);
  wr__oci_forget_listeners();
  return json_array_append_new(env, json_string(count)) == 0 &&
         json_array_append_new(env, json_string("LISTEN_PID=1")) == 0;
}

static bool write_bundle(wr__oci *oci, creation *c, const char *folder, unsigned listeners) {
  json_t *process = json_object_get(c->config, "process");
  return write_given(oci, c, folder) && adapt_listeners(oci, c, listeners) &&
         wr__oci_adapt_config(oci, c->config, c->bundle) &&
         wr__oci_adapt_process(oci, process, &c->program, c->fd) &&
         write_json(oci, folder, "config.json", c->config);
}

/* ---- The container --------------------------------------------------------------------------- */

static int run_base(wr__oci *oci, const creation *c, const char *folder) {
  wr__oci_words words = {0};
  wr__oci_words_add(oci, &words, "--bundle");
  wr__oci_words_add(oci, &words, folder);
  wr__oci_words_add(oci, &words, "--preserve-fds");
  wr__oci_words_add(oci, &words, wr__oci_text(oci, "%d", c->fd + 2 - 3));
  for (size_t i = 0; i < c->operands.words.count; i++)
    wr__oci_words_add(oci, &words, c->operands.words.items[i]);
  char **line = wr__oci_base_line(oci, oci->line.command, &words, &c->operands.operands);
  return wr__oci_run(line, strcmp(oci->line.command, "run") == 0);
}

/* The base runtime's `create` for a module that turned out not to be valid is taken back. */
static void take_back(wr__oci *oci, const creation *c) {
  char *output;
  size_t size_bytes;
  wr__oci_words words = {0};
  wr__oci_words_add(oci, &words, "--force");
  wr__oci_capture(wr__oci_quiet_line(oci, "delete", &words, &c->operands.operands), false, &output,
                  &size_bytes);
  if (output) wr__oci_adopt(oci, output);
  if (c->operands.pid_file) remove(c->operands.pid_file);
}

/* `create` makes the container while the module is checked; `run` would start it, and waits. */
static int make_checked(wr__oci *oci, const creation *c, const char *folder, wr__oci_check *check) {
  bool is_run = strcmp(oci->line.command, "run") == 0;
  if (is_run && !wr__oci_check_end(oci, check)) return WR__OCI_FAILED;
  int exit_status = run_base(oci, c, folder);
  if (is_run || wr__oci_check_end(oci, check)) return exit_status;
  if (exit_status == 0) take_back(oci, c);
  return WR__OCI_FAILED;
}

static int make_container(wr__oci *oci, creation *c, unsigned listeners) {
  wr__oci_check check;
  const char *folder = wr__oci_record_path(oci, c->id);
  if (!folder || !wr__oci_check_begin(oci, &c->program, &c->options, &check)) return WR__OCI_FAILED;
  bool good = wr__oci_package(oci, c->fd, c->program.path, &c->options);
  int lock = good ? wr__oci_record_begin(oci, c->id) : -1;
  good = lock >= 0 && write_bundle(oci, c, folder, listeners);
  if (!good) wr__oci_check_end(oci, &check);
  int exit_status = good ? make_checked(oci, c, folder, &check) : WR__OCI_FAILED;
  /* `run` is over with its container, unless that was detached. */
  bool is_over = exit_status != 0 || strcmp(oci->line.command, "run") == 0;
  if (lock >= 0 && is_over && !(good && wr__oci_container_exists(oci, c->id, NULL)))
    wr__oci_record_remove(oci, c->id);
  if (lock >= 0) wr__oci_close(lock);
  return exit_status;
}

static int create_with(wr__oci *oci, creation *c, unsigned listeners) {
  const json_t *process = json_object_get(c->config, "process");
  const json_t *annotations = json_object_get(c->config, "annotations");
  const char *root = json_string_value(json_object_get(json_object_get(c->config, "root"), "path"));
  if (!root) return wr__oci_pass(oci);
  if (root[0] != '/') root = wr__oci_text(oci, "%s/%s", c->bundle, root);
  wr__oci_view view = {root, c->bundle, json_object_get(c->config, "mounts")};
  switch (wr__oci_detect(oci, &view, process, annotations, &c->program)) {
    case WR__OCI_NATIVE:
      return wr__oci_pass(oci);
    case WR__OCI_BROKEN:
      return WR__OCI_FAILED;
    default:
      break;
  }
  int exit_status = WR__OCI_FAILED;
  if (wr__oci_find_base(oci) && wr__oci_options(oci, annotations, &c->options))
    exit_status = make_container(oci, c, listeners);
  wr__oci_close(c->program.fd);
  return exit_status;
}

int wr__oci_create(wr__oci *oci) {
  creation c = {.program.fd = -1};
  wr__oci_operands_parse(oci, &c.operands);
  if (c.operands.operands.count != 1) return wr__oci_pass(oci); /* which says what is wrong */
  c.id = c.operands.operands.items[0];
  const char *given = c.operands.bundle ? c.operands.bundle : ".";
  char *bundle = wr__oci_real_path(given);
  if (!bundle) return wr__oci_fail(oci, "bundle %s: %s", given, strerror(errno));
  c.bundle = wr__oci_adopt(oci, bundle);
  /* Their numbers are taken before anything else is opened. */
  unsigned listeners = wr__oci_count_listeners();
  c.fd = (int)(3 + listeners + c.operands.preserve_fds);
  if (c.operands.preserve_fds > 1000 || listeners > 1000 || !wr__oci_reserve(c.fd, 2))
    return wr__oci_fail(oci, "cannot preserve %u descriptors", c.operands.preserve_fds + listeners);
  const char *name = c.operands.config ? c.operands.config : "config.json";
  c.config =
      wr__oci_json_load(oci, name[0] == '/' ? name : wr__oci_text(oci, "%s/%s", c.bundle, name));
  int exit_status = c.config ? create_with(oci, &c, listeners) : WR__OCI_FAILED;
  json_decref(c.config);
  return exit_status;
}
