/* Running register code: the entry from the host, the way back out of it with a trap, and what
 * a fault in a handler becomes. */
#include "interp/code.h"

#include <pthread.h>
#include <stdlib.h>

#include "interp/frames.h"
#include "interp/interp.h"
#include "interp/machine.h"
#include "interp/translate.h"
#include "platform/fault.h"
#include "platform/memory.h"

/* ---- stubs -------------------------------------------------------------------------------------
 */

/* A stub's frame needs room for any linkage and a host function's slots. */
enum { STUB_FRAME_SLOTS = 2 * (WR__MAX_PARAMS + WR__MAX_RESULTS) + WR__LINK_SLOTS };

static uint64_t stub_space[WR__STUB_COUNT][sizeof(wr__code) / 8 + 1];
static pthread_once_t stubs_once = PTHREAD_ONCE_INIT;

static void make_stubs(void) {
  static const uint16_t handlers[WR__STUB_COUNT] = {WR__H_translate, WR__H_host, WR__H_restore,
                                                    WR__H_exit};
  for (int k = 0; k < WR__STUB_COUNT; k++) {
    wr__code *code = (wr__code *)stub_space[k];
    code->frame_slots = STUB_FRAME_SLOTS;
    code->words[0] = wr__handler_word(wr__handler_table, handlers[k]);
  }
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
                         inst->module->engine->config.optimisations_off, inst->interrupt);
    wr__code_give_translator(index, translator);
    if (code) code = wr__code_put(index, defined, guarded, code);
    if (!code) return NULL;
  }
  func->code = code->words;
  return code->words;
}

bool wr__interp_is_known(const wr__func *func) {
  return func->code != wr__interp_stub(WR__STUB_TRANSLATE);
}

/* Of other engines and the host: register code calls their entry. */
static void link_funcs(wr__func *funcs, size_t count) {
  pthread_once(&stubs_once, make_stubs);
  for (size_t i = 0; i < count; i++) funcs[i].code = wr__interp_stub(WR__STUB_HOST);
}

/* ---- host calls
 * -------------------------------------------------------------------------------------------- */

/* Other code runs in the place of the frame with that linkage, whose caller is the innermost now.
 */
static void leave_frame(wr__instance *inst, uint64_t *link) {
  wr__exec *exec = inst->exec;
  wr__interp_activation *activation = (wr__interp_activation *)exec->activation;
  exec->caller = inst;
  exec->stack_top = link + WR__LINK_SLOTS;
  activation->head.instance = inst;
  activation->pc = (const uint8_t *)(uintptr_t)link[WR__LINK_PC];
  activation->fp = (uint64_t *)(uintptr_t)link[WR__LINK_FP];
  activation->returned = true;
}

wr_status wr__interp_call_host(wr__instance *inst, wr__func *func, uint64_t *fp, uint64_t *link) {
  wr__exec *exec = inst->exec;
  wr__instance *caller = exec->caller;
  uint64_t *top = exec->stack_top;
  leave_frame(inst, link);
  wr_status status = func->entry(exec, func, fp);
  exec->caller = caller;
  exec->stack_top = top;
  return status;
}

