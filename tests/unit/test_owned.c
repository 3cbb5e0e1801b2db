/* Files by who can change them, and writing them whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "platform/file.h"

enum { NOBODY = 65534 };

static char folder[] = "/tmp/wasmrun-owned-XXXXXX";
static char file[64];

static void write_file(const char *text, unsigned mode) {
  wr__span span = {(const uint8_t *)text, strlen(text)};
  unlink(file);
  assert_int_equal(wr__file_replace(file, &span, 1, 0600, NULL), WR_OK);
  assert_int_equal(chmod(file, mode), 0);
}

static bool is_guarded(void) {
  int fd = wr__file_open(file, NULL);
  assert_true(fd >= 0);
  bool guarded = wr__file_is_guarded(fd);
  wr__file_close(fd);
  return guarded;
}

static void files_are_guarded_by_their_permissions(void **state) {
  (void)state;
  write_file("x", 0644);
  assert_true(is_guarded());
  assert_int_equal(chmod(file, 0664), 0);
  assert_false(is_guarded());
  assert_int_equal(chmod(file, 0606), 0);
  assert_false(is_guarded());
  assert_int_equal(chmod(file, 0400), 0);
  assert_true(is_guarded());
}

static void files_are_guarded_by_their_folders(void **state) {
  (void)state;
  write_file("x", 0644);
  assert_int_equal(chmod(folder, 0777), 0);
  assert_false(is_guarded());
  assert_int_equal(chmod(folder, 01777), 0); /* others cannot replace what is not theirs */
  assert_true(is_guarded());
  assert_int_equal(chmod(folder, 0775), 0);
  assert_false(is_guarded());
  assert_int_equal(chmod(folder, 0755), 0);
  assert_true(is_guarded());
}

static void files_are_guarded_by_their_owner(void **state) {
  (void)state;
  if (geteuid() != 0) cannot_run_here("needs root");
  write_file("x", 0644);
  assert_int_equal(chown(file, NOBODY, NOBODY), 0);
  assert_false(is_guarded());
  assert_int_equal(chown(file, 0, 0), 0);
  assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
  assert_false(is_guarded());
  assert_int_equal(chown(folder, 0, 0), 0);
  assert_true(is_guarded());
}

static void what_is_no_file_is_not_guarded(void **state) {
  (void)state;
  int ends[2];
  wr__file_id id;
  assert_int_equal(pipe(ends), 0);
  assert_false(wr__file_is_guarded(ends[0]));
  assert_false(wr__file_identify(ends[0], &id));
  close(ends[0]);
  close(ends[1]);
  int fd = wr__file_open("/proc/self/status", NULL);
  assert_true(fd >= 0);
  assert_false(wr__file_identify(fd, &id) && id.size > 0);
  wr__file_close(fd);
}

static void a_change_makes_another_identity(void **state) {
  (void)state;
  wr__file_id before, after;
  write_file("one", 0644);
  int fd = wr__file_open(file, NULL);
  assert_true(wr__file_identify(fd, &before));
  assert_false(wr__file_is_settled(&before));
  usleep(150000);
  assert_true(wr__file_is_settled(&before));
  int writer = open(file, O_WRONLY);
  assert_int_equal(write(writer, "two", 3), 3);
  close(writer);
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};
  assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0); /* setting times back does not help */
  assert_true(wr__file_identify(fd, &after));
  assert_int_equal(before.size, after.size);
  assert_int_not_equal(before.changed_ns, after.changed_ns);
  wr__file_close(fd);
}

static void files_are_replaced_whole(void **state) {
  (void)state;
  wr__folder_entry *entries;
  size_t count, size;
  char *text;
  wr__span spans[] = {{(const uint8_t *)"ab", 2}, {NULL, 0}, {(const uint8_t *)"c", 1}};
  write_file("before", 0600);
  int fd = wr__file_open(file, NULL); /* what is open stays what it was */
  assert_int_equal(wr__file_replace(file, spans, 3, 0600, NULL), WR_OK);
  char old[8] = "";
  assert_int_equal(read(fd, old, sizeof old), 6);
  assert_string_equal(old, "before");
  wr__file_close(fd);
  assert_int_equal(wr__file_read_closed(file, WR__FILE_SECRET, &text, &size, NULL), WR_OK);
  assert_string_equal(text, "abc");
  free(text);
  assert_int_equal(wr__folder_list(folder, &entries, &count, NULL), WR_OK);
  assert_int_equal(count, 1);
  free(entries);
  assert_int_equal(wr__file_replace("/dev/null", spans, 3, 0600, NULL), WR_OK);
  struct stat status;
  assert_int_equal(stat("/dev/null", &status), 0);
  assert_true(S_ISCHR(status.st_mode));
  assert_int_equal(wr__file_replace("/nonexistent/x", spans, 3, 0600, NULL), WR_IO);
}

