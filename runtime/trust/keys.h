/* Keys: whose native code is trusted, and with what the user's own is signed.
 *
 * The user's folder ($XDG_CONFIG_HOME/wasmrun) holds `signing-key`, made at first use, and
 * `trusted-keys`. Both are text, a key a line: "wasmrun-secret-key BASE64", and
 * "wasmrun-public-key BASE64 NAME"; lines that begin with # are comments. The folder and the
 * secret key must be closed to everybody else, what is trusted must not be writable for others;
 * none of the three may be a link. */
#ifndef WR__KEYS_H
#define WR__KEYS_H

#include "config/keyring.h"

typedef struct wr__signing_key {
  wr__public_key public_key;
  uint8_t secret[64];
} wr__signing_key;

/* The key as people see it. */
void wr__public_key_print(const wr__public_key *key, char out[WR_PUBLIC_KEY_TEXT_SIZE]);

/* wr__keys_read: the public keys of a file. *out is malloc'ed. Errors WR_IO, with the file and what
 * is wrong with it (not there, writable for others, no key in a line); WR_OUT_OF_MEMORY. */
wr_status wr__keys_read(const char *path, wr__public_key **out, size_t *count, wr_error *error);

/* wr__user_keys_read: what the user trusts; none where there is no folder. */
wr_status wr__user_keys_read(wr__public_key **out, size_t *count, wr_error *error);
wr_status wr__user_keys_add(const wr__public_key *key, wr_error *error);
/* By name or text. WR_NOT_FOUND. */
wr_status wr__user_keys_remove(const char *which, wr_error *error);

/* wr__signing_key_read: from a file; NULL: the user's, made and trusted where there is none. */
wr_status wr__signing_key_read(const char *path, wr__signing_key *out, wr_error *error);
/* wr__signing_key_make: a new one, in a file that is not there yet; NULL: kept nowhere. */
wr_status wr__signing_key_make(const char *path, wr__signing_key *out, wr_error *error);

#endif
