/* Processes, processors, clocks and events. */
#ifndef WR__PLATFORM_PROCESS_H
#define WR__PLATFORM_PROCESS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"

/* Processors that can run threads now; at least 1. */
uint32_t wr__processor_count(void);

uint64_t wr__monotonic_ns(void);
uint32_t wr__process_id(void);

/* Runs a program with `input` on its standard input, and returns what it wrote; both are malloc'ed,
 * the message ends with a NUL. The child can tell how far it is (wr__progress_open), and ends when
 * the thread that started it does. Errors WR_IO: it cannot be started (WR_NOT_FOUND: it is
 * not there); WR_OUT_OF_MEMORY. */
/* A running child, as another thread may end it; zeroed before it is used. */
typedef struct wr__process_handle {
  pthread_mutex_t lock;
  int child;  /* 0: none runs */
  bool ended; /* none starts any more */
} wr__process_handle;
/* Ends the child that a handle's job has or would start. */
void wr__process_end(wr__process_handle *handle);

typedef struct wr__process_job {
  const char *path;
  const char *const *arguments;
  wr__span input;
  wr__span more;              /* of input, behind it; may be empty */
  wr__process_handle *handle; /* NULL: nobody ends it */
  int niceness;               /* how far its priority is below this process's */
  uint64_t memory_bytes;      /* of address space; 0: no limit */
  uint64_t cpu_seconds;       /* of processor time; 0: no limit. SIGXCPU ends it then */
  void (*progress)(void *context, uint64_t done,
                   uint64_t total); /* every now and then; may be NULL */
  void *context;
} wr__process_job;
typedef struct wr__process_result {
  uint8_t *output;
  size_t output_size;
  char *message;
  int exit_status; /* 0 to 255, or 256 + the signal */
} wr__process_result;
wr_status wr__process_run(const wr__process_job *job, wr__process_result *out, wr_error *error);

/* What a child and its parent share. */
typedef struct wr__progress {
  _Atomic uint64_t done, total;
} wr__progress;
/* In the child: where to tell it, never NULL. And the child ends with its parent from now on. */
wr__progress *wr__progress_open(void);
/* From now on this process reaches nothing but what it has open already. */
void wr__process_confine(void);
/* Is a limit of address space one that a program of this build can live with? */
bool wr__process_can_be_confined(void);
/* The path of the running program's folder with `name` appended; false where it does not fit. */
bool wr__program_sibling(const char *name, char *path, size_t size);

/* The processor's features, as bits of base/cpu_features.h. */
uint64_t wr__cpu_features(void);
/* Has it what interp/handlers_wide.c is compiled for? */
bool wr__cpu_is_wide(void);

/* A descriptor that polls readable from signal to clear. -1 if none can be made. signal and clear
 * may be called from any thread, any number of times. */
int wr__event_new(void);
void wr__event_signal(int event);
void wr__event_clear(int event);
void wr__event_delete(int event);

#endif
