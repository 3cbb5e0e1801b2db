/* Unit tests of wasi/host/virtual.c: files that are added by path, standard streams behind the kernel's
 * links, and the root behind a working directory. */
#include "machine.h"
#include "wasi_guest.h"

#define READ (WR__RIGHT_FD_READ | WR__RIGHT_FD_SEEK)
#define FOLLOW WASI_LOOKUP_SYMLINK_FOLLOW
#define WHOLE WR_WASI_WHOLE_ROOT

static void count_opening(void *context) { ++*(int *)context; }

static uint32_t open_read(guest *g, const char *path, uint32_t *fd) {
  return guest_open(g, ROOT_FD, path, FOLLOW, 0, READ, fd);
}

static void expect_read(guest *g, uint32_t fd, const char *expected) {
  uint64_t iov = guest_iovec(g, BUFFER, 64);
  assert_int_equal(WASI(g, fd_read, fd, iov, 1, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), strlen(expected));
  assert_memory_equal(g->memory + BUFFER, expected, strlen(expected));
}

static void added_files_are_found(void **state) {
  (void)state;
  guest *g = guest_new(0);
  int ends[2], opened = 0;
  uint32_t fd = 0;
  host_dir(g, "root/dev");
  host_file(g, "root/dev/pipe", "the host's");
  host_file(g, "root/file", "another");
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(
      wr_wasi_add_file(g->wasi, "/dev//x/../pipe", ends[0], count_opening, &opened, NULL), WR_OK);
  assert_int_equal(write(ends[1], "bytes", 5), 5);
  uint64_t size = guest_text(g, TEXT_A, "dev/pipe");
  assert_int_equal(WASI(g, path_filestat_get, ROOT_FD, FOLLOW, TEXT_A, size, OUT), WASI_SUCCESS);
  assert_int_equal(opened, 0);
  static const char *const paths[] = {"dev/pipe", "./dev/../dev//pipe"};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(open_read(g, paths[i], &fd), WASI_SUCCESS);
    assert_int_equal(opened, (int)i + 1);
  }
  expect_read(g, fd, "bytes");
  assert_int_equal(guest_write(g, fd, "x"), WASI_NOTCAPABLE);
  close(ends[1]);
  expect_read(g, fd, "");
  assert_int_equal(open_read(g, "file", &fd), WASI_SUCCESS);
  expect_read(g, fd, "another");
  assert_int_equal(guest_open(g, ROOT_FD, "dev/pipe", 0, WASI_OFLAGS_DIRECTORY, READ, &fd),
                   WASI_NOTDIR);
  assert_int_equal(
      guest_open(g, ROOT_FD, "dev/pipe", 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, READ, &fd),
      WASI_EXIST);
  assert_int_equal(open_read(g, "dev/pipe2", &fd), WASI_NOENT);
  close(ends[0]);
  guest_delete(g);
}

static void added_paths_are_absolute(void **state) {
  (void)state;
  guest *g = guest_new(0);
  wr_error error;
  assert_int_equal(wr_wasi_add_file(g->wasi, "relative", 0, NULL, NULL, &error), WR_BAD_ARGUMENT);
  assert_int_equal(wr_wasi_add_file(g->wasi, "/", 0, NULL, NULL, &error), WR_BAD_ARGUMENT);
  assert_int_equal(wr_wasi_add_file(g->wasi, "/x", -1, NULL, NULL, &error), WR_IO);
  guest_delete(g);
}

/* Standard output is a file of the test's, so that it is seen where text goes. */
static void check_streams(bool walk) {
  guest *g = guest_new(WHOLE);
  uint32_t fd = 0;
  char path[128];
  g->wasi->walk_paths = walk;
  snprintf(path, sizeof path, "%s/stdout", g->base);
  assert_int_equal(wr_wasi_stdio_file(g->wasi, 1, path, NULL), WR_OK);
  assert_int_equal(wr_wasi_stdin_bytes(g->wasi, "typed", 5, NULL), WR_OK);
  host_link(g, "/proc/self/fd", "root/fd");
  host_link(g, "/proc/self/fd/1", "root/stdout");
  host_link(g, "stdout", "root/log");
  host_link(g, "/proc/self/fd/0", "root/stdin");
  host_link(g, "/proc/self/fd/12", "root/other");
  host_link(g, "/proc/self/fd/1/x", "root/deeper");
  static const char *const outputs[] = {"stdout", "log", "fd/1"};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(guest_open(g, ROOT_FD, outputs[i], FOLLOW,
                                WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, WR__RIGHT_FD_WRITE, &fd),
                     WASI_SUCCESS);
    assert_int_equal(guest_write(g, fd, "x"), WASI_SUCCESS);
    assert_int_equal(WASI(g, fd_close, fd), WASI_SUCCESS);
  }
  assert_int_equal(guest_write(g, 1, "y"), WASI_SUCCESS); /* which is still open */
  const char *text = host_text(g, "stdout");
  assert_string_equal(text, "xxxy");
  assert_int_equal(open_read(g, "stdin", &fd), WASI_SUCCESS);
  expect_read(g, fd, "typed");
  assert_int_equal(open_read(g, "stdout", &fd), WASI_ACCES);
  assert_int_equal(guest_open(g, ROOT_FD, "stdout", 0, 0, WR__RIGHT_FD_WRITE, &fd), WASI_LOOP);
  static const char *const closed[] = {"other", "deeper", "fd/2", "fd/12"};
  for (size_t i = 0; i < 4; i++) assert_int_not_equal(open_read(g, closed[i], &fd), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_close, 1), WASI_SUCCESS);
  assert_int_not_equal(open_read(g, "stdout", &fd), WASI_SUCCESS);
  guest_delete(g);
}

static void streams_by_openat2(void **state) {
  (void)state;
  check_streams(false);
}

static void streams_by_walk(void **state) {
  (void)state;
  check_streams(true);
}

static void streams_need_a_whole_root(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = 0;
  assert_int_equal(wr_wasi_stdin_bytes(g->wasi, "typed", 5, NULL), WR_OK);
  host_link(g, "/proc/self/fd/0", "root/stdin");
  assert_int_equal(open_read(g, "stdin", &fd), WASI_NOTCAPABLE);
  guest_delete(g);
}

static void the_root_is_behind(void **state) {
  (void)state;
  if (!has_own_root()) cannot_run_here(OTHER_ROOT);
  guest *g = guest_new(WHOLE | WR_WASI_THEN_ROOT);
  uint32_t fd = 0;
  char name[128];
  host_dir(g, "root/etc");
  assert_int_equal(open_read(g, "etc/passwd", &fd), WASI_NOENT); /* `etc` is here */
  rmdir((snprintf(name, sizeof name, "%s/etc", g->root), name));
  assert_int_equal(open_read(g, "etc/passwd", &fd), WASI_SUCCESS);
  assert_int_equal(open_read(g, "none/passwd", &fd), WASI_NOENT);
  assert_int_equal(open_read(g, "proc/self/maps", &fd), WASI_ACCES);
  assert_int_equal(guest_open(g, ROOT_FD, "new", 0, WASI_OFLAGS_CREAT, WR__RIGHT_FD_WRITE, &fd),
                   WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "z"), WASI_SUCCESS);
  const char *text = host_text(g, "root/new");
  assert_string_equal(text, "z");
  guest_delete(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(added_files_are_found),     cmocka_unit_test(added_paths_are_absolute),
      cmocka_unit_test(streams_by_openat2),        cmocka_unit_test(streams_by_walk),
      cmocka_unit_test(streams_need_a_whole_root), cmocka_unit_test(the_root_is_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
