/* Options of `wasmrun run` from the host's settings and the container's annotations. What an
 * annotation may say is listed here: limits and engines, nothing that grants or trusts. */
#include <string.h>

#include "../suggest.h"
#include "oci.h"

/* Annotations "wasmrun.NAME", each the option --NAME. */
static const char *const names[] = {"engine",     "bounds",      "max-memory", "max-gc-heap",
                                    "stack-size", "max-threads", "timeout",    "feature"};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

bool wr__oci_is_option(const char *name) {
  for (size_t i = 0; i < NAME_COUNT; i++) {
    if (strcmp(names[i], name) == 0) return true;
  }
  return false;
}

static void add_option(wr__oci *oci, wr__oci_words *out, const char *name, const json_t *value) {
  if (json_is_string(value))
    wr__oci_words_add(oci, out, wr__oci_text(oci, "--%s=%s", name, json_string_value(value)));
}

bool wr__oci_options(wr__oci *oci, const json_t *annotations, wr__oci_words *out) {
  const char *key;
  json_t *value;
  json_object_foreach(oci->settings.options, key, value) add_option(oci, out, key, value);
  json_object_foreach((json_t *)annotations, key, value) {
    if (strncmp(key, "wasmrun.", 8) != 0) continue;
    const char *name = key + 8;
    if (!wr__oci_is_option(name)) {
      const char *near = wr__suggest(name, names, NAME_COUNT);
      wr__oci_fail(oci, "annotation '%s' is not known%s%s%s", key,
                   near ? "; did you mean 'wasmrun." : "", near ? near : "", near ? "'?" : "");
      return false;
    }
    if (strcmp(name, "engine") == 0 && json_string_value(value) &&
        strcmp(json_string_value(value), "compile") == 0) {
      wr__oci_fail(oci,
                   "annotation 'wasmrun.engine': modules are not compiled in a container; "
                   "compile it before it goes into the image");
      return false;
    }
    add_option(oci, out, name, value);
  }
  return true;
}
