/* Keys through the public interface, and whom a configuration trusts. */
#include <stdlib.h>

#include "api/config.h"

static wr_status hand_out_key(wr_status (*get)(const char *, wr__signing_key *, wr_error *),
                              const char *path, wr_signing_key **out, wr_error *error) {
  wr_signing_key *key = out ? calloc(1, sizeof *key) : NULL;
  if (!out) return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "out is missing");
  if (!key) return wr__fail_oom(error);
  wr_status status = get(path, &key->key, error);
  if (status == WR_OK)
    *out = key;
  else
    free(key);
  return status;
}

wr_status wr_signing_key_open(const char *path, wr_signing_key **out, wr_error *error) {
  return hand_out_key(wr__signing_key_read, path, out, error);
}

wr_status wr_signing_key_new(const char *path, wr_signing_key **out, wr_error *error) {
  return hand_out_key(wr__signing_key_make, path, out, error);
}

void wr_signing_key_delete(wr_signing_key *key) {
  if (!key) return;
  volatile uint8_t *secret = key->key.secret; /* not left behind in freed memory */
  for (size_t i = 0; i < sizeof key->key.secret; i++) secret[i] = 0;
  free(key);
}

wr_public_key wr_signing_key_public(const wr_signing_key *key) { return key->key.public_key; }

void wr_public_key_text(const wr_public_key *key, char text[WR_PUBLIC_KEY_TEXT_SIZE]) {
  wr__public_key_print(key, text);
}

wr_status wr_public_keys_read(const char *path, wr_public_key **keys, size_t *count,
                              wr_error *error) {
  if (!path || !keys || !count)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "path, keys or count is missing");
  wr_status status = wr__keys_read(path, keys, count, error);
  return status == WR_NOT_FOUND ? WR_IO : status;
}

wr_status wr_user_keys_read(wr_public_key **keys, size_t *count, wr_error *error) {
  if (!keys || !count)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "keys or count is missing");
  return wr__user_keys_read(keys, count, error);
}

void wr_public_keys_delete(wr_public_key *keys) { free(keys); }

wr_status wr_user_keys_add(const wr_public_key *key, wr_error *error) {
  if (!key) return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "key is missing");
  return wr__user_keys_add(key, error);
}

wr_status wr_user_keys_remove(const char *which, wr_error *error) {
  if (!which) return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "which is missing");
  return wr__user_keys_remove(which, error);
}

/* ---- Whom to trust */

wr_status wr_config_trust_keys(wasm_config_t *config, const wr_public_key *keys, size_t count,
                               wr_error *error) {
  if (!config || (!keys && count))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "config or keys are missing");
  return wr__keyring_add(&config->config.trusted, keys, count) ? WR_OK : wr__fail_oom(error);
}

void wr_config_set_copy_files(wasm_config_t *config, bool copy) {
  config->config.copy_files = copy;
}

void wr_config_trust_user(wasm_config_t *config) { config->config.trust_user = true; }

void wr_config_allow_unsigned_code(wasm_config_t *config, bool allow) {
  config->config.allow_unsigned_code = allow;
}

wr_status wr_config_set_verdicts(wasm_config_t *config, const char *folder) {
  char *copy = folder ? strdup(folder) : NULL;
  if (folder && !copy) return WR_OUT_OF_MEMORY;
  free(config->config.verdicts);
  config->config.verdicts = copy;
  return WR_OK;
}

wr_status wr_config_set_debug(wasm_config_t *config, bool on, const char *dump_folder) {
  char *copy = dump_folder ? strdup(dump_folder) : NULL;
  if (dump_folder && !copy) return WR_OUT_OF_MEMORY;
  free(config->config.dump_folder);
  config->config.dump_folder = copy;
  config->config.debug = on;
  return WR_OK;
}
