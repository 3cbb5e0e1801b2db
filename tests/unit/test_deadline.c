/* Unit tests of interrupts and deadlines: they come in time, once, and not after they were taken
 * back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "engine/make.h"
#include "platform/process.h"
#include "store/store.h"

#define MS 1000000u

static wr__engine *engine;

static int make_engine(void **state) {
  (void)state;
  engine = wr__engine_new(NULL);
  return engine ? 0 : -1;
}

static int release_engine(void **state) {
  (void)state;
  wr__engine_release(engine);
  return 0;
}

/* Waits for the interrupt, at most a second; the time since the start. */
static uint64_t time_to_interrupt(wr__store *store, uint64_t start) {
  uint64_t now = wr__monotonic_ns();
  while (!wr__exec_interrupted(&store->exec) && now - start < 1000 * MS) now = wr__monotonic_ns();
  return wr__monotonic_ns() - start;
}

static bool event_is_signalled(wr__store *store, int timeout_ms) {
  struct pollfd event = {.fd = wr__store_event_fd(store), .events = POLLIN};
  return poll(&event, 1, timeout_ms) == 1;
}

/* On a loaded machine a single try may be late for reasons of its own; the best of some may not. */
static void deadline_comes_in_time(void **state) {
  (void)state;
  wr__store *store = wr__store_new(engine);
  assert_false(event_is_signalled(store, 0));
  const uint64_t delays[] = {1, MS, 5 * MS, 2 * MS};
  for (size_t i = 0; i < WR_ARRAY_COUNT(delays); i++) {
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 10 && best > delays[i] + 2 * MS; round++) {
      uint64_t start = wr__monotonic_ns();
      assert_int_equal(wr__store_set_deadline(store, delays[i]), WR_OK);
      uint64_t took = time_to_interrupt(store, start);
      assert_true(took >= delays[i]);
      if (took < best) best = took;
      assert_true(event_is_signalled(store, 1000)); /* the event follows the flag */
      assert_int_equal(wr__exec_trap(&store->exec, WR_TRAP_INTERRUPTED), WR_INTERRUPTED);
      assert_false(wr__exec_interrupted(&store->exec)); /* spent */
      assert_false(event_is_signalled(store, 0));
    }
    assert_true(best < delays[i] + 10 * MS);
  }
  wr__store_delete(store);
}

static void deadline_can_be_moved_and_taken_back(void **state) {
  (void)state;
  wr__store *store = wr__store_new(engine);
  assert_int_equal(wr__store_set_deadline(store, 3 * MS), WR_OK);
  assert_int_equal(wr__store_set_deadline(store, 0), WR_OK);
  usleep(6000);
  assert_false(wr__exec_interrupted(&store->exec));
  assert_int_equal(wr__store_set_deadline(store, 3 * MS), WR_OK);
  assert_int_equal(wr__store_set_deadline(store, 500 * MS), WR_OK);
  usleep(6000);
  assert_false(wr__exec_interrupted(&store->exec));
  assert_int_equal(wr__store_set_deadline(store, 2 * MS), WR_OK);
  assert_true(time_to_interrupt(store, wr__monotonic_ns()) < 900 * MS);
  wr__store_set_deadline(store, UINT64_MAX);
  wr__store_delete(store);
}

/* Every store gets its own, whatever the order they were set in. */
static void many_deadlines(void **state) {
  (void)state;
  enum { COUNT = 200 };
  wr__store *stores[COUNT];
  for (uint64_t i = 0; i < COUNT; i++) {
    stores[i] = wr__store_new(engine);
    uint64_t delay = (i * 37 % COUNT + 1) * MS / 10; /* up to 20 ms, shuffled */
    bool never = i % 5 == 0 || i % 7 == 0;
    assert_int_equal(wr__store_set_deadline(stores[i], never ? 10000 * (uint64_t)MS : delay),
                     WR_OK);
    if (i % 7 == 0) assert_int_equal(wr__store_set_deadline(stores[i], 0), WR_OK);
  }
  for (uint64_t i = 0; i < COUNT; i++)
    if (i % 5 != 0 && i % 7 != 0)
      assert_true(time_to_interrupt(stores[i], wr__monotonic_ns()) < 900 * MS);
  for (uint64_t i = 0; i < COUNT; i++) {
    assert_int_equal(wr__exec_interrupted(&stores[i]->exec), i % 5 != 0 && i % 7 != 0);
    wr__store_delete(stores[i]);
  }
}

static void event_made_while_interrupted_is_signalled(void **state) {
  (void)state;
  wr__store *store = wr__store_new(engine);
  wr__store_interrupt(store);
  wr__store_interrupt(store);
  assert_true(event_is_signalled(store, 0));
  wr__store_clear_interrupt(store);
  assert_false(event_is_signalled(store, 0));
  wr__store_delete(store);
}

/* Stores that come and go with a deadline pending, from several threads. */
static void *churn(void *argument) {
  (void)argument;
  for (int i = 0; i < 200; i++) {
    wr__store *store = wr__store_new(engine);
    if (!store) return argument;
    wr__store_set_deadline(store, (uint64_t)(i % 3) * 100000 + 1);
    if (i % 2) usleep(50);
    wr__store_delete(store);
  }
  return NULL;
}

static void stores_end_while_deadlines_come_due(void **state) {
  (void)state;
  pthread_t threads[4];
  for (size_t i = 0; i < WR_ARRAY_COUNT(threads); i++)
    pthread_create(&threads[i], NULL, churn, state);
  for (size_t i = 0; i < WR_ARRAY_COUNT(threads); i++) {
    void *failed;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deadline_comes_in_time),
      cmocka_unit_test(deadline_can_be_moved_and_taken_back),
      cmocka_unit_test(many_deadlines),
      cmocka_unit_test(event_made_while_interrupted_is_signalled),
      cmocka_unit_test(stores_end_while_deadlines_come_due),
  };
  return cmocka_run_group_tests(tests, make_engine, release_engine);
}
