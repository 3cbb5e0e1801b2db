/* podman and CRI-O read a folder of files beside their configuration: a file of our own goes there.
 * Its first line tells whose it is. */
#include <string.h>

#include "install.h"

#define MARK "# Written by `wasmrun oci install %s`; `wasmrun oci uninstall %s` removes it.\n"

static bool edit(wr__oci *oci, wr__oci_change *change, bool install, const char *engine,
                 const char *text) {
  const char *mark = wr__oci_text(oci, MARK, engine, engine);
  bool is_ours = change->before && strncmp(change->before, mark, strlen(mark)) == 0;
  change->after = install || is_ours ? NULL : change->before;
  change->after_size = change->after ? change->before_size : 0;
  if (!install) return true;
  if (change->before) {
    wr__oci_fail(oci,
                 "%s: not written by `wasmrun oci install`; move it away, or name another file "
                 "with --config",
                 change->path);
    return false;
  }
  change->after = wr__oci_text(oci, "%s%s", mark, text);
  change->after_size = strlen(change->after);
  return true;
}

bool wr__oci_edit_podman(wr__oci *oci, wr__oci_change *change, bool install) {
  const char *text = wr__oci_text(oci,
                                  "[engine]\n"
                                  "# Errors arrive as messages, not as JSON in a line.\n"
                                  "runtime_supports_json = [\"crun\", \"runc\", \"kata\", "
                                  "\"runsc\", \"krun\", \"wasmrun-oci\"]\n"
                                  "\n"
                                  "[engine.runtimes]\n"
                                  "wasmrun-oci = [\"%s\"]\n",
                                  change->runtime);
  return edit(oci, change, install, "podman", text);
}

bool wr__oci_edit_crio(wr__oci *oci, wr__oci_change *change, bool install) {
  const char *text = wr__oci_text(oci,
                                  "[crio.runtime.runtimes.wasmrun]\n"
                                  "runtime_path = \"%s\"\n"
                                  "runtime_type = \"oci\"\n"
                                  "runtime_root = \"/run/wasmrun-crio\"\n",
                                  change->runtime);
  return edit(oci, change, install, "crio", text);
}
