/* Locks, conditions and threads over POSIX threads. None of these calls can fail when used as
 * intended, so failures are not reported. */
#include "platform/thread.h"

#include <signal.h>
#include <time.h>

void wr__mutex_init(wr__mutex *mutex) { pthread_mutex_init(mutex, NULL); }
void wr__mutex_free(wr__mutex *mutex) { pthread_mutex_destroy(mutex); }
void wr__mutex_lock(wr__mutex *mutex) { pthread_mutex_lock(mutex); }
void wr__mutex_unlock(wr__mutex *mutex) { pthread_mutex_unlock(mutex); }

void wr__cond_init(wr__cond *cond) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(cond, &attributes);
  pthread_condattr_destroy(&attributes);
}

void wr__cond_free(wr__cond *cond) { pthread_cond_destroy(cond); }
void wr__cond_signal(wr__cond *cond) { pthread_cond_signal(cond); }

void wr__cond_wait(wr__cond *cond, wr__mutex *mutex, uint64_t until_ns) {
  if (until_ns == WR__NEVER_NS) {
    pthread_cond_wait(cond, mutex);
    return;
  }
  struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                           .tv_nsec = (long)(until_ns % 1000000000u)};
  pthread_cond_timedwait(cond, mutex, &until);
}

bool wr__thread_start(wr__thread *thread, void *(*run)(void *), void *argument) {
  sigset_t all, before;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setguardsize(&attributes, WR__STACK_GUARD_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(thread, &attributes, run, argument) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return started;
}

void wr__thread_join(wr__thread thread) { pthread_join(thread, NULL); }
