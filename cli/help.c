/* What the table says to people: --help and the manual page. */
#include <ctype.h>
#include <string.h>

#include "commands.h"
#include "suggest.h"

enum { HELP_WIDTH = 79, OPTION_COLUMN = 30 };

/* ---- Help ------------------------------------------------------------------------------ */

/* Prints words from `column` on, wrapped at HELP_WIDTH, indented by `indent`. */
static void print_wrapped(FILE *out, const char *text, int column, int indent) {
  bool first = true;
  while (*text) {
    int length = (int)strcspn(text, " ");
    if (!first && column + 1 + length > HELP_WIDTH) {
      fprintf(out, "\n%*s", indent, "");
      column = indent;
    } else if (!first) {
      fputc(' ', out);
      column++;
    }
    fprintf(out, "%.*s", length, text);
    column += length;
    text += length + (text[length] == ' ');
    first = false;
  }
  fputc('\n', out);
}

static void print_option(FILE *out, const wr__option *option) {
  char left[64];
  char letter[8] = "    ";
  if (option->short_name) snprintf(letter, sizeof letter, "-%c, ", option->short_name);
  int used = snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->long_name,
                      option->value ? " " : "", option->value ? option->value : "");
  fputs(left, out);
  if (used > OPTION_COLUMN - 2) {
    fprintf(out, "\n%*s", OPTION_COLUMN, "");
  } else {
    fprintf(out, "%*s", OPTION_COLUMN - used, "");
  }
  print_wrapped(out, option->help, OPTION_COLUMN, OPTION_COLUMN);
}

void wr__help_print(FILE *out, wr__command_id id) {
  const wr__command *command = &wr__commands[id];
  bool is_run = id == WR__COMMAND_RUN;
  fprintf(out, "Usage: wasmrun %s%s%s [OPTION...] %s\n\n", is_run ? "[" : "", command->name,
          is_run ? "]" : "", command->operands);
  print_wrapped(out, command->description, 0, 0);
  fputs("\nOptions:\n", out);
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (wr__command_takes(id, (wr__option_id)i)) print_option(out, &wr__options[i]);
  }
  fputs("\nExamples:\n", out);
  for (const char *line = command->examples; *line;) {
    int length = (int)strcspn(line, "\n");
    fprintf(out, "  %.*s\n", length, line);
    line += length + (line[length] == '\n');
  }
}

void wr__help_print_all(FILE *out) {
  fputs(
      "Usage: wasmrun [OPTION...] MODULE [ARGUMENT...]\n"
      "       wasmrun COMMAND [OPTION...] ...\n\n"
      "wasmrun runs WebAssembly programs, which see only what they are given.\n\n"
      "Commands:\n",
      out);
  for (int i = 0; i < WR__COMMAND_COUNT; i++)
    fprintf(out, "  %-12s%s\n", wr__commands[i].name, wr__commands[i].summary);
  fputs("\nOptions for running:\n", out);
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (wr__command_takes(WR__COMMAND_RUN, (wr__option_id)i)) print_option(out, &wr__options[i]);
  }
  fputs(
      "\n'wasmrun COMMAND --help' explains a command, with examples.\n"
      "Exit status: the program's own; 134 after a trap, 2 for a wrong command line,\n"
      "1 where a module cannot be loaded or linked.\n",
      out);
}

int wr__command_help(const wr__parsed *parsed) {
  wr__command_id id;
  if (parsed->operand_count == 0) {
    wr__help_print_all(stdout);
  } else if (strcmp(parsed->operands[0], "man") == 0) {
    wr__help_print_man(stdout);
  } else if (wr__command_by_name(parsed->operands[0], &id)) {
    wr__help_print(stdout, id);
  } else {
    const char *names[WR__COMMAND_COUNT];
    for (int i = 0; i < WR__COMMAND_COUNT; i++) names[i] = wr__commands[i].name;
    const char *near = wr__suggest(parsed->operands[0], names, WR__COMMAND_COUNT);
    wr__report("help: no command '%s'%s%s%s", parsed->operands[0], near ? "; did you mean '" : "",
               near ? near : "", near ? "'?" : "");
    return WR__EXIT_USAGE;
  }
  return wr__flush_output(WR__EXIT_OK);
}

