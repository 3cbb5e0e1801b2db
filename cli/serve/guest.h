/* Guests and the threads that they run on. This is the one place that knows how a guest is run so
 * that it never holds a loop: see guest.c. */
#ifndef WR__SERVE_GUEST_H
#define WR__SERVE_GUEST_H

#include "exchange.h"

typedef struct wr__guests wr__guests;

/* wr__guests_new: for these loops, with at most so many threads. */
wr__guests *wr__guests_new(struct wr__loop *loops, unsigned loop_count, unsigned most_threads);
/* wr__guests_serve: runs the loops and their guests until every loop is over. */
bool wr__guests_serve(wr__guests *guests);
void wr__guests_delete(wr__guests *guests);
/* wr__guests_busy: guests that run or wait for a turn. Any thread. */
uint64_t wr__guests_busy(const wr__guests *guests);

/* wr__guest_submit: runs the guest of the exchange's route, soon. False when out of memory. From
 * the loop of the exchange. */
bool wr__guest_submit(wr__guests *guests, wr__exchange *x);
/* wr__guest_pause: the guest of this thread is about to wait: another thread is to have the loop.
 */
void wr__guest_pause(wr__guests *guests);
/* wr__guest_has_loop: will this thread look at what is pending in the loop before it waits? */
bool wr__guest_has_loop(const wr__guests *guests, const struct wr__loop *loop);

#endif
