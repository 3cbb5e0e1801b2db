/* containerd's config.toml: tables of a runtime, between two marks at the end of the file. The text
 * of the user's stays as it is; which tables are missing, and what they are called in this version
 * of the format, a scan of it tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "install.h"
#include "platform/process.h"
#include "toml.h"

#define BEGIN "# >>> wasmrun oci install containerd"
#define END "# <<< wasmrun oci install containerd\n"
/* How the block came about, behind BEGIN: what uninstalling has to take back with it. */
#define CREATED " (the file was created)"
#define JOINED " (the last line had no end)"
#define SEPARATOR WR__TOML_SEPARATOR

enum { MAX_TABLES = 4096 };

/* The CRI plugin's part for runtimes by the version of the format: as a path, and as it is written.
 */
static const struct {
  const char *path, *text;
} plugins[] = {
    {NULL, NULL},
    {"plugins" SEPARATOR "cri", "plugins.cri"},
    {"plugins" SEPARATOR "io.containerd.grpc.v1.cri", "plugins.\"io.containerd.grpc.v1.cri\""},
    {"plugins" SEPARATOR "io.containerd.cri.v1.runtime", "plugins.'io.containerd.cri.v1.runtime'"},
};

/* What the file says. */
typedef struct reading {
  long version;     /* 0: nothing */
  const char *root; /* the path of the table of runtimes */
  bool has_runc, has_wasmrun;
  int systemd;      /* runc's SystemdCgroup: 1, 0, or -1 where it is not set */
  bool is_disabled; /* the CRI plugin */
  bool has_imports;
  size_t closed_line;   /* where a table on the way is a value, which cannot be added to */
  size_t repeated_line; /* where a table is named again */
  const char **tables;  /* tables[table_count], whose names may not come again */
  size_t table_count;
  wr__oci *oci;
} reading;

static bool is_value(const wr__toml_item *item, const char *text) {
  return item->value_size == strlen(text) && memcmp(item->value, text, item->value_size) == 0;
}

static bool contains(const wr__toml_item *item, const char *text) {
  return memmem(item->value, item->value_size, text, strlen(text)) != NULL;
}

static void read_top(void *context, const wr__toml_item *item) {
  reading *r = context;
  if (item->kind != WR__TOML_VALUE) return;
  if (strcmp(item->path, "version") == 0) {
    r->version = item->value_size == 1 && *item->value >= '1' && *item->value <= '9'
                     ? *item->value - '0'
                     : -1;
  }
  if (strcmp(item->path, "imports") == 0) r->has_imports = !is_value(item, "[]");
  if (strcmp(item->path, "disabled_plugins") == 0)
    r->is_disabled = contains(item, "\"cri\"") || contains(item, "'cri'") ||
                     contains(item, "io.containerd.grpc.v1.cri") ||
                     contains(item, "io.containerd.cri.v1.runtime");
}

/* Is path the table, or in it? *rest is what follows. */
static bool is_in(const char *path, const char *table, const char **rest) {
  size_t size = strlen(table);
  *rest = path + size;
  return strncmp(path, table, size) == 0 && (path[size] == '\0' || path[size] == SEPARATOR[0]);
}

static void note_table(reading *r, const wr__toml_item *item) {
  const char *rest;
  for (size_t i = 0; i < r->table_count; i++) {
    const char *known = r->tables[i] + 1;
    /* An element of [[x]] has tables of its own: their names come again. */
    bool is_element = r->tables[i][0] == 'm' && is_in(item->path, known, &rest);
    if (is_element) return;
    if (strcmp(known, item->path) == 0 && !r->repeated_line) r->repeated_line = item->line;
  }
  if (r->table_count < MAX_TABLES)
    r->tables[r->table_count++] =
        wr__oci_text(r->oci, "%c%s", item->kind == WR__TOML_TABLES ? 'm' : 't', item->path);
}

