/* The pool of threads. A turn is the right to compute: there are as many as processors. Who waits
 * gives its turn back, and a job that waits too long for one gets one more, so that guests which
 * compute without end (until their time is over) hold up nobody. */
#include "guest.h"

#include <stdlib.h>

#include "cgi.h"
#include "loop.h"
#include "site.h"

/* A job waits so long for a turn before it gets one of its own. */
#define PATIENCE_NS UINT64_C(5000000)
/* A thread that was not needed for so long ends. */
#define IDLE_SECONDS 10
/* Native code, the interpreter's handlers and host functions run on it; guests have stacks of their
 * own size in their stores. */
#define THREAD_STACK ((size_t)1 << 20)

typedef struct job {
  struct job *next;
  wr__exchange *x; /* counted */
  uint64_t since_ns;
} job;

struct wr__guests {
  pthread_mutex_t lock;
  pthread_cond_t work;
  pthread_cond_t ended; /* a thread did */
  job *first, *last;
  unsigned turns;   /* wanted */
  unsigned running; /* turns that are taken */
  unsigned idle, threads, most_threads;
  uint64_t busy;
  bool stopping;
};

wr__guests *wr__guests_new(unsigned turns, unsigned threads) {
  wr__guests *guests = calloc(1, sizeof *guests);
  if (!guests) return NULL;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&guests->lock, NULL);
  pthread_cond_init(&guests->work, &attributes);
  pthread_cond_init(&guests->ended, NULL);
  pthread_condattr_destroy(&attributes);
  guests->turns = turns;
  guests->most_threads = threads;
  return guests;
}

/* With the lock: a job, once there is one and a thread of this one's kind is needed; NULL: end. */
static job *take_job(wr__guests *guests) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += IDLE_SECONDS;
  while (!guests->first) {
    if (guests->stopping) return NULL;
    guests->idle++;
    int late = pthread_cond_timedwait(&guests->work, &guests->lock, &until);
    guests->idle--;
    if (late && !guests->first && guests->idle > 0) return NULL;
    if (late) {
      clock_gettime(CLOCK_MONOTONIC, &until);
      until.tv_sec += IDLE_SECONDS;
    }
  }
  job *taken = guests->first;
  guests->first = taken->next;
  if (!guests->first) guests->last = NULL;
  return taken;
}

static void *work(void *context) {
  wr__guests *guests = context;
  job *taken;
  pthread_mutex_lock(&guests->lock);
  while ((taken = take_job(guests))) {
    guests->running++;
    pthread_mutex_unlock(&guests->lock);
    wr__exchange *x = taken->x;
    free(taken);
    wr__cgi_run(x);
    wr__app_leave(x->route->app);
    wr__exchange_release(x);
    pthread_mutex_lock(&guests->lock);
    guests->running--;
    guests->busy--;
  }
  guests->threads--;
  pthread_cond_signal(&guests->ended);
  pthread_mutex_unlock(&guests->lock);
  return NULL;
}

/* With the lock: one more thread looks for a job. */
static void wake_one(wr__guests *guests) {
  if (guests->idle > 0) {
    pthread_cond_signal(&guests->work);
    return;
  }
  if (guests->threads == guests->most_threads) return;
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, THREAD_STACK);
  if (pthread_create(&thread, &attributes, work, guests) == 0) guests->threads++;
  pthread_attr_destroy(&attributes);
}

bool wr__guest_submit(wr__guests *guests, wr__exchange *x) {
  job *added = malloc(sizeof *added);
  if (!added) return false;
  *added = (job){.x = x, .since_ns = wr__now_ns()};
  wr__exchange_retain(x);
  pthread_mutex_lock(&guests->lock);
  guests->busy++;
  if (guests->last)
    guests->last->next = added;
  else
    guests->first = added;
  guests->last = added;
  if (guests->running < guests->turns) wake_one(guests);
  pthread_mutex_unlock(&guests->lock);
  return true;
}

void wr__guest_pause(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  guests->running--;
  if (guests->first && guests->running < guests->turns) wake_one(guests);
  pthread_mutex_unlock(&guests->lock);
}

void wr__guest_resume(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  guests->running++;
  pthread_mutex_unlock(&guests->lock);
}

void wr__guest_tick(wr__guests *guests, uint64_t now_ns) {
  pthread_mutex_lock(&guests->lock);
  if (guests->first && now_ns > guests->first->since_ns + PATIENCE_NS) wake_one(guests);
  pthread_mutex_unlock(&guests->lock);
}

uint64_t wr__guests_busy(wr__guests *guests) {
  pthread_mutex_lock(&guests->lock);
  uint64_t busy = guests->busy;
  pthread_mutex_unlock(&guests->lock);
  return busy;
}

void wr__guests_delete(wr__guests *guests) {
  if (!guests) return;
  pthread_mutex_lock(&guests->lock);
  guests->stopping = true;
  pthread_cond_broadcast(&guests->work);
  while (guests->threads > 0) pthread_cond_wait(&guests->ended, &guests->lock);
  pthread_mutex_unlock(&guests->lock);
  pthread_cond_destroy(&guests->work);
  pthread_cond_destroy(&guests->ended);
  pthread_mutex_destroy(&guests->lock);
  free(guests);
}
