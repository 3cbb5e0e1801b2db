/* JSON that an OCI runtime is given: a bundle's configuration and the host's settings. Whatever it
 * says, it is adapted or refused with a reason, and what is adapted is JSON that reads back the
 * same. A first byte of 's' makes the rest settings; else it is a configuration. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oci/oci.h"

static char path[512];

static void end(void) { unlink(path); }

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  const char *temporary = getenv("TMPDIR");
  snprintf(path, sizeof path, "%.400s/fuzz-oci-XXXXXX", temporary ? temporary : "/tmp");
  int fd = mkstemp(path);
  if (fd < 0) abort();
  close(fd);
  atexit(end);
  return 0;
}

static void read_settings(const uint8_t *data, size_t size) {
  wr__oci oci = {0};
  char *words[] = {"--wasmrun-settings", path, "state", "x", NULL};
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  close(fd);
  wr__oci_line_parse(&oci, words);
  (void)wr__oci_settings_load(&oci);
  wr__oci_end(&oci);
}

static void check_dump(wr__oci *oci, json_t *config) {
  const char *text = wr__oci_json_dump(oci, config, JSON_COMPACT);
  json_t *again = text ? wr__oci_json_parse(oci, "again", text, strlen(text)) : NULL;
  if (again) {
    const char *second = wr__oci_json_dump(oci, again, JSON_COMPACT);
    if (!second || strcmp(text, second) != 0) abort();
    json_decref(again);
  } else if (text) {
    abort();
  }
}

static void adapt(const uint8_t *data, size_t size) {
  wr__oci oci = {0};
  json_t *config = wr__oci_json_parse(&oci, "config.json", (const char *)data, size);
  if (config) {
    const wr__oci_program program = {.path = "/app.wasm", .fd = -1, .index = 0};
    json_t *process = json_object_get(config, "process");
    const json_t *annotations = json_object_get(config, "annotations");
    wr__oci_words words = {0};
    (void)wr__oci_is_marked(annotations);
    (void)wr__oci_options(&oci, annotations, &words);
    if (wr__oci_adapt_config(&oci, config, "/bundle") && json_is_object(process))
      (void)wr__oci_adapt_process(&oci, process, &program, 3);
    check_dump(&oci, config);
    json_decref(config);
  }
  wr__oci_end(&oci);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size && data[0] == 's')
    read_settings(data + 1, size - 1);
  else
    adapt(data, size);
  return 0;
}
