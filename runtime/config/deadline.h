/* Alarms: what is to be done at a time, from a thread of the engine's own. */
#ifndef WR__DEADLINE_H
#define WR__DEADLINE_H

#include <stdatomic.h>

#include "base/base.h"

typedef struct wr__deadlines wr__deadlines;

typedef struct wr__alarm {
  _Atomic uint64_t due_ns; /* CLOCK_MONOTONIC; 0: not set */
  size_t index;            /* its place among the engine's; SIZE_MAX: not set */
  void (*ring)(struct wr__alarm *alarm);
} wr__alarm;

wr__deadlines *wr__deadlines_new(void);
void wr__deadlines_delete(wr__deadlines *deadlines);
/* Rings delay_ns from now, on another thread; 0 takes the alarm back. WR_OUT_OF_MEMORY if no timer
 * thread can be started. */
wr_status wr__alarm_set(wr__deadlines *deadlines, wr__alarm *alarm, uint64_t delay_ns);

#endif
