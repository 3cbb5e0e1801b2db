/* Threads that take turns at the loops. Who has a loop runs it, and the guests of its requests
 * itself, one after the other: a guest that answers quickly costs no switch of threads. While a
 * guest runs, the loop is lent: it lies where another thread can take it. A guest that waits for
 * its client hands the loop on at once, and from one that computes for a millisecond a monitor
 * takes it. Then that thread only ends its guest and becomes a spare. So every loop goes on,
 * whatever its guests do, and threads are made for guests that wait or take long, up to a bound;
 * beyond it, requests wait for a thread, but connections are served.
 *
 * The state of a loop changes by compare-and-swap alone: lent by a thread to taken again by it, or
 * to handed on. Whatever is about a loop is touched by the one that has it. */
#include "guest.h"

#include <stdlib.h>

#include "loop.h"
#include "run.h"
#include "site.h"

/* A guest has the loop of its thread for so long. */
#define PATIENCE_NS UINT64_C(1000000)
#define MONITOR_NS 1000000
/* Without a guest for so many of its rounds, the monitor sleeps. */
#define QUIET_ROUNDS 100u
/* A thread that was not needed for so long ends. */
#define IDLE_SECONDS 10
/* Native code, the interpreter's handlers and host functions run on it; guests have stacks of their
 * own size in their stores. */
#define THREAD_STACK ((size_t)1 << 20)

typedef struct job {
  struct job *next;
  wr__exchange *x; /* counted */
} job;

enum { HANDED_ON = 1 }; /* a state; others are a thread's address, plus LENT */
enum { LENT = 2 };

/* A loop and who has it. */
typedef struct seat {
  wr__loop *loop;
  _Atomic uintptr_t state;
  _Atomic uint64_t lent_ns;
  struct seat *next_wanted; /* in the list of those that need a thread */
  job *first, *last;        /* requests whose guests are to run */
} seat;

typedef struct worker {
  wr__guests *guests;
  seat *seat; /* that it has or lends; NULL: none */
} worker;

struct wr__guests {
  seat *seats; /* own */
  unsigned seat_count;
  unsigned most_threads;
  _Atomic uint64_t busy;
  _Atomic uint64_t lends; /* how often a loop was lent: the monitor's sign of life */
  _Atomic bool monitor_sleeps;
  _Atomic bool has_backlog; /* requests wait for a thread */
  pthread_mutex_t lock;     /* of all that follows */
  pthread_cond_t work;      /* a loop is wanted, or it is over */
  pthread_cond_t ended;     /* a thread or a loop did */
  pthread_cond_t monitor;   /* a guest runs */
  seat *wanted;
  unsigned threads, idle, open_loops;
  bool stopping;
};

static _Thread_local worker *self;

static uintptr_t owned_by(const worker *w) { return (uintptr_t)w; }
static uintptr_t lent_by(const worker *w) { return (uintptr_t)w + LENT; }

wr__guests *wr__guests_new(wr__loop *loops, unsigned loop_count, unsigned most_threads) {
  wr__guests *guests = calloc(1, sizeof *guests);
  seat *seats = calloc(loop_count, sizeof *seats);
  if (!guests || !seats) {
    free(guests);
    free(seats);
    return NULL;
  }
  for (unsigned i = 0; i < loop_count; i++) seats[i].loop = &loops[i];
  guests->seats = seats;
  guests->seat_count = loop_count;
  guests->most_threads = most_threads;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&guests->lock, NULL);
  pthread_cond_init(&guests->work, &attributes);
  pthread_cond_init(&guests->ended, NULL);
  pthread_cond_init(&guests->monitor, NULL);
  pthread_condattr_destroy(&attributes);
  return guests;
}

void wr__guests_delete(wr__guests *guests) {
  if (!guests) return;
  pthread_cond_destroy(&guests->work);
  pthread_cond_destroy(&guests->ended);
  pthread_cond_destroy(&guests->monitor);
  pthread_mutex_destroy(&guests->lock);
  free(guests->seats);
  free(guests);
}

uint64_t wr__guests_busy(const wr__guests *guests) { return guests->busy; }

bool wr__guest_has_loop(const wr__guests *guests, const wr__loop *loop) {
  if (!self || self->guests != guests || !self->seat || self->seat->loop != loop) return false;
  uintptr_t state = atomic_load(&self->seat->state);
  return state == owned_by(self) || state == lent_by(self);
}

bool wr__guest_submit(wr__guests *guests, wr__exchange *x) {
  seat *s = self->seat;
  job *added = malloc(sizeof *added);
  if (!added) return false;
  *added = (job){.x = x};
  wr__exchange_retain(x);
  guests->busy++;
  if (s->last)
    s->last->next = added;
  else
    s->first = added;
  s->last = added;
  return true;
}

/* ---- Handing a loop on -------------------------------------------------------------------------
 */

static void *work(void *context);

/* With the lock. */
static bool start_thread(wr__guests *guests, void *(*run)(void *)) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, THREAD_STACK);
  bool started = pthread_create(&thread, &attributes, run, guests) == 0;
  pthread_attr_destroy(&attributes);
  guests->threads += started;
  return started;
}

/* Takes the loop that a guest's thread lends, for a spare. False if it is lent no more, or there is
 * no thread for it: then the guest keeps it. */
static bool hand_on(wr__guests *guests, seat *s, uintptr_t lent) {
  pthread_mutex_lock(&guests->lock);
  unsigned wanted = 0;
  for (const seat *w = guests->wanted; w; w = w->next_wanted) wanted++;
  bool can = guests->idle > wanted ||
             (guests->threads < guests->most_threads && start_thread(guests, work));
  bool taken = can && atomic_compare_exchange_strong(&s->state, &lent, HANDED_ON);
  if (taken) {
    s->next_wanted = guests->wanted;
    guests->wanted = s;
    pthread_cond_signal(&guests->work);
  }
  pthread_mutex_unlock(&guests->lock);
  return taken;
}

