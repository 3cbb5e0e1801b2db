/* `wasmrun key`: one's own key, and whose native code is trusted. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static int fail(const wr_error *error) {
  wr__report("%s", error->message);
  return WR__EXIT_FAILED;
}

static void print_key(FILE *out, const wr_public_key *key) {
  char text[WR_PUBLIC_KEY_TEXT_SIZE], name[4 * sizeof key->name];
  wr_public_key_text(key, text);
  wr_text_escape(key->name, strlen(key->name), name, sizeof name);
  fprintf(out, "%s%s%s\n", text, name[0] ? " " : "", name);
}

/* As a file that others import. */
static int print_line(const wr_public_key *key, const char *output) {
  char text[WR_PUBLIC_KEY_TEXT_SIZE], line[128];
  wr_public_key_text(key, text);
  int length = snprintf(line, sizeof line, "wasmrun-public-key %s\n", text);
  return wr__write_file(output ? output : "-", line, (size_t)length) ? WR__EXIT_OK
                                                                     : WR__EXIT_FAILED;
}

static int own_key(wr_public_key *out) {
  wr_error error;
  wr_signing_key *key;
  if (wr_signing_key_open(NULL, &key, &error) != WR_OK) return fail(&error);
  *out = wr_signing_key_public(key);
  wr_signing_key_delete(key);
  return WR__EXIT_OK;
}

static int show(const wr__parsed *parsed) {
  wr_public_key key;
  (void)parsed;
  int exit_status = own_key(&key);
  char text[WR_PUBLIC_KEY_TEXT_SIZE];
  wr_public_key_text(&key, text);
  if (exit_status == WR__EXIT_OK) puts(text);
  return wr__flush_output(exit_status);
}

static int make(const wr__parsed *parsed) {
  wr_error error;
  wr_signing_key *key;
  if (wr_signing_key_new(parsed->operands[1], &key, &error) != WR_OK) return fail(&error);
  wr_public_key public = wr_signing_key_public(key);
  wr_signing_key_delete(key);
  return print_line(&public, wr__option_last(parsed, WR__OPTION_OUTPUT));
}

static int export(const wr__parsed *parsed) {
  wr_public_key key;
  int exit_status = own_key(&key);
  return exit_status == WR__EXIT_OK ? print_line(&key, wr__option_last(parsed, WR__OPTION_OUTPUT))
                                    : exit_status;
}

/* Every key of the file, each by the name that it has there unless --name gives another. */
static int import(const wr__parsed *parsed) {
  wr_error error;
  wr_public_key *keys;
  size_t count;
  const char *name = wr__option_last(parsed, WR__OPTION_NAME);
  if (wr_public_keys_read(parsed->operands[1], &keys, &count, &error) != WR_OK) return fail(&error);
  int exit_status = WR__EXIT_OK;
  if (count == 0 || (name && (count > 1 || strlen(name) >= sizeof keys->name ||
                              strpbrk(name, " \t\n") || !name[0]))) {
    wr__report(count == 0  ? "%s: no key"
               : count > 1 ? "%s: several keys cannot have one name"
                           : "%s: a name is a word of at most 63 bytes",
               parsed->operands[1]);
    exit_status = WR__EXIT_FAILED;
  }
  for (size_t i = 0; exit_status == WR__EXIT_OK && i < count; i++) {
    if (name) strcpy(keys[i].name, name);
    if (wr_user_keys_add(&keys[i], &error) != WR_OK) exit_status = fail(&error);
  }
  wr_public_keys_delete(keys);
  return exit_status;
}

static int list(const wr__parsed *parsed) {
  wr_error error;
  wr_public_key *keys;
  size_t count;
  (void)parsed;
  if (wr_user_keys_read(&keys, &count, &error) != WR_OK) return fail(&error);
  for (size_t i = 0; i < count; i++) print_key(stdout, &keys[i]);
  wr_public_keys_delete(keys);
  return wr__flush_output(WR__EXIT_OK);
}

static int take_out(const wr__parsed *parsed) {
  wr_error error;
  return wr_user_keys_remove(parsed->operands[1], &error) == WR_OK ? WR__EXIT_OK : fail(&error);
}

static const struct action {
  const char *name;
  int operands; /* the action itself included */
  int (*run)(const wr__parsed *parsed);
} actions[] = {
    {"show", 1, show}, {"export", 1, export},   {"import", 2, import},
    {"list", 1, list}, {"remove", 2, take_out}, {"new", 2, make},
};

int wr__command_key(const wr__parsed *parsed) {
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    if (strcmp(parsed->operands[0], actions[i].name) != 0) continue;
    if (parsed->operand_count == actions[i].operands) return actions[i].run(parsed);
    wr__report("key %s: %s", actions[i].name,
               actions[i].operands == 1 ? "takes nothing else" : "which one? one file or key");
    return WR__EXIT_USAGE;
  }
  wr__report("key: '%s' is not one of show, export, import, list, remove, new",
             parsed->operands[0]);
  return WR__EXIT_USAGE;
}
