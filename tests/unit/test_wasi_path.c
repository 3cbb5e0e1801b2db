/* Containment and path resolution, each test both by openat2 and by the walk. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "machine.h"
#include "wasi_guest.h"

#define READ (WR__RIGHT_FD_READ | WR__RIGHT_FD_SEEK | WR__RIGHT_FD_READDIR)
#define FOLLOW WASI_LOOKUP_SYMLINK_FOLLOW

/* A tree: root/{file, dir/{file, up -> .., deep/}, links}, and outside/secret. */
static guest *tree(bool walk, unsigned flags) {
  guest *g = guest_new(flags);
  g->wasi->walk_paths = walk;
  host_file(g, "root/file", "content");
  host_dir(g, "root/dir");
  host_dir(g, "root/dir/deep");
  host_file(g, "root/dir/file", "inner");
  host_dir(g, "outside");
  host_file(g, "outside/secret", "secret");
  host_link(g, "..", "root/dir/up");
  host_link(g, "../..", "root/dir/out");
  host_link(g, "../outside/secret", "root/escape");
  host_link(g, "/etc/passwd", "root/absolute");
  host_link(g, "file", "root/link");
  host_link(g, "dir", "root/dirlink");
  host_link(g, "loop", "root/loop");
  host_link(g, "dir/../dir/up/link", "root/winding");
  host_link(g, "nowhere", "root/dangling");
  host_link(g, "../outside/new", "root/dangling-out");
  return g;
}

typedef struct expectation {
  const char *path;
  uint32_t lookup;
  uint32_t oflags;
  uint32_t error;
} expectation;

static const expectation openings[] = {
    {"file", 0, 0, WASI_SUCCESS},
    {"./file", 0, 0, WASI_SUCCESS},
    {"dir/../file", 0, 0, WASI_SUCCESS},
    {"dir//.//file", 0, 0, WASI_SUCCESS},
    {"dir/deep/../../dir/file", 0, 0, WASI_SUCCESS},
    {".", 0, WASI_OFLAGS_DIRECTORY, WASI_SUCCESS},
    {"dir/..", 0, WASI_OFLAGS_DIRECTORY, WASI_SUCCESS},
    {"dir/", 0, 0, WASI_SUCCESS},
    {"dir///", 0, 0, WASI_SUCCESS},
    {"dir/.", 0, 0, WASI_SUCCESS},
    {"link", FOLLOW, 0, WASI_SUCCESS},
    {"winding", FOLLOW, 0, WASI_SUCCESS},
    {"dirlink/file", 0, 0, WASI_SUCCESS},
    {"dirlink/", 0, 0, WASI_SUCCESS},
    {"dir/up/file", 0, 0, WASI_SUCCESS},
    {"dir/up/dir/up/dir/file", 0, 0, WASI_SUCCESS},
    {"dir/up", FOLLOW, WASI_OFLAGS_DIRECTORY, WASI_SUCCESS},
    {"", 0, 0, WASI_NOENT},
    {"missing", 0, 0, WASI_NOENT},
    {"missing/file", 0, 0, WASI_NOENT},
    {"file/", 0, 0, WASI_NOTDIR},
    {"file/file", 0, 0, WASI_NOTDIR},
    {"file/..", 0, 0, WASI_NOTDIR},
    {"link/", 0, 0, WASI_NOTDIR},
    {"link", 0, 0, WASI_LOOP},
    {"dirlink", 0, WASI_OFLAGS_DIRECTORY, WASI_NOTDIR},
    {"loop", FOLLOW, 0, WASI_LOOP},
    {"loop/x", 0, 0, WASI_LOOP},
    {"dangling", FOLLOW, 0, WASI_NOENT},
    {"file", 0, WASI_OFLAGS_DIRECTORY, WASI_NOTDIR},
    {"file", 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, WASI_EXIST},
    {"dangling", 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, WASI_EXIST},
    {"new/", 0, WASI_OFLAGS_CREAT, WASI_ISDIR},
    {"..", 0, 0, WASI_NOTCAPABLE},
    {"../root/file", 0, 0, WASI_NOTCAPABLE},
    {"dir/../../outside/secret", 0, 0, WASI_NOTCAPABLE},
    {"/etc/passwd", 0, 0, WASI_NOTCAPABLE},
    {"/", 0, 0, WASI_NOTCAPABLE},
    {"escape", FOLLOW, 0, WASI_NOTCAPABLE},
    {"absolute", FOLLOW, 0, WASI_NOTCAPABLE},
    {"dir/out/outside/secret", 0, 0, WASI_NOTCAPABLE},
    {"dir/up/../outside/secret", 0, 0, WASI_NOTCAPABLE},
    {"dangling-out", FOLLOW, WASI_OFLAGS_CREAT, WASI_NOTCAPABLE},
};

