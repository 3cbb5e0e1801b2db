/* Options of `wasmrun run` from the host's settings and the container's annotations. What an
 * annotation may say is listed here: limits and engines, nothing that grants or trusts. */
#include <stdlib.h>
#include <string.h>

#include "../numbers.h"
#include "../options.h"
#include "../suggest.h"
#include "oci.h"

/* ---- Values -----------------------------------------------------------------------------------
 */

static bool is_size(const char *text) {
  uint64_t size;
  return wr__size_parse(text, &size);
}

static bool is_stack_size(const char *text) {
  uint64_t size;
  return wr__size_parse(text, &size) && size >= 16384 && size <= SIZE_MAX / 4;
}

static bool is_time(const char *text) {
  uint64_t time_ns;
  return wr__time_parse(text, &time_ns);
}

static bool is_count(const char *text) {
  char *end;
  unsigned long count = strtoul(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && count > 0 && count <= UINT32_MAX;
}

/* Names with signs, separated by commas. */
static bool is_features(const char *text) {
  while (*text) {
    char name[64] = "";
    size_t size = strcspn(text, ","), sign = *text == '-' || *text == '+';
    wr_feature feature;
    if (size - sign < sizeof name) memcpy(name, text + sign, size - sign);
    if (!wr_feature_by_name(name, &feature)) return false;
    text += size + (text[size] == ',');
  }
  return true;
}

/* Annotations "wasmrun.NAME", each the option --NAME. What the value of an option without a
 * function is, its row says. */
static const struct {
  const char *name;
  wr__option_id id;
  bool (*is_value)(const char *text);
  const char *form;
} options[] = {
    {"engine", WR__OPTION_ENGINE, NULL, NULL},
    {"bounds", WR__OPTION_BOUNDS, NULL, NULL},
    {"max-memory", WR__OPTION_MAX_MEMORY, is_size, "a size, like 64M"},
    {"max-table-elements", WR__OPTION_MAX_TABLE_ELEMENTS, is_size, "a number, like 100000"},
    {"max-gc-heap", WR__OPTION_MAX_GC_HEAP, is_size, "a size, like 64M"},
    {"stack-size", WR__OPTION_STACK_SIZE, is_stack_size, "a size of at least 16K, like 1M"},
    {"max-threads", WR__OPTION_MAX_THREADS, is_count, "a number of threads, like 8"},
    {"max-descriptors", WR__OPTION_MAX_DESCRIPTORS, is_count, "a number of descriptors, like 100"},
    {"timeout", WR__OPTION_TIMEOUT, is_time, "a time, like 500ms, 2s, 1.5m, 1h"},
    {"feature", WR__OPTION_FEATURE, is_features, "a list of features, like -simd,+threads"},
};
#define PREFIX "wasmrun."
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

/* Is it one of "auto|interp|native"? */
static bool is_word_of(const char *words, const char *text) {
  size_t size = strlen(text);
  for (const char *at = words; size > 0 && at; at = strchr(at, '|'), at = at ? at + 1 : NULL) {
    if (strcspn(at, "|") == size && strncmp(at, text, size) == 0) return true;
  }
  return false;
}

json_t *wr__oci_option_annotations(void) {
  json_t *array = json_array();
  for (size_t i = 0; i < OPTION_COUNT; i++)
    json_array_append_new(array, json_sprintf(PREFIX "%s", options[i].name));
  return array;
}

static const char *value_fault(wr__oci *oci, size_t index, const char *text) {
  const char *words = wr__options[options[index].id].complete;
  const char *form = options[index].form;
  if (form)
    return options[index].is_value(text)
               ? NULL
               : wr__oci_text(oci, "is '%s', which is not %s", text, form);
  /* The compiler would be one that the container names. */
  if (strcmp(text, "compile") == 0)
    return "cannot be 'compile': a module is compiled before it goes into the image";
  if (is_word_of(words, text)) return NULL;
  return wr__oci_text(oci, "is '%s', which is not one of %s", text, words);
}

const char *wr__oci_option_fault(wr__oci *oci, const char *name, const json_t *value) {
  const char *names[OPTION_COUNT];
  for (size_t i = 0; i < OPTION_COUNT; i++) {
    names[i] = options[i].name;
    if (strcmp(names[i], name) != 0) continue;
    return json_is_string(value) ? value_fault(oci, i, json_string_value(value))
                                 : "is not a string";
  }
  const char *near = wr__suggest(name, names, OPTION_COUNT);
  return near ? wr__oci_text(oci, "is not known; did you mean '%s'?", near) : "is not known";
}

static void add_option(wr__oci *oci, wr__oci_words *out, const char *name, const json_t *value) {
  wr__oci_words_add(oci, out, wr__oci_text(oci, "--%s=%s", name, json_string_value(value)));
}

bool wr__oci_options(wr__oci *oci, const json_t *annotations, wr__oci_words *out) {
  const char *key;
  json_t *value;
  json_object_foreach(oci->settings.options, key, value) add_option(oci, out, key, value);
  json_object_foreach((json_t *)annotations, key, value) {
    if (strncmp(key, PREFIX, strlen(PREFIX)) != 0) continue;
    const char *name = key + strlen(PREFIX);
    const char *fault = wr__oci_option_fault(oci, name, value);
    if (fault) {
      wr__oci_fail(oci, "annotation '" PREFIX "%s' %s", name, fault);
      return false;
    }
    add_option(oci, out, name, value);
  }
  return true;
}
