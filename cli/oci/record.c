/* Records of wasm containers: a folder for each, which is the bundle that the base runtime is given
 * (config.json) and holds what was given to wasmrun (given.json). Containers that are not wasm have
 * none. A folder's name is the base runtime's root, then a colon and the id. */
#include <errno.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"

/* The folder in which the base runtime keeps its containers, as runc and crun choose it. */
static const char *base_root(wr__oci *oci) {
  const char *root = oci->line.root;
  if (root && root[0] == '/') return root;
  const char *here = root ? wr__oci_adopt(oci, wr__oci_current_folder()) : NULL;
  if (root) return wr__oci_text(oci, "%s/%s", here, root);
  const char *name = strrchr(wr__oci_find_base(oci) ? oci->base : "/runc", '/') + 1;
  return wr__oci_text(oci, "%s/%s", wr__oci_runtime_folder(), name);
}

static const char *records(wr__oci *oci) {
  if (oci->settings.state) return oci->settings.state;
  return wr__oci_text(oci, "%s/wasmrun/oci", wr__oci_runtime_folder());
}

const char *wr__oci_record_path(wr__oci *oci, const char *id) {
  if (!wr__oci_id_is_valid(id)) {
    wr__oci_fail(oci, "invalid container id '%s'", id);
    return NULL;
  }
  return wr__oci_text(oci, "%s%s/:%s", records(oci), base_root(oci), id);
}

json_t *wr__oci_record_load(wr__oci *oci, const char *id) {
  if (!wr__oci_id_is_valid(id)) return NULL; /* the base runtime says so */
  const char *path = wr__oci_text(oci, "%s/given.json", wr__oci_record_path(oci, id));
  return wr__oci_is_file(path) ? wr__oci_json_load(oci, path) : NULL;
}

bool wr__oci_container_exists(wr__oci *oci, const char *id, json_t **state) {
  wr__oci_words operands = {0};
  wr__oci_words_add(oci, &operands, id);
  char *output;
  size_t size_bytes;
  int status = wr__oci_capture(wr__oci_quiet_line(oci, "state", NULL, &operands), false, &output,
                               &size_bytes);
  if (output) wr__oci_adopt(oci, output);
  if (status != 0) return false;
  if (state) *state = wr__oci_json_parse(oci, "the base runtime's state", output, size_bytes);
  return !state || *state;
}

int wr__oci_record_begin(wr__oci *oci, const char *id) {
  const char *folder = wr__oci_record_path(oci, id);
  if (!folder) return -1;
  for (int tries = 0; tries < 100; tries++) {
    bool existed;
    int lock = wr__oci_make_locked_folder(folder, &existed);
    if (lock >= 0 && !existed) return lock;
    if (lock < 0 && errno == EWOULDBLOCK) {
      wr__oci_fail(oci, "container '%s' is being created by another process", id);
      return -1;
    }
    if (lock < 0) {
      wr__oci_fail(oci, "cannot make %s: %s", folder, strerror(errno));
      return -1;
    }
    if (wr__oci_container_exists(oci, id, NULL)) {
      wr__oci_close(lock);
      wr__oci_fail(oci, "container '%s' exists already", id);
      return -1;
    }
    /* left behind by a container that was deleted without wasmrun */
    wr__oci_remove_tree(folder);
    wr__oci_close(lock);
  }
  wr__oci_fail(oci, "cannot make %s: others remove it", folder);
  return -1;
}

void wr__oci_record_remove(wr__oci *oci, const char *id) {
  const char *folder = wr__oci_record_path(oci, id);
  if (!folder) return;
  wr__oci_remove_tree(folder);
  wr__oci_remove_empty(wr__oci_text(oci, "%s%s", records(oci), base_root(oci)), records(oci));
}
