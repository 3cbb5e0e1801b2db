/* `state`, `delete` and `features`: the base runtime's answers, in terms of what wasmrun was given.
 */
#include <stdio.h>
#include <string.h>

#include "../commands.h"
#include "oci.h"
#include "platform/process.h"

static int print_json(wr__oci *oci, const json_t *json) {
  puts(wr__oci_json_dump(oci, json, JSON_INDENT(2)));
  return wr__flush_output(0);
}

/* The base runtime's answer to this call; NULL where it gave none, with its status. */
static json_t *ask_base(wr__oci *oci, bool show_errors, int *exit_status) {
  wr__oci_words rest = {0};
  for (char **at = oci->line.rest; *at; at++) wr__oci_words_add(oci, &rest, *at);
  char *output;
  size_t size_bytes;
  *exit_status = wr__oci_capture(wr__oci_base_line(oci, oci->line.command, NULL, &rest),
                                 show_errors, &output, &size_bytes);
  if (output) wr__oci_adopt(oci, output);
  if (*exit_status != 0) return NULL;
  json_t *answer = wr__oci_json_parse(oci, oci->base, output, size_bytes);
  if (!answer) *exit_status = WR__OCI_FAILED;
  return answer;
}

int wr__oci_state(wr__oci *oci) {
  wr__oci_operands operands;
  wr__oci_operands_parse(oci, &operands);
  if (!wr__oci_find_base(oci)) return WR__OCI_FAILED;
  json_t *given = NULL, *state = NULL;
  if (operands.operands.count == 1) given = wr__oci_record_load(oci, operands.operands.items[0]);
  if (!given) return wr__oci_pass(oci);
  int exit_status;
  state = ask_base(oci, true, &exit_status);
  if (state) {
    json_object_set(state, "bundle", json_object_get(given, "bundle"));
    json_t *annotations = json_object_get(given, "annotations");
    if (annotations) json_object_set(state, "annotations", annotations);
    exit_status = print_json(oci, state);
  }
  json_decref(state);
  json_decref(given);
  return exit_status;
}

int wr__oci_delete(wr__oci *oci) {
  wr__oci_operands operands;
  wr__oci_operands_parse(oci, &operands);
  if (!wr__oci_find_base(oci)) return WR__OCI_FAILED;
  const char *id = operands.operands.count == 1 ? operands.operands.items[0] : NULL;
  json_t *given = id ? wr__oci_record_load(oci, id) : NULL;
  if (!given) return wr__oci_pass(oci);
  json_decref(given);
  int exit_status =
      wr__oci_run(wr__oci_base_line(oci, "delete", &operands.words, &operands.operands), false);
  if (exit_status == 0 || !wr__oci_container_exists(oci, id, NULL)) wr__oci_record_remove(oci, id);
  return exit_status;
}

/* What wasmrun adds to the base runtime's features. OCI features.md has a field for annotations
 * that change what a container may do; all others go into "annotations". */
static void add_features(wr__oci *oci, json_t *features) {
  static const char *const kinds[] = {"module.wasm.image/variant", "run.oci.handler"};
  json_t *annotations = json_object_get(features, "annotations");
  json_t *unsafe = json_object_get(features, "potentiallyUnsafeConfigAnnotations");
  if (!json_is_object(annotations)) {
    annotations = json_object();
    json_object_set_new(features, "annotations", annotations);
  }
  if (!json_is_array(unsafe)) {
    unsafe = json_array();
    json_object_set_new(features, "potentiallyUnsafeConfigAnnotations", unsafe);
  }
  json_object_set_new(annotations, "wasmrun.version", json_string(wr_version()));
  json_object_set_new(annotations, "wasmrun.base", json_string(oci->base));
  json_object_set_new(annotations, "wasmrun.modules", json_string("wasi_snapshot_preview1"));
  json_t *options = wr__oci_option_annotations();
  json_array_extend(unsafe, options);
  json_decref(options);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    json_array_append_new(unsafe, json_string(kinds[i]));
}

int wr__oci_features(wr__oci *oci) {
  int exit_status;
  if (!wr__oci_find_base(oci)) return WR__OCI_FAILED;
  json_t *features = ask_base(oci, false, &exit_status);
  /* crun 1.8 has no such command: then what every OCI runtime has. */
  if (!features)
    features = json_pack("{s:s, s:s}", "ociVersionMin", "1.0.0", "ociVersionMax", "1.1.0");
  if (!features) return wr__oci_fail(oci, "out of memory");
  add_features(oci, features);
  exit_status = print_json(oci, features);
  json_decref(features);
  return exit_status;
}