static void read_runtimes(void *context, const wr__toml_item *item) {
  reading *r = context;
  const char *rest;
  if (item->kind != WR__TOML_VALUE) note_table(r, item);
  /* A value in the place of a table on the way to ours, and an array of tables. */
  if (item->kind != WR__TOML_TABLE && is_in(r->root, item->path, &rest) && !r->closed_line)
    r->closed_line = item->line;
  if (!is_in(item->path, r->root, &rest)) return;
  if (is_in(rest, SEPARATOR "runc", &rest)) {
    r->has_runc = true;
    if (strcmp(rest, SEPARATOR "options" SEPARATOR "SystemdCgroup") == 0 &&
        item->kind == WR__TOML_VALUE)
      r->systemd = is_value(item, "true");
  } else if (is_in(item->path + strlen(r->root), SEPARATOR "wasmrun", &rest)) {
    r->has_wasmrun = true;
  }
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* The format's version that this machine's containerd has for a new file; 0: there is none. */
static long version_of_installed(wr__oci *oci) {
  static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                        "/usr/bin",        "/sbin",          "/bin"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    const char *program = wr__oci_text(oci, "%s/containerd", folders[i]);
    char *line[] = {(char *)program, "--version", NULL}, *output = NULL;
    size_t size;
    if (!wr__oci_is_program(program)) continue;
    int status = wr__oci_capture(line, false, &output, &size);
    if (output) wr__oci_adopt(oci, output);
    if (status != 0 || !output) continue;
    /* containerd github.com/containerd/containerd/v2 v2.1.0 COMMIT, or without the v */
    for (const char *at = strchr(output, ' '); at; at = strchr(at + 1, ' ')) {
      const char *number = at + 1 + (at[1] == 'v');
      if (number[0] >= '0' && number[0] <= '9' && strchr(number, '.'))
        return strtol(number, NULL, 10) >= 2 ? 3 : 2;
    }
  }
  return 0;
}

static bool fail_line(wr__oci *oci, const wr__oci_change *c, size_t line, const char *what) {
  wr__oci_fail(oci, "%s:%zu: %s; nothing was changed", c->path, line, what);
  return false;
}

static bool read_version(wr__oci *oci, const wr__oci_change *c, reading *r) {
  size_t line = wr__toml_scan(c->before, c->before_size, read_top, r);
  if (line) return fail_line(oci, c, line, "not understood as TOML");
  if (r->version == 0) r->version = 1; /* as containerd takes it */
  if (r->version >= 1 && r->version <= 3) return true;
  wr__oci_fail(oci, "%s: its version is none that wasmrun knows (1, 2, 3); nothing was changed",
               c->path);
  return false;
}

