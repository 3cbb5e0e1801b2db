/* Unit tests of cli/oci: what is read of a command line and what goes on to the base runtime, and
 * JSON that comes out as it went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after those that it needs */
#include <cmocka.h>

#include "oci/oci.h"
#include "oci/toml.h"

/* ---- Command lines ------------------------------------------------------------------------ */

/* Splits at spaces, for the call. */
static char **split(wr__oci *oci, const char *line) {
  wr__oci_words words = {0};
  char *copy = (char *)wr__oci_text(oci, "%s", line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
    wr__oci_words_add(oci, &words, word);
  wr__oci_words_add(oci, &words, NULL);
  return (char **)words.items;
}

static void expect_words(const wr__oci_words *words, const char *expected) {
  char text[512] = "";
  for (size_t i = 0; i < words->count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
             words->items[i]);
  assert_string_equal(text, expected);
}

static void globals_go_on(void **state) {
  (void)state;
  static const struct {
    const char *line, *globals, *command, *root, *log;
  } cases[] = {
      {"--root /r --log /l create a", "--root /r --log /l", "create", "/r", "/l"},
      {"--root=/r --log-format=json start a", "--root=/r --log-format=json", "start", "/r", NULL},
      {"-root /r state a", "-root /r", "state", "/r", NULL},
      {"--systemd-cgroup --debug kill a", "--systemd-cgroup --debug", "kill", NULL, NULL},
      {"--new value --other=1 ps a", "--new value --other=1", "ps", NULL, NULL},
      {"--new create a", "--new", "create", NULL, NULL},
      {"--wasmrun-settings /s --root /r run a", "--root /r", "run", "/r", NULL},
      {"--wasmrun-settings=/s delete a", "", "delete", NULL, NULL},
      {"--rootless true list", "--rootless true", "list", NULL, NULL},
      {"--root", "--root", NULL, NULL, NULL},
      {"", "", NULL, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wr__oci oci = {0};
    wr__oci_line_parse(&oci, split(&oci, cases[i].line));
    expect_words(&oci.line.globals, cases[i].globals);
    if (cases[i].command) {
      assert_string_equal(oci.line.command, cases[i].command);
    } else {
      assert_null(oci.line.command);
    }
    if (cases[i].root) assert_string_equal(oci.line.root, cases[i].root);
    if (cases[i].log) assert_string_equal(oci.line.log, cases[i].log);
    assert_true(!cases[i].root == !oci.line.root);
    wr__oci_end(&oci);
  }
}

static void operands_are_found(void **state) {
  (void)state;
  static const struct {
    const char *line, *words, *operands, *bundle, *process;
    unsigned preserved;
  } cases[] = {
      {"create --bundle /b --pid-file /p a", "--pid-file /p", "a", "/b", NULL, 0},
      {"create a --bundle=/b --no-pivot", "--no-pivot", "a", "/b", NULL, 0},
      {"create -b /b --preserve-fds 3 a", "", "a", "/b", NULL, 3},
      {"run --detach --console-socket /c a", "--detach --console-socket /c", "a", NULL, NULL, 0},
      {"exec --process /p --detach a", "--detach", "a", NULL, "/p", 0},
      {"exec -p /p a", "", "a", NULL, "/p", 0},
      {"exec -e A=b --cwd /w -t a sh -c --bundle x", "-e A=b --cwd /w -t", "a sh -c --bundle x",
       NULL, NULL, 0},
      {"create", "", "", NULL, NULL, 0},
      {"create --bundle", "", "", NULL, NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wr__oci oci = {0};
    wr__oci_operands out;
    wr__oci_line_parse(&oci, split(&oci, cases[i].line));
    wr__oci_operands_parse(&oci, &out);
    expect_words(&out.words, cases[i].words);
    expect_words(&out.operands, cases[i].operands);
    assert_true(!cases[i].bundle == !out.bundle && !cases[i].process == !out.process);
    if (out.bundle) assert_string_equal(out.bundle, cases[i].bundle);
    if (out.process) assert_string_equal(out.process, cases[i].process);
    assert_int_equal(out.preserve_fds, cases[i].preserved);
    wr__oci_end(&oci);
  }
}

static void ids_are_names(void **state) {
  (void)state;
  static const char *const good[] = {"a", "A.b_c+d-9", "0123", "...", "a..b"};
  static const char *const bad[] = {"", ".", "..", "a/b", "a b", "a:b", "\xc3\xa4", "a\n", "../x"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_true(wr__oci_id_is_valid(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(wr__oci_id_is_valid(bad[i]));
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

static void json_comes_out_as_it_went_in(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{}",
      "{\"a\":18446744073709551615}",
      "{\"a\":[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809]}",
      "{\"a\":123456789012345678901234567890,\"b\":{\"c\":[0,-1,999999999999999999]}}",
      "{\"a\":\"18446744073709551615\",\"18446744073709551615\":1}",
      "{\"a\":\"x\\\"18446744073709551615\\\\\",\"b\":18446744073709551615}",
      "{\"a\":\"\\\\\",\"b\":\"\\\\\\\"\",\"c\":18446744073709551615}",
      "{\"z\":1,\"a\":2,\"m\":[true,false,null,\"\\u0001\\n\\t\"]}",
      "{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
      "{\"a\":0.5,\"b\":-2.25}",
  };
  wr__oci oci = {0};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_t *json = wr__oci_json_parse(&oci, "text", texts[i], strlen(texts[i]));
    assert_non_null(json);
    assert_string_equal(wr__oci_json_dump(&oci, json, JSON_COMPACT), texts[i]);
    json_decref(json);
  }
  wr__oci_end(&oci);
}

static void long_fractions_are_no_integers(void **state) {
  (void)state;
  static const char text[] =
      "{\"a\":0.12345678901234567890123,\"b\":12345678901234567890123e-3,"
      "\"c\":1e20}";
  wr__oci oci = {0};
  json_t *json = wr__oci_json_parse(&oci, "text", text, strlen(text));
  assert_non_null(json);
  assert_true(json_is_real(json_object_get(json, "a")));
  assert_true(json_is_real(json_object_get(json, "b")));
  assert_true(json_is_real(json_object_get(json, "c")));
  json_decref(json);
  wr__oci_end(&oci);
}

/* Every beginning of a document, and the document with each byte changed, is JSON or an error. */
static void broken_json_is_an_error(void **state) {
  (void)state;
  static const char text[] =
      "{\"ociVersion\":\"1.0.2\",\"a\":[18446744073709551615,-1,2.5e3,{\"b\":\"\\u00e4\\\"\"}],"
      "\"c\":null}";
  assert_non_null(freopen("/dev/null", "w", stderr));
  for (size_t size = 0; size < sizeof text - 1; size++) {
    wr__oci oci = {0};
    char *copy = malloc(size + 1);
    memcpy(copy, text, size);
    assert_null(wr__oci_json_parse(&oci, "text", copy, size));
    free(copy);
    wr__oci_end(&oci);
  }
  static const char changes[] = "\"\\{}[],:09-.eE\x01\xff";
  for (size_t at = 0; at < sizeof text - 1; at++) {
    for (const char *change = changes; *change; change++) {
      wr__oci oci = {0};
      char copy[sizeof text];
      memcpy(copy, text, sizeof text);
      copy[at] = *change;
      json_t *json = wr__oci_json_parse(&oci, "text", copy, sizeof text - 1);
      if (json) wr__oci_json_dump(&oci, json, JSON_COMPACT);
      json_decref(json);
      wr__oci_end(&oci);
    }
  }
}

static void deep_json_is_an_error(void **state) {
  (void)state;
  enum { DEPTH = 1000000 };
  wr__oci oci = {0};
  char *text = wr__oci_alloc(&oci, DEPTH);
  memset(text, '[', DEPTH);
  assert_null(wr__oci_json_parse(&oci, "text", text, DEPTH));
  memset(text, '9', DEPTH);
  assert_null(wr__oci_json_parse(&oci, "text", text, DEPTH));
  wr__oci_end(&oci);
}

/* ---- TOML ----------------------------------------------------------------------------------- */

static void note_item(void *context, const wr__toml_item *item) {
  char *out = context;
  size_t used = strlen(out);
  snprintf(out + used, 1024 - used, "%zu%c %s %.*s\n", item->line, "tTv"[item->kind], item -> path,
           (int)item -> value_size, item -> value ? item -> value : "");
}

#define S WR__TOML_SEPARATOR
static void toml_is_scanned(void **state) {
  (void)state;
  static const char text[] =
      "\xef\xbb\xbf# first\r\na = 1 # one\n\n[ \"b.c\" . 'd' ]\n"
      "e.\"f g\" = { h = [ \"]\", {i = '#'} ], j = 2.5e-3 }\n[[k]]\n"
      "l = \"\"\"\n[m]\\\"\"\"\"\"\"\nn = 1979-05-27 07:32:00Z";
  char out[1024] = "";
  assert_int_equal(wr__toml_scan(text, sizeof text - 1, note_item, out), 0);
  assert_string_equal(out, "2v a 1\n4t b.c" S
                           "d \n"
                           "5v b.c" S "d" S "e" S
                           "f g { h = [ \"]\", {i = '#'} ], j = 2.5e-3 }\n"
                           "5v b.c" S "d" S "e" S "f g" S
                           "h [ \"]\", {i = '#'} ]\n"
                           "5v b.c" S "d" S "e" S "f g" S "h" S
                           "i '#'\n"
                           "5v b.c" S "d" S "e" S "f g" S
                           "j 2.5e-3\n"
                           "6T k \n7v k" S
                           "l \"\"\"\n[m]\\\"\"\"\"\"\"\n"
                           "9v k" S "n 1979-05-27 07:32:00Z\n");
}

/* Every beginning of a document, and the document with each byte changed, ends. */
static void broken_toml_ends(void **state) {
  (void)state;
  static const char text[] = "a.'b' = [1, {c = \"\\\"\"}, '''x'''] # d\n[[e]]\n[e.\"f\"]\ng = {}\n";
  static const char changes[] = "\"'\\[]{}=.,#\n\r \x01\xff";
  for (size_t size = 0; size < sizeof text; size++) {
    char *copy = malloc(size + 1), out[1024] = "";
    memcpy(copy, text, size);
    wr__toml_scan(copy, size, note_item, out);
    for (const char *change = changes; size > 0 && *change; change++) {
      memcpy(copy, text, size);
      copy[size / 2] = *change;
      out[0] = '\0';
      assert_true(wr__toml_scan(copy, size, note_item, out) < 9);
    }
    free(copy);
  }
  enum { DEPTH = 100000 };
  char *deep = malloc(DEPTH), out[1024] = "";
  memset(deep, '[', DEPTH);
  memcpy(deep, "a=", 2);
  assert_int_equal(wr__toml_scan(deep, DEPTH, note_item, out), 1);
  free(deep);
}

/* ---- Options and settings ------------------------------------------------------------------- */

static void option_values_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *name, *good, *bad;
  } cases[] = {
      {"timeout", "1.5m", "abc"},
      {"timeout", "500ms", ""},
      {"timeout", "2", "-1"},
      {"max-memory", "64M", "lots"},
      {"max-gc-heap", "1G", "1X"},
      {"stack-size", "16K", "16383"},
      {"stack-size", "1M", "x"},
      {"max-threads", "8", "0"},
      {"max-threads", "1", "-1"},
      {"max-threads", "4294967295", "4294967296"},
      {"max-threads", "2", "2x"},
      {"engine", "interp", "fast"},
      {"engine", "native", "compile"},
      {"engine", "auto", "auto|interp"},
      {"engine", "auto", ""},
      {"bounds", "explicit", "none"},
      {"feature", "-simd", "-sind"},
      {"feature", "+simd,-gc", "simd,,gc"},
      {"feature", "-threads", "-threads "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wr__oci oci = {0};
    json_t *good = json_string(cases[i].good), *bad = json_string(cases[i].bad);
    const char *fault = wr__oci_option_fault(&oci, cases[i].name, good);
    if (fault) fail_msg("%s=%s %s", cases[i].name, cases[i].good, fault);
    if (!wr__oci_option_fault(&oci, cases[i].name, bad))
      fail_msg("%s=%s is taken", cases[i].name, cases[i].bad);
    json_decref(good);
    json_decref(bad);
    wr__oci_end(&oci);
  }
}

static void other_options_are_none(void **state) {
  (void)state;
  static const char *const names[] = {"dir", "env", "net", "trust-key", "max-memroy", "", "invoke"};
  wr__oci oci = {0};
  json_t *text = json_string("1"), *number = json_integer(1);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    assert_non_null(wr__oci_option_fault(&oci, names[i], text));
  assert_non_null(wr__oci_option_fault(&oci, "max-threads", number));
  json_decref(text);
  json_decref(number);
  wr__oci_end(&oci);
}

/* Loads settings from the file, and says whether they were taken. */
static bool loads(const char *path) {
  wr__oci oci = {.line.settings = path};
  bool good = wr__oci_settings_load(&oci);
  if (good) assert_string_equal(oci.settings.runtime, "crun");
  wr__oci_end(&oci);
  return good;
}

static void settings_of_others_are_refused(void **state) {
  (void)state;
  char folder[] = "/tmp/wasmrun-test-XXXXXX", file[64], link[64];
  assert_non_null(mkdtemp(folder));
  snprintf(file, sizeof file, "%s/oci.json", folder);
  snprintf(link, sizeof link, "%s/link", folder);
  FILE *out = fopen(file, "w");
  assert_non_null(out);
  fputs("{\"runtime\": \"crun\"}\n", out);
  fclose(out);
  assert_int_equal(symlink(file, link), 0);
  assert_non_null(freopen("/dev/null", "w", stderr));
  chmod(file, 0644);
  assert_true(loads(file));
  assert_false(loads(link));
  assert_false(loads(folder));
  chmod(file, 0664);
  assert_false(loads(file));
  chmod(file, 0646);
  assert_false(loads(file));
  if (geteuid() == 0) {
    chmod(file, 0644);
    assert_int_equal(chown(file, 12345, 0), 0);
    assert_false(loads(file));
  }
  unlink(file);
  assert_false(loads(file));
  unlink(link);
  rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(globals_go_on),
      cmocka_unit_test(operands_are_found),
      cmocka_unit_test(ids_are_names),
      cmocka_unit_test(json_comes_out_as_it_went_in),
      cmocka_unit_test(long_fractions_are_no_integers),
      cmocka_unit_test(broken_json_is_an_error),
      cmocka_unit_test(deep_json_is_an_error),
      cmocka_unit_test(toml_is_scanned),
      cmocka_unit_test(broken_toml_ends),
      cmocka_unit_test(option_values_are_checked),
      cmocka_unit_test(other_options_are_none),
      cmocka_unit_test(settings_of_others_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
