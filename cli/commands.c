/* From the command line to the command, and what the commands share: engines from options,
 * modules from files, output that is checked. */
#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "oci/oci.h"
#include "platform/host.h"
#include "platform/watchdog.h"
#include "suggest.h"

typedef int (*command_main)(const wr__parsed *parsed);

static const command_main mains[WR__COMMAND_COUNT] = {
    [WR__COMMAND_RUN] = wr__command_run,
    [WR__COMMAND_VALIDATE] = wr__command_validate,
    [WR__COMMAND_INSPECT] = wr__command_inspect,
    [WR__COMMAND_COMPILE] = wr__command_compile,
    [WR__COMMAND_SERVE] = wr__command_serve,
    [WR__COMMAND_KEY] = wr__command_key,
    [WR__COMMAND_CACHE] = wr__command_cache,
    [WR__COMMAND_WAT2WASM] = wr__command_wat2wasm,
    [WR__COMMAND_WASM2WAT] = wr__command_wasm2wat,
    [WR__COMMAND_COMPLETION] = wr__command_completion,
    [WR__COMMAND_HELP] = wr__command_help,
};

int wr__flush_output(int exit_status) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return exit_status;
  int code = errno ? errno : EIO;
  if (wr__host_reader_is_gone()) return exit_status; /* head, for one, has what it wants */
  wr__report("cannot write to standard output: %s", strerror(code));
  return exit_status == WR__EXIT_OK ? WR__EXIT_FAILED : exit_status;
}

static int need_operand(const wr__parsed *parsed) {
  const wr__command *command = &wr__commands[parsed->command];
  wr__report("%s: which one? usage: wasmrun %s [OPTION...] %s", command->name, command->name,
             command->operands);
  return WR__EXIT_USAGE;
}

const char *wr__commit = "unknown";

static int print_version(const wr__parsed *parsed) {
  char details[1024];
  printf("wasmrun %s\n", wr_version());
  if (wr__option_last(parsed, WR__OPTION_VERBOSE)) {
    wr_version_details(details, sizeof details);
    printf("commit: %s\n%s", wr__commit, details);
  }
  return wr__flush_output(WR__EXIT_OK);
}

/* --feature help: every feature, and what is on without an option. */
static bool asks_for_features(const wr__parsed *parsed) {
  for (size_t i = 0; i < parsed->given_count; i++) {
    if (parsed->given[i].id == WR__OPTION_FEATURE && strcmp(parsed->given[i].value, "help") == 0)
      return true;
  }
  return false;
}

static int print_features(void) {
  static const bool is_on[] = {
#define X(name, text, on) on,
      WR_FEATURES(X)
#undef X
  };
  for (int i = 0; i < WR_FEATURE_COUNT; i++)
    printf("%c%s\n", is_on[i] ? '+' : '-', wr_feature_name((wr_feature)i));
  return wr__flush_output(WR__EXIT_OK);
}

static int dispatch(const wr__parsed *parsed, bool is_empty) {
  if (wr__option_last(parsed, WR__OPTION_VERSION)) return print_version(parsed);
  if (asks_for_features(parsed)) return print_features();
  if (wr__option_last(parsed, WR__OPTION_HELP)) {
    if (parsed->named) {
      wr__help_print(stdout, parsed->command);
    } else {
      wr__help_print_all(stdout);
    }
    return wr__flush_output(WR__EXIT_OK);
  }
  if (is_empty) {
    wr__help_print_all(stderr);
    return WR__EXIT_USAGE;
  }
  bool is_optional = parsed->command == WR__COMMAND_HELP || parsed->command == WR__COMMAND_SERVE;
  if (parsed->operand_count == 0 && !is_optional)
    return need_operand(parsed);
  return mains[parsed->command](parsed);
}

/* `wasmrun oci ...`, or the same by the name `wasmrun-oci`, for callers that take only a path: its
 * command line is an OCI runtime's. */
static bool is_oci(int argc, char **argv, int *first) {
  const char *slash = strrchr(argv[0], '/');
  *first = strcmp(slash ? slash + 1 : argv[0], "wasmrun-oci") == 0 ? 0 : 1;
  return *first == 0 || (argc > 1 && strcmp(argv[1], wr__commands[WR__COMMAND_OCI].name) == 0);
}

int wr__main(int argc, char **argv) {
  wr__watchdog_note_start();
  wr__host_prepare();
  wr__report_colours(wr__host_colours());
  wr__parsed parsed;
  char message[256];
  int exit_status = WR__EXIT_USAGE, first;
  if (argc < 1 || wr__oci_guest_main(argc, argv, &exit_status)) return exit_status;
  if (is_oci(argc, argv, &first)) return wr__oci_main(argc - first, argv + first);
  if (wr__options_parse(argc, argv, &parsed, message, sizeof message)) {
    exit_status = dispatch(&parsed, argc == 1);
  } else {
    wr__report("%s", message);
  }
  free(parsed.given);
  free(parsed.line);
  return exit_status;
}

/* ---- Engines ---------------------------------------------------------------- */

