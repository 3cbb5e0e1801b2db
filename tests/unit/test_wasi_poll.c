/* poll_oneoff, and sockets that were granted. */
#include "wasi_guest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define IN BUFFER
#define EVENTS (BUFFER + 8192)
#define MS UINT64_C(1000000)

static void put_clock(guest *g, uint32_t i, uint64_t userdata, uint32_t id, uint64_t timeout,
                      uint16_t flags) {
  uint8_t *p = g->memory + IN + i * WASI_SUBSCRIPTION_SIZE;
  memset(p, 0, WASI_SUBSCRIPTION_SIZE);
  wr__wire_store64(p, userdata);
  p[8] = WASI_EVENT_CLOCK;
  wr__wire_store32(p + 16, id);
  wr__wire_store64(p + 24, timeout);
  wr__wire_store16(p + 40, flags);
}

static void put_fd(guest *g, uint32_t i, uint64_t userdata, uint8_t type, uint32_t fd) {
  uint8_t *p = g->memory + IN + i * WASI_SUBSCRIPTION_SIZE;
  memset(p, 0, WASI_SUBSCRIPTION_SIZE);
  wr__wire_store64(p, userdata);
  p[8] = type;
  wr__wire_store32(p + 16, fd);
}

static uint32_t events(guest *g, uint32_t count) {
  assert_int_equal(WASI(g, poll_oneoff, IN, EVENTS, count, OUT), WASI_SUCCESS);
  return guest_u32(g, OUT);
}

static uint64_t userdata(const guest *g, uint32_t i) {
  return guest_u64(g, EVENTS + i * WASI_EVENT_SIZE);
}
static uint16_t event_error(const guest *g, uint32_t i) {
  return wr__wire_load16(g->memory + EVENTS + i * WASI_EVENT_SIZE + 8);
}

static uint64_t now_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void clocks_come_in_time(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint64_t start = now_ns(CLOCK_MONOTONIC);
  put_clock(g, 0, 10, WASI_CLOCK_MONOTONIC, 20 * MS, 0);
  put_clock(g, 1, 11, WASI_CLOCK_REALTIME, 5000 * MS, 0);
  assert_int_equal(events(g, 2), 1);
  assert_int_equal(userdata(g, 0), 10);
  uint64_t took = now_ns(CLOCK_MONOTONIC) - start;
  assert_in_range(took, 20 * MS, 1000 * MS);
  put_clock(g, 0, 1, WASI_CLOCK_REALTIME, now_ns(CLOCK_REALTIME) + 10 * MS, WASI_SUBCLOCK_ABSTIME);
  assert_int_equal(events(g, 1), 1);
  put_clock(g, 0, 1, WASI_CLOCK_MONOTONIC, now_ns(CLOCK_MONOTONIC) - 1, WASI_SUBCLOCK_ABSTIME);
  put_clock(g, 1, 2, WASI_CLOCK_REALTIME, 0, 0);
  assert_int_equal(events(g, 2), 2);
  put_clock(g, 0, 1, WASI_CLOCK_PROCESS_CPUTIME, 0, 0);
  assert_int_equal(events(g, 1), 1);
  put_clock(g, 0, 1, WASI_CLOCK_MONOTONIC, 100000, 0); /* far less than a millisecond */
  start = now_ns(CLOCK_MONOTONIC);
  assert_int_equal(events(g, 1), 1);
  assert_true(now_ns(CLOCK_MONOTONIC) - start >= 100000);
  guest_delete(g);
}

/* Waiting costs no processor time. */
static void waiting_is_idle(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint64_t before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
  put_clock(g, 0, 1, WASI_CLOCK_MONOTONIC, 200 * MS, 0);
  assert_int_equal(events(g, 1), 1);
  assert_true(now_ns(CLOCK_PROCESS_CPUTIME_ID) - before < 50 * MS);
  guest_delete(g);
}

static void mistakes_are_events(void **state) {
  (void)state;
  guest *g = guest_new(0);
  put_clock(g, 0, 1, 9, 0, 0);
  put_fd(g, 1, 2, WASI_EVENT_FD_READ, 77);
  put_clock(g, 2, 3, WASI_CLOCK_THREAD_CPUTIME, 0, 0);
  put_clock(g, 3, 4, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0); /* never */
  assert_int_equal(events(g, 4), 3);
  assert_int_equal(event_error(g, 0), WASI_INVAL);
  assert_int_equal(event_error(g, 1), WASI_BADF);
  assert_int_equal(event_error(g, 2), WASI_INVAL);
  assert_int_equal(WASI(g, poll_oneoff, IN, EVENTS, 0, OUT), WASI_INVAL);
  put_fd(g, 0, 2, 3, 3);
  assert_int_equal(WASI(g, poll_oneoff, IN, EVENTS, 1, OUT), WASI_INVAL);
  guest_delete(g);
}

static void files_and_pipes(void **state) {
  (void)state;
  guest *g = guest_new(0);
  int ends[2];
  uint32_t fd;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(wr_wasi_stdio_fd(g->wasi, 0, ends[0], NULL), WR_OK);
  assert_int_equal(wr_wasi_stdio_fd(g->wasi, 1, ends[1], NULL), WR_OK);
  put_fd(g, 0, 1, WASI_EVENT_FD_READ, 0);
  put_clock(g, 1, 2, WASI_CLOCK_MONOTONIC, 10 * MS, 0);
  assert_int_equal(events(g, 2), 1);
  assert_int_equal(userdata(g, 0), 2);
  put_fd(g, 1, 2, WASI_EVENT_FD_WRITE, 1);
  assert_int_equal(events(g, 2), 1);
  assert_int_equal(userdata(g, 0), 2);
  assert_int_equal(write(ends[1], "abc", 3), 3);
  assert_int_equal(events(g, 2), 2);
  assert_int_equal(guest_u64(g, EVENTS + 16), 3); /* bytes */
  assert_int_equal(guest_open(g, 3, "f", 0, WASI_OFLAGS_CREAT, WR__RIGHTS_FILE, &fd), WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "12345"), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_seek, fd, 1, 0, OUT), WASI_SUCCESS);
  put_fd(g, 0, 1, WASI_EVENT_FD_READ, fd);
  assert_int_equal(events(g, 1), 1);
  assert_int_equal(guest_u64(g, EVENTS + 16), 4);
  /* The writers are gone. */
  WASI(g, fd_close, 1);
  close(ends[1]);
  char text[8];
  assert_int_equal(read(ends[0], text, 8), 3);
  put_fd(g, 0, 1, WASI_EVENT_FD_READ, 0);
  assert_int_equal(events(g, 1), 1);
  assert_int_equal(wr__wire_load16(g->memory + EVENTS + 24), WASI_EVENT_HANGUP);
  close(ends[0]);
  guest_delete(g);
}

static void many_subscriptions(void **state) {
  (void)state;
  guest *g = guest_new(0);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(wr_wasi_stdio_fd(g->wasi, 1, ends[1], NULL), WR_OK);
  for (uint32_t i = 0; i < 100; i++) put_fd(g, i, i, WASI_EVENT_FD_WRITE, 1);
  assert_int_equal(events(g, 100), 100);
  close(ends[0]);
  close(ends[1]);
  guest_delete(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clocks_come_in_time), cmocka_unit_test(waiting_is_idle),
      cmocka_unit_test(mistakes_are_events), cmocka_unit_test(files_and_pipes),
      cmocka_unit_test(many_subscriptions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
