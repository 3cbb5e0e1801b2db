/* `exec`: a module as a further process of a running container, wasm or not. */
#include <errno.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"
#include "platform/seal.h"

typedef struct execution {
  wr__oci_operands operands;
  const char *id;
  json_t *process;     /* from --process, or as far as the command line says it */
  json_t *annotations; /* of the container */
  wr__oci_program program;
  wr__oci_words options;
  int fd;
} execution;

/* A process as the command line describes it: enough to find its program. */
static json_t *process_of_line(wr__oci *oci, const execution *e) {
  json_t *args = json_array();
  for (size_t i = 1; i < e->operands.operands.count; i++)
    json_array_append_new(args, json_string(e->operands.operands.items[i]));
  json_t *process = json_pack("{s:o, s:s?}", "args", args, "cwd", e->operands.cwd);
  if (!process) wr__oci_fail(oci, "out of memory");
  return process;
}

/* What the container was made with, and its first process. */
static bool find_container(wr__oci *oci, execution *e, int *pid) {
  json_t *state = NULL;
  if (!wr__oci_container_exists(oci, e->id, &state)) return false;
  *pid = (int)json_integer_value(json_object_get(state, "pid"));
  json_t *given = wr__oci_record_load(oci, e->id);
  json_t *known = given ? given : state;
  e->annotations = json_incref(json_object_get(known, "annotations"));
  json_decref(given);
  json_decref(state);
  return *pid > 0;
}

/* The base runtime's exec with the module's process; returns where that fails. */
static int run_module(wr__oci *oci, execution *e) {
  wr__oci_words words = {0};
  if (!wr__oci_options(oci, e->annotations, &e->options) ||
      !wr__oci_package(oci, e->fd, e->program.path, &e->options))
    return WR__OCI_EXEC_FAILED;
  wr__oci_forget_listeners();
  wr__oci_words_add(oci, &words, "--preserve-fds");
  wr__oci_words_add(oci, &words, wr__oci_text(oci, "%d", e->fd + 2 - 3));
  for (size_t i = 0; i < e->operands.words.count; i++)
    wr__oci_words_add(oci, &words, e->operands.words.items[i]);
  wr__oci_words operands = {0};
  wr__oci_words_add(oci, &operands, e->id);
  if (e->operands.process) {
    if (!wr__oci_adapt_process(oci, e->process, &e->program, e->fd)) return WR__OCI_EXEC_FAILED;
    const char *text = wr__oci_json_dump(oci, e->process, JSON_COMPACT);
    if (!wr__oci_seal_bytes(text, strlen(text), e->fd + 2))
      return wr__oci_fail(oci, "cannot hand on the process: %s", strerror(errno));
    wr__oci_words_add(oci, &words, "--process");
    wr__oci_words_add(oci, &words, wr__oci_text(oci, WR__OCI_FD_FOLDER "%d", e->fd + 2));
  } else {
    for (size_t i = 1; i < e->operands.operands.count; i++) {
      if (i == e->program.index + 1)
        wr__oci_words_add(oci, &operands, wr__oci_text(oci, WR__OCI_FD_FOLDER "%d", e->fd));
      wr__oci_words_add(oci, &operands, e->operands.operands.items[i]);
    }
  }
  char **line = wr__oci_base_line(oci, "exec", &words, &operands);
  return wr__oci_fail(oci, "%s: %s", oci->base, wr__oci_become(line));
}

static int exec_with(wr__oci *oci, execution *e) {
  int pid = 0;
  if (!find_container(oci, e, &pid)) return wr__oci_pass(oci); /* which says what is wrong */
  wr__oci_view view = {.root = wr__oci_text(oci, "/proc/%d/root", pid)};
  switch (wr__oci_detect(oci, &view, e->process, e->annotations, &e->program)) {
    case WR__OCI_NATIVE:
      return wr__oci_pass(oci);
    case WR__OCI_BROKEN:
      return WR__OCI_EXEC_FAILED;
    default:
      return run_module(oci, e);
  }
}

int wr__oci_exec(wr__oci *oci) {
  execution e = {.program.fd = -1};
  wr__oci_operands_parse(oci, &e.operands);
  if (e.operands.operands.count < (e.operands.process ? 1 : 2)) return wr__oci_pass(oci);
  if (!wr__oci_find_base(oci)) return WR__OCI_EXEC_FAILED;
  e.id = e.operands.operands.items[0];
  e.fd = (int)(3 + wr__oci_count_listeners() + e.operands.preserve_fds);
  if (e.fd > 2000 || !wr__oci_reserve(e.fd, 3))
    return wr__oci_fail(oci, "cannot preserve %d descriptors", e.fd - 3);
  e.process =
      e.operands.process ? wr__oci_json_load(oci, e.operands.process) : process_of_line(oci, &e);
  int exit_status = e.process ? exec_with(oci, &e) : WR__OCI_EXEC_FAILED;
  json_decref(e.process);
  json_decref(e.annotations);
  if (e.program.fd >= 0) wr__oci_close(e.program.fd);
  return exit_status;
}
