/* What a unit test cannot do on this machine: it says why, and the runner lists it. */
#ifndef WR__TESTS_MACHINE_H
#define WR__TESTS_MACHINE_H

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

/* Ends the test as one that the machine forbids; after cmocka.h. */
#define cannot_run_here(reason)                             \
  do {                                                      \
    print_message("cannot run %s: %s\n", __func__, reason); \
    skip();                                                 \
  } while (0)

/* 1 under AddressSanitizer and ThreadSanitizer, whose runtimes keep reservations and signal
 * handlers of their own: a program's first test is left out there by run_tests_but(WITH_SANITIZER,
 * tests). */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif
#ifndef WITH_SANITIZER
#define WITH_SANITIZER 0
#endif
#define run_tests_but(left_out, tests)                   \
  _cmocka_run_group_tests("tests", (tests) + (left_out), \
                          sizeof(tests) / sizeof(tests)[0] - (left_out), NULL, NULL)

/* An emulator may show a program another root than the one that it opens by name. */
#define OTHER_ROOT "the emulator shows another root than the one that it opens"
static inline bool has_own_root(void) {
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool found = root >= 0 && faccessat(root, "etc/passwd", F_OK, 0) == 0;
  if (root >= 0) close(root);
  return found;
}

#endif