static void closures_are_kept(void **state) {
  (void)state;
  static const struct {
    unsigned mode;
    wr_status unwritable, own, secret;
  } cases[] = {{0600, WR_OK, WR_OK, WR_OK},
               {0644, WR_OK, WR_OK, WR_IO},
               {0620, WR_IO, WR_IO, WR_IO},
               {0602, WR_IO, WR_IO, WR_IO}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    const wr_status wanted[] = {cases[i].unwritable, cases[i].own, cases[i].secret};
    write_file("x", cases[i].mode);
    for (int closure = WR__FILE_UNWRITABLE; closure <= WR__FILE_SECRET; closure++) {
      char *text = NULL;
      size_t size;
      assert_int_equal(wr__file_read_closed(file, (wr__file_closure)closure, &text, &size, NULL),
                       wanted[closure]);
      free(text);
    }
  }
  char *text;
  size_t size;
  assert_int_equal(wr__file_read_closed("/nonexistent", WR__FILE_OWN, &text, &size, NULL),
                   WR_NOT_FOUND);
  assert_int_equal(wr__file_read_closed(folder, WR__FILE_OWN, &text, &size, NULL), WR_IO);
}

static void read_private(const char *in, const char *name, wr_status expected) {
  char *text = NULL;
  size_t size;
  assert_int_equal(wr__file_read_private(in, name, WR__FILE_OWN, &text, &size, NULL), expected);
  if (expected == WR_OK) assert_string_equal(text, "x");
  free(text);
}

/* Neither the folder nor the file may be a link, and the folder must be closed to others. */
static void private_files(void **state) {
  (void)state;
  char path[128], link[128], other[128];
  write_file("x", 0600);
  const char *name = strrchr(file, '/') + 1;
  assert_int_equal(chmod(folder, 0700), 0);
  read_private(folder, name, WR_OK);
  read_private(folder, "none", WR_NOT_FOUND);
  read_private("/nonexistent", name, WR_NOT_FOUND);
  snprintf(link, sizeof link, "%s/link", folder);
  assert_int_equal(symlink(file, link), 0);
  read_private(folder, "link", WR_IO);
  snprintf(path, sizeof path, "%s/inner", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  snprintf(other, sizeof other, "%s/inner/%s", folder, name);
  assert_int_equal(rename(file, other), 0);
  read_private(path, name, WR_OK);
  unlink(link);
  assert_int_equal(symlink(path, link), 0);
  read_private(link, name, WR_IO);
  bool there;
  assert_false(wr__folder_is_private(link, &there));
  assert_int_equal(wr__folder_make_private(link, NULL), WR_IO);
  assert_int_equal(chmod(path, 0755), 0);
  read_private(path, name, WR_IO);
  assert_int_equal(chmod(path, 0701), 0);
  read_private(path, name, WR_IO);
  if (geteuid() == 0) {
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(chown(path, 12345, 0), 0);
    read_private(path, name, WR_IO);
  }
  unlink(other);
  unlink(link);
  rmdir(path);
}

static void private_folders(void **state) {
  (void)state;
  char path[128];
  bool there;
  snprintf(path, sizeof path, "%s/a/b", folder);
  assert_false(wr__folder_is_private(path, &there) || there);
  assert_int_equal(wr__folder_make_private(path, NULL), WR_OK);
  assert_true(wr__folder_is_private(path, &there) && there);
  assert_int_equal(wr__folder_make_private(path, NULL), WR_OK);
  assert_int_equal(chmod(path, 0710), 0);
  assert_false(wr__folder_is_private(path, &there));
  assert_int_equal(wr__folder_make_private(path, NULL), WR_IO);
  int lock = wr__folder_lock(path);
  assert_true(lock >= 0);
  wr__folder_unlock(lock);
  rmdir(path);
  *strrchr(path, '/') = 0;
  rmdir(path);
}

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(file, sizeof file, "%s/file", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(file);
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_are_guarded_by_their_permissions),
      cmocka_unit_test(files_are_guarded_by_their_folders),
      cmocka_unit_test(files_are_guarded_by_their_owner),
      cmocka_unit_test(what_is_no_file_is_not_guarded),
      cmocka_unit_test(a_change_makes_another_identity),
      cmocka_unit_test(files_are_replaced_whole),
      cmocka_unit_test(closures_are_kept),
      cmocka_unit_test(private_files),
      cmocka_unit_test(private_folders),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