/* Where all of the root was granted, nothing is an escape; the kernel's interfaces stay closed. */
static const expectation whole_root_openings[] = {
    {"file", 0, 0, WASI_SUCCESS},
    {"absolute", FOLLOW, 0, WASI_SUCCESS},
    {"absolute", 0, 0, WASI_LOOP},
    {"escape", FOLLOW, 0, WASI_SUCCESS},
    {"dir/out/outside/secret", 0, 0, WASI_SUCCESS},
    {"../outside/secret", 0, 0, WASI_SUCCESS},
    {"../../../../../../../..", 0, WASI_OFLAGS_DIRECTORY, WASI_SUCCESS},
    {"../../../../../../etc/passwd", 0, 0, WASI_SUCCESS},
    {"../../../../../../proc/self/maps", 0, 0, WASI_ACCES},
    {"proc/self/maps", 0, 0, WASI_ACCES},
    {"dangling-out", FOLLOW, 0, WASI_NOENT},
    {"loop", FOLLOW, 0, WASI_LOOP},
    {"/etc/passwd", 0, 0, WASI_NOTCAPABLE},
};

static void check_each(const expectation *all, size_t count, bool walk, unsigned flags) {
  for (size_t i = 0; i < count; i++) {
    const expectation *e = &all[i];
    guest *g = tree(walk, flags);
    host_link(g, "/proc", "root/proc");
    uint32_t fd = 0;
    uint32_t error = guest_open(g, ROOT_FD, e->path, e->lookup, e->oflags, READ, &fd);
    if (error != e->error)
      fail_msg("open '%s' (%s): %s instead of %s", e->path, walk ? "walk" : "openat2",
               guest_errno_name(error), guest_errno_name(e->error));
    guest_delete(g);
  }
}

static void check_openings(bool walk) {
  check_each(openings, sizeof openings / sizeof openings[0], walk, 0);
}

static void whole_root_by_openat2(void **state) {
  (void)state;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  check_each(whole_root_openings, sizeof whole_root_openings / sizeof whole_root_openings[0], false,
             WR_WASI_WHOLE_ROOT);
}
static void whole_root_by_walk(void **state) {
  (void)state;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  check_each(whole_root_openings, sizeof whole_root_openings / sizeof whole_root_openings[0], true,
             WR_WASI_WHOLE_ROOT);
}

static void openings_by_openat2(void **state) {
  (void)state;
  check_openings(false);
}
static void openings_by_walk(void **state) {
  (void)state;
  check_openings(true);
}

static void follows_dangling_link_to_create(void **state) {
  (void)state;
  for (int walk = 0; walk < 2; walk++) {
    guest *g = tree(walk, 0);
    uint32_t fd;
    assert_int_equal(guest_open(g, ROOT_FD, "dangling", FOLLOW, WASI_OFLAGS_CREAT,
                                READ | WR__RIGHT_FD_WRITE, &fd),
                     WASI_SUCCESS);
    assert_int_equal(guest_write(g, fd, "made"), WASI_SUCCESS);
    assert_string_equal(host_text(g, "root/nowhere"), "made");
    guest_delete(g);
  }
}

