/* What handlers ask C functions to do that are the interpreter's own: translation, calls of the
 * host, traps, exceptions. */
#ifndef WR__INTERP_OPERATIONS_H
#define WR__INTERP_OPERATIONS_H

#include "engine/engine.h"
#include "interp/code.h"

/* One entry from the host into register code, and where in it a collection or a fault finds the
 * innermost frame: handlers publish it before they call what may allocate. */
typedef struct wr__interp_activation {
  wr__activation head; /* its instance is the frame's */
  const uint8_t *pc;   /* NULL until the first is published */
  uint64_t *fp;
  bool returned; /* pc is where a call will return to, not the instruction itself */
} wr__interp_activation;

static inline void wr__publish_frame(wr__instance *inst, const uint8_t *pc, uint64_t *fp) {
  wr__interp_activation *activation = (wr__interp_activation *)inst->exec->activation;
  activation->pc = pc;
  activation->fp = fp;
  activation->head.instance = inst;
  activation->returned = false;
}

/* Where execution goes on after an exception was caught. */
typedef struct wr__resume {
  const uint8_t *pc;
  uint64_t *fp;
  wr__instance *inst;
} wr__resume;

/* Code that no module holds. */
typedef enum wr__stub {
  WR__STUB_TRANSLATE,
  WR__STUB_HOST,
  WR__STUB_RESTORE,
  WR__STUB_EXIT,
  WR__STUB_COUNT
} wr__stub;
const void *wr__interp_stub(wr__stub stub);

/* Translates a function of an instance, or finds it done; its code's words, or NULL. */
const void *wr__interp_translate_func(wr__func *func);
/* Calls a host function (or native code) whose frame is fp, with the stack above link in use no
 * more. */
wr_status wr__interp_call_host(wr__instance *inst, wr__func *func, uint64_t *fp, uint64_t *link);
/* The same for a loop's native code, on the frame of the function. */
wr_status wr__interp_enter_loop(wr__instance *inst, const wr__loop_way *way, uint64_t *fp,
                                uint64_t *link);

/* poll.c: the countdown ended at a call, or at a loop. True, or a way without code: an interrupt
 * waits. NULL: the loop goes on here. */
bool wr__interp_poll_call(wr__instance *inst, wr__func *func, const uint64_t *fp);
const wr__loop_way *wr__interp_poll_loop(wr__instance *inst, const uint8_t *pc, uint64_t *fp);
/* The trap of an interrupt at a call, whose callee would return to pc. */
wr_status wr__interp_stop(wr__instance *inst, const uint8_t *pc, uint64_t *fp);

/* Is the function's type the one of that number, or below it? */
bool wr__interp_func_is(const wr__func *func, uint32_t type_id);

/* Ends the activation with a trap at pc: fills exec->trap with its backtrace. */
wr_status wr__interp_raise(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_trap_kind kind);
/* The same for a trap that a callee left in exec->trap; pc is where the call would have returned
 * to. */
wr_status wr__interp_unwind(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_status status);

/* Throws an exception object from the instruction at pc (or from the call that would return there).
 * WR_OK: caught in this activation, go on at *resume. WR_EXCEPTION: nobody did; it is in
 * exec->trap. Spec exec/instructions: throw_ref. */
wr_status wr__interp_throw(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr__ref exception,
                           bool returned, wr__resume *resume);
/* A new exception of a tag of the instance with its arguments in slots; null when out of memory. */
wr__ref wr__interp_new_exception(wr__instance *inst, uint32_t tag_index, const uint64_t *slots);

/* Linkage of a call into another instance. */
static inline void wr__link_across(uint64_t *link, uint64_t pc, uint64_t fp, wr__instance *inst) {
  link[WR__LINK_PC] = (uint64_t)(uintptr_t)wr__interp_stub(WR__STUB_RESTORE);
  link[WR__LINK_FP] = (uint64_t)(uintptr_t)link;
  link[WR__LINK_SAVED_PC] = pc;
  link[WR__LINK_SAVED_FP] = fp;
  link[WR__LINK_SAVED_INSTANCE] = (uint64_t)(uintptr_t)inst;
}
/* Tail call: moves arguments and linkage to where the callee expects them. pc is the instruction.
 */
void wr__link_move(uint64_t *fp, const uint8_t *pc, const wr__func *callee, wr__instance *inst);
/* The same for WR__TAIL_CALLED, from a function with the linkage. Returns the callee. */
wr__func *wr__link_replace(uint64_t *fp, const uint64_t *link, wr__instance *inst);

#endif
