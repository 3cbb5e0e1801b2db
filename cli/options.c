/* The table of commands and options, and the parser over it (getopt_long does the splitting).
 * Abbreviated long options are refused, so that a new option never changes what a script means. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "suggest.h"

enum {
#define COMMAND(id, name, operands, summary, description, examples) IN_##id = 1 << WR__COMMAND_##id,
#define OPTION(id, commands, short_name, long_name, value, complete, help)
#include "options.def"
#undef COMMAND
#undef OPTION
  IN_ALL = (1 << WR__COMMAND_COUNT) - 1,
};

const wr__command wr__commands[WR__COMMAND_COUNT] = {
#define COMMAND(id, name, operands, summary, description, examples) \
  {name, operands, summary, description, examples},
#define OPTION(id, commands, short_name, long_name, value, complete, help)
#include "options.def"
#undef COMMAND
#undef OPTION
};

const wr__option wr__options[WR__OPTION_COUNT] = {
#define COMMAND(id, name, operands, summary, description, examples)
#define OPTION(id, commands, short_name, long_name, value, complete, help) \
  {commands, short_name, long_name, value, complete, help},
#include "options.def"
#undef COMMAND
#undef OPTION
};

bool wr__command_by_name(const char *name, wr__command_id *out) {
  for (int i = 0; i < WR__COMMAND_COUNT; i++) {
    if (strcmp(wr__commands[i].name, name) == 0) {
      *out = (wr__command_id)i;
      return true;
    }
  }
  return false;
}

const char *wr__option_last(const wr__parsed *parsed, wr__option_id id) {
  for (size_t i = parsed->given_count; i > 0; i--) {
    const wr__given *given = &parsed->given[i - 1];
    if (given->id == id) return given->value ? given->value : "";
  }
  return NULL;
}

/* getopt's two tables for one command; `val` is the option's number plus 256. */
typedef struct getopt_tables {
  struct option longs[WR__OPTION_COUNT + 1];
  char shorts[3 * WR__OPTION_COUNT + 3];
} getopt_tables;

static void make_tables(wr__command_id command, getopt_tables *tables) {
  size_t longs = 0, shorts = 0;
  tables->shorts[shorts++] = '+'; /* stop at an operand */
  tables->shorts[shorts++] = ':';
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    const wr__option *option = &wr__options[i];
    if (!wr__command_takes(command, (wr__option_id)i)) continue;
    tables->longs[longs++] = (struct option){
        option->long_name, option->value ? required_argument : no_argument, NULL, 256 + i};
    if (option->short_name == 0) continue;
    tables->shorts[shorts++] = option->short_name;
    if (option->value) tables->shorts[shorts++] = ':';
  }
  memset(&tables->longs[longs], 0, sizeof tables->longs[0]);
  tables->shorts[shorts] = '\0';
}

static const wr__option *option_by_letter(wr__command_id command, int letter) {
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (wr__options[i].short_name == letter && wr__command_takes(command, (wr__option_id)i))
      return &wr__options[i];
  }
  return NULL;
}

/* The message for an option that the command does not know: the one of another runtime that it may
 * be, the nearest that the command knows, or the command that has it. next is the word after it, or
 * NULL. */
static void explain_unknown(wr__command_id command, const char *text, const char *next,
                            char *message, size_t size) {
  size_t length = strcspn(text, "=");
  char name[64];
  snprintf(name, sizeof name, "%.*s", length < 60 ? (int)length : 60, text);
  const char *candidates[WR__OPTION_COUNT];
  size_t count = 0;
  const char *hint = command == WR__COMMAND_RUN ? wr__foreign_hint(text, next) : NULL;
  if (hint) {
    snprintf(message, size, "unknown option '%s'; %s", name, hint);
    return;
  }
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (wr__command_takes(command, (wr__option_id)i))
      candidates[count++] = wr__options[i].long_name;
  }
  const char *word = name[0] == '-' ? name + strspn(name, "-") : name;
  const char *near = wr__suggest(word, candidates, count);
  if (near) {
    snprintf(message, size, "unknown option '%s'; did you mean '--%s'?", name, near);
    return;
  }
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (strcmp(wr__options[i].long_name, word) != 0) continue;
    for (int c = 0; c < WR__COMMAND_COUNT; c++) {
      if (!wr__command_takes((wr__command_id)c, (wr__option_id)i)) continue;
      snprintf(message, size, "'%s' is an option of 'wasmrun %s', not of 'wasmrun %s'", name,
               wr__commands[c].name, wr__commands[command].name);
      return;
    }
  }
  snprintf(message, size, "unknown option '%s'; 'wasmrun %s --help' lists the options", name,
           wr__commands[command].name);
}

