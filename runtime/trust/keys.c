/* Key files, and the user's folder of them. */
#include "trust/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/file.h"

#define PUBLIC_WORD "wasmrun-public-key"
#define SECRET_WORD "wasmrun-secret-key"
#define SIGNING_KEY "signing-key"
#define TRUSTED_KEYS "trusted-keys"
#define PATH_BYTES 4096

_Static_assert(sizeof((wr__signing_key *)0)->secret == crypto_sign_SECRETKEYBYTES, "Ed25519's");

/* ---- Text */

void wr__public_key_print(const wr__public_key *key, char out[WR_PUBLIC_KEY_TEXT_SIZE]) {
  sodium_bin2base64(out, WR_PUBLIC_KEY_TEXT_SIZE, key->bytes, sizeof key->bytes,
                    sodium_base64_VARIANT_ORIGINAL);
}

/* A word of the line, which ends at a space, a newline or the end; *line moves behind it. */
static wr__span next_word(const char **line) {
  *line += strspn(*line, " \t");
  size_t length = strcspn(*line, " \t\r\n");
  wr__span word = {(const uint8_t *)*line, length};
  *line += length;
  return word;
}

static bool is_word(wr__span word, const char *text) {
  return word.size == strlen(text) && memcmp(word.data, text, word.size) == 0;
}

static bool parse_base64(wr__span word, uint8_t *out, size_t size) {
  size_t got = 0;
  return sodium_base642bin(out, size, (const char *)word.data, word.size, NULL, &got, NULL,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         got == size;
}

static bool parse_public(const char *line, wr__public_key *out) {
  *out = (wr__public_key){.name = ""};
  if (!is_word(next_word(&line), PUBLIC_WORD) ||
      !parse_base64(next_word(&line), out->bytes, sizeof out->bytes))
    return false;
  wr__span name = next_word(&line);
  if (name.size >= sizeof out->name) name.size = sizeof out->name - 1;
  memcpy(out->name, name.data, name.size);
  return true;
}

static wr_status parse_keys(const char *path, const char *text, wr__public_key **out, size_t *count,
                            wr_error *error) {
  wr__public_key *keys = NULL;
  size_t capacity = 0, used = 0;
  unsigned number = 0;
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    number++;
    if (line[strspn(line, " \t\r")] == '\n' || line[0] == '#') continue;
    if (!wr__grow(&keys, &capacity, used + 1, sizeof *keys)) {
      free(keys);
      return wr__fail_oom(error);
    }
    if (parse_public(line, &keys[used++])) continue;
    free(keys);
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: line %u is not a public key", path, number);
  }
  *out = keys;
  *count = used;
  return WR_OK;
}

wr_status wr__keys_read(const char *path, wr__public_key **out, size_t *count, wr_error *error) {
  char *text;
  size_t size;
  WR_TRY(wr__file_read_closed(path, WR__FILE_UNWRITABLE, &text, &size, error));
  wr_status status = parse_keys(path, text, out, count, error);
  free(text);
  return status;
}

/* ---- The user's folder */

static wr_status user_file(const char *name, char *path, wr_error *error) {
  if (wr__user_path(WR__USER_CONFIG, name, path, PATH_BYTES)) return WR_OK;
  return wr__fail(error, WR_IO, WR_NO_OFFSET,
                  "no folder for keys: neither XDG_CONFIG_HOME nor HOME names one");
}

/* *out is freed by the caller; where there is no file there are no keys. */
wr_status wr__user_keys_read(wr__public_key **out, size_t *count, wr_error *error) {
  char folder[PATH_BYTES], path[PATH_BYTES], *text;
  size_t size;
  *out = NULL;
  *count = 0;
  if (!wr__user_path(WR__USER_CONFIG, "", folder, sizeof folder) ||
      !wr__user_path(WR__USER_CONFIG, TRUSTED_KEYS, path, sizeof path))
    return WR_OK;
  wr_status status = wr__file_read_private(folder, TRUSTED_KEYS, WR__FILE_OWN, &text, &size, error);
  if (status == WR_NOT_FOUND) return WR_OK;
  if (status != WR_OK) return status;
  status = parse_keys(path, text, out, count, error);
  free(text);
  return status;
}

