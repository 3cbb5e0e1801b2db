/* Whether a process is a WebAssembly module: by the first bytes of the file that its first argument
 * names in the container's files, and by annotations. A native program stays one, whatever the
 * annotations of its pod say, so that a sidecar beside a module works. */
#include <errno.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"
#include "platform/inside.h"

typedef enum mark { MARK_NONE, MARK_SMART, MARK_WASM } mark;

static bool is_text(const json_t *value, const char *text) {
  const char *string = json_string_value(value);
  return string && strcmp(string, text) == 0;
}

static mark mark_of(const json_t *annotations) {
  const json_t *variant = json_object_get(annotations, "module.wasm.image/variant");
  const json_t *os = json_object_get(annotations, "org.opencontainers.image.os");
  const json_t *machine = json_object_get(annotations, "org.opencontainers.image.architecture");
  bool is_platform = (is_text(os, "wasi") || is_text(os, "wasip1")) &&
                     (is_text(machine, "wasm") || is_text(machine, "wasm32"));
  if (is_platform || is_text(variant, "compat") ||
      is_text(json_object_get(annotations, "run.oci.handler"), "wasm"))
    return MARK_WASM;
  return is_text(variant, "compat-smart") ? MARK_SMART : MARK_NONE;
}

bool wr__oci_is_marked(const json_t *annotations) { return mark_of(annotations) == MARK_WASM; }

/* ---- The file ------------------------------------------------------------------------------- */

/* The rest of path below folder: "" for itself, NULL where it is not below. */
static const char *below(const char *path, const char *folder) {
  size_t size = strlen(folder);
  while (size > 0 && folder[size - 1] == '/') size--;
  if (strncmp(path, folder, size) != 0) return NULL;
  if (path[size] == '\0') return path + size;
  return path[size] == '/' ? path + size + 1 : NULL;
}

static bool is_bind(const json_t *mount) {
  const json_t *option;
  size_t i;
  if (is_text(json_object_get(mount, "type"), "bind")) return true;
  json_array_foreach(json_object_get(mount, "options"), i, option) {
    if (is_text(option, "bind") || is_text(option, "rbind")) return true;
  }
  return false;
}

/* Opens an absolute path of the container; -1 with errno. Mounts are not made yet when a container
 * is created, so the last one that covers the path is looked into. */
static int open_inside(wr__oci *oci, const wr__oci_view *view, const char *path) {
  const json_t *mount;
  size_t i;
  const char *root = view->root, *rest = path;
  json_array_foreach(view->mounts, i, mount) {
    const char *destination = json_string_value(json_object_get(mount, "destination"));
    const char *source = json_string_value(json_object_get(mount, "source"));
    const char *beneath = destination ? below(path, destination) : NULL;
    if (!beneath) continue;
    rest = beneath;
    root = source && is_bind(mount) ? source : NULL;
    if (root && root[0] != '/') root = wr__oci_text(oci, "%s/%s", view->bundle, root);
  }
  errno = ENOENT;
  return root ? wr__oci_open_inside(root, rest) : -1;
}

/* The path without doubled slashes and "." and ".." (which at the root stays there). Names before
 * ".." are taken away as text, so a link before ".." is not followed; the kernel follows it when
 * the module is opened for real. */
static const char *clean_path(wr__oci *oci, const char *path) {
  size_t used = 0;
  char *out = wr__oci_alloc(oci, strlen(path) + 2);
  while (*path) {
    size_t size = strcspn(path, "/");
    if (size == 2 && memcmp(path, "..", 2) == 0) {
      while (used > 0 && out[--used] != '/') continue;
    } else if (size > 0 && !(size == 1 && path[0] == '.')) {
      out[used++] = '/';
      memcpy(out + used, path, size);
      used += size;
    }
    path += size + (path[size] == '/');
  }
  if (used == 0) out[used++] = '/';
  out[used] = '\0';
  return out;
}

static bool try_path(wr__oci *oci, const wr__oci_view *view, const char *folder, const char *name,
                     wr__oci_program *program) {
  program->path = clean_path(oci, wr__oci_text(oci, "%s/%s", folder, name));
  program->fd = open_inside(oci, view, program->path);
  return program->fd >= 0;
}

static const char *path_variable(const json_t *process) {
  const json_t *entry;
  size_t i;
  json_array_foreach(json_object_get(process, "env"), i, entry) {
    const char *text = json_string_value(entry);
    if (text && strncmp(text, "PATH=", 5) == 0) return text + 5;
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As a shell would find it, and in the working directory too. */
static void find_program(wr__oci *oci, const wr__oci_view *view, const json_t *process,
                         const char *name, wr__oci_program *program) {
  const char *folder = json_string_value(json_object_get(process, "cwd"));
  if (!folder) folder = "/";
  if (name[0] != '/' && !strchr(name, '/')) {
    for (const char *path = path_variable(process); *path;) {
      size_t size = strcspn(path, ":");
      const char *entry = wr__oci_text(oci, "%.*s", (int)size, path);
      if (entry[0] == '/' && try_path(oci, view, entry, name, program)) return;
      path += size + (path[size] == ':');
    }
  }
  try_path(oci, view, name[0] == '/' ? "" : folder, name, program);
}

/* Engines put a small init before the command where they are asked to: `INIT -- COMMAND ARGS...`.
 */
static size_t command_index(const json_t *args) {
  static const char *const names[] = {"init", "docker-init", "podman-init", "catatonit", "tini"};
  const char *first = json_string_value(json_array_get(args, 0));
  if (!first || !is_text(json_array_get(args, 1), "--")) return 0;
  const char *slash = strrchr(first, '/');
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(slash ? slash + 1 : first, names[i]) == 0) return 2;
  }
  return 0;
}

/* ---- The verdict ------------------------------------------------------------------------------
 */

static bool ends_like_wasm(const char *name) {
  size_t size = strlen(name);
  return size > 5 &&
         (strcmp(name + size - 5, ".wasm") == 0 || strcmp(name + size - 4, ".wat") == 0);
}

wr__oci_kind wr__oci_detect(wr__oci *oci, const wr__oci_view *view, const json_t *process,
                            const json_t *annotations, wr__oci_program *program) {
  char head[4] = "";
  const json_t *args = json_object_get(process, "args");
  *program = (wr__oci_program){.fd = -1, .index = command_index(args)};
  const char *name = json_string_value(json_array_get(args, program->index));
  if (!name || name[0] == '\0') return WR__OCI_NATIVE;
  mark marked = mark_of(annotations);
  if (marked == MARK_SMART) marked = ends_like_wasm(name) ? MARK_WASM : MARK_NONE;
  find_program(oci, view, process, name, program);
  int code = errno;
  size_t size = program->fd >= 0 ? wr__oci_read_head(program->fd, head, sizeof head) : 0;
  if (size == 4 && memcmp(head, "\0asm", 4) == 0) return WR__OCI_WASM;
  bool is_native = (size == 4 && memcmp(head, "\177ELF", 4) == 0) || memcmp(head, "#!", 2) == 0;
  if (program->fd >= 0 && marked == MARK_WASM && !is_native) return WR__OCI_WASM;
  bool is_missing = program->fd < 0 && marked == MARK_WASM;
  if (program->fd >= 0) wr__oci_close(program->fd);
  program->fd = -1;
  if (!is_missing) return WR__OCI_NATIVE;
  wr__oci_fail(oci, "module '%s' in the container's root file system: %s", name, strerror(code));
  return WR__OCI_BROKEN;
}
