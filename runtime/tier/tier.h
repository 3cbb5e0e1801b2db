/* Tiers: programs that the interpreter runs get native code of what is hot in them, made beside
 * them by the compiler's process, and enter it at the next call or the next round of a loop. */
#ifndef WR__TIER_H
#define WR__TIER_H

#include "engine/engine.h"
#include "image/compiler.h"
#include "platform/process.h"
#include "platform/thread.h"

extern const wr__engine_ops wr__tier_engine;

/* How often a loop of a function was seen. */
typedef struct wr__tier_loop {
  uint32_t func_index, loop;
  uint64_t score;
} wr__tier_loop;

enum { WR__TIER_LOOPS = 256 };

/* A batch that is being made: soon, or thoroughly. */
enum { WR__TIER_SOON, WR__TIER_THOROUGH, WR__TIER_JOBS };
typedef struct wr__tier_job {
  struct wr__tier *tier;
  wr__image_want *wants; /* own, while it is busy */
  size_t count;
  wr__process_handle handle;
  wr__thread thread;
  bool is_guarded; /* memory 0, in the instance that it was asked for */
  bool has_thread; /* to be joined */
  bool is_busy;
} wr__tier_job;

/* What is kept with a module; under its lock. */
typedef struct wr__tier {
  wr__module *module; /* whose state this is */
  wr__mutex lock;
  wr__mutex images; /* one image at a time is added to the module */
  /* What was seen */
  uint64_t *scores; /* by defined function: nanoseconds, about */
  bool *asked;      /* by defined function: it was in a batch */
  wr__tier_loop loops[WR__TIER_LOOPS];
  uint32_t loop_count;
  uint64_t hot_ns; /* in the interpreter, since the last batch was asked for */
  wr__tier_job jobs[WR__TIER_JOBS];
  wr__image_want *large; /* what is to be made thoroughly, once there is time */
  size_t large_count;
  bool is_guarded; /* memory 0, in the instance that the last batch was asked for */
  bool is_off;     /* no more can be made */
  uint32_t batch_count;
} wr__tier;

/* ---- module.c */

/* A module's; made at the first call. NULL: out of memory. */
wr__tier *wr__tier_of(wr__module *module);

/* ---- batch.c, under the lock */

/* What is to be native next, at wants, malloc'ed; the count, 0 for nothing or out of memory. */
size_t wr__tier_choose(wr__tier *tier, wr__image_want **wants);

/* ---- make.c */

/* Makes a batch, which takes wants, and waits for it. */
wr_status wr__tier_make(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded,
                        wr_error *error);
/* Starts a thread that makes one soon, under the lock; none is being made. */
void wr__tier_start(wr__tier *tier, wr__image_want *wants, size_t count);
/* Ends what is being made. */
void wr__tier_end(wr__tier *tier);

#endif
