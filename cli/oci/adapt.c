/* A bundle's configuration as the base runtime gets it. It stands in another folder than the one
 * that was given, so what is relative to that becomes absolute; what is not known stays. */
#include <string.h>

#include "oci.h"
#include "platform/process.h"

static bool set_text(json_t *object, const char *key, const char *text) {
  return json_object_set_new(object, key, json_string(text)) == 0;
}

static const char *absolute(wr__oci *oci, const char *bundle, const char *path) {
  return path[0] == '/' ? path : wr__oci_text(oci, "%s/%s", bundle, path);
}

static bool adapt_root(wr__oci *oci, json_t *config, const char *bundle) {
  json_t *root = json_object_get(config, "root");
  const char *path = json_string_value(json_object_get(root, "path"));
  return !path || set_text(root, "path", absolute(oci, bundle, path));
}

/* A bind mount's source may be relative to the bundle; other sources are names or nothing. */
static bool adapt_mounts(wr__oci *oci, json_t *config, const char *bundle) {
  json_t *mount, *option;
  size_t i, j;
  json_array_foreach(json_object_get(config, "mounts"), i, mount) {
    const char *type = json_string_value(json_object_get(mount, "type"));
    const char *source = json_string_value(json_object_get(mount, "source"));
    bool is_bind = type && strcmp(type, "bind") == 0;
    json_array_foreach(json_object_get(mount, "options"), j, option) {
      const char *text = json_string_value(option);
      if (text && (strcmp(text, "bind") == 0 || strcmp(text, "rbind") == 0)) is_bind = true;
    }
    if (source && is_bind && !set_text(mount, "source", absolute(oci, bundle, source)))
      return false;
  }
  return true;
}

/* ---- Hooks --------------------------------------------------------------------------------- */

/* path and args become: this program, "wasmrun-oci hook BUNDLE PATH ARGS...". */
static bool adapt_hook(json_t *hook, const char *bundle, const char *program) {
  json_t *path = json_object_get(hook, "path"), *args = json_object_get(hook, "args");
  json_t *line = json_pack("[s, s, s, O]", "wasmrun-oci", "hook", bundle, path);
  if (!line) return false;
  if (json_is_array(args) && json_array_size(args) > 0) {
    json_array_extend(line, args);
  } else {
    json_array_append(line, path);
  }
  return json_object_set_new(hook, "args", line) == 0 && set_text(hook, "path", program);
}

/* Hooks are told the bundle's path on standard input. Those that are looked up inside the container
 * (startContainer) cannot be told by a program of the host. */
static bool adapt_hooks(wr__oci *oci, json_t *config, const char *bundle) {
  static const char *const kinds[] = {"prestart", "createRuntime", "createContainer", "poststart",
                                      "poststop"};
  json_t *hooks = json_object_get(config, "hooks"), *hook;
  size_t i;
  if (!json_is_object(hooks)) return true;
  const char *program = wr__oci_adopt(oci, wr__oci_own_path());
  for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
    json_array_foreach(json_object_get(hooks, kinds[kind]), i, hook) {
      if (json_is_string(json_object_get(hook, "path")) && !adapt_hook(hook, bundle, program))
        return false;
    }
  }
  return true;
}

/* ---- The whole ------------------------------------------------------------------------------- */

bool wr__oci_adapt_config(wr__oci *oci, json_t *config, const char *bundle) {
  /* By these crun would look for a wasm engine of its own. */
  json_t *annotations = json_object_get(config, "annotations");
  json_object_del(annotations, "run.oci.handler");
  json_object_del(annotations, "module.wasm.image/variant");
  if (adapt_root(oci, config, bundle) && adapt_mounts(oci, config, bundle) &&
      adapt_hooks(oci, config, bundle))
    return true;
  wr__oci_fail(oci, "out of memory");
  return false;
}

bool wr__oci_adapt_process(wr__oci *oci, json_t *process, const wr__oci_program *module, int fd) {
  json_t *args = json_object_get(process, "args");
  const char *program = wr__oci_text(oci, WR__OCI_FD_FOLDER "%d", fd);
  if (json_array_insert_new(args, module->index, json_string(program)) == 0) return true;
  wr__oci_fail(oci, "out of memory");
  return false;
}
