/* Running register code: the entry from the host, the way back out of it with a trap, and what
 * a fault in a handler becomes. */
#include "interp/code.h"

#include <pthread.h>
#include <stdlib.h>

#include "interp/frames.h"
#include "interp/machine.h"
#include "interp/translate.h"
#include "platform/platform.h"

/* ---- stubs -------------------------------------------------------------------------------------
 */

/* A stub's frame needs room for any linkage and a host function's slots. */
enum { STUB_FRAME_SLOTS = 2 * (WR__MAX_PARAMS + WR__MAX_RESULTS) + WR__LINK_SLOTS };

static uint64_t stub_space[WR__STUB_COUNT][sizeof(wr__code) / 8 + 1];
static pthread_once_t stubs_once = PTHREAD_ONCE_INIT;

static bool fault_hook(uintptr_t pc, uintptr_t address, void *ucontext);

static void make_stubs(void) {
  static const uint16_t handlers[WR__STUB_COUNT] = {WR__H_translate, WR__H_host, WR__H_restore,
                                                    WR__H_exit};
  for (int k = 0; k < WR__STUB_COUNT; k++) {
    wr__code *code = (wr__code *)stub_space[k];
    code->frame_slots = STUB_FRAME_SLOTS;
    code->words[0] = wr__handler_word(wr__handler_table, handlers[k]);
  }
  wr__fault_add_hook(fault_hook);
}

const void *wr__interp_stub(wr__stub stub) { return ((const wr__code *)stub_space[stub])->words; }

/* ---- translation at the first call ------------------------------------------------------------
 */

const void *wr__interp_translate_func(wr__func *func) {
  wr__instance *inst = func->instance;
  bool guarded = inst->memory0->guarded;
  uint32_t defined = func->func_index - inst->module->imported_funcs;
  struct wr__translated *index = wr__translated_of(inst->module);
  if (!index) return NULL;
  wr__code *code = wr__code_get(index, defined, guarded);
  if (!code) {
    struct wr__translator *translator = wr__code_take_translator(index, inst->module);
    if (!translator) return NULL;
    code = wr__translate(translator, func->func_index, guarded,
                         inst->module->engine->config.optimisations_off);
    wr__code_give_translator(index, translator);
    if (code) code = wr__code_put(index, defined, guarded, code);
    if (!code) return NULL;
  }
  func->code = code->words;
  return code->words;
}

void wr__interp_prepare_host(wr__func *func) {
  pthread_once(&stubs_once, make_stubs);
  func->code = wr__interp_stub(WR__STUB_HOST);
}

/* ---- host calls
 * -------------------------------------------------------------------------------------------- */

wr_status wr__interp_call_host(wr__instance *inst, wr__func *func, uint64_t *fp, uint64_t *link) {
  wr__exec *exec = inst->exec;
  wr__instance *caller = exec->caller;
  uint64_t *top = exec->stack_top;
  wr__activation *activation = exec->activation;
  exec->caller = inst;
  exec->stack_top = link + WR__LINK_SLOTS;
  activation->inst = inst;
  activation->pc = (const uint8_t *)(uintptr_t)link[WR__LINK_PC];
  activation->fp = (uint64_t *)(uintptr_t)link[WR__LINK_FP];
  activation->returned = true;
  wr_status status = func->entry(exec, func, fp);
  exec->caller = caller;
  exec->stack_top = top;
  return status;
}

bool wr__interp_func_is(const wr__func *func, uint32_t type_id) {
  const wr__deftype *type = func->type;
  for (uint32_t depth = 0; depth <= type->depth; depth++)
    if (type->display[depth] == type_id) return true;
  return false;
}

void wr__link_move(uint64_t *fp, const uint8_t *pc, const wr__func *callee, wr__instance *inst) {
  const uint64_t *args = fp + wr__code_u16(pc + 8);
  uint64_t link[WR__LINK_SLOTS];
  memcpy(link, fp + wr__code_u16(pc + 10), sizeof link);
  memmove(fp, args, (size_t)callee->type->param_slots * sizeof *fp);
  uint64_t *to = fp + wr__code_u16(pc + 12);
  bool across = link[WR__LINK_PC] == (uint64_t)(uintptr_t)wr__interp_stub(WR__STUB_RESTORE);
  if (!across && callee->instance && callee->instance != inst) {
    wr__link_across(to, link[WR__LINK_PC], link[WR__LINK_FP], inst);
    return;
  }
  memcpy(to, link, sizeof link);
  if (across) to[WR__LINK_FP] = (uint64_t)(uintptr_t)to;
}

/* ---- entry
 * ---------------------------------------------------------------------------------------------------
 */

/* Runs the function in a frame at the top of the store's stack. */
static wr_status run_frame(wr__exec *exec, wr__func *func, uint64_t *frame) {
  wr__activation activation;
  wr__instance *inst = func->instance;
  activation.outer = exec->activation;
  activation.pc = NULL;
  uint64_t *top = exec->stack_top;
  wr__instance *caller = exec->caller;
  exec->activation = &activation;
  wr_status status;
  if (_setjmp(activation.landing)) {
    /* the fault hook left where it was in the activation */
    status = wr__interp_raise(activation.inst, activation.pc, activation.fp,
                              WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  } else {
    status = wr__dispatch(func->code, frame, inst, func);
  }
  exec->activation = activation.outer;
  exec->stack_top = top;
  exec->caller = caller;
  return status;
}

static wr_status interp_entry(wr__exec *exec, wr__func *func, uint64_t *slots) {
  const wr__deftype *type = func->type;
  uint64_t *frame = exec->stack_top;
  const wr__code *code = wr__code_of(func->code);
  if (frame + code->frame_slots > exec->stack_limit || exec->depth >= 200)
    return wr__exec_trap(exec, WR_TRAP_CALL_STACK_EXHAUSTED);
  memcpy(frame, slots, type->param_slots * sizeof *frame);
  uint64_t *link = frame + wr__link_slot(type);
  link[WR__LINK_PC] = (uint64_t)(uintptr_t)wr__interp_stub(WR__STUB_EXIT);
  link[WR__LINK_FP] = (uint64_t)(uintptr_t)frame;
  exec->depth++;
  wr_status status = run_frame(exec, func, frame);
  exec->depth--;
  if (status == WR_OK) memcpy(slots, frame, type->result_slots * sizeof *frame);
  return status;
}

void wr__interp_prepare_func(wr__func *func) {
  pthread_once(&stubs_once, make_stubs);
  func->code = wr__interp_stub(WR__STUB_TRANSLATE);
  func->entry = interp_entry;
}

/* ---- faults
 * ----------------------------------------------------------------------------------------------------
 */

bool wr__interp_owns_pc(uintptr_t pc) {
  uintptr_t start, end;
  wr__dispatch_range(&start, &end);
  return pc >= start && pc < end;
}

/* Goes on here, on the thread's own stack, after the signal handler returned. */
static void __attribute__((noinline, noreturn)) land(wr__activation *activation) {
  _longjmp(activation->landing, 1);
}

/* Spec exec/instructions: an access outside the memory traps. */
static bool fault_hook(uintptr_t pc, uintptr_t address, void *ucontext) {
  (void)address;
  if (!wr__interp_owns_pc(pc)) return false;
  wr__instance *inst =
      (wr__instance *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[3]);
  wr__activation *activation = inst->exec->activation;
  activation->inst = inst;
  activation->pc =
      (const uint8_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[0]);
  activation->fp = (uint64_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[1]);
  wr__context_call(ucontext, (uintptr_t)land, (uintptr_t)activation);
  return true;
}
