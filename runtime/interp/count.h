/* Counting what is executed, for choosing what to fuse (choose.py). Compiled into builds with
 * WASMRUN_COUNT alone. */
#ifndef WR__COUNT_H
#define WR__COUNT_H

#include <stdint.h>

#ifdef WR_COUNT
/* The instruction at pc is about to run. */
void wr__count_step(const uint8_t *pc);
/* The translator has chosen a handler. */
void wr__count_choice(uint32_t handler);
#define WR__COUNT_STEP(pc) wr__count_step(pc)
#define WR__COUNT_CHOICE(handler) wr__count_choice(handler)
#else
#define WR__COUNT_STEP(pc) (void)0
#define WR__COUNT_CHOICE(handler) (void)0
#endif

#endif
