/* Alarms: one thread for each engine, started by the first alarm that is set, which rings them when
 * their time has come.
 *
 * The alarms that are set form a binary heap by time; each knows its place in it, so that setting,
 * changing and taking back are logarithmic. All under one lock, which the thread also holds while
 * it rings: an alarm that was taken back is never touched again. */
#include "config/deadline.h"

#include <stdlib.h>

#include "platform/process.h"
#include "platform/thread.h"

struct wr__deadlines {
  wr__mutex lock;
  wr__cond changed;
  wr__alarm **heap; /* heap[0] is due first */
  size_t count, capacity;
  uint64_t sleeping_until_ns; /* while the thread sleeps */
  bool started, stopping;
  wr__thread thread;
};

static uint64_t due_ns(const wr__alarm *alarm) {
  return atomic_load_explicit(&((wr__alarm *)alarm)->due_ns, memory_order_relaxed);
}

static void place_alarm(wr__deadlines *d, size_t index, wr__alarm *alarm) {
  d->heap[index] = alarm;
  alarm->index = index;
}

static void sift_up(wr__deadlines *d, size_t index) {
  wr__alarm *alarm = d->heap[index];
  while (index > 0 && due_ns(d->heap[(index - 1) / 2]) > due_ns(alarm)) {
    place_alarm(d, index, d->heap[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  place_alarm(d, index, alarm);
}

static void sift_down(wr__deadlines *d, size_t index) {
  wr__alarm *alarm = d->heap[index];
  for (;;) {
    size_t child = index * 2 + 1;
    if (child >= d->count) break;
    if (child + 1 < d->count && due_ns(d->heap[child + 1]) < due_ns(d->heap[child])) child++;
    if (due_ns(d->heap[child]) >= due_ns(alarm)) break;
    place_alarm(d, index, d->heap[child]);
    index = child;
  }
  place_alarm(d, index, alarm);
}

static void remove_alarm(wr__deadlines *d, wr__alarm *alarm) {
  size_t index = alarm->index;
  if (index == SIZE_MAX) return;
  alarm->index = SIZE_MAX;
  atomic_store(&alarm->due_ns, 0);
  wr__alarm *last = d->heap[--d->count];
  if (last == alarm) return;
  place_alarm(d, index, last);
  sift_up(d, index);
  sift_down(d, last->index);
}

static void *run_timer(void *argument) {
  wr__deadlines *d = argument;
  wr__mutex_lock(&d->lock);
  while (!d->stopping) {
    uint64_t now = wr__monotonic_ns();
    while (d->count > 0 && due_ns(d->heap[0]) <= now) {
      wr__alarm *alarm = d->heap[0];
      remove_alarm(d, alarm);
      alarm->ring(alarm);
    }
    d->sleeping_until_ns = d->count > 0 ? due_ns(d->heap[0]) : WR__NEVER_NS;
    wr__cond_wait(&d->changed, &d->lock, d->sleeping_until_ns);
  }
  wr__mutex_unlock(&d->lock);
  return NULL;
}

wr__deadlines *wr__deadlines_new(void) {
  wr__deadlines *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  wr__mutex_init(&d->lock);
  wr__cond_init(&d->changed);
  return d;
}

void wr__deadlines_delete(wr__deadlines *d) {
  if (!d) return;
  if (d->started) {
    wr__mutex_lock(&d->lock);
    d->stopping = true;
    wr__cond_signal(&d->changed);
    wr__mutex_unlock(&d->lock);
    wr__thread_join(d->thread);
  }
  wr__cond_free(&d->changed);
  wr__mutex_free(&d->lock);
  free(d->heap);
  free(d);
}

static wr_status insert_alarm(wr__deadlines *d, wr__alarm *alarm, uint64_t due) {
  if (!wr__grow(&d->heap, &d->capacity, d->count + 1, sizeof *d->heap)) return WR_OUT_OF_MEMORY;
  if (!d->started) {
    d->sleeping_until_ns = 0; /* it looks before it sleeps */
    if (!wr__thread_start(&d->thread, run_timer, d)) return WR_OUT_OF_MEMORY;
    d->started = true;
  }
  atomic_store(&alarm->due_ns, due);
  d->heap[d->count] = alarm;
  sift_up(d, d->count++);
  if (due < d->sleeping_until_ns) wr__cond_signal(&d->changed);
  return WR_OK;
}

wr_status wr__alarm_set(wr__deadlines *d, wr__alarm *alarm, uint64_t delay_ns) {
  uint64_t due;
  if (__builtin_add_overflow(wr__monotonic_ns(), delay_ns, &due)) due = WR__NEVER_NS - 1;
  wr__mutex_lock(&d->lock);
  remove_alarm(d, alarm);
  wr_status status = delay_ns == 0 ? WR_OK : insert_alarm(d, alarm, due);
  wr__mutex_unlock(&d->lock);
  return status;
}
