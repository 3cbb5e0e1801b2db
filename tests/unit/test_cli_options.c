/* Unit tests of the command line: parsing, suggestions, and that help, manual page and
 * completions know every command and option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "commands.h"
#include "options.h"
#include "suggest.h"

enum { LINE_MAX_WORDS = 32 };

static char message[256];

/* Parses a line of words separated by spaces. */
static bool parse(const char *line, wr__parsed *out, char *copy, char **argv) {
  int argc = 0;
  strcpy(copy, line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  argv[argc] = NULL;
  message[0] = '\0';
  return wr__options_parse(argc, argv, out, message, sizeof message);
}

#define PARSE(line)           \
  wr__parsed parsed;          \
  char copy[512];             \
  char *argv[LINE_MAX_WORDS]; \
  bool good = parse(line, &parsed, copy, argv)

static void options_end_at_the_module(void **state) {
  (void)state;
  PARSE("wasmrun --dir . app.wasm --dir x -- -e");
  assert_true(good);
  assert_int_equal(parsed.command, WR__COMMAND_RUN);
  assert_int_equal(parsed.given_count, 1);
  assert_int_equal(parsed.given[0].id, WR__OPTION_DIR);
  assert_string_equal(parsed.given[0].value, ".");
  assert_int_equal(parsed.operand_count, 5);
  assert_string_equal(parsed.operands[0], "app.wasm");
  assert_string_equal(parsed.operands[1], "--dir");
  assert_string_equal(parsed.operands[3], "--");
  assert_null(parsed.operands[5]);
  free(parsed.given);
  free(parsed.line);
}

static void the_command_may_be_named(void **state) {
  (void)state;
  PARSE("wasmrun run -e A=1 -eB=2 --env=C=3 app.wasm run");
  assert_true(good);
  assert_int_equal(parsed.given_count, 3);
  assert_string_equal(parsed.given[0].value, "A=1");
  assert_string_equal(parsed.given[1].value, "B=2");
  assert_string_equal(parsed.given[2].value, "C=3");
  assert_string_equal(wr__option_last(&parsed, WR__OPTION_ENV), "C=3");
  assert_int_equal(parsed.operand_count, 2);
  assert_string_equal(parsed.operands[1], "run");
  free(parsed.given);
  free(parsed.line);
}

static void other_commands_take_options_anywhere(void **state) {
  (void)state;
  PARSE("wasmrun wat2wasm a.wat -o b.wasm --feature -gc -- --c.wat -d");
  assert_true(good);
  assert_int_equal(parsed.command, WR__COMMAND_WAT2WASM);
  assert_int_equal(parsed.given_count, 2);
  assert_string_equal(wr__option_last(&parsed, WR__OPTION_OUTPUT), "b.wasm");
  assert_string_equal(wr__option_last(&parsed, WR__OPTION_FEATURE), "-gc");
  assert_int_equal(parsed.operand_count, 3);
  assert_string_equal(parsed.operands[0], "a.wat");
  assert_string_equal(parsed.operands[1], "--c.wat");
  free(parsed.given);
  free(parsed.line);
}

static void a_lone_dash_is_an_operand(void **state) {
  (void)state;
  PARSE("wasmrun validate - -");
  assert_true(good);
  assert_int_equal(parsed.operand_count, 2);
  free(parsed.given);
  free(parsed.line);
}

static void many_short_switches_fit(void **state) {
  (void)state;
  PARSE("wasmrun -hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhVVVVVVVVVVV");
  assert_true(good);
  assert_int_equal(parsed.given_count, 52);
  free(parsed.given);
  free(parsed.line);
}

static void wrong_options_name_the_right_one(void **state) {
  (void)state;
  const struct {
    const char *line;
    const char *message;
  } cases[] = {
      {"wasmrun --max-memry 1 a.wasm",
       "unknown option '--max-memry'; did you mean '--max-memory'?"},
      {"wasmrun --max-mem=1 a.wasm", "unknown option '--max-mem'; did you mean '--max-memory'?"},
      {"wasmrun --inv f a.wasm", "unknown option '--inv'; did you mean '--invoke'?"},
      {"wasmrun --json a.wasm", "'--json' is an option of 'wasmrun inspect', not of 'wasmrun run'"},
      {"wasmrun --qqqqqqqq a.wasm",
       "unknown option '--qqqqqqqq'; 'wasmrun run --help' lists the options"},
      {"wasmrun -x a.wasm", "unknown option '-x'; 'wasmrun run --help' lists the options"},
      {"wasmrun --dir", "option '--dir' needs a value: HOST[::GUEST][:ro|:rw]"},
      {"wasmrun -e", "option '-e' needs a value: NAME[=VALUE]"},
      {"wasmrun inspect a.wasm --json=yes", "option '--json' takes no value"},
      {"wasmrun inspect a.wasm --jsn", "unknown option '--jsn'; did you mean '--json'?"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    PARSE(cases[i].line);
    assert_false(good);
    assert_string_equal(message, cases[i].message);
    free(parsed.given);
    free(parsed.line);
  }
}

static void distances(void **state) {
  (void)state;
  assert_int_equal(wr__edit_distance("", ""), 0);
  assert_int_equal(wr__edit_distance("abc", ""), 3);
  assert_int_equal(wr__edit_distance("kitten", "sitting"), 3);
  assert_int_equal(wr__edit_distance("inspect", "insepct"), 1); /* a swap */
  char long_word[100];
  memset(long_word, 'a', sizeof long_word - 1);
  long_word[99] = '\0';
  assert_true(wr__edit_distance(long_word, "a") >= 1000);
  const char *const words[] = {"run", "validate", "inspect"};
  assert_string_equal(wr__suggest("insect", words, 3), "inspect");
  assert_string_equal(wr__suggest("valdate", words, 3), "validate");
  assert_string_equal(wr__suggest("val", words, 3), "validate");
  assert_null(wr__suggest("x", words, 3));
  assert_null(wr__suggest("compile", words, 3));
  assert_null(wr__suggest("", words, 3));
}

/* What a printer writes, as a string that the caller frees. */
#define PRINTED(text, call)                        \
  char *text = NULL;                               \
  size_t text##_size = 0;                          \
  FILE *out = open_memstream(&text, &text##_size); \
  call;                                            \
  fclose(out)

static void help_knows_everything(void **state) {
  (void)state;
  for (int c = 0; c < WR__COMMAND_COUNT; c++) {
    PRINTED(text, wr__help_print(out, (wr__command_id)c));
    assert_non_null(strstr(text, wr__commands[c].name));
    assert_non_null(strstr(text, "Examples:\n  wasmrun "));
    for (int i = 0; i < WR__OPTION_COUNT; i++) {
      if (!wr__command_takes((wr__command_id)c, (wr__option_id)i)) continue;
      char name[64];
      snprintf(name, sizeof name, "--%s", wr__options[i].long_name);
      assert_non_null(strstr(text, name));
    }
    size_t column = 0;
    for (const char *at = text; *at; at++) {
      column = *at == '\n' ? 0 : column + 1;
      if (column == 1 && *at == ' ' && at > strstr(text, "Examples:")) break;
      assert_true(column <= 80);
    }
    free(text);
  }
}

static void completions_know_everything(void **state) {
  (void)state;
  const char *const shells[] = {"bash", "zsh", "fish"};
  for (int s = 0; s < 3; s++) {
    PRINTED(text, assert_true(wr__completion_print(out, shells[s])));
    for (int c = 0; c < WR__COMMAND_COUNT; c++) assert_non_null(strstr(text, wr__commands[c].name));
    for (int i = 0; i < WR__OPTION_COUNT; i++)
      assert_non_null(strstr(text, wr__options[i].long_name));
    assert_non_null(strstr(text, "+relaxed-simd"));
    free(text);
  }
  assert_false(wr__completion_print(stderr, "tcsh"));
}

static void the_manual_knows_everything(void **state) {
  (void)state;
  PRINTED(text, wr__help_print_man(out));
  assert_non_null(strstr(text, ".TH WASMRUN 1"));
  for (int i = 0; i < WR__OPTION_COUNT; i++) {
    /* Hyphens are escaped: look for the first word. */
    char name[64];
    snprintf(name, sizeof name, "\\-\\-%s", wr__options[i].long_name);
    name[4 + strcspn(name + 4, "-")] = '\0';
    assert_non_null(strstr(text, name));
  }
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_end_at_the_module),
      cmocka_unit_test(the_command_may_be_named),
      cmocka_unit_test(other_commands_take_options_anywhere),
      cmocka_unit_test(a_lone_dash_is_an_operand),
      cmocka_unit_test(many_short_switches_fit),
      cmocka_unit_test(wrong_options_name_the_right_one),
      cmocka_unit_test(distances),
      cmocka_unit_test(help_knows_everything),
      cmocka_unit_test(completions_know_everything),
      cmocka_unit_test(the_manual_knows_everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
