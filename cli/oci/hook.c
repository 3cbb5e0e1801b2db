/* `wasmrun-oci hook BUNDLE PATH ARGS...`: becomes a hook of the bundle, after the state on standard
 * input was changed to name the bundle that was given. */
#include <errno.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"
#include "platform/seal.h"

enum { STATE_LIMIT_BYTES = 1 << 20 };

int wr__oci_hook(wr__oci *oci) {
  char **words = oci->line.rest;
  char *text;
  size_t size_bytes;
  if (!words[0] || !words[1] || !words[2]) return wr__oci_fail(oci, "hook: which one?");
  if (!wr__oci_read_file("/dev/stdin", STATE_LIMIT_BYTES, &text, &size_bytes))
    return wr__oci_fail(oci, "hook %s: state: %s", words[1], strerror(errno));
  wr__oci_adopt(oci, text);
  json_t *state = wr__oci_json_parse(oci, "the state for a hook", text, size_bytes);
  if (!state) return WR__OCI_FAILED;
  json_object_set_new(state, "bundle", json_string(words[0]));
  const char *changed = wr__oci_json_dump(oci, state, JSON_COMPACT);
  json_decref(state);
  if (!wr__oci_seal_bytes(changed, strlen(changed), 0))
    return wr__oci_fail(oci, "hook %s: state: %s", words[1], strerror(errno));
  return wr__oci_fail(oci, "hook %s: %s", words[1], wr__oci_become_as(words[1], words + 2));
}
