/* Unit tests of platform/: guard regions, the fault handler and whom it leaves alone, reservations,
 * files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "platform/fault.h"
#include "platform/file.h"
#include "platform/memory.h"

static sigjmp_buf landing;
static uintptr_t hook_address;
static bool hook_claims;

/* Faults of this test's own code; landing by a jump is enough here. */
static bool test_hook(uintptr_t pc, uintptr_t address, void *ucontext) {
  (void)pc;
  (void)ucontext;
  if (!hook_claims) return false;
  hook_address = address;
  siglongjmp(landing, 1);
}

static void touch(volatile uint8_t *at) { *at = 1; }

static void fault_in_a_region_reaches_the_hook(void **state) {
  (void)state;
  assert_true(wr__fault_init_thread());
  assert_true(wr__fault_add_hook(test_hook));
  size_t page = wr__page_size();
  uint8_t *base = wr__vm_reserve(16 * page);
  assert_non_null(base);
  wr__region *region = wr__region_add(base, 16 * page);
  assert_non_null(region);
  assert_true(wr__vm_commit(base, page));
  touch(base); /* committed: no fault */
  hook_claims = true;
  if (sigsetjmp(landing, 1) == 0) {
    touch(base + page + 5);
    fail_msg("no fault");
  }
  hook_claims = false;
  assert_int_equal(hook_address, (uintptr_t)base + page + 5);
  assert_true(wr__region_contains((uintptr_t)base + 16 * page - 1));
  assert_false(wr__region_contains((uintptr_t)base + 16 * page));
  assert_false(wr__region_contains((uintptr_t)base - 1));
  wr__region_remove(region);
  assert_false(wr__region_contains((uintptr_t)base));
  wr__vm_release(base, 16 * page);
}

static void *fault_on_thread(void *argument) {
  if (!wr__fault_init_thread()) return NULL;
  hook_claims = true;
  if (sigsetjmp(landing, 1) == 0) touch(argument);
  hook_claims = false;
  stack_t stack;
  sigaltstack(NULL, &stack);
  return stack.ss_flags & SS_DISABLE ? NULL : argument;
}

static void other_threads_have_a_stack_for_it(void **state) {
  (void)state;
  size_t page = wr__page_size();
  uint8_t *base = wr__vm_reserve(page);
  wr__region *region = wr__region_add(base, page);
  wr__fault_install(); /* cmocka takes the signals before each test */
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, fault_on_thread, base), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, base);
  }
  wr__region_remove(region);
  wr__vm_release(base, page);
}

/* Runs a body in a process of its own; the signal that ended it, or 0. */
static int signal_of(void (*body)(void)) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    close(2);
    body();
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void fault_elsewhere(void) {
  signal(SIGSEGV, SIG_DFL);
  wr__fault_init_thread();
  touch(NULL);
}

static void be_sent_a_signal(void) {
  signal(SIGSEGV, SIG_DFL);
  wr__fault_init_thread();
  kill(getpid(), SIGSEGV);
}

static void exit_handler(int number) {
  (void)number;
  _exit(42);
}

static void previous_handler(void) {
  signal(SIGSEGV, exit_handler);
  wr__fault_init_thread();
  touch(NULL);
}

static void unclaimed_by_hooks(void) {
  signal(SIGSEGV, exit_handler);
  wr__fault_init_thread();
  uint8_t *base = wr__vm_reserve(wr__page_size());
  wr__region_add(base, wr__page_size());
  touch(base); /* in a region, but by code that no hook owns */
}

/* Before anything else in this process installs the handler: children start without it. */
static void other_faults_are_passed_on(void **state) {
  (void)state;
  assert_int_equal(signal_of(fault_elsewhere), SIGSEGV);
  assert_int_equal(signal_of(be_sent_a_signal), SIGSEGV);
  assert_int_equal(signal_of(previous_handler), -42);
  assert_int_equal(signal_of(unclaimed_by_hooks), -42);
}

static void reservations_are_reused_empty(void **state) {
  (void)state;
  size_t size = 64 << 20;
  wr__region *region = NULL;
  uint8_t *base = wr__guarded_acquire(size, &region);
  assert_non_null(base);
  assert_true(wr__vm_commit(base, 65536));
  base[100] = 7;
  wr__guarded_release(base, size, 65536, region);
  wr__region *again_region = NULL;
  uint8_t *again = wr__guarded_acquire(size, &again_region);
  assert_ptr_equal(again, base);
  assert_true(wr__region_contains((uintptr_t)again));
  assert_true(wr__vm_commit(again, 65536));
  assert_int_equal(again[100], 0);
  wr__guarded_release(again, size, 65536, again_region);
}

