/* The process in a container: `wasmrun run` with the settings that came with its program, and with
 * everything that a process of this container has. The engine, limits and trust are the settings';
 * nothing in the container is asked for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../commands.h"
#include "guest.h"
#include "oci.h"
#include "platform/guest.h"

static wr_status grant_environment(wr_wasi_t *wasi, wr_error *error) {
  for (char **at = wr__oci_guest_environment(); *at; at++) {
    const char *equals = strchr(*at, '=');
    if (!equals || equals == *at) continue;
    char *name = strndup(*at, (size_t)(equals - *at));
    wr_status status = name ? wr_wasi_set_env(wasi, name, equals + 1, error) : WR_OUT_OF_MEMORY;
    free(name);
    if (status != WR_OK) return status;
  }
  return WR_OK;
}

/* One of the folders of the root; those that no guest gets (/proc, /sys), or that this user may not
 * read, are left out. */
static void grant_folder(void *context, const char *path) {
  wr_error error;
  if (wr_wasi_preopen_dir(context, path, path, WR_WASI_WHOLE_ROOT, &error) != WR_OK) return;
}

/* The root as "/". A guest's C library knows a working directory by the name "." and cannot tell it
 * from "/", so where it is another, "." is that, and the folders of the root have names of their
 * own; what else is in the root is found if the working directory has nothing of the name. */
static wr_status grant_folders(wr_wasi_t *wasi, wr_error *error) {
  char *folder = wr__oci_guest_folder();
  if (!folder) return WR_OUT_OF_MEMORY;
  wr_status status;
  if (strcmp(folder, "/") == 0) {
    status = wr_wasi_preopen_dir(wasi, "/", "/", WR_WASI_WHOLE_ROOT, error);
  } else {
    status = wr_wasi_preopen_dir(wasi, ".", ".", WR_WASI_WHOLE_ROOT | WR_WASI_THEN_ROOT, error);
    wr__oci_guest_root_folders(grant_folder, wasi);
  }
  free(folder);
  return status;
}

/* What the kernel lets this container reach: the network is its network namespace. */
static wr_status grant_network(wr_wasi_t *wasi, wr_error *error) {
  static const char *const rules[] = {"connect=*:*", "listen=*:*", "resolve=*"};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    wr_status status = wr_wasi_net_allow(wasi, rules[i], error);
    if (status != WR_OK) return status;
  }
  return WR_OK;
}

/* A guest that opens this file learns by its end that it is to stop. */
static wr_status grant_stop(wr_wasi_t *wasi, wr_error *error) {
  int fd = wr__oci_guest_stop_fd();
  return fd < 0 ? WR_OK
                : wr_wasi_add_file(wasi, WR__OCI_STOP_PATH, fd, wr__oci_guest_awaits_stop, NULL,
                                   error);
}

static wr_status grant_container(wr_wasi_t *wasi, wr_error *error) {
  wr_status status = grant_folders(wasi, error);
  if (status == WR_OK) status = grant_environment(wasi, error);
  if (status == WR_OK) status = grant_network(wasi, error);
  return status == WR_OK ? grant_stop(wasi, error) : status;
}

/* ---- The settings ------------------------------------------------------------------------------
 */

/* A call in the making: `wasmrun run OPTION... --argv0 NAME -- MODULE ARGUMENT...`. */
typedef struct call {
  char **line;
  int count;
  wr_public_key *keys;
  size_t key_count;
} call;

/* 64 hexadecimal digits. */
static bool read_key(const char *digits, wr_public_key *key) {
  for (size_t i = 0; i < sizeof key->bytes; i++) {
    unsigned byte;
    if (sscanf(digits + 2 * i, "%2x", &byte) != 1) return false;
    key->bytes[i] = (uint8_t)byte;
  }
  return true;
}

/* From the settings' texts and the process's arguments. */
static bool make_call(int argc, char **argv, char *texts, const char *end, call *c) {
  size_t most = (size_t)argc + 8, key_size = strlen(WR__OCI_GUEST_KEY);
  for (const char *at = texts; at < end; at++) most += *at == '\0';
  c->line = calloc(most, sizeof *c->line);
  c->keys = calloc(most, sizeof *c->keys);
  if (!c->line || !c->keys) return false;
  char **to = c->line;
  char *module = texts + sizeof WR__OCI_GUEST_MAGIC;
  *to++ = "wasmrun";
  *to++ = "run";
  for (char *at = module + strlen(module) + 1; at < end; at += strlen(at) + 1) {
    if (strncmp(at, WR__OCI_GUEST_KEY, key_size) != 0) {
      *to++ = at;
    } else if (!read_key(at + key_size, &c->keys[c->key_count++])) {
      return false;
    }
  }
  *to++ = "--argv0";
  *to++ = argv[1];
  *to++ = "--";
  *to++ = module;
  for (int i = 2; i < argc; i++) *to++ = argv[i];
  c->count = (int)(to - c->line);
  return true;
}

static int run_call(const call *c) {
  wr__parsed parsed;
  char message[256];
  int exit_status = WR__EXIT_USAGE;
  wr__container container = {grant_container, c->keys, c->key_count};
  if (wr__options_parse(c->count, c->line, &parsed, message, sizeof message)) {
    exit_status = wr__run_in(&parsed, &container);
  } else {
    wr__report("%s", message);
  }
  free(parsed.given);
  return exit_status;
}

bool wr__oci_guest_main(int argc, char **argv, int *exit_status) {
  size_t size_bytes;
  if (argc < 2 || strncmp(argv[0], WR__OCI_FD_FOLDER, strlen(WR__OCI_FD_FOLDER)) != 0) return false;
  char *texts = wr__oci_guest_settings(argv[0] + strlen(WR__OCI_FD_FOLDER), WR__OCI_GUEST_MAGIC,
                                       sizeof WR__OCI_GUEST_MAGIC, &size_bytes);
  if (!texts) return false;
  call c = {0};
  wr__oci_guest_show(argv);
  wr__oci_guest_end_by_signals();
  *exit_status =
      make_call(argc, argv, texts, texts + size_bytes, &c) ? run_call(&c) : WR__EXIT_FAILED;
  free(c.line);
  free(c.keys);
  free(texts);
  return true;
}
