/* Options of `wasmrun run` from the host's settings and the container's annotations. What an
 * annotation may say is listed here: limits and engines, nothing that grants or trusts. */
#include <string.h>

#include "../suggest.h"
#include "oci.h"

/* Annotations "wasmrun.NAME", each the option --NAME. */
static const char *const names[] = {"engine",     "bounds",      "max-memory", "max-gc-heap",
                                    "stack-size", "max-threads", "timeout",    "feature"};
#define PREFIX "wasmrun."
enum { NAME_COUNT = sizeof names / sizeof names[0] };

const char *wr__oci_option_fault(wr__oci *oci, const char *name, const json_t *value) {
  bool is_known = false;
  for (size_t i = 0; i < NAME_COUNT; i++) is_known |= strcmp(names[i], name) == 0;
  if (!is_known) {
    const char *near = wr__suggest(name, names, NAME_COUNT);
    return near ? wr__oci_text(oci, "is not known; did you mean '%s'?", near) : "is not known";
  }
  if (!json_is_string(value)) return "is not a string";
  /* The compiler would be one that the container names. */
  if (strcmp(name, "engine") == 0 && strcmp(json_string_value(value), "compile") == 0)
    return "cannot be 'compile': a module is compiled before it goes into the image";
  return NULL;
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