static bool set_one_feature(wasm_config_t *config, const char *text, size_t size) {
  char name[64];
  bool on = text[0] != '-';
  size_t sign = text[0] == '-' || text[0] == '+';
  snprintf(name, sizeof name, "%.*s", size < 60 ? (int)(size - sign) : 60, text + sign);
  wr_feature feature;
  if (wr_feature_by_name(name, &feature)) {
    wr_config_set_feature(config, feature, on);
    return true;
  }
  const char *names[WR_FEATURE_COUNT];
  for (int i = 0; i < WR_FEATURE_COUNT; i++) names[i] = wr_feature_name((wr_feature)i);
  const char *near = wr__suggest(name, names, WR_FEATURE_COUNT);
  wr__report("--feature: unknown feature '%s'%s%s%s", name,
             near ? "; did you mean '" : "; --feature help lists the features", near ? near : "",
             near ? "'?" : "");
  return false;
}

/* "-simd" or "+simd,-gc". */
static bool set_features(wasm_config_t *config, const char *text) {
  while (text[0] != '\0') {
    size_t size = strcspn(text, ",");
    if (size > 0 && !set_one_feature(config, text, size)) return false;
    text += size + (text[size] == ',');
  }
  return true;
}

/* One of the words of the option's row ("auto|interp|native"); its number, or -1. */
int wr__word_of(wr__option_id id, const char *text) {
  char copy[64];
  const char *words[8];
  size_t count = 0;
  snprintf(copy, sizeof copy, "%s", wr__options[id].complete);
  for (char *word = strtok(copy, "|"); word && count < 8; word = strtok(NULL, "|")) {
    if (strcmp(word, text) == 0) return (int)count;
    words[count++] = word;
  }
  const char *near = wr__suggest(text, words, count);
  wr__report("--%s: '%s' is not one of %s%s%s%s", wr__options[id].long_name, text,
             wr__options[id].complete, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
  return -1;
}

static bool parse_size(const wr__given *given, uint64_t *out) {
  if (wr__size_parse(given->value, out)) return true;
  wr__report("--%s: '%s' is not a size; sizes are like 65536, 64K, 16M, 1.5G",
             wr__options[given->id].long_name, given->value);
  return false;
}

static bool set_stack_size(wasm_config_t *config, const wr__given *given) {
  uint64_t size;
  if (!parse_size(given, &size)) return false;
  if (size < 16384 || size > SIZE_MAX / 4) {
    wr__report("--stack-size: '%s' is out of range; the least is 16K", given->value);
    return false;
  }
  wr_config_set_stack_size(config, (size_t)size);
  return true;
}

static bool apply_option(wasm_config_t *config, const wr__given *given) {
  uint64_t size;
  int word;
  switch (given->id) {
    case WR__OPTION_FEATURE:
      return set_features(config, given->value);
    case WR__OPTION_STACK_SIZE:
      return set_stack_size(config, given);
    case WR__OPTION_MAX_MEMORY:
      if (!parse_size(given, &size)) return false;
      wr_config_set_max_memory(config, size);
      return true;
    case WR__OPTION_MAX_TABLE_ELEMENTS:
      if (!parse_size(given, &size)) return false;
      wr_config_set_max_table_elements(config, size);
      return true;
    case WR__OPTION_MAX_GC_HEAP:
      if (!parse_size(given, &size)) return false;
      wr_config_set_max_gc_heap(config, size);
      return true;
    case WR__OPTION_ENGINE:
      if ((word = wr__word_of(given->id, given->value)) < 0) return false;
      /* compile, the last word, is native once the module is compiled */
      wr_config_set_engine(config, word > WR_ENGINE_JIT ? WR_ENGINE_NATIVE : (wr_engine_kind)word);
      return true;
    case WR__OPTION_DEBUG:
      return wr_config_set_debug(config, true, ".") == WR_OK;
    case WR__OPTION_BOUNDS:
      if ((word = wr__word_of(given->id, given->value)) < 0) return false;
      wr_config_set_bounds(config, (wr_bounds)word);
      return true;
    case WR__OPTION_NO_OPTIMISATION:
      if ((word = wr__word_of(given->id, given->value)) < 0) return false;
      wr_config_set_optimisation(config, (wr_optimisation)word, false);
      return true;
    default:
      return true;
  }
}

/* Keys from files, and then only those; else the user's own. */
static bool set_trust(wasm_config_t *config, const wr__parsed *parsed) {
  bool given = false;
  for (size_t i = 0; i < parsed->given_count; i++) {
    if (parsed->given[i].id != WR__OPTION_TRUST_KEY) continue;
    wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
    wr_public_key *keys = NULL;
    size_t count = 0;
    given = true;
    wr_status status = wr_public_keys_read(parsed->given[i].value, &keys, &count, &error);
    if (status == WR_OK) status = wr_config_trust_keys(config, keys, count, &error);
    wr_public_keys_delete(keys);
    if (status == WR_OK) continue;
    wr__report("--trust-key: %s", error.message);
    return false;
  }
  if (!given && (parsed->command == WR__COMMAND_RUN || parsed->command == WR__COMMAND_SERVE))
    wr_config_trust_user(config);
  const char *verdicts = wr__option_last(parsed, WR__OPTION_VERDICTS);
  wr_config_allow_unsigned_code(config, wr__option_last(parsed, WR__OPTION_ALLOW_UNSIGNED) != NULL);
  return !verdicts || wr_config_set_verdicts(config, verdicts) == WR_OK;
}

static bool set_container_trust(wasm_config_t *config, const wr__container *container) {
  wr_error error;
  return wr_config_trust_keys(config, container->keys, container->key_count, &error) == WR_OK;
}

wasm_engine_t *wr__engine_from_options(const wr__parsed *parsed, int *exit_status) {
  return wr__engine_in(parsed, NULL, false, exit_status);
}

wasm_engine_t *wr__engine_in(const wr__parsed *parsed, const wr__container *container,
                             bool copy_files, int *exit_status) {
  *exit_status = WR__EXIT_FAILED;
  wasm_config_t *config = wasm_config_new();
  if (config) {
    for (size_t i = 0; i < parsed->given_count; i++) {
      if (apply_option(config, &parsed->given[i])) continue;
      wasm_config_delete(config);
      *exit_status = WR__EXIT_USAGE;
      return NULL;
    }
  }
  if (config) wr_config_set_copy_files(config, copy_files);
  bool trusts =
      config && (container ? set_container_trust(config, container) : set_trust(config, parsed));
  if (config && !trusts) {
    wasm_config_delete(config);
    return NULL;
  }
  wasm_engine_t *engine = config ? wasm_engine_new_with_config(config) : NULL;
  if (!engine) wr__report("out of memory");
  return engine;
}

/* ---- Files ---------------------------------------------------------------------- */

bool wr__check_module_file(const char *path) {
  char reason[512];
  if (wr__host_check_file(path, reason, sizeof reason)) return true;
  wr__report("%s: %s", path, reason);
  return false;
}

bool wr__check_word(const wr__parsed *parsed) {
  const char *word = parsed->operands[0];
  char reason[512];
  if (parsed->named || strpbrk(word, "./") || strcmp(word, "-") == 0 ||
      wr__host_check_file(word, reason, sizeof reason) || wr__host_is_folder(word))
    return true;
  const char *names[WR__COMMAND_COUNT];
  for (int i = 0; i < WR__COMMAND_COUNT; i++) names[i] = wr__commands[i].name;
  const char *near = wr__suggest(word, names, WR__COMMAND_COUNT);
  const char *file = strstr(reason, "did you mean");
  wr__report("%s: neither a command nor a file%s%s%s", word,
             near   ? "; did you mean the command '"
             : file ? "; "
                    : "; 'wasmrun help' lists the commands",
             near   ? near
             : file ? file
                    : "",
             near ? "'?" : "");
  return false;
}

wasm_module_t *wr__load_module(wasm_engine_t *engine, const char *path) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_module_t *module = NULL;
  if (strcmp(path, "-") == 0) {
    char *data;
    size_t size;
    if (!wr__read_file(path, &data, &size)) return NULL;
    wr_status status = wr_module_new(engine, data, size, &module, &error);
    free(data);
    if (status == WR_OK) return module;
  } else if (!wr__check_module_file(path)) {
    return NULL;
  } else if (wr_module_open(engine, path, &module, &error) == WR_OK) {
    return module;
  }
  wr__report_error(path, &error);
  return NULL;
}

