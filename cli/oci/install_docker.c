/* Docker's daemon.json: a member of the object "runtimes". JSON has no comments, so a member of the
 * form that an installation writes counts as its own. */
#include <string.h>

#include "install.h"
#include "platform/files.h"

#define NAME "wasmrun"

/* {"path": ".../wasmrun-oci"} and nothing more. */
static bool is_ours(const json_t *member) {
  const char *path = json_string_value(json_object_get(member, "path"));
  const char *slash = path ? strrchr(path, '/') : NULL;
  return slash && strcmp(slash, "/wasmrun-oci") == 0 && json_object_size(member) == 1;
}

static void set_text(wr__oci *oci, wr__oci_change *change, const json_t *json) {
  change->after = wr__oci_text(oci, "%s\n", wr__oci_json_dump(oci, json, JSON_INDENT(2)));
  change->after_size = strlen(change->after);
}

/* The copy that an installation kept, if it says the same as json: its text, to the byte. */
static bool set_copy(wr__oci *oci, wr__oci_change *change, const json_t *json) {
  const char *path = wr__oci_text(oci, "%s" WR__OCI_COPY_SUFFIX, change->path);
  char *text;
  size_t size;
  if (!wr__oci_read_file(path, WR__OCI_CONFIG_LIMIT_BYTES, &text, &size)) return false;
  wr__oci_adopt(oci, text);
  json_t *copy = wr__oci_json_parse(oci, path, text, size);
  bool is_same = copy && json_equal(copy, json);
  json_decref(copy);
  if (!is_same) return false;
  change->after = text;
  change->after_size = size;
  return true;
}

static bool add(wr__oci *oci, wr__oci_change *change, json_t *json) {
  json_t *runtimes = json_object_get(json, "runtimes");
  if (json_object_get(runtimes, NAME)) {
    wr__oci_fail(oci, "%s: has a runtime '" NAME "' of another form; remove it first",
                 change->path);
    return false;
  }
  if (!runtimes) {
    runtimes = json_object();
    json_object_set_new(json, "runtimes", runtimes);
  }
  json_object_set_new(runtimes, NAME, json_pack("{s:s}", "path", change->runtime));
  set_text(oci, change, json);
  return true;
}

static void take_out(wr__oci *oci, wr__oci_change *change, json_t *json) {
  json_t *runtimes = json_object_get(json, "runtimes");
  if (!is_ours(json_object_get(runtimes, NAME))) {
    change->after = change->before;
    change->after_size = change->before_size;
    return;
  }
  json_object_del(runtimes, NAME);
  if (set_copy(oci, change, json)) return; /* which has an empty "runtimes" */
  if (json_object_size(runtimes) == 0) json_object_del(json, "runtimes");
  if (set_copy(oci, change, json)) return;
  change->after = NULL;
  if (json_object_size(json) > 0) set_text(oci, change, json);
}

bool wr__oci_edit_docker(wr__oci *oci, wr__oci_change *change, bool install) {
  change->after = NULL;
  if (!change->before && !install) return true;
  bool is_empty = !change->before || strspn(change->before, " \t\r\n") == change->before_size;
  json_t *json = is_empty
                     ? json_object()
                     : wr__oci_json_parse(oci, change->path, change->before, change->before_size);
  if (!json) return false;
  const json_t *runtimes = json_object_get(json, "runtimes");
  bool good = !runtimes || json_is_object(runtimes);
  if (!good) wr__oci_fail(oci, "%s: 'runtimes' is not an object", change->path);
  if (good && install) good = add(oci, change, json);
  if (good && !install) take_out(oci, change, json);
  json_decref(json);
  return good;
}
