/* What the table says to people and shells: --help, the manual page, and completion for bash,
 * zsh and fish. */
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
      ".SH EXIT STATUS\n"
      "The program's own. Else:\n"
      ".TP\n.B 1\nThe module cannot be read, is not valid or cannot be linked; output failed.\n"
      ".TP\n.B 2\nThe command line is wrong.\n"
      ".TP\n.B 134\nThe program trapped: the cause and the calls that led to it are on standard "
      "error.\n"
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours in messages.\n",
      out);
}

/* ---- Completion ---------------------------------------------------------------------------- */

static void print_features(FILE *out, const char *separator) {
  for (int i = 0; i < WR_FEATURE_COUNT; i++) {
    const char *name = wr_feature_name((wr_feature)i);
    fprintf(out, "%s+%s%s-%s", i ? separator : "", name, separator, name);
  }
}

/* The words of "a|b|c", separated as asked. */
static void print_words(FILE *out, const char *words, const char *separator) {
  for (; *words; words++) {
    if (*words == '|') {
      fputs(separator, out);
    } else {
      fputc(*words, out);
    }
  }
}

static void print_bash_values(FILE *out) {
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    const wr__option *option = &wr__options[i];
    if (!option->value) continue;
    fprintf(out, "    --%s", option->long_name);
    if (option->short_name) fprintf(out, "|-%c", option->short_name);
    fputs(") ", out);
    if (!option->complete) {
      fputs("return", out);
    } else if (strcmp(option->complete, "file") == 0) {
      fputs("COMPREPLY=($(compgen -f -- \"$cur\")); return", out);
    } else if (strcmp(option->complete, "dir") == 0) {
      fputs("COMPREPLY=($(compgen -d -- \"$cur\")); return", out);
    } else {
      fputs("COMPREPLY=($(compgen -W '", out);
      if (strcmp(option->complete, "feature") == 0) {
        print_features(out, " ");
      } else {
        print_words(out, option->complete, " ");
      }
      fputs("' -- \"$cur\")); return", out);
    }
    fputs(" ;;\n", out);
  }
}

static void print_bash(FILE *out) {
  fputs(
      "# bash completion for wasmrun\n_wasmrun() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=run\n"
      "  case $prev in\n",
      out);
  print_bash_values(out);
  fputs("  esac\n  case ${COMP_WORDS[1]} in\n    ", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++)
    fprintf(out, "%s%s", c ? "|" : "", wr__commands[c].name);
  fputs(") command=${COMP_WORDS[1]} ;;\n  esac\n  local options words=\n  case $command in\n", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "    %s) options='", wr__commands[c].name);
    for (int i = 0; i < WR__OPTION_COUNT; i++) {
      if (wr__command_takes((wr__command_id)c, (wr__option_id)i))
        fprintf(out, "--%s ", wr__options[i].long_name);
    }
    fputs("' ;;\n", out);
  }
  fputs(
      "  esac\n  [ \"$command\" = completion ] && words='bash zsh fish'\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ] || [ \"$command\" = help ]; then words=\"$words",
      out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) fprintf(out, " %s", wr__commands[c].name);
  fputs(
      "\"; fi\n  case $cur in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
      "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- \"$cur\")) ;;\n"
      "  esac\n}\ncomplete -o filenames -F _wasmrun wasmrun\n",
      out);
}

/* zsh's _arguments: brackets, colons and quotes in texts are escaped. */
static void put_zsh(FILE *out, const char *text) {
  for (; *text; text++) {
    if (*text == '\'') {
      fputs("'\\''", out);
    } else {
      if (strchr("[]:\\", *text)) fputc('\\', out);
      fputc(*text, out);
    }
  }
}

static void print_zsh_option(FILE *out, const wr__option *option) {
  fprintf(out, " \\\n        '*--%s%s[", option->long_name, option->value ? "=" : "");
  put_zsh(out, option->help);
  fputc(']', out);
  if (option->value) {
    fputc(':', out);
    put_zsh(out, option->value);
    fputc(':', out);
    if (!option->complete) {
      fputc(' ', out);
    } else if (strcmp(option->complete, "file") == 0) {
      fputs("_files", out);
    } else if (strcmp(option->complete, "dir") == 0) {
      fputs("_files -/", out);
    } else if (strcmp(option->complete, "feature") == 0) {
      fputc('(', out);
      print_features(out, " ");
      fputc(')', out);
    } else {
      fputc('(', out);
      print_words(out, option->complete, " ");
      fputc(')', out);
    }
  }
  fputc('\'', out);
}

