/* The seam between the store and its engines. An engine is a record of functions; the store and
 * what is above it know no engine by name, and call every record in turn. Each entry from the host
 * into an engine is an activation: one chain for all engines, innermost first, which is what
 * backtraces, collections and faults start from. */
#ifndef WR__ENGINE_ENGINE_H
#define WR__ENGINE_ENGINE_H

#include <setjmp.h>

#include "store/store.h"

typedef struct wr__engine_ops wr__engine_ops;

/* The head of an engine's activation; the engine has more behind it. */
typedef struct wr__activation {
  struct wr__activation *outer;        /* of the store */
  struct wr__activation *outer_thread; /* of the thread, of whichever store */
  const wr__engine_ops *ops;           /* whose it is */
  wr__instance *instance;              /* whose code runs in it, as far as the engine keeps count */
  wr_status status;                    /* of a landing */
  jmp_buf landing;                     /* where wr__activation_land goes on */
} wr__activation;

typedef void (*wr__mark)(void *context, wr__ref ref);

struct wr__engine_ops {
  /* open_store: what the engine needs in a new store. False: out of memory. close_store frees it,
   * also after a failure. NULL: nothing. */
  bool (*open_store)(wr__exec *exec);
  void (*close_store)(wr__exec *exec);

  /* take_instance: asked once the instance's memories are made. *taken: its defined functions run
   * in this engine from now on (code and entry are set). Otherwise the next engine is asked. Errors
   * WR_OUT_OF_MEMORY; WR_UNSUPPORTED: the configuration asks for this engine alone. */
  wr_status (*take_instance)(wr__instance *instance, bool *taken, wr_error *error);
  /* link_funcs: functions that another engine or the host runs can be called by this engine's code,
   * through their entries. NULL: nothing is needed. */
  void (*link_funcs)(wr__func *funcs, size_t count);
  /* join_instance: called for every engine once one of them has taken the instance. NULL: never.
   * Errors  WR_OUT_OF_MEMORY. */
  wr_status (*join_instance)(wr__instance *instance, wr_error *error);
  /* fill_memory: puts the contents of all active data segments into memory 0, if the engine has
   * them ready. *filled: they need not run. NULL: never. Errors  WR_OUT_OF_MEMORY. */
  wr_status (*fill_memory)(wr__instance *instance, bool *filled);

  /* visit_roots: marks every reference that frames of the engine hold; called at a collection.
   * NULL: it has no frames. */
  void (*visit_roots)(wr__exec *exec, wr__mark mark, void *context);

  /* owns_pc: is the code at pc this engine's, running in the activation? Async-signal-safe. */
  bool (*owns_pc)(const wr__activation *activation, uintptr_t pc);
  /* note_fault: keeps in the activation where the fault was. Async-signal-safe. */
  void (*note_fault)(wr__activation *activation, uintptr_t pc, void *ucontext);
  /* resume_fault: called on the thread's own stack after the signal handler returned: makes the
   * trap with its backtrace; its status. Spec exec/instructions: an access outside the memory
   * traps. */
  wr_status (*resume_fault)(wr__activation *activation);
};

/* ---- Watching interpreted code, to see what is hot */

/* A frame that was seen: at a loop of the function, whose module offset it is, or anywhere (0). */
typedef struct wr__sight {
  wr__func *func;
  uint32_t loop;
} wr__sight;

/* Code of another engine that goes on from a loop with the frame of the interpreter, and ends like
 * an entry. */
typedef struct wr__loop_way {
  wr__func *func;
  wr_status (*run)(wr__exec *exec, const struct wr__loop_way *way, uint64_t *frame);
  const void *code, *wrapper;
} wr__loop_way;

enum { WR__MAX_SIGHTS = 8 };
typedef struct wr__watch {
  /* The countdown of the store ended at the first of the sights, whose callers follow: an
   * interpreted function was called, or is at a loop. May put native code in the place of
   * functions. Returns the next countdown. */
  int32_t (*look)(wr__exec *exec, const wr__sight *sights, uint32_t count);
  /* The way on from the loop that was the first of the sights just now; NULL: there is none. Valid
   * until the next. */
  const wr__loop_way *(*find_way)(wr__exec *exec, const wr__sight *sight);
} wr__watch;

/* ---- activation.c */

/* Begins an activation of an engine, whose landing is not set yet. */
void wr__activation_enter(wr__exec *exec, wr__activation *activation, const wr__engine_ops *ops,
                          wr__instance *instance);
/* Ends the innermost activation. */
void wr__activation_leave(wr__exec *exec, wr__activation *activation);
/* Goes on at the landing, over frames of the engine alone: C functions between two activations have
 * returned a status. */
void __attribute__((noreturn)) wr__activation_land(wr__activation *activation, wr_status status);
/* The thread goes on with another stack, on which this activation is the innermost; the one that it
 * leaves. */
wr__activation *wr__activation_swap(wr__activation *activation);
/* Is it the innermost of the thread? */
bool wr__activation_is_current(const wr__activation *activation);
/* Makes faults in guard regions traps of the innermost activation. False: it cannot be done. */
bool wr__activation_claim_faults(void);

/* The records of the engines that a configuration has, in the order of config/engines.def: NULL
 * ends them. */
const wr__engine_ops *const *wr__engine_records(const wr__engine *engine);

#endif