/* No other function leaves the directory either, and none follows a last link. */
static void other_functions_stay_inside(void **state) {
  (void)state;
  for (int walk = 0; walk < 2; walk++) {
    guest *g = tree(walk, 0);
    static const char *const outs[] = {"../outside/x", "dir/out/outside/x", "/tmp/x",
                                       "dir/../../outside/x"};
    for (size_t i = 0; i < 4; i++) {
      uint64_t size = guest_text(g, TEXT_A, outs[i]), inner = guest_text(g, TEXT_B, "file");
      assert_int_equal(WASI(g, path_create_directory, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_remove_directory, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_unlink_file, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, size, OUT), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_filestat_set_times, 3, 0, TEXT_A, size, 0, 0, 0),
                       WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_readlink, 3, TEXT_A, size, BUFFER, 100, OUT), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_symlink, TEXT_B, inner, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_link, 3, 0, TEXT_B, inner, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_link, 3, 0, TEXT_A, size, 3, TEXT_B, inner), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_rename, 3, TEXT_B, inner, 3, TEXT_A, size), WASI_NOTCAPABLE);
      assert_int_equal(WASI(g, path_rename, 3, TEXT_A, size, 3, TEXT_B, inner), WASI_NOTCAPABLE);
    }
    assert_string_equal(host_text(g, "outside/secret"), "secret");
    guest_delete(g);
  }
}

/* A last link with a slash behind it is followed by the host, if it is let. */
static void trailing_slash_does_not_lead_out(void **state) {
  (void)state;
  for (int walk = 0; walk < 2; walk++) {
    guest *g = tree(walk, 0);
    host_link(g, "../outside", "root/outlink");
    uint64_t size = guest_text(g, TEXT_A, "outlink/"), other = guest_text(g, TEXT_B, "stolen");
    assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, size, OUT), WASI_NOTCAPABLE);
    assert_int_equal(WASI(g, path_filestat_set_times, 3, 0, TEXT_A, size, 0, 0, 0),
                     WASI_NOTCAPABLE);
    assert_int_equal(WASI(g, path_readlink, 3, TEXT_A, size, BUFFER, 99, OUT), WASI_NOTCAPABLE);
    assert_int_equal(WASI(g, path_link, 3, 0, TEXT_A, size, 3, TEXT_B, other), WASI_NOTCAPABLE);
    assert_int_equal(WASI(g, path_rename, 3, TEXT_A, size, 3, TEXT_B, other), WASI_NOTDIR);
    assert_int_equal(WASI(g, path_remove_directory, 3, TEXT_A, size), WASI_NOTDIR);
    guest_delete(g);
  }
}

static void kernel_interfaces_are_refused(void **state) {
  (void)state;
  static const char *const paths[] = {"proc/self/mem",
                                      "proc/self/maps",
                                      "proc/1/status",
                                      "proc",
                                      "sys/kernel",
                                      "proc/self/cwd/file",
                                      "proc/self/root/etc/passwd",
                                      "dev/fd/0"};
  for (int walk = 0; walk < 2; walk++) {
    wr_wasi_t *wasi = wr_wasi_new();
    wasi->walk_paths = walk;
    guest *g = calloc(1, sizeof *g);
    g->call = (wr__call){.op.wasi = wasi, .memory = g->memory, .memory_size = GUEST_MEMORY};
    assert_int_equal(wr_wasi_preopen_dir(wasi, "/", "/", 0, NULL), WR_OK);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
      uint32_t fd;
      uint32_t error = guest_open(g, 3, paths[i], FOLLOW, 0, READ, &fd);
      if (error != WASI_ACCES && error != WASI_LOOP && error != WASI_NOENT &&
          error != WASI_NOTCAPABLE)
        fail_msg("%s: %s", paths[i], guest_errno_name(error));
    }
    wr_error error;
    assert_int_equal(wr_wasi_preopen_dir(wasi, "/proc", "/proc", 0, &error), WR_BAD_ARGUMENT);
    assert_int_equal(wr_wasi_preopen_dir(wasi, "/proc/self", "/p", 0, &error), WR_BAD_ARGUMENT);
    wr_wasi_delete(wasi);
    free(g);
  }
}

