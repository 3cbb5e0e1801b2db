/* `wasmrun oci install ENGINE`: makes wasmrun a runtime of an engine by a change of that engine's
 * configuration, and `uninstall`, which takes exactly that change back. A file that is not
 * understood is not touched. */
#include "install.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../commands.h"
#include "../suggest.h"
#include "platform/files.h"
#include "platform/process.h"

static const struct engine {
  const char *name, *path;
  const char *user_path; /* below the user's configuration folder, without root; NULL: none */
  wr__oci_edit edit;
  const char *after; /* what is to be done afterwards */
} engines[] = {
    {"containerd", "/etc/containerd/config.toml", NULL, wr__oci_edit_containerd,
     "systemctl restart containerd; in Kubernetes, create a RuntimeClass with handler: wasmrun"},
    {"crio", "/etc/crio/crio.conf.d/50-wasmrun.conf", NULL, wr__oci_edit_crio,
     "systemctl restart crio; create a RuntimeClass with handler: wasmrun"},
    {"podman", "/etc/containers/containers.conf.d/wasmrun.conf",
     "containers/containers.conf.d/wasmrun.conf", wr__oci_edit_podman,
     "nothing to restart: podman --runtime wasmrun-oci run ..."},
    {"docker", "/etc/docker/daemon.json", "docker/daemon.json", wr__oci_edit_docker,
     "systemctl restart docker; then: docker run --runtime wasmrun ..."},
};
enum { ENGINE_COUNT = sizeof engines / sizeof engines[0] };

/* The command line. */
typedef struct request {
  const struct engine *engine;
  const char *config, *runtime;
  bool install, dry_run;
} request;

#define USAGE "usage: wasmrun oci %s containerd|crio|podman|docker [--config FILE] [--dry-run]"

static const struct engine *find_engine(wr__oci *oci, const char *name) {
  const char *names[ENGINE_COUNT];
  for (size_t i = 0; i < ENGINE_COUNT; i++) {
    names[i] = engines[i].name;
    if (strcmp(name, names[i]) == 0) return &engines[i];
  }
  if (strcmp(name, "cri-o") == 0) return &engines[1];
  const char *near = wr__suggest(name, names, ENGINE_COUNT);
  wr__oci_fail(oci, "%s: '%s' is not one of containerd, crio, podman, docker%s%s%s",
               oci->line.command, name, near ? "; did you mean '" : "", near ? near : "",
               near ? "'?" : "");
  return NULL;
}

/* The value of --NAME VALUE or --NAME=VALUE at *at, which then stands at its last word; or NULL. */
static const char *value_of(char ***at, const char *name) {
  size_t size = strlen(name);
  if (strncmp(**at, name, size) != 0) return NULL;
  if ((**at)[size] == '=') return **at + size + 1;
  if ((**at)[size] != '\0' || !(*at)[1]) return NULL;
  return *++*at;
}

static bool read_request(wr__oci *oci, request *r) {
  *r = (request){.install = strcmp(oci->line.command, "install") == 0};
  const char *name = NULL, *value;
  for (char **at = oci->line.rest; *at; at++) {
    if (strcmp(*at, "--dry-run") == 0) {
      r->dry_run = true;
    } else if ((value = value_of(&at, "--config")) != NULL) {
      r->config = value;
    } else if ((value = value_of(&at, "--runtime-path")) != NULL) {
      r->runtime = value;
    } else if (**at == '-' || name) {
      wr__oci_fail(oci, "%s: '%s' is not understood; " USAGE, oci->line.command, *at,
                   oci->line.command);
      return false;
    } else {
      name = *at;
    }
  }
  if (!name)
    wr__oci_fail(oci, "%s: no engine is named; " USAGE, oci->line.command, oci->line.command);
  r->engine = name ? find_engine(oci, name) : NULL;
  return r->engine != NULL;
}

/* ---- Files ---------------------------------------------------------------------------------- */