wr_status wr__interp_enter_loop(wr__instance *inst, const wr__loop_way *way, uint64_t *fp,
                                uint64_t *link) {
  wr__exec *exec = inst->exec;
  wr__instance *caller = exec->caller;
  uint64_t *top = exec->stack_top;
  leave_frame(inst, link);
  wr_status status = way->run(exec, way, fp);
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

/* A callee's linkage where it expects it, made of the one that it takes over. */
static void move_link(uint64_t *to, const uint64_t link[WR__LINK_SLOTS], const wr__func *callee,
                      wr__instance *inst) {
  bool across = link[WR__LINK_PC] == (uint64_t)(uintptr_t)wr__interp_stub(WR__STUB_RESTORE);
  if (!across && callee->instance && callee->instance != inst) {
    wr__link_across(to, link[WR__LINK_PC], link[WR__LINK_FP], inst);
    return;
  }
  memcpy(to, link, WR__LINK_SLOTS * sizeof *to);
  if (across) to[WR__LINK_FP] = (uint64_t)(uintptr_t)to;
}

void wr__link_move(uint64_t *fp, const uint8_t *pc, const wr__func *callee, wr__instance *inst) {
  const uint64_t *args = fp + wr__code_u16(pc + 8);
  uint64_t link[WR__LINK_SLOTS];
  memcpy(link, fp + wr__code_u16(pc + 10), sizeof link);
  memmove(fp, args, (size_t)callee->type->param_slots * sizeof *fp);
  move_link(fp + wr__code_u16(pc + 12), link, callee, inst);
}

wr__func *wr__link_replace(uint64_t *fp, const uint64_t *link, wr__instance *inst) {
  wr__exec *exec = inst->exec;
  wr__func *callee = exec->tail_func;
  uint64_t kept[WR__LINK_SLOTS];
  memcpy(kept, link, sizeof kept);
  memcpy(fp, exec->tail_args, (size_t)callee->type->param_slots * sizeof *fp);
  move_link(fp + wr__link_slot(callee->type), kept, callee, inst);
  return callee;
}

/* ---- entry
 * ---------------------------------------------------------------------------------------------------
 */

/* Runs the function in a frame at the top of the store's stack. */
static wr_status run_frame(wr__exec *exec, wr__func *func, uint64_t *frame) {
  wr__interp_activation activation;
  wr__instance *inst = func->instance;
  activation.pc = NULL;
  uint64_t *top = exec->stack_top;
  wr__instance *caller = exec->caller;
  wr__activation_enter(exec, &activation.head, &wr__interp_engine, inst);
  wr_status status = _setjmp(activation.head.landing) ? activation.head.status
                                                      : wr__dispatch(func->code, frame, inst, func);
  wr__activation_leave(exec, &activation.head);
  exec->stack_top = top;
  exec->caller = caller;
  return status;
}

static wr_status interp_entry(wr__exec *exec, wr__func *func, uint64_t *slots) {
  const wr__deftype *type = func->type;
  uint64_t *frame = exec->stack_top;
  const wr__code *code = wr__code_of(func->code);
  if (frame + code->frame_slots > exec->stack_limit)
    return wr__exec_trap(exec, WR_TRAP_CALL_STACK_EXHAUSTED);
  memcpy(frame, slots, type->param_slots * sizeof *frame);
  uint64_t *link = frame + wr__link_slot(type);
  link[WR__LINK_PC] = (uint64_t)(uintptr_t)wr__interp_stub(WR__STUB_EXIT);
  link[WR__LINK_FP] = (uint64_t)(uintptr_t)frame;
  wr_status status = run_frame(exec, func, frame);
  if (status == WR_OK) memcpy(slots, frame, type->result_slots * sizeof *frame);
  return status;
}

/* ---- faults
 * ----------------------------------------------------------------------------------------------------
 */

static bool owns_pc(const wr__activation *activation, uintptr_t pc) {
  (void)activation;
  uintptr_t start, end;
  wr__dispatch_range(&start, &end);
  return pc >= start && pc < end;
}

static void note_fault(wr__activation *head, uintptr_t pc, void *ucontext) {
  (void)pc; /* of a handler: what counts is where register code is */
  wr__interp_activation *activation = (wr__interp_activation *)head;
  activation->head.instance =
      (wr__instance *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[3]);
  activation->pc =
      (const uint8_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[0]);
  activation->fp = (uint64_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[1]);
}

static wr_status resume_fault(wr__activation *head) {
  const wr__interp_activation *activation = (const wr__interp_activation *)head;
  return wr__interp_raise(activation->head.instance, activation->pc, activation->fp,
                          WR_TRAP_MEMORY_OUT_OF_BOUNDS);
}

/* ---- the engine
 * ----------------------------------------------------------------------------------------------------
 */

/* The call stack: reserved pages. */
static bool open_store(wr__exec *exec) {
  size_t page = wr__page_size(), size_bytes = exec->store->stack_size_bytes;
  if (size_bytes > SIZE_MAX / 2) return false;
  size_t size = (size_bytes + page - 1) & ~(page - 1);
  if (size == 0) size = page;
  exec->stack = wr__vm_reserve(size);
  if (!exec->stack) return false;
  exec->stack_reserved_bytes = size;
  /* A large page would cost a short guest more to zero than all the rest of its start. */
  wr__vm_prefer_small_pages(exec->stack, size);
  if (!wr__vm_commit(exec->stack, size)) return false;
  exec->stack_top = exec->stack;
  exec->stack_limit = exec->stack + size / sizeof(uint64_t);
  return true;
}

static void close_store(wr__exec *exec) { wr__vm_release(exec->stack, exec->stack_reserved_bytes); }

static wr_status take_instance(wr__instance *instance, bool *taken, wr_error *error) {
  (void)error;
  pthread_once(&stubs_once, make_stubs);
  instance->stack_limit = instance->exec->stack_limit;
  for (uint32_t i = 0; i < instance->func_count; i++) {
    instance->funcs[i].code = wr__interp_stub(WR__STUB_TRANSLATE);
    instance->funcs[i].entry = interp_entry;
  }
  *taken = true;
  return WR_OK;
}

const wr__engine_ops wr__interp_engine = {
    .open_store = open_store,
    .close_store = close_store,
    .take_instance = take_instance,
    .link_funcs = link_funcs,
    .visit_roots = wr__interp_visit_roots,
    .owns_pc = owns_pc,
    .note_fault = note_fault,
    .resume_fault = resume_fault,
};