void wr__guest_pause(wr__guests *guests) {
  if (self && self->seat && hand_on(guests, self->seat, lent_by(self))) self->seat = NULL;
}

/* The monitor's part. */
static void take_from_slow(wr__guests *guests, seat *s, uint64_t now) {
  uintptr_t state = atomic_load(&s->state);
  if (!(state & LENT) || now < s->lent_ns + PATIENCE_NS) return;
  hand_on(guests, s, state);
}

static void *monitor(void *context) {
  wr__guests *guests = context;
  uint64_t seen = 0;
  unsigned quiet = 0;
  struct timespec pause = {0, MONITOR_NS};
  pthread_mutex_lock(&guests->lock);
  while (!guests->stopping) {
    guests->monitor_sleeps = quiet >= QUIET_ROUNDS;
    if (guests->monitor_sleeps && guests->lends == seen && guests->busy == 0)
      pthread_cond_wait(&guests->monitor, &guests->lock);
    guests->monitor_sleeps = false;
    pthread_mutex_unlock(&guests->lock);
    nanosleep(&pause, NULL);
    uint64_t now = wr__now_ns(), lends = guests->lends;
    quiet = lends == seen ? quiet + 1 : 0;
    seen = lends;
    for (unsigned i = 0; i < guests->seat_count; i++)
      take_from_slow(guests, &guests->seats[i], now);
    pthread_mutex_lock(&guests->lock);
  }
  guests->threads--;
  pthread_cond_broadcast(&guests->ended);
  pthread_mutex_unlock(&guests->lock);
  return NULL;
}

/* ---- Having a loop
 * -------------------------------------------------------------------------------- */

static void wake_monitor(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  pthread_cond_signal(&guests->monitor);
  pthread_mutex_unlock(&guests->lock);
}

/* Runs the guest of the first request. False if the loop is another's afterwards. */
static bool run_first(worker *w) {
  seat *s = w->seat;
  job *first = s->first;
  wr__exchange *x = first->x;
  s->first = first->next;
  if (!s->first) s->last = NULL;
  free(first);
  s->lent_ns = wr__now_ns();
  atomic_store(&s->state, lent_by(w));
  w->guests->lends++;
  if (w->guests->monitor_sleeps) wake_monitor(w->guests);
  wr__run_guest(x);
  uintptr_t lent = lent_by(w);
  bool again = w->seat && atomic_compare_exchange_strong(&s->state, &lent, owned_by(w));
  if (!again) w->seat = NULL;
  wr__app_leave(x->route->app);
  wr__exchange_release(x);
  w->guests->busy--;
  return again;
}

/* One more guest must leave a thread for each loop to go on with. */
static bool may_run(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  bool may = guests->idle > 0 || guests->threads < guests->most_threads;
  pthread_mutex_unlock(&guests->lock);
  return may;
}

/* Until the loop is over, or another's. */
static void have_loop(worker *w) {
  wr__guests *guests = w->guests;
  seat *s = w->seat;
  for (;;) {
    wr__loop_attend(s->loop);
    while (s->first && may_run(guests)) {
      if (!run_first(w)) return;
      wr__loop_attend(s->loop);
    }
    if (s->first) guests->has_backlog = true;
    if (!wr__loop_turn(s->loop)) break;
  }
  w->seat = NULL;
  pthread_mutex_lock(&guests->lock);
  guests->open_loops--;
  pthread_cond_broadcast(&guests->ended);
  pthread_mutex_unlock(&guests->lock);
}

/* With the lock: a loop that needs a thread; NULL: end. */
static seat *take_wanted(wr__guests *guests) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += IDLE_SECONDS;
  guests->idle++;
  int late = 0;
  while (!guests->wanted && !guests->stopping && !late)
    late = pthread_cond_timedwait(&guests->work, &guests->lock, &until);
  guests->idle--;
  seat *s = guests->wanted;
  if (s) guests->wanted = s->next_wanted;
  return s;
}

/* Loops with requests that had no thread look again. */
static void end_backlog(wr__guests *guests) {
  if (!atomic_exchange(&guests->has_backlog, false)) return;
  for (unsigned i = 0; i < guests->seat_count; i++) wr__loop_wake(guests->seats[i].loop);
}

static void *work(void *context) {
  wr__guests *guests = context;
  worker w = {.guests = guests};
  self = &w;
  pthread_mutex_lock(&guests->lock);
  while ((w.seat = take_wanted(guests))) {
    atomic_store(&w.seat->state, owned_by(&w));
    pthread_mutex_unlock(&guests->lock);
    have_loop(&w);
    end_backlog(guests);
    pthread_mutex_lock(&guests->lock);
  }
  guests->threads--;
  pthread_cond_broadcast(&guests->ended);
  pthread_mutex_unlock(&guests->lock);
  return NULL;
}

bool wr__guests_serve(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  bool good = start_thread(guests, monitor);
  for (unsigned i = 0; good && i < guests->seat_count; i++) {
    seat *s = &guests->seats[i];
    s->state = HANDED_ON;
    s->next_wanted = guests->wanted;
    guests->wanted = s;
    guests->open_loops++;
    good = start_thread(guests, work);
  }
  while (good && guests->open_loops > 0) pthread_cond_wait(&guests->ended, &guests->lock);
  guests->stopping = true;
  pthread_cond_broadcast(&guests->work);
  pthread_cond_broadcast(&guests->monitor);
  while (guests->threads > 0) pthread_cond_wait(&guests->ended, &guests->lock);
  pthread_mutex_unlock(&guests->lock);
  return good;
}