static void many_reservations_keep_their_regions(void **state) {
  (void)state;
  enum { COUNT = 40 };
  size_t size = 1 << 20;
  uint8_t *bases[COUNT];
  wr__region *regions[COUNT];
  for (int i = 0; i < COUNT; i++) {
    bases[i] = wr__guarded_acquire(size, &regions[i]);
    assert_non_null(bases[i]);
  }
  for (int i = 0; i < COUNT; i++) assert_true(wr__region_contains((uintptr_t)bases[i] + size - 1));
  for (int i = 0; i < COUNT; i++) wr__guarded_release(bases[i], size, 0, regions[i]);
}

static void reservations_can_be_made_to_fail(void **state) {
  (void)state;
  wr__vm_set_reserve_limit(1 << 20);
  assert_null(wr__vm_reserve((1 << 20) + 1));
  void *small = wr__vm_reserve(1 << 20);
  assert_non_null(small);
  wr__vm_release(small, 1 << 20);
  wr__vm_set_reserve_limit(SIZE_MAX);
}

static char *make_file(size_t size) {
  static char path[] = "/tmp/wasmrun-test-XXXXXX";
  strcpy(path + sizeof path - 7, "XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  uint8_t *bytes = malloc(size + 1);
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(i * 7);
  assert_int_equal(write(fd, bytes, size), (ssize_t)size);
  close(fd);
  free(bytes);
  return path;
}

static void files_are_read_whole(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 4096, 65536, 65537, 1000000};
  for (size_t i = 0; i < WR_ARRAY_COUNT(sizes); i++) {
    char *path = make_file(sizes[i]);
    const uint8_t *data;
    size_t size;
    bool mapped;
    wr_error error;
    assert_int_equal(wr__file_read(path, &data, &size, &mapped, &error), WR_OK);
    assert_int_equal(size, sizes[i]);
    assert_int_equal(truncate(path, 0), 0); /* must not matter any more */
    for (size_t k = 0; k < size; k++) assert_int_equal(data[k], (uint8_t)(k * 7));
    wr__file_free(data, size, mapped);
    unlink(path);
  }
}

static void *feed_pipe(void *argument) {
  int fd = *(int *)argument;
  uint8_t bytes[1000];
  for (int i = 0; i < 300; i++) {
    memset(bytes, i, sizeof bytes);
    if (write(fd, bytes, sizeof bytes) != sizeof bytes) break;
  }
  close(fd);
  return NULL;
}

static void streams_are_read_to_their_end(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pthread_t thread;
  pthread_create(&thread, NULL, feed_pipe, &ends[1]);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  const uint8_t *data;
  size_t size;
  bool mapped;
  assert_int_equal(wr__file_read(path, &data, &size, &mapped, NULL), WR_OK);
  pthread_join(thread, NULL);
  close(ends[0]);
  assert_int_equal(size, 300000);
  for (size_t i = 0; i < size; i++) assert_int_equal(data[i], (uint8_t)(i / 1000));
  wr__file_free(data, size, mapped);
}

static void files_that_cannot_be_read_say_why(void **state) {
  (void)state;
  const uint8_t *data = NULL;
  size_t size;
  bool mapped;
  wr_error error;
  assert_int_equal(wr__file_read("/no/such/file", &data, &size, &mapped, &error), WR_IO);
  assert_string_equal(error.message, "/no/such/file: No such file or directory");
  assert_int_equal(wr__file_read("/tmp", &data, &size, &mapped, &error), WR_IO);
  assert_string_equal(error.message, "/tmp: Is a directory");
  assert_null(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(other_faults_are_passed_on),
      cmocka_unit_test(fault_in_a_region_reaches_the_hook),
      cmocka_unit_test(other_threads_have_a_stack_for_it),
      cmocka_unit_test(reservations_are_reused_empty),
      cmocka_unit_test(many_reservations_keep_their_regions),
      cmocka_unit_test(reservations_can_be_made_to_fail),
      cmocka_unit_test(files_are_read_whole),
      cmocka_unit_test(streams_are_read_to_their_end),
      cmocka_unit_test(files_that_cannot_be_read_say_why),
  };
  return run_tests_but(WITH_SANITIZER, tests);
}