/* Not only what is opened counts, but every component. */
static void nothing_leads_through_kernel_interfaces(void **state) {
  (void)state;
  static const char *const refused[] = {"proc/../etc/passwd", "sys/kernel/../../etc/passwd",
                                        "proc/sys/fs/binfmt_misc/status", "proc/../tmp"};
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  for (int walk = 0; walk < 2; walk++) {
    wr_wasi_t *wasi = wr_wasi_new();
    wasi->walk_paths = walk;
    guest *g = calloc(1, sizeof *g);
    uint32_t fd;
    g->call = (wr__call){.op.wasi = wasi, .memory = g->memory, .memory_size = GUEST_MEMORY};
    assert_int_equal(wr_wasi_preopen_dir(wasi, "/", "/", 0, NULL), WR_OK);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
      uint32_t error = guest_open(g, 3, refused[i], FOLLOW, 0, READ, &fd);
      if (error != WASI_ACCES) fail_msg("%s: %s", refused[i], guest_errno_name(error));
    }
    uint64_t from = guest_text(g, TEXT_A, "proc/../etc/passwd"),
             to = guest_text(g, TEXT_B, "tmp/x");
    assert_int_equal(WASI(g, path_link, 3, 0, TEXT_A, from, 3, TEXT_B, to), WASI_ACCES);
    assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, from, OUT), WASI_ACCES);
    assert_int_equal(guest_open(g, 3, "etc/../etc/passwd", FOLLOW, 0, READ, &fd), WASI_SUCCESS);
    wr_wasi_delete(wasi);
    free(g);
  }
}

/* Devices beyond the granted file system: what programs need, and no other. */
static void devices_beyond_the_grant(void **state) {
  (void)state;
  static const char *const refused[] = {"dev/kmsg", "dev/mem", "dev/watchdog", "dev/ptmx"};
  struct stat root, dev;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  if (stat("/", &root) != 0 || stat("/dev", &dev) != 0 || root.st_dev == dev.st_dev)
    cannot_run_here("/dev is no file system of its own");
  wr_wasi_t *wasi = wr_wasi_new();
  guest *g = calloc(1, sizeof *g);
  uint32_t fd, folder;
  g->call = (wr__call){.op.wasi = wasi, .memory = g->memory, .memory_size = GUEST_MEMORY};
  assert_int_equal(wr_wasi_preopen_dir(wasi, "/", "/", 0, NULL), WR_OK);
  assert_int_equal(guest_open(g, 3, "dev/null", FOLLOW, 0, READ, &fd), WASI_SUCCESS);
  assert_int_equal(guest_open(g, 3, "dev", FOLLOW, 0, READ, &folder), WASI_SUCCESS);
  assert_int_equal(guest_open(g, folder, "zero", FOLLOW, 0, READ, &fd), WASI_SUCCESS);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    uint32_t error = guest_open(g, 3, refused[i], FOLLOW, 0, READ, &fd);
    uint32_t within = guest_open(g, folder, refused[i] + 4, FOLLOW, 0, READ, &fd);
    if (error != WASI_ACCES && error != WASI_NOENT) fail_msg("%s", refused[i]);
    assert_int_equal(error, within);
  }
  wr_wasi_delete(wasi);
  free(g);
}

static int collect(void *context, const uint8_t *data, size_t size) {
  strncat(context, (const char *)data, size);
  return 0;
}

