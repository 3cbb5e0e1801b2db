/* A guest without a program, for tests of WASI: a memory, a context, a directory of the host's
 * that is granted as "/" and deleted in the end, and calls by name. */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "p1/p1.h"

#define GUEST_MEMORY (256u << 10)
/* Where the tests put strings, and where results go. */
#define TEXT_A 4096u
#define TEXT_B 12288u
#define OUT 20480u
#define BUFFER 65536u
#define ROOT_FD 3u

typedef struct guest {
  wr_wasi_t *wasi;
  wr__call call;
  char root[64]; /* granted */
  char base[64]; /* holds root and what must not be reached */
  uint8_t memory[GUEST_MEMORY];
} guest;

static inline guest *guest_new(unsigned flags) {
  guest *g = calloc(1, sizeof *g);
  strcpy(g->base, "/tmp/wasi-test-XXXXXX");
  assert_non_null(mkdtemp(g->base));
  snprintf(g->root, sizeof g->root, "%s/root", g->base);
  assert_int_equal(mkdir(g->root, 0777), 0);
  g->wasi = wr_wasi_new();
  assert_int_equal(wr_wasi_preopen_dir(g->wasi, g->root, "/", flags, NULL), WR_OK);
  g->call = (wr__call){.op.wasi = g->wasi, .memory = g->memory, .memory_size = GUEST_MEMORY};
  return g;
}

static inline int guest_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)type;
  (void)ftw;
  return remove(path);
}

static inline void guest_delete(guest *g) {
  wr_wasi_delete(g->wasi);
  nftw(g->base, guest_remove, 16, FTW_DEPTH | FTW_PHYS);
  free(g);
}

static inline const wr__p1_function *guest_function(const char *name) {
  for (size_t i = 0; i < wr__p1_function_count; i++)
    if (strcmp(wr__p1_functions[i].name, name) == 0) return &wr__p1_functions[i];
  fail_msg("no function %s", name);
  return NULL;
}

static inline const char *guest_errno_name(uint32_t number) {
  static const char *const names[] = {
#define X(name) #name,
      WR__WASI_ERRNOS(X)
#undef X
  };
  return number < sizeof names / sizeof names[0] ? names[number] : "?";
}

/* Calls a function; every argument is a uint64_t. */
#define WASI(g, name, ...) \
  wr__p1_call(guest_function(#name), &(g)->call, (const uint64_t[]){__VA_ARGS__ __VA_OPT__(, ) 0})

static inline uint64_t guest_text(guest *g, uint32_t at, const char *text) {
  strcpy((char *)g->memory + at, text);
  return strlen(text);
}

static inline uint32_t guest_u32(const guest *g, uint32_t at) {
  return wr__wire_load32(g->memory + at);
}
static inline uint64_t guest_u64(const guest *g, uint32_t at) {
  return wr__wire_load64(g->memory + at);
}

/* One iovec at OUT + 64 over [at, at + size). */
static inline uint64_t guest_iovec(guest *g, uint32_t at, uint32_t size) {
  wr__wire_store32(g->memory + OUT + 64, at);
  wr__wire_store32(g->memory + OUT + 68, size);
  return OUT + 64;
}

/* path_open with rights as they are; the errno, and the number in *fd. */
static inline uint32_t guest_open(guest *g, uint32_t dir, const char *path, uint32_t lookup,
                                  uint32_t oflags, uint64_t rights, uint32_t *fd) {
  uint64_t size = guest_text(g, TEXT_A, path);
  uint32_t error =
      WASI(g, path_open, dir, lookup, TEXT_A, size, oflags, rights, UINT64_MAX, 0, OUT);
  if (error == WASI_SUCCESS) *fd = guest_u32(g, OUT);
  return error;
}

static inline uint32_t guest_write(guest *g, uint32_t fd, const char *text) {
  uint64_t size = guest_text(g, BUFFER, text);
  uint64_t iov = guest_iovec(g, BUFFER, (uint32_t)size);
  return WASI(g, fd_write, fd, iov, 1, OUT);
}

/* Makes or replaces a file of the host's beneath base. */
static inline void host_file(guest *g, const char *path, const char *text) {
  char full[256];
  snprintf(full, sizeof full, "%s/%s", g->base, path);
  FILE *f = fopen(full, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static inline char *host_text(guest *g, const char *path) {
  static char text[4096];
  char full[256];
  snprintf(full, sizeof full, "%s/%s", g->base, path);
  FILE *f = fopen(full, "r");
  if (!f) return NULL;
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  fclose(f);
  return text;
}

static inline void host_dir(guest *g, const char *path) {
  char full[256];
  snprintf(full, sizeof full, "%s/%s", g->base, path);
  assert_int_equal(mkdir(full, 0777), 0);
}

static inline void host_link(guest *g, const char *target, const char *path) {
  char full[256];
  snprintf(full, sizeof full, "%s/%s", g->base, path);
  assert_int_equal(symlink(target, full), 0);
}

#endif