static const char *default_path(wr__oci *oci, const struct engine *engine) {
  char *user = engine->user_path ? wr__oci_user_config() : NULL;
  if (!user) return engine->path;
  wr__oci_adopt(oci, user);
  return wr__oci_text(oci, "%s/%s", user, engine->user_path);
}

/* wasmrun-oci beside this program. */
static const char *default_runtime(wr__oci *oci) {
  char *own = wr__oci_adopt(oci, wr__oci_own_path());
  char *slash = strrchr(own, '/');
  return wr__oci_text(oci, "%.*s/wasmrun-oci", slash ? (int)(slash - own) : 0, own);
}

/* Would a path break a line or a string of a configuration? */
static bool is_plain_path(const char *path) {
  for (const char *at = path; *at; at++)
    if ((unsigned char)*at < ' ' || *at == '"' || *at == '\\' || *at == 0x7f) return false;
  return path[0] == '/';
}

static bool begin_change(wr__oci *oci, const request *r, wr__oci_change *change) {
  *change = (wr__oci_change){.path = r->config ? r->config : default_path(oci, r->engine),
                             .runtime = r->runtime ? r->runtime : default_runtime(oci)};
  if (r->install && !is_plain_path(change->runtime)) {
    wr__oci_fail(oci, "%s: not an absolute path that a configuration can hold", change->runtime);
    return false;
  }
  if (r->install && !wr__oci_is_program(change->runtime)) {
    wr__oci_fail(oci, "%s: %s; name wasmrun-oci with --runtime-path", change->runtime,
                 strerror(errno));
    return false;
  }
  char *text;
  if (wr__oci_read_file(change->path, WR__OCI_CONFIG_LIMIT_BYTES, &text, &change->before_size)) {
    change->before = wr__oci_adopt(oci, text);
  } else if (errno != ENOENT) {
    wr__oci_fail(oci, "%s: %s", change->path, strerror(errno));
    return false;
  }
  return true;
}

static bool is_same(const wr__oci_change *c) {
  if (!c->before || !c->after) return c->before == c->after;
  return c->before_size == c->after_size && memcmp(c->before, c->after, c->after_size) == 0;
}

/* ---- What is shown -------------------------------------------------------------------------- */

static size_t line_end(const char *text, size_t size, size_t at) {
  const char *newline = memchr(text + at, '\n', size - at);
  return newline ? (size_t)(newline - text) + 1 : size;
}

/* Where the last line of text[least, end) begins. */
static size_t line_begin(const char *text, size_t end, size_t least) {
  size_t at = end - 1;
  while (at > least && text[at - 1] != '\n') at--;
  return at;
}

static void show_lines(char sign, const char *text, size_t at, size_t size) {
  while (at < size) {
    size_t end = line_end(text, size, at);
    printf("%c%.*s", sign, (int)(end - at), text + at);
    if (text[end - 1] != '\n') puts("\n\\ no newline at the end of the file");
    at = end;
  }
}

/* The lines between those that are the same at the beginning and at the end. */
static void show_change(const wr__oci_change *c) {
  size_t old_end = c->before ? c->before_size : 0, new_end = c->after ? c->after_size : 0;
  size_t begin = 0, line = 1;
  while (begin < old_end && begin < new_end) {
    size_t end = line_end(c->before, old_end, begin);
    if (end != line_end(c->after, new_end, begin)) break;
    if (memcmp(c->before + begin, c->after + begin, end - begin) != 0) break;
    begin = end;
    line++;
  }
  while (old_end > begin && new_end > begin) {
    size_t old_line = line_begin(c->before, old_end, begin);
    size_t new_line = line_begin(c->after, new_end, begin);
    if (old_end - old_line != new_end - new_line ||
        memcmp(c->before + old_line, c->after + new_line, old_end - old_line) != 0)
      break;
    old_end = old_line;
    new_end = new_line;
  }
  printf("--- %s\n+++ %s\n@@ line %zu @@\n", c->before ? c->path : "/dev/null",
         c->after ? c->path : "/dev/null", line);
  if (c->before) show_lines('-', c->before, begin, old_end);
  if (c->after) show_lines('+', c->after, begin, new_end);
}