/* As the links /dev/stdout and /dev/stderr in a container, and log files that are links to them. */
static void links_to_streams(void **state) {
  (void)state;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  for (int walk = 0; walk < 2; walk++) {
    guest *g = tree(walk, WR_WASI_WHOLE_ROOT);
    char text[64] = "";
    uint32_t fd;
    assert_int_equal(wr_wasi_stdout_callback(g->wasi, 1, collect, text, NULL), WR_OK);
    host_link(g, "/proc/self/fd/1", "root/stdout");
    host_link(g, "stdout", "root/access.log");
    host_link(g, "/proc/self/fd/0", "root/stdin");
    host_link(g, "/proc/self/fd/9", "root/nine");
    assert_int_equal(guest_open(g, 3, "access.log", FOLLOW, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC,
                                WR__RIGHT_FD_WRITE, &fd),
                     WASI_SUCCESS);
    assert_int_equal(guest_write(g, fd, "line"), WASI_SUCCESS);
    assert_int_equal(WASI(g, fd_close, fd), WASI_SUCCESS);
    assert_int_equal(guest_write(g, 1, "!"), WASI_SUCCESS);
    assert_string_equal(text, "line!");
    uint64_t size = guest_text(g, TEXT_A, "stdout");
    assert_int_equal(WASI(g, path_filestat_get, 3, FOLLOW, TEXT_A, size, OUT), WASI_SUCCESS);
    assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, size, OUT), WASI_SUCCESS);
    assert_int_equal(g->memory[OUT + 16], WASI_FILETYPE_SYMBOLIC_LINK);
    assert_int_equal(guest_open(g, 3, "stdin", FOLLOW, 0, READ, &fd), WASI_NOENT); /* closed */
    assert_int_equal(guest_open(g, 3, "nine", FOLLOW, 0, READ, &fd), WASI_ACCES);
    assert_int_equal(guest_open(g, 3, "stdout", FOLLOW, WASI_OFLAGS_DIRECTORY, READ, &fd),
                     WASI_NOTDIR);
    guest_delete(g);
  }
  guest *g = tree(false, 0); /* and nowhere else */
  uint32_t fd;
  host_link(g, "/proc/self/fd/1", "root/stdout");
  assert_int_equal(guest_open(g, 3, "stdout", FOLLOW, 0, READ, &fd), WASI_NOTCAPABLE);
  guest_delete(g);
}