static wr_status write_trusted(const wr__public_key *keys, size_t count, wr_error *error) {
  char path[PATH_BYTES];
  WR_TRY(user_file(TRUSTED_KEYS, path, error));
  enum { LINE_BYTES = sizeof PUBLIC_WORD + WR_PUBLIC_KEY_TEXT_SIZE + sizeof keys->name + 4 };
  char *text = malloc(count * LINE_BYTES + 1);
  if (!text) return wr__fail_oom(error);
  size_t size = 0;
  for (size_t i = 0; i < count; i++) {
    char base64[WR_PUBLIC_KEY_TEXT_SIZE];
    wr__public_key_print(&keys[i], base64);
    size += (size_t)snprintf(text + size, LINE_BYTES, PUBLIC_WORD " %s%s%s\n", base64,
                             keys[i].name[0] ? " " : "", keys[i].name);
  }
  wr_status status =
      wr__file_replace(path, &(wr__span){(const uint8_t *)text, size}, 1, 0600, error);
  free(text);
  return status;
}

/* Changes what is trusted, with the folder held. edit says what is left of count keys, with room
 * for one more; WR_OK: write it. */
typedef wr_status (*edit_keys)(wr__public_key *keys, size_t *count, const void *what,
                               wr_error *error);

static wr_status edit_held(edit_keys edit, const void *what, wr_error *error) {
  wr__public_key *keys;
  size_t count;
  WR_TRY(wr__user_keys_read(&keys, &count, error));
  wr__public_key *more = realloc(keys, (count + 1) * sizeof *keys);
  wr_status status = more ? edit(more, &count, what, error) : wr__fail_oom(error);
  if (status == WR_OK) status = write_trusted(more, count, error);
  free(more ? more : keys);
  return status;
}

static wr_status hold_folder(int *lock, wr_error *error) {
  char folder[PATH_BYTES];
  WR_TRY(user_file("", folder, error));
  WR_TRY(wr__folder_make_private(folder, error));
  *lock = wr__folder_lock(folder);
  return *lock >= 0 ? WR_OK : wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: cannot be locked", folder);
}

static wr_status edit_user_keys(edit_keys edit, const void *what, wr_error *error) {
  int lock;
  WR_TRY(hold_folder(&lock, error));
  wr_status status = edit_held(edit, what, error);
  wr__folder_unlock(lock);
  return status;
}

static bool is_same(const wr__public_key *a, const wr__public_key *b) {
  return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static wr_status add_key(wr__public_key *keys, size_t *count, const void *what, wr_error *error) {
  const wr__public_key *key = what;
  for (size_t i = 0; i < *count; i++) {
    if (is_same(&keys[i], key)) {
      if (key->name[0]) keys[i] = *key;
      return WR_OK;
    }
    if (key->name[0] && strcmp(keys[i].name, key->name) == 0)
      return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "there is another key named '%s'",
                      key->name);
  }
  keys[(*count)++] = *key;
  return WR_OK;
}

/* A key that was this user's before keeps its trust, not its name. */
static wr_status add_own(wr__public_key *keys, size_t *count, const void *what, wr_error *error) {
  const wr__public_key *key = what;
  for (size_t i = 0; i < *count; i++)
    if (strcmp(keys[i].name, key->name) == 0) keys[i].name[0] = 0;
  return add_key(keys, count, what, error);
}

wr_status wr__user_keys_add(const wr__public_key *key, wr_error *error) {
  return edit_user_keys(add_key, key, error);
}

static wr_status remove_key(wr__public_key *keys, size_t *count, const void *what,
                            wr_error *error) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    char base64[WR_PUBLIC_KEY_TEXT_SIZE];
    wr__public_key_print(&keys[i], base64);
    if (strcmp(what, base64) != 0 && strcmp(what, keys[i].name) != 0) keys[kept++] = keys[i];
  }
  if (kept == *count)
    return wr__fail(error, WR_NOT_FOUND, WR_NO_OFFSET, "no trusted key is called '%s'",
                    (const char *)what);
  *count = kept;
  return WR_OK;
}

