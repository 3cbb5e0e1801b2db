/* Stacks: where the running one ends, stacks of our own, and going over from one to another. */
#ifndef WR__PLATFORM_STACK_H
#define WR__PLATFORM_STACK_H

#include "base/base.h"

/* The lowest address of the stack that runs: the thread's, or the one that a fiber has. 0 if it is
 * unknown. */
uintptr_t wr__stack_low(void);

/* Two sides that take turns on a thread: whoever resumes the fiber, and the fiber, which has a
 * stack of its own and may be resumed by another thread each time. */
typedef struct wr__fiber {
  void *sp;           /* of the side that does not run: nothing below it is in use */
  uintptr_t low, top; /* its stack; a guard lies below low */
  uint8_t *extra;     /* the memory above top that was asked for with it */
  void *reserved;
  size_t reserved_bytes;
  void (*run)(struct wr__fiber *fiber);
  /* what sanitizers keep of each side */
  void *fake, *tsan, *outer_tsan;
  const void *outer_bottom;
  size_t outer_bytes;
} wr__fiber;

/* A stack of stack_bytes, with extra_bytes behind it, zeros all of it; sizes are rounded up to
 * pages. run is called at the first resumption. False: the host has no address space left. */
bool wr__fiber_open(wr__fiber *fiber, size_t stack_bytes, size_t extra_bytes,
                    void (*run)(wr__fiber *fiber));
/* The fiber must have ended, or never have begun. */
void wr__fiber_close(wr__fiber *fiber);
/* Goes on with the fiber, and returns when it pauses or ends. */
void wr__fiber_resume(wr__fiber *fiber);
/* On the fiber's stack: wr__fiber_resume returns; and this does at the next one, perhaps in another
 * thread. */
void wr__fiber_pause(wr__fiber *fiber);
/* On the fiber's stack, for the last time. */
void __attribute__((noreturn)) wr__fiber_end(wr__fiber *fiber);

/* The processor's part. Goes on at *sp, and leaves there where to come back to: what the caller
 * keeps in registers lies above it. */
void wr__stack_exchange(void **sp);
/* What *sp is for a stack on which run(argument) is to begin. */
void *wr__stack_begin(void *top, void (*run)(void *argument), void *argument);

#endif