/* The working directory of a container, with the root behind it. */
static void then_the_root(void **state) {
  (void)state;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  guest *g = tree(false, 0);
  uint32_t fd;
  assert_int_equal(
      wr_wasi_preopen_dir(g->wasi, g->root, ".", WR_WASI_WHOLE_ROOT | WR_WASI_THEN_ROOT, NULL),
      WR_OK);
  assert_int_equal(guest_open(g, 4, "etc/passwd", FOLLOW, 0, READ, &fd), WASI_SUCCESS);
  assert_int_equal(guest_open(g, 4, "file", FOLLOW, 0, READ, &fd), WASI_SUCCESS);
  assert_int_equal(guest_open(g, 4, "neither", FOLLOW, 0, READ, &fd), WASI_NOENT);
  host_dir(g, "root/etc");
  assert_int_equal(guest_open(g, 4, "etc/passwd", FOLLOW, 0, READ, &fd), WASI_NOENT);
  assert_int_equal(guest_open(g, 4, "proc/self/mem", FOLLOW, 0, READ, &fd), WASI_ACCES);
  assert_int_equal(guest_open(g, 4, "made", FOLLOW, WASI_OFLAGS_CREAT, READ, &fd), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/made"), "");
  guest_delete(g);
}

static void bad_names_have_clear_errors(void **state) {
  (void)state;
  guest *g = tree(false, 0);
  uint32_t fd;
  assert_int_equal(guest_open(g, 3, "bad\xff", 0, 0, READ, &fd), WASI_ILSEQ);
  assert_int_equal(guest_open(g, 3, "over\xc0\xaf", 0, 0, READ, &fd), WASI_ILSEQ);
  assert_int_equal(guest_open(g, 3, "surrogate\xed\xa0\x80", 0, 0, READ, &fd), WASI_ILSEQ);
  assert_int_equal(guest_open(g, 3, "gr\xc3\xbc\xc3\x9f", 0, 0, READ, &fd), WASI_NOENT);
  memcpy(g->memory + TEXT_A, "file\0x", 6);
  assert_int_equal(WASI(g, path_open, 3, 0, TEXT_A, 6, 0, READ, 0, 0, OUT), WASI_INVAL);
  memset(g->memory + BUFFER, 'a', 5000);
  assert_int_equal(WASI(g, path_open, 3, 0, BUFFER, 5000, 0, READ, 0, 0, OUT), WASI_NAMETOOLONG);
  assert_int_equal(WASI(g, path_open, 3, 0, BUFFER, 300, 0, READ, 0, 0, OUT), WASI_NAMETOOLONG);
  g->wasi->walk_paths = true;
  assert_int_equal(WASI(g, path_open, 3, 0, BUFFER, 300, 0, READ, 0, 0, OUT), WASI_NAMETOOLONG);
  guest_delete(g);
}

/* Every way to write, against a directory that was granted for reading. */
static void read_only_means_read_only(void **state) {
  (void)state;
  guest *g = tree(false, WR_WASI_READ_ONLY);
  uint32_t fd, sub;
  uint64_t file = guest_text(g, TEXT_A, "file"), new = guest_text(g, TEXT_B, "new");
  assert_int_equal(WASI(g, path_create_directory, 3, TEXT_B, new), WASI_ROFS);
  assert_int_equal(WASI(g, path_unlink_file, 3, TEXT_A, file), WASI_ROFS);
  assert_int_equal(WASI(g, path_remove_directory, 3, TEXT_A, file), WASI_ROFS);
  assert_int_equal(WASI(g, path_symlink, TEXT_A, file, 3, TEXT_B, new), WASI_ROFS);
  assert_int_equal(WASI(g, path_link, 3, 0, TEXT_A, file, 3, TEXT_B, new), WASI_ROFS);
  assert_int_equal(WASI(g, path_rename, 3, TEXT_A, file, 3, TEXT_B, new), WASI_ROFS);
  assert_int_equal(WASI(g, path_filestat_set_times, 3, 0, TEXT_A, file, 0, 0, 10), WASI_ROFS);
  assert_int_equal(guest_open(g, 3, "file", 0, WASI_OFLAGS_TRUNC, READ, &fd), WASI_ROFS);
  assert_int_equal(guest_open(g, 3, "new", 0, WASI_OFLAGS_CREAT, READ, &fd), WASI_ROFS);
  assert_int_equal(guest_open(g, 3, "file", 0, 0, WR__RIGHT_FD_WRITE, &fd), WASI_ROFS);
  /* All rights but writing, as libraries ask for them: what is writing is left out. */
  assert_int_equal(guest_open(g, 3, "file", 0, 0, UINT64_MAX & ~WR__RIGHT_FD_WRITE, &fd),
                   WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "x"), WASI_ROFS);
  assert_int_equal(WASI(g, fd_pwrite, fd, guest_iovec(g, BUFFER, 1), 1, 0, OUT), WASI_ROFS);
  assert_int_equal(WASI(g, fd_filestat_set_size, fd, 0), WASI_ROFS);
  assert_int_equal(WASI(g, fd_filestat_set_times, fd, 0, 0, 10), WASI_ROFS);
  assert_int_equal(WASI(g, fd_allocate, fd, 0, 100), WASI_ROFS);
  assert_int_equal(WASI(g, fd_fdstat_set_rights, fd, UINT64_MAX, UINT64_MAX), WASI_NOTCAPABLE);
  /* It holds for directories that are opened in it. */
  assert_int_equal(
      guest_open(g, 3, "dir", 0, WASI_OFLAGS_DIRECTORY, UINT64_MAX & ~WR__RIGHT_FD_WRITE, &sub),
      WASI_SUCCESS);
  assert_int_equal(guest_open(g, sub, "file", 0, 0, WR__RIGHT_FD_WRITE, &fd), WASI_ROFS);
  assert_int_equal(WASI(g, path_create_directory, sub, TEXT_B, new), WASI_ROFS);
  assert_string_equal(host_text(g, "root/file"), "content");
  guest_delete(g);
}

/* A file of a read-only directory cannot be linked into one that is writable. */
static void no_link_out_of_read_only(void **state) {
  (void)state;
  guest *g = tree(false, WR_WASI_READ_ONLY);
  char outside[96];
  snprintf(outside, sizeof outside, "%s/outside", g->base);
  assert_int_equal(wr_wasi_preopen_dir(g->wasi, outside, "/w", 0, NULL), WR_OK);
  uint64_t file = guest_text(g, TEXT_A, "file");
  assert_int_equal(WASI(g, path_link, 3, 0, TEXT_A, file, 4, TEXT_A, file), WASI_ROFS);
  assert_int_equal(WASI(g, path_rename, 3, TEXT_A, file, 4, TEXT_A, file), WASI_ROFS);
  guest_delete(g);
}

