/* Guests and the threads that they run on. This is the one place that knows how a guest is run so
 * that it never holds a loop: a bounded pool of threads, in which a guest that waits for its client
 * leaves its turn to another. */
#ifndef WR__SERVE_GUEST_H
#define WR__SERVE_GUEST_H

#include "exchange.h"

typedef struct wr__guests wr__guests;

/* wr__guests_new: turns guests run at once, and more if one takes long, on at most threads. */
wr__guests *wr__guests_new(unsigned turns, unsigned threads);
/* wr__guests_delete: after the last guest ended. */
void wr__guests_delete(wr__guests *guests);
/* wr__guests_busy: guests that run or wait for a turn. */
uint64_t wr__guests_busy(wr__guests *guests);

/* wr__guest_submit: runs the guest of the exchange's route. False when out of memory. The loop's
 * thread. */
bool wr__guest_submit(wr__guests *guests, wr__exchange *x);
/* wr__guest_pause, wr__guest_resume: the guest of this thread waits; it goes on. */
void wr__guest_pause(wr__guests *guests);
void wr__guest_resume(wr__guests *guests);
/* wr__guest_tick: lets another guest run beside those that take long. Any thread. */
void wr__guest_tick(wr__guests *guests, uint64_t now_ns);

#endif