wr_status wr__user_keys_remove(const char *which, wr_error *error) {
  return edit_user_keys(remove_key, which, error);
}

/* ---- Signing keys */

static wr_status parse_signing(const char *path, const char *text, wr__signing_key *out,
                               wr_error *error) {
  uint8_t seed[crypto_sign_SEEDBYTES];
  const char *line = text;
  while (*line == '#') line += strcspn(line, "\n"), line += *line == '\n';
  bool good = is_word(next_word(&line), SECRET_WORD) &&
              parse_base64(next_word(&line), seed, sizeof seed) &&
              crypto_sign_seed_keypair(out->public_key.bytes, out->secret, seed) == 0;
  sodium_memzero(seed, sizeof seed);
  out->public_key.name[0] = 0;
  return good ? WR_OK
              : wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: not a secret key of wasmrun", path);
}

/* folder: the user's, NULL for a file that was named. */
static wr_status read_signing(const char *folder, const char *path, wr__signing_key *out,
                              wr_error *error) {
  char *text;
  size_t size;
  WR_TRY(folder ? wr__file_read_private(folder, SIGNING_KEY, WR__FILE_SECRET, &text, &size, error)
                : wr__file_read_closed(path, WR__FILE_SECRET, &text, &size, error));
  wr_status status = parse_signing(path, text, out, error);
  sodium_memzero(text, size);
  free(text);
  return status;
}

static wr_status write_signing(const char *path, const uint8_t seed[crypto_sign_SEEDBYTES],
                               wr_error *error) {
  char base64[sodium_base64_ENCODED_LEN(crypto_sign_SEEDBYTES, sodium_base64_VARIANT_ORIGINAL)];
  char text[sizeof SECRET_WORD + sizeof base64 + 2];
  sodium_bin2base64(base64, sizeof base64, seed, crypto_sign_SEEDBYTES,
                    sodium_base64_VARIANT_ORIGINAL);
  int length = snprintf(text, sizeof text, SECRET_WORD " %s\n", base64);
  wr_status status =
      wr__file_replace(path, &(wr__span){(const uint8_t *)text, (size_t)length}, 1, 0600, error);
  sodium_memzero(base64, sizeof base64);
  sodium_memzero(text, sizeof text);
  return status;
}

wr_status wr__signing_key_make(const char *path, wr__signing_key *out, wr_error *error) {
  uint8_t seed[crypto_sign_SEEDBYTES];
  if (sodium_init() < 0)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "there is no source of random numbers");
  if (path && wr__file_exists(path))
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: there is a file already", path);
  randombytes_buf(seed, sizeof seed);
  crypto_sign_seed_keypair(out->public_key.bytes, out->secret, seed);
  out->public_key.name[0] = 0;
  wr_status status = path ? write_signing(path, seed, error) : WR_OK;
  sodium_memzero(seed, sizeof seed);
  return status;
}

/* With the folder held, so that two first uses make one key. What it signs is trusted at once. */
static wr_status find_or_make(const char *folder, const char *path, wr__signing_key *out,
                              wr_error *error) {
  wr_status status = read_signing(folder, path, out, error);
  if (status != WR_NOT_FOUND) return status;
  WR_TRY(wr__signing_key_make(path, out, error));
  snprintf(out->public_key.name, sizeof out->public_key.name, "own");
  return edit_held(add_own, &out->public_key, error);
}

wr_status wr__signing_key_read(const char *path, wr__signing_key *out, wr_error *error) {
  char folder[PATH_BYTES], own[PATH_BYTES];
  int lock;
  if (sodium_init() < 0)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "there is no source of random numbers");
  if (path) {
    wr_status status = read_signing(NULL, path, out, error);
    return status == WR_NOT_FOUND ? WR_IO : status;
  }
  WR_TRY(user_file("", folder, error));
  WR_TRY(user_file(SIGNING_KEY, own, error));
  WR_TRY(hold_folder(&lock, error));
  wr_status status = find_or_make(folder, own, out, error);
  wr__folder_unlock(lock);
  return status;
}
