/* The host's settings: /etc/wasmrun/oci.json, or the file that --wasmrun-settings names. They
 * decide what is trusted, so the file must belong to root or to this user and be writable by no
 * other. */
#include <errno.h>
#include <string.h>

#include "oci.h"
#include "platform/files.h"

#define DEFAULT_PATH "/etc/wasmrun/oci.json"

static bool take_text(wr__oci *oci, const char *path, const char *key, const json_t *value,
                      const char **out) {
  if (!json_is_string(value)) {
    wr__oci_fail(oci, "%s: '%s' is not a string", path, key);
    return false;
  }
  *out = wr__oci_text(oci, "%s", json_string_value(value));
  return true;
}

static bool take_options(wr__oci *oci, const char *path, json_t *options) {
  const char *key;
  json_t *value;
  if (!json_is_object(options)) {
    wr__oci_fail(oci, "%s: 'options' is not an object", path);
    return false;
  }
  json_object_foreach(options, key, value) {
    const char *fault = wr__oci_option_fault(oci, key, value);
    if (!fault) continue;
    wr__oci_fail(oci, "%s: option '%s' %s", path, key, fault);
    return false;
  }
  oci->settings.options = json_incref(options);
  return true;
}

/* Files of keys, as `wasmrun key export` writes them. */
static bool take_keys(wr__oci *oci, const char *path, const json_t *files) {
  const json_t *file;
  size_t i;
  wr__oci_settings *settings = &oci->settings;
  if (!json_is_array(files)) {
    wr__oci_fail(oci, "%s: 'trust-keys' is not an array", path);
    return false;
  }
  json_array_foreach(files, i, file) {
    wr_public_key *keys = NULL;
    size_t count = 0;
    wr_error error;
    const char *name = json_is_string(file) ? json_string_value(file) : "";
    if (wr_public_keys_read(name, &keys, &count, &error) != WR_OK) {
      wr__oci_fail(oci, "%s: 'trust-keys': %s", path, error.message);
      return false;
    }
    size_t size = (settings->key_count + count) * sizeof *keys;
    wr_public_key *all = wr__oci_alloc(oci, size);
    if (settings->key_count > 0) memcpy(all, settings->keys, settings->key_count * sizeof *keys);
    if (count > 0) memcpy(all + settings->key_count, keys, count * sizeof *keys);
    settings->keys = all;
    settings->key_count += count;
    wr_public_keys_delete(keys);
  }
  return true;
}

static bool take(wr__oci *oci, const char *path, const char *key, json_t *value) {
  wr__oci_settings *settings = &oci->settings;
  if (strcmp(key, "runtime") == 0) return take_text(oci, path, key, value, &settings->runtime);
  if (strcmp(key, "program") == 0) return take_text(oci, path, key, value, &settings->program);
  if (strcmp(key, "state") == 0) return take_text(oci, path, key, value, &settings->state);
  if (strcmp(key, "options") == 0) return take_options(oci, path, value);
  if (strcmp(key, "trust-keys") == 0) return take_keys(oci, path, value);
  wr__oci_fail(oci, "%s: unknown setting '%s'", path, key);
  return false;
}

/* The file is opened once, and what was opened is checked and read: nobody can put another in its
 * place in between. */
static json_t *load(wr__oci *oci, const char *path, bool *there) {
  char *text;
  size_t size_bytes;
  *there = true;
  switch (wr__oci_read_trusted(path, &text, &size_bytes)) {
    case WR__OCI_READ:
      wr__oci_adopt(oci, text);
      return wr__oci_json_parse(oci, path, text, size_bytes);
    case WR__OCI_UNTRUSTED:
      wr__oci_fail(oci,
                   "%s: not used: it must be a file of root or of this user that no other can "
                   "write; chown root, chmod go-w",
                   path);
      return NULL;
    case WR__OCI_LINK:
      wr__oci_fail(oci, "%s: not used: it is a link; put the file itself there", path);
      return NULL;
    default:
      *there = errno != ENOENT || oci->line.settings;
      if (*there) wr__oci_fail(oci, "%s: %s", path, strerror(errno));
      return NULL;
  }
}

bool wr__oci_settings_load(wr__oci *oci) {
  const char *path = oci->line.settings ? oci->line.settings : DEFAULT_PATH;
  bool there;
  json_t *json = load(oci, path, &there);
  if (!json) return !there;
  const char *key;
  json_t *value;
  bool good = true;
  json_object_foreach(json, key, value) {
    good = take(oci, path, key, value);
    if (!good) break;
  }
  json_decref(json);
  return good;
}