static void print_zsh(FILE *out) {
  fputs("#compdef wasmrun\n_wasmrun() {\n  local command=run\n  local -a commands=(\n", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "    '%s:", wr__commands[c].name);
    put_zsh(out, wr__commands[c].summary);
    fputs("'\n", out);
  }
  fputs(
      "  )\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _describe command commands\n    _files\n    return\n  fi\n"
      "  if (( ${commands[(I)$words[2]:*]} )); then\n"
      "    command=$words[2]\n    shift words\n    (( CURRENT-- ))\n  fi\n  case $command in\n",
      out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "    %s) _arguments -S", wr__commands[c].name);
    for (int i = 0; i < WR__OPTION_COUNT; i++) {
      if (wr__command_takes((wr__command_id)c, (wr__option_id)i))
        print_zsh_option(out, &wr__options[i]);
    }
    const char *rest = c == WR__COMMAND_COMPLETION ? "shell:(bash zsh fish)"
                       : c == WR__COMMAND_HELP     ? "command:_describe command commands"
                                                   : "file:_files";
    fprintf(out, " \\\n        '*:%s' ;;\n", rest);
  }
  fputs(
      "  esac\n}\n"
      "if [[ $funcstack[1] = _wasmrun ]]; then _wasmrun; else compdef _wasmrun wasmrun; fi\n",
      out);
}

static void put_fish(FILE *out, const char *text) {
  fputc('\'', out);
  for (; *text; text++) {
    if (*text == '\'' || *text == '\\') fputc('\\', out);
    fputc(*text, out);
  }
  fputc('\'', out);
}

static void print_fish_option(FILE *out, const wr__option *option, int index) {
  fputs("complete -c wasmrun -n '", out);
  bool in_run = wr__command_takes(WR__COMMAND_RUN, (wr__option_id)index);
  if (in_run) fputs("not __fish_seen_subcommand_from $__wasmrun_others; or ", out);
  fputs("__fish_seen_subcommand_from", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    if (wr__command_takes((wr__command_id)c, (wr__option_id)index))
      fprintf(out, " %s", wr__commands[c].name);
  }
  fprintf(out, "' -l %s", option->long_name);
  if (option->short_name) fprintf(out, " -s %c", option->short_name);
  if (option->value) fputs(" -r", out);
  if (option->complete && strcmp(option->complete, "feature") == 0) {
    fputs(" -f -a '", out);
    print_features(out, " ");
    fputc('\'', out);
  } else if (option->complete && strchr(option->complete, '|')) {
    fputs(" -f -a '", out);
    print_words(out, option->complete, " ");
    fputc('\'', out);
  } else if (option->value && !option->complete) {
    fputs(" -f", out);
  }
  fputs(" -d ", out);
  put_fish(out, option->help);
  fputc('\n', out);
}

static void print_fish(FILE *out) {
  fputs("# fish completion for wasmrun\nset -g __wasmrun_others", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    if (c != WR__COMMAND_RUN) fprintf(out, " %s", wr__commands[c].name);
  }
  fputc('\n', out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "complete -c wasmrun -n __fish_use_subcommand -a %s -d ", wr__commands[c].name);
    put_fish(out, wr__commands[c].summary);
    fputc('\n', out);
  }
  fputs("complete -c wasmrun -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n",
        out);
  for (int i = 0; i < WR__OPTION_COUNT; i++) print_fish_option(out, &wr__options[i], i);
}

bool wr__completion_print(FILE *out, const char *shell) {
  if (strcmp(shell, "bash") == 0) {
    print_bash(out);
  } else if (strcmp(shell, "zsh") == 0) {
    print_zsh(out);
  } else if (strcmp(shell, "fish") == 0) {
    print_fish(out);
  } else {
    return false;
  }
  return true;
}

int wr__command_completion(const wr__parsed *parsed) {
  if (wr__completion_print(stdout, parsed->operands[0])) return wr__flush_output(WR__EXIT_OK);
  wr__report("completion: '%s' is not one of bash, zsh, fish", parsed->operands[0]);
  return WR__EXIT_USAGE;
}
