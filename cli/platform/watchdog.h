/* The end of the process at its time limit, also where nothing polls: while a module is read,
 * compiled or taken apart again, or the host's kernel does not answer. */
#ifndef WR__CLI_WATCHDOG_H
#define WR__CLI_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* wr__watchdog_note_start: what time limits count from; at the beginning of the process. */
void wr__watchdog_note_start(void);

/* wr__watchdog_start: delay_ns after the beginning, the process writes the line to standard error
 * and ends with the exit status. False: no timer can be set. */
bool wr__watchdog_start(uint64_t delay_ns, const char *line, int exit_status);

/* wr__watchdog_left_ns: the time until then; at least 1. */
uint64_t wr__watchdog_left_ns(void);

/* wr__watchdog_guest: from now on the guest's own deadline comes first, and the process ends only
 * if the guest has not ended a moment after it. The line is now this one. */
void wr__watchdog_guest(const char *line);

/* wr__watchdog_finish: the guest has ended, and this will be the exit status. What is left to be
 * said and taken apart has a moment more, and then the process ends without a word. */
void wr__watchdog_finish(int exit_status);

#endif