/* ---- the race: one thread swaps a directory for a link that leads out, another opens */

typedef struct swapper {
  guest *g;
  _Atomic bool stop;
} swapper;

static void *swap(void *argument) {
  swapper *s = argument;
  char at[96], away[96], bad[96], target[96];
  snprintf(at, sizeof at, "%s/root/race", s->g->base);
  snprintf(away, sizeof away, "%s/root/race-dir", s->g->base);
  snprintf(bad, sizeof bad, "%s/root/race-link", s->g->base);
  snprintf(target, sizeof target, "%s/outside", s->g->base);
  while (!atomic_load(&s->stop)) {
    symlink("../outside", bad);
    rename(at, away);
    rename(bad, at);
    unlink(at);
    rename(away, at);
  }
  return NULL;
}

static void race(bool walk, int milliseconds) {
  guest *g = tree(walk, 0);
  host_dir(g, "root/race");
  host_file(g, "root/race/secret", "public");
  swapper s = {.g = g};
  pthread_t thread;
  pthread_create(&thread, NULL, swap, &s);
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  uint64_t opened = 0, tries = 0;
  do {
    uint32_t fd;
    tries++;
    if (guest_open(g, 3, tries & 1 ? "race/secret" : "dir/../race/secret", FOLLOW, 0, READ, &fd) ==
        WASI_SUCCESS) {
      opened++;
      assert_int_equal(WASI(g, fd_read, fd, guest_iovec(g, BUFFER, 6), 1, OUT), WASI_SUCCESS);
      assert_memory_equal(g->memory + BUFFER, "public", 6);
      WASI(g, fd_close, fd);
    }
    uint64_t size = guest_text(g, TEXT_A, "race/secret");
    WASI(g, path_unlink_file, 3, TEXT_A, size);
    if (guest_open(g, 3, "race/secret", 0, WASI_OFLAGS_CREAT, WR__RIGHT_FD_WRITE, &fd) ==
        WASI_SUCCESS) {
      guest_write(g, fd, "public");
      WASI(g, fd_close, fd);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
           milliseconds);
  atomic_store(&s.stop, true);
  pthread_join(thread, NULL);
  assert_string_equal(host_text(g, "outside/secret"), "secret");
  assert_true(opened > 0);
  print_message("race by %s: %lu tries, %lu opened inside, none outside\n",
                walk ? "walk" : "openat2", (unsigned long)tries, (unsigned long)opened);
  guest_delete(g);
}

/* WASMRUN_RACE_MS makes it longer. */
static void racing_links_do_not_escape(void **state) {
  (void)state;
  const char *text = getenv("WASMRUN_RACE_MS");
  int milliseconds = text ? atoi(text) : 500;
  race(false, milliseconds);
  race(true, milliseconds);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(openings_by_openat2),
      cmocka_unit_test(openings_by_walk),
      cmocka_unit_test(whole_root_by_openat2),
      cmocka_unit_test(whole_root_by_walk),
      cmocka_unit_test(follows_dangling_link_to_create),
      cmocka_unit_test(other_functions_stay_inside),
      cmocka_unit_test(trailing_slash_does_not_lead_out),
      cmocka_unit_test(kernel_interfaces_are_refused),
      cmocka_unit_test(nothing_leads_through_kernel_interfaces),
      cmocka_unit_test(devices_beyond_the_grant),
      cmocka_unit_test(links_to_streams),
      cmocka_unit_test(then_the_root),
      cmocka_unit_test(bad_names_have_clear_errors),
      cmocka_unit_test(read_only_means_read_only),
      cmocka_unit_test(no_link_out_of_read_only),
      cmocka_unit_test(racing_links_do_not_escape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
