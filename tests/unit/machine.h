/* What a unit test cannot do on this machine: it says why, and the runner lists it. */
#ifndef WR__TESTS_MACHINE_H
#define WR__TESTS_MACHINE_H

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

#endif