/* -Wfuel=1 is -W with a value for a runtime that has it; otherwise the letter alone is unknown. */
static void explain_letter(wr__command_id command, char *text, const char *next, char *message,
                           size_t size) {
  if (command != WR__COMMAND_RUN || !wr__foreign_hint(text, next)) text[2] = '\0';
  explain_unknown(command, text, next, message, size);
}

/* getopt_long accepts an unambiguous beginning of a long option; we do not. */
static bool is_whole_name(const char *argument, const wr__option *option) {
  if (strncmp(argument, "--", 2) != 0) return true;
  size_t length = strcspn(argument + 2, "=");
  return strlen(option->long_name) == length &&
         strncmp(argument + 2, option->long_name, length) == 0;
}

static bool explain_failure(wr__command_id command, int result, const char *argument,
                            const char *next, char *message, size_t size) {
  if (result == ':') {
    const wr__option *option =
        optopt >= 256 ? &wr__options[optopt - 256] : option_by_letter(command, optopt);
    snprintf(message, size, "option '%s' needs a value: %s", argument, option->value);
  } else if (optopt >= 256) {
    snprintf(message, size, "option '--%s' takes no value", wr__options[optopt - 256].long_name);
  } else if (strncmp(argument, "--", 2) != 0) {
    /* The letter with what follows it, which may be its value; it may be behind other letters. */
    const char *place = strchr(argument, optopt);
    char letter[64] = "-";
    snprintf(letter + 1, sizeof letter - 1, "%s", place ? place : "");
    explain_letter(command, letter, next, message, size);
  } else {
    explain_unknown(command, argument, next, message, size);
  }
  return false;
}

/* Parses options from argv[optind] up to the first operand. */
static bool parse_some(int argc, char **argv, const getopt_tables *tables, wr__parsed *out,
                       char *message, size_t size) {
  for (;;) {
    const char *argument = argv[optind == 0 ? 1 : optind];
    char *const *after = argv + (optind == 0 ? 1 : optind);
    const char *next = *after ? after[1] : NULL;
    int result = getopt_long(argc, argv, tables->shorts, tables->longs, NULL);
    if (result == -1) return true;
    if (result == '?' || result == ':')
      return explain_failure(out->command, result, argument, next, message, size);
    int id = result - 256;
    if (result < 256) id = (int)(option_by_letter(out->command, result) - wr__options);
    if (result >= 256 && !is_whole_name(argument, &wr__options[id])) {
      explain_unknown(out->command, argument, next, message, size);
      return false;
    }
    out->given[out->given_count++] = (wr__given){(wr__option_id)id, optarg};
  }
}

/* Gathers operands at the front of argv, with options between them except in `run`. */
static bool parse_line(int argc, char **argv, wr__parsed *out, char *message, size_t size) {
  getopt_tables tables;
  make_tables(out->command, &tables);
  optind = 0; /* glibc: start afresh */
  opterr = 0;
  int operands = 1;
  for (;;) {
    if (!parse_some(argc, argv, &tables, out, message, size)) return false;
    bool ended = out->command == WR__COMMAND_RUN || strcmp(argv[optind - 1], "--") == 0;
    while (optind < argc) {
      argv[operands++] = argv[optind++];
      if (!ended) break;
    }
    if (optind >= argc) break;
  }
  argv[operands] = NULL;
  out->operands = argv + 1;
  out->operand_count = operands - 1;
  return true;
}

bool wr__options_parse(int argc, char **argv, wr__parsed *out, char *message, size_t size) {
  memset(out, 0, sizeof *out);
  out->command = WR__COMMAND_RUN;
  out->line = calloc((size_t)argc + 1, sizeof *out->line);
  if (out->line) memcpy(out->line, argv, (size_t)argc * sizeof *argv);
  out->named = argc > 1 && wr__command_by_name(argv[1], &out->command);
  if (out->named) {
    argc--;
    argv++;
  }
  size_t most = 1; /* "-hV" is two options: count letters */
  for (int i = 1; i < argc; i++) most += strlen(argv[i]);
  out->given = calloc(most, sizeof *out->given);
  if (!out->given) {
    snprintf(message, size, "out of memory");
    return false;
  }
  return argc < 2 || parse_line(argc, argv, out, message, size);
}