static bool read_all(FILE *file, char **data, size_t *size) {
  size_t capacity = 1 << 16, used = 0;
  char *buffer = malloc(capacity);
  while (buffer) {
    used += fread(buffer + used, 1, capacity - used, file);
    if (used < capacity) break;
    capacity *= 2;
    char *larger = capacity > used ? realloc(buffer, capacity) : NULL;
    if (!larger) free(buffer);
    buffer = larger;
  }
  if (!buffer) errno = ENOMEM;
  if (!buffer || ferror(file)) {
    free(buffer);
    return false;
  }
  *data = buffer;
  *size = used;
  return true;
}

bool wr__read_file(const char *path, char **data, size_t *size) {
  bool is_stdin = strcmp(path, "-") == 0;
  if (!is_stdin && !wr__check_module_file(path)) return false;
  FILE *file = is_stdin ? stdin : fopen(path, "rb");
  bool good = file && read_all(file, data, size);
  if (!good) wr__report("%s: %s", is_stdin ? "standard input" : path, strerror(errno));
  if (file && !is_stdin) fclose(file);
  return good;
}

bool wr__write_file(const char *path, const void *data, size_t size) {
  if (strcmp(path, "-") == 0) {
    fwrite(data, 1, size, stdout);
    return wr__flush_output(WR__EXIT_OK) == WR__EXIT_OK;
  }
  wr_error error;
  if (wr_file_replace(path, data, size, &error) == WR_OK) return true;
  wr__report("cannot write %s", error.message);
  return false;
}
