/* Locks, conditions and threads, as the host has them. Conditions wait against the monotonic clock.
 */
#ifndef WR__THREAD_H
#define WR__THREAD_H

#include <pthread.h>

#include "base/base.h"

typedef pthread_mutex_t wr__mutex;
typedef pthread_cond_t wr__cond;
typedef pthread_t wr__thread;

#define WR__MUTEX_INIT PTHREAD_MUTEX_INITIALIZER
#define WR__NEVER_NS UINT64_MAX
/* Below a stack; no frame is larger than a quarter of it. */
enum { WR__STACK_GUARD_BYTES = 64 << 10 };

void wr__mutex_init(wr__mutex *mutex);
void wr__mutex_free(wr__mutex *mutex);
void wr__mutex_lock(wr__mutex *mutex);
void wr__mutex_unlock(wr__mutex *mutex);

void wr__cond_init(wr__cond *cond);
void wr__cond_free(wr__cond *cond);
void wr__cond_signal(wr__cond *cond);
/* Waits until signalled or until the monotonic clock shows until_ns (WR__NEVER_NS: no end). May
 * wake for no reason. */
void wr__cond_wait(wr__cond *cond, wr__mutex *mutex, uint64_t until_ns);

/* Starts a thread with all signals blocked, so that the host's handlers never run on it. */
bool wr__thread_start(wr__thread *thread, void *(*run)(void *), void *argument);
void wr__thread_join(wr__thread thread);

#endif
