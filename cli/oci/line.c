/* The command line of an OCI runtime. An option that is not known here may take a value: a word
 * after it that is neither an option nor a command is taken for one. */
#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "oci.h"

static const char *const global_values[] = {
    "root", "log",      "log-format",     "log-level",
    "criu", "rootless", "cgroup-manager", "wasmrun-settings",
    NULL};
static const char *const global_switches[] = {
    "debug", "systemd-cgroup", "help", "h", "version", "v", NULL};
static const char *const commands[] = {
    "create", "start",   "state",  "kill",     "delete",    "run",        "exec",    "ps",
    "pause",  "resume",  "update", "features", "list",      "events",     "spec",    "init",
    "help",   "version", "hook",   "install",  "uninstall", "checkpoint", "restore", NULL};
/* Options of create, run and exec that take a value, in runc and in crun. */
static const char *const command_values[] = {"bundle",
                                             "b",
                                             "console-socket",
                                             "pid-file",
                                             "preserve-fds",
                                             "config",
                                             "f",
                                             "process",
                                             "p",
                                             "cwd",
                                             "env",
                                             "e",
                                             "user",
                                             "u",
                                             "additional-gids",
                                             "g",
                                             "process-label",
                                             "apparmor",
                                             "cap",
                                             "c",
                                             "cgroup",
                                             NULL};

static bool is_among(const char *const *names, const char *word, size_t size) {
  for (; *names; names++) {
    if (strlen(*names) == size && memcmp(*names, word, size) == 0) return true;
  }
  return false;
}

void wr__oci_words_add(wr__oci *oci, wr__oci_words *words, const char *word) {
  if (words->count == words->capacity) {
    size_t capacity = words->capacity ? 2 * words->capacity : 16;
    const char **items = wr__oci_alloc(oci, capacity * sizeof *items);
    if (words->count > 0) memcpy(items, words->items, words->count * sizeof *items);
    words->items = items;
    words->capacity = capacity;
  }
  words->items[words->count++] = word;
}

/* An option's name and value; the value may be the next word. */
typedef struct option {
  const char *name;
  size_t name_size;
  const char *value; /* or NULL */
  int words;         /* how many words it is, 0 for no option */
} option;

static bool is_command(const char *word) { return is_among(commands, word, strlen(word)); }

/* The option at *at. Where it is not known, `guess` says whether a next word can be its value. */
static option read_option(char **at, const char *const *values, const char *const *switches,
                          bool guess) {
  option o = {0};
  if (at[0][0] != '-' || at[0][1] == '\0') return o;
  o.name = at[0] + 1 + (at[0][1] == '-');
  o.name_size = strcspn(o.name, "=");
  o.words = 1;
  if (o.name[o.name_size] == '=') {
    o.value = o.name + o.name_size + 1;
    return o;
  }
  bool takes = is_among(values, o.name, o.name_size);
  if (!takes && guess && at[1] && !is_among(switches, o.name, o.name_size))
    takes = at[1][0] != '-' && !is_command(at[1]);
  if (takes && at[1]) {
    o.value = at[1];
    o.words = 2;
  }
  return o;
}

static bool is_named(const option *o, const char *name) {
  return strlen(name) == o->name_size && memcmp(o->name, name, o->name_size) == 0;
}

void wr__oci_line_parse(wr__oci *oci, char **argv) {
  wr__oci_line *line = &oci->line;
  line->all = argv;
  char **at = argv;
  while (*at) {
    option o = read_option(at, global_values, global_switches, true);
    if (o.words == 0) break;
    bool is_ours = is_named(&o, "wasmrun-settings");
    if (is_ours) line->settings = o.value;
    if (is_named(&o, "root")) line->root = o.value;
    if (is_named(&o, "log")) line->log = o.value;
    if (is_named(&o, "log-format")) line->log_format = o.value;
    if (is_named(&o, "help") || is_named(&o, "h")) line->wants_help = true;
    if (is_named(&o, "version") || is_named(&o, "v")) line->wants_version = true;
    bool is_logs = is_named(&o, "log") || is_named(&o, "log-format");
    for (; o.words > 0; o.words--, at++) {
      if (!is_ours) wr__oci_words_add(oci, &line->globals, *at);
      if (!is_ours && !is_logs) wr__oci_words_add(oci, &line->quiet, *at);
    }
  }
  line->command = *at;
  line->rest = *at ? at + 1 : at;
}

/* True where the option is for wasmrun to say to the base runtime in its own way. */
static bool take_option(const option *o, wr__oci_operands *out) {
  if (is_named(o, "bundle") || is_named(o, "b")) {
    out->bundle = o->value;
  } else if (is_named(o, "process") || is_named(o, "p")) {
    out->process = o->value;
  } else if (is_named(o, "preserve-fds")) {
    out->preserve_fds = o->value ? (unsigned)strtoul(o->value, NULL, 10) : 0;
  } else if (is_named(o, "config") || is_named(o, "f")) {
    out->config = o->value;
  } else {
    if (is_named(o, "cwd")) out->cwd = o->value;
    if (is_named(o, "pid-file")) out->pid_file = o->value;
    return false;
  }
  return true;
}

void wr__oci_operands_parse(wr__oci *oci, wr__oci_operands *out) {
  bool is_exec = strcmp(oci->line.command, "exec") == 0;
  char **at = oci->line.rest;
  *out = (wr__oci_operands){0};
  /* In exec, what follows the id belongs to the command. */
  while (*at && !(is_exec && out->operands.count > 0)) {
    option o = read_option(at, command_values, global_switches, false);
    if (o.words == 0) {
      wr__oci_words_add(oci, &out->operands, *at++);
      continue;
    }
    bool taken = take_option(&o, out);
    for (; o.words > 0; o.words--, at++) {
      if (!taken) wr__oci_words_add(oci, &out->words, *at);
    }
  }
  while (*at) wr__oci_words_add(oci, &out->operands, *at++);
}

bool wr__oci_id_is_valid(const char *id) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
  size_t size = strlen(id);
  return size > 0 && size < 1024 && strspn(id, plain) == size && strcmp(id, ".") != 0 &&
         strcmp(id, "..") != 0;
}