/* ---- Carrying out --------------------------------------------------------------------------- */

static bool write_change(wr__oci *oci, const wr__oci_change *c) {
  bool good = c->after ? wr__oci_replace_file(c->path, c->after, c->after_size)
                       : wr__oci_remove_file(c->path);
  if (!good) wr__oci_fail(oci, "%s: cannot be changed: %s", c->path, strerror(errno));
  return good;
}

/* The file as it was before the first installation. Its name, or NULL and the reason is reported.
 */
static const char *keep_copy(wr__oci *oci, const wr__oci_change *c) {
  const char *copy = wr__oci_text(oci, "%s" WR__OCI_COPY_SUFFIX, c->path);
  if (wr__oci_replace_file(copy, c->before, c->before_size)) return copy;
  wr__oci_fail(oci, "%s: cannot be written: %s", copy, strerror(errno));
  return NULL;
}

/* The copy is of no more use if it is what the file is again. */
static void drop_copy(wr__oci *oci, const wr__oci_change *c) {
  const char *copy = wr__oci_text(oci, "%s" WR__OCI_COPY_SUFFIX, c->path);
  char *text;
  size_t size;
  if (!wr__oci_read_file(copy, WR__OCI_CONFIG_LIMIT_BYTES, &text, &size)) return;
  wr__oci_adopt(oci, text);
  if (c->after && size == c->after_size && memcmp(text, c->after, size) == 0) {
    wr__oci_remove_file(copy);
  } else {
    printf("the file as it was before is kept as %s\n", copy);
  }
}

static int install(wr__oci *oci, const request *r, const wr__oci_change *c, bool was_there) {
  const char *copy = NULL;
  if (c->before && !was_there && !(copy = keep_copy(oci, c))) return WR__OCI_FAILED;
  if (!write_change(oci, c)) return WR__OCI_FAILED;
  printf("%s: %s the runtime wasmrun (%s)\n", c->path,
         was_there   ? "changed"
         : c->before ? "added"
                     : "created, with",
         c->runtime);
  if (copy) printf("the file as it was is kept as %s\n", copy);
  if (c->note) printf("note: %s\n", c->note);
  printf("next: %s\n", r->engine->after);
  return wr__flush_output(0);
}

static int uninstall(wr__oci *oci, const request *r, const wr__oci_change *c) {
  if (!write_change(oci, c)) return WR__OCI_FAILED;
  printf("%s: %s\n", c->path, c->after ? "the runtime wasmrun is taken out" : "removed");
  drop_copy(oci, c);
  printf("next: %s\n", strncmp(r->engine->after, "nothing", 7) == 0
                           ? "nothing to restart"
                           : wr__oci_text(oci, "systemctl restart %s", r->engine->name));
  return wr__flush_output(0);
}

int wr__oci_install(wr__oci *oci) {
  request r;
  wr__oci_change change;
  if (!read_request(oci, &r)) return WR__EXIT_USAGE;
  if (!begin_change(oci, &r, &change)) return WR__OCI_FAILED;
  /* Without what an installation added: what it was before the first one. */
  wr__oci_change clean = change;
  if (!r.engine->edit(oci, &clean, false)) return WR__OCI_FAILED;
  bool was_there = !is_same(&clean);
  if (r.install) {
    change.before = clean.after;
    change.before_size = clean.after_size;
    if (!r.engine->edit(oci, &change, true)) return WR__OCI_FAILED;
    change.before = clean.before;
    change.before_size = clean.before_size;
  } else {
    change = clean;
  }
  if (is_same(&change)) {
    printf("%s: nothing to change: wasmrun is %s\n", change.path,
           r.install ? "installed already" : "not installed there");
    return wr__flush_output(0);
  }
  if (r.dry_run) {
    show_change(&change);
    return wr__flush_output(0);
  }
  return r.install ? install(oci, &r, &change, was_there) : uninstall(oci, &r, &change);
}
