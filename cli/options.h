/* The commands and options of options.def as C sees them, and the parsing of a command line
 * into them. Parsing allocates one array and copies no text. */
#ifndef WR__CLI_OPTIONS_H
#define WR__CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wr__command_id {
#define COMMAND(id, name, operands, summary, description, examples) WR__COMMAND_##id,
#define OPTION(id, commands, short_name, long_name, value, complete, help)
#include "options.def"
#undef COMMAND
#undef OPTION
  WR__COMMAND_COUNT
} wr__command_id;

typedef enum wr__option_id {
#define COMMAND(id, name, operands, summary, description, examples)
#define OPTION(id, commands, short_name, long_name, value, complete, help) WR__OPTION_##id,
#include "options.def"
#undef COMMAND
#undef OPTION
  WR__OPTION_COUNT
} wr__option_id;

typedef struct wr__command {
  const char *name;
  const char *operands;
  const char *summary;
  const char *description;
  const char *examples;
} wr__command;

typedef struct wr__option {
  uint32_t commands; /* bit c: command c takes it */
  char short_name;
  const char *long_name;
  const char *value;
  const char *complete;
  const char *help;
} wr__option;

extern const wr__command wr__commands[WR__COMMAND_COUNT];
extern const wr__option wr__options[WR__OPTION_COUNT];

/* One option as it was given. */
typedef struct wr__given {
  wr__option_id id;
  const char *value; /* NULL for a switch */
} wr__given;

/* A parsed command line. Texts are borrowed from argv. */
typedef struct wr__parsed {
  wr__command_id command;
  bool named;       /* the command's name was on the line */
  wr__given *given; /* given[given_count], in the order of the line */
  size_t given_count;
  char **operands; /* operands[operand_count], then NULL */
  int operand_count;
  char **line; /* own: the words as they came, then NULL; parsing moves those of argv */
} wr__parsed;

static inline bool wr__command_takes(wr__command_id command, wr__option_id option) {
  return (wr__options[option].commands >> command & 1) != 0;
}

/* wr__command_by_name: the command in *out; false if there is none. */
bool wr__command_by_name(const char *name, wr__command_id *out);

/* wr__options_parse: a whole command line, argv[0] included. Options of `run` end at the module;
 * elsewhere they may follow operands. On failure false, and message holds one line. The caller
 * frees out->given and out->line. */
bool wr__options_parse(int argc, char **argv, wr__parsed *out, char *message, size_t message_size);

/* wr__option_last: the value of the last such option ("" for a switch), or NULL. */
const char *wr__option_last(const wr__parsed *parsed, wr__option_id id);

#endif