/* ---- The manual page --------------------------------------------------------------------- */

/* Text as roff takes it: backslashes and hyphens escaped, no line that begins with a dot. */
static void put_roff(FILE *out, const char *text, size_t size) {
  if (size > 0 && (text[0] == '.' || text[0] == '\'')) fputs("\\&", out);
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\\') {
      fputs("\\e", out);
    } else if (text[i] == '-') {
      fputs("\\-", out);
    } else {
      fputc(text[i], out);
    }
  }
}

static void put_roff_line(FILE *out, const char *text) {
  put_roff(out, text, strlen(text));
  fputc('\n', out);
}

static void print_man_option(FILE *out, const wr__option *option) {
  fputs(".TP\n\\fB", out);
  if (option->short_name) fprintf(out, "\\-%c\\fR, \\fB", option->short_name);
  fputs("\\-\\-", out);
  put_roff(out, option->long_name, strlen(option->long_name));
  fputs("\\fR", out);
  if (option->value) {
    fputs(" \\fI", out);
    put_roff(out, option->value, strlen(option->value));
    fputs("\\fR", out);
  }
  fputc('\n', out);
  put_roff_line(out, option->help);
}

static void print_man_command(FILE *out, wr__command_id id) {
  const wr__command *command = &wr__commands[id];
  fprintf(out, ".SS wasmrun %s \\fI%s\\fR\n", command->name, command->operands);
  put_roff_line(out, command->description);
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    if (wr__command_takes(id, (wr__option_id)i)) print_man_option(out, &wr__options[i]);
  }
  fputs(".PP\nExamples:\n.nf\n.RS\n", out);
  for (const char *line = command->examples; *line;) {
    size_t length = strcspn(line, "\n");
    put_roff(out, line, length);
    fputc('\n', out);
    line += length + (line[length] == '\n');
  }
  fputs(".RE\n.fi\n", out);
}

void wr__help_print_man(FILE *out) {
  fprintf(out, ".TH WASMRUN 1 \"\" \"wasmrun %s\" \"User Commands\"\n", wr_version());
  fputs(
      ".SH NAME\nwasmrun \\- run WebAssembly programs\n"
      ".SH SYNOPSIS\n.B wasmrun\n[\\fIOPTION\\fR...] \\fIMODULE\\fR [\\fIARGUMENT\\fR...]\n.br\n"
      ".B wasmrun\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] ...\n"
      ".SH DESCRIPTION\nRuns WebAssembly modules that use WASI preview 1. A program sees the "
      "arguments, standard input, output and error, and what the options give it; nothing else."
      "\n.SH COMMANDS\n",
      out);
  for (int i = 0; i < WR__COMMAND_COUNT; i++) print_man_command(out, (wr__command_id)i);
  fputs(
      ".SH FEATURES\nNames for \\fB\\-\\-feature\\fR; "
      "\\fBwasmrun \\-\\-feature help\\fR shows which are on.\n.PP\n",
      out);
  for (int i = 0; i < WR_FEATURE_COUNT; i++) {
    if (i) fputs(", ", out);
    put_roff(out, wr_feature_name((wr_feature)i), strlen(wr_feature_name((wr_feature)i)));
  }
  fputs(
      "\n.SH EXIT STATUS\n"
      "The program's own. Else:\n"
      ".TP\n.B 1\nThe module cannot be read, is not valid or cannot be linked; output failed.\n"
      ".TP\n.B 2\nThe command line is wrong.\n"
      ".TP\n.B 134\nThe program trapped: the cause and the calls that led to it are on standard "
      "error.\n"
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours in messages.\n",
      out);
}
