/* What the table says to shells: completion for bash, zsh and fish. After a module there is nothing
 * of ours: what follows belongs to the program. */
#include <string.h>

#include "commands.h"

static void print_features(FILE *out, const char *separator) {
  for (int i = 0; i < WR_FEATURE_COUNT; i++) {
    const char *name = wr_feature_name((wr_feature)i);
    fprintf(out, "%s+%s%s-%s", i ? separator : "", name, separator, name);
  }
  fprintf(out, "%shelp", separator);
}

/* The words of "a|b|c", up to a space, separated as asked. */
static void print_words(FILE *out, const char *words, const char *separator) {
  for (; *words && *words != ' '; words++) {
    if (*words == '|') {
      fputs(separator, out);
    } else {
      fputc(*words, out);
    }
  }
}

/* "a|b|c" for a command whose first operand is one of these words, else NULL. */
static const char *first_words(int command) {
  const char *operands = wr__commands[command].operands;
  size_t size = strcspn(operands, " ");
  return operands[0] != '[' && memchr(operands, '|', size) ? operands : NULL;
}

/* The names of the options of `run` that have a value, as a pattern of cases. */
static void print_valued(FILE *out, const char *separator) {
  bool first = true;
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    const wr__option *option = &wr__options[i];
    if (!option->value || !wr__command_takes(WR__COMMAND_RUN, (wr__option_id)i)) continue;
    fprintf(out, "%s--%s", first ? "" : separator, option->long_name);
    if (option->short_name) fprintf(out, "%s-%c", separator, option->short_name);
    first = false;
  }
}

/* ---- bash ---------------------------------------------------------------------------------- */

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

/* $command, and in $operand the first operand before the cursor, or nothing. */
static void print_bash_scan(FILE *out) {
  fputs("  case ${COMP_WORDS[1]} in\n    ", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++)
    fprintf(out, "%s%s", c ? "|" : "", wr__commands[c].name);
  fputs(
      ") if [ \"$COMP_CWORD\" -gt 1 ]; then command=${COMP_WORDS[1]} at=2; fi ;;\n  esac\n"
      "  for ((; at < COMP_CWORD; at++)); do\n    case ${COMP_WORDS[at]} in\n      ",
      out);
  print_valued(out, "|");
  fputs(
      ") ((at++)) ;;\n"
      "      -*) ;;\n"
      "      *) operand=${COMP_WORDS[at]}; break ;;\n"
      "    esac\n  done\n"
      "  if [ \"$command\" = run ] && [ -n \"$operand\" ]; then\n"
      "    COMPREPLY=($(compgen -f -- \"$cur\")); return\n  fi\n",
      out);
}

static void print_bash(FILE *out) {
  fputs(
      "# bash completion for wasmrun\n_wasmrun() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command=run operand= at=1 options= words=\n",
      out);
  print_bash_scan(out);
  fputs("  case $prev in\n", out);
  print_bash_values(out);
  fputs("  esac\n  case $command in\n", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "    %s) options='", wr__commands[c].name);
    for (int i = 0; i < WR__OPTION_COUNT; i++) {
      if (wr__command_takes((wr__command_id)c, (wr__option_id)i))
        fprintf(out, "--%s ", wr__options[i].long_name);
    }
    fputs("'", out);
    if (first_words(c)) {
      fputs(" words='", out);
      print_words(out, first_words(c), " ");
      fputs("'", out);
    }
    fputs(" ;;\n", out);
  }
  fputs(
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ] || [ \"$command\" = help ]; then words=\"",
      out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) fprintf(out, " %s", wr__commands[c].name);
  fputs(
      "\"; fi\n  [ -z \"$operand\" ] || words=\n  case $cur in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
      "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "       [ \"$COMP_CWORD\" -gt 1 ] && [ -n \"$words\" ] ||\n"
      "         COMPREPLY+=($(compgen -f -- \"$cur\")) ;;\n"
      "  esac\n}\ncomplete -o filenames -F _wasmrun wasmrun\n",
      out);
}

/* ---- zsh ----------------------------------------------------------------------------------- */

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

static void print_zsh_operands(FILE *out, int command) {
  if (first_words(command)) {
    fputs(" \\\n        '1:action:(", out);
    print_words(out, first_words(command), " ");
    fputs(")'", out);
  }
  fprintf(out, " \\\n        '*:%s' ;;\n",
          command == WR__COMMAND_HELP ? "command:_describe command commands" : "file:_files");
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
    /* -A: no options behind the first operand */
    fprintf(out, "    %s) _arguments -S%s", wr__commands[c].name,
            c == WR__COMMAND_RUN ? " -A '-*'" : "");
    for (int i = 0; i < WR__OPTION_COUNT; i++) {
      if (wr__command_takes((wr__command_id)c, (wr__option_id)i))
        print_zsh_option(out, &wr__options[i]);
    }
    print_zsh_operands(out, c);
  }
  fputs(
      "  esac\n}\n"
      "if [[ $funcstack[1] = _wasmrun ]]; then _wasmrun; else compdef _wasmrun wasmrun; fi\n",
      out);
}

/* ---- fish ---------------------------------------------------------------------------------- */

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
  if (wr__command_takes(WR__COMMAND_RUN, (wr__option_id)index)) fputs("__wasmrun_runs; or ", out);
  fputs("__wasmrun_command_is", out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    if (c != WR__COMMAND_RUN && wr__command_takes((wr__command_id)c, (wr__option_id)index))
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

/* Which command the line is of, and whether its module is still to come. */
static void print_fish_functions(FILE *out) {
  fputs(
      "function __wasmrun_command_is\n"
      "  set -l words (commandline -opc)\n"
      "  test (count $words) -gt 1; and contains -- $words[2] $argv\nend\n"
      "function __wasmrun_runs\n"
      "  set -l words (commandline -opc)[2..-1]\n"
      "  set -l skip 0\n"
      "  if contains -- \"$words[1]\"",
      out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    if (c != WR__COMMAND_RUN) fprintf(out, " %s", wr__commands[c].name);
  }
  fputs(
      "\n    return 1\n  end\n"
      "  test \"$words[1]\" = run; and set -e words[1]\n"
      "  for word in $words\n"
      "    if test $skip = 1\n      set skip 0\n      continue\n    end\n"
      "    switch $word\n      case ",
      out);
  print_valued(out, " ");
  fputs(
      "\n        set skip 1\n      case '-*'\n      case '*'\n        return 1\n"
      "    end\n  end\n  return 0\nend\n"
      "function __wasmrun_first_operand\n"
      "  __wasmrun_command_is $argv; and test (count (commandline -opc)) -eq 2\nend\n",
      out);
}

static void print_fish(FILE *out) {
  fputs("# fish completion for wasmrun\n", out);
  print_fish_functions(out);
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    fprintf(out, "complete -c wasmrun -n 'test (count (commandline -opc)) -eq 1' -a %s -d ",
            wr__commands[c].name);
    put_fish(out, wr__commands[c].summary);
    fputc('\n', out);
    if (!first_words(c)) continue;
    fprintf(out, "complete -c wasmrun -n '__wasmrun_first_operand %s' -f -a '",
            wr__commands[c].name);
    print_words(out, first_words(c), " ");
    fputs("'\n", out);
  }
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