static bool read_file(wr__oci *oci, const wr__oci_change *c, reading *r) {
  if (!read_version(oci, c, r)) return false;
  r->tables = wr__oci_alloc(oci, MAX_TABLES * sizeof *r->tables);
  r->root =
      wr__oci_text(oci, "%s" SEPARATOR "containerd" SEPARATOR "runtimes", plugins[r->version].path);
  wr__toml_scan(c->before, c->before_size, read_runtimes, r);
  if (r->repeated_line) return fail_line(oci, c, r->repeated_line, "this table was named before");
  if (r->closed_line)
    return fail_line(oci, c, r->closed_line,
                     "runtimes are given in a form that cannot be added to; write them as tables "
                     "([...containerd.runtimes.NAME])");
  return true;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static const char *make_block(wr__oci *oci, const wr__oci_change *c, const reading *r,
                              const char *how) {
  const char *root = wr__oci_text(oci, "%s.containerd.runtimes", plugins[r->version].text);
  /* Without a table of its own, runc would be no runtime any more as soon as there is another. */
  const char *runc =
      r->has_runc
          ? ""
          : wr__oci_text(oci, "[%s.runc]\n  runtime_type = \"io.containerd.runc.v2\"\n\n", root);
  const char *systemd =
      r->systemd < 0 ? ""
                     : wr__oci_text(oci, "  SystemdCgroup = %s\n", r->systemd ? "true" : "false");
  const char *version = c->before ? "" : wr__oci_text(oci, "version = %ld\n\n", r->version);
  return wr__oci_text(
      oci,
      BEGIN
      "%s\n%s%s[%s.wasmrun]\n"
      "  runtime_type = \"io.containerd.runc.v2\"\n"
      "  pod_annotations = [\"module.wasm.image/*\", \"run.oci.handler\", \"wasmrun.*\"]\n"
      "  container_annotations = [\"module.wasm.image/*\", \"run.oci.handler\", "
      "\"wasmrun.*\"]\n"
      "[%s.wasmrun.options]\n  BinaryName = \"%s\"\n%s" END,
      how, version, runc, root, root, c->runtime, systemd);
}

static bool add(wr__oci *oci, wr__oci_change *c) {
  reading r = {.systemd = -1, .oci = oci};
  if (!c->before) {
    r.version = version_of_installed(oci);
    if (r.version == 0) {
      wr__oci_fail(oci,
                   "%s: there is no such file, and no containerd that would say in which "
                   "version to write one; name the file with --config",
                   c->path);
      return false;
    }
  } else if (!read_file(oci, c, &r)) {
    return false;
  }
  if (r.has_wasmrun) {
    wr__oci_fail(oci,
                 "%s: has a runtime 'wasmrun' already, which `wasmrun oci install` did not "
                 "write; nothing was changed",
                 c->path);
    return false;
  }
  bool is_joined = c->before_size > 0 && c->before[c->before_size - 1] != '\n';
  const char *block = make_block(oci, c, &r, !c->before ? CREATED : is_joined ? JOINED : "");
  c->after = wr__oci_text(oci, "%.*s%s%s", (int)c->before_size, c->before ? c->before : "",
                          is_joined ? "\n" : "", block);
  c->after_size = strlen(c->after);
  if (r.is_disabled)
    c->note = "the CRI plugin is in disabled_plugins: Kubernetes cannot use containerd so";
  if (r.has_imports)
    c->note =
        "this file imports others; if one of them configures the CRI plugin, containerd takes "
        "runtimes from that file only: name it with --config instead";
  return true;
}

/* Where the block begins, or NULL. Twice, or without an end, is a fault. */
static const char *find_block(const wr__oci_change *c, const char **end, bool *is_whole) {
  const char *begin = strstr(c->before, BEGIN);
  *is_whole = true;
  if (!begin) return NULL;
  *end = strstr(begin, END);
  *is_whole = *end && (begin == c->before || begin[-1] == '\n') && !strstr(*end, BEGIN);
  if (*is_whole) *end += strlen(END);
  return begin;
}

static bool take_out(wr__oci *oci, wr__oci_change *c) {
  const char *end, *begin;
  bool is_whole;
  c->after = c->before;
  c->after_size = c->before_size;
  if (!c->before) return true;
  begin = find_block(c, &end, &is_whole);
  if (!is_whole) {
    wr__oci_fail(oci,
                 "%s: the block that wasmrun added was changed; remove it by hand, from '%s' on",
                 c->path, BEGIN);
    return false;
  }
  if (!begin) return true;
  const char *how = begin + strlen(BEGIN);
  size_t kept = (size_t)(begin - c->before), rest = strlen(end);
  if (strncmp(how, JOINED, strlen(JOINED)) == 0 && kept > 0 && rest == 0) kept--;
  c->after = wr__oci_text(oci, "%.*s%s", (int)kept, c->before, end);
  c->after_size = kept + rest;
  if (c->after_size == 0 && strncmp(how, CREATED, strlen(CREATED)) == 0) c->after = NULL;
  return true;
}

bool wr__oci_edit_containerd(wr__oci *oci, wr__oci_change *change, bool install) {
  if (change->before && strlen(change->before) != change->before_size) {
    wr__oci_fail(oci, "%s: not a text; nothing was changed", change->path);
    return false;
  }
  return install ? add(oci, change) : take_out(oci, change);
}
