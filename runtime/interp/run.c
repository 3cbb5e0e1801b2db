/* Running register code: the entry from the host, the way back out of it with a trap, and what
 * a fault in a handler becomes. */
#include "interp/code.h"

#include <pthread.h>
#include <stdlib.h>

#include "interp/machine.h"
#include "interp/operations.h"
#include "interp/translate.h"
#include "platform/platform.h"

/* One entry from the host into register code. */
typedef struct wr__activation {
  jmp_buf landing; /* of faults */
  struct wr__activation *outer;
  const uint8_t *fault_pc;
  uint64_t *fault_fp;
  wr__instance *fault_inst;
} wr__activation;

/* ---- stubs ------------------------------------------------------------------------------------- */

/* A stub's frame needs room for any linkage and a host function's slots. */
enum { STUB_FRAME_SLOTS = 2 * (WR__MAX_PARAMS + WR__MAX_RESULTS) + WR__LINK_SLOTS };

static uint64_t stub_space[WR__STUB_COUNT][sizeof(wr__code) / 8 + 1];
static pthread_once_t stubs_once = PTHREAD_ONCE_INIT;

static bool fault_hook(uintptr_t pc, uintptr_t address, void *ucontext);

static void make_stubs(void) {
  static const uint16_t handlers[WR__STUB_COUNT] = {WR__H_translate, WR__H_host, WR__H_restore, WR__H_exit};
  for (int k = 0; k < WR__STUB_COUNT; k++) {
    wr__code *code = (wr__code *)stub_space[k];
    code->frame_slots = STUB_FRAME_SLOTS;
    code->words[0] = wr__handler_word(handlers[k]);
  }
  wr__fault_add_hook(fault_hook);
}

const void *wr__interp_stub(wr__stub stub) { return ((const wr__code *)stub_space[stub])->words; }

/* ---- translated code, by module ---------------------------------------------------------------------- */

typedef struct wr__code *_Atomic code_slot;

/* Two tables: for guarded and for checked access to memory 0. */
static code_slot *code_table(wr__module *module, bool guarded) {
  uint32_t defined = module->func_count - module->imported_funcs;
  code_slot *table = atomic_load_explicit(&module->code, memory_order_acquire);
  if (!table) {
    code_slot *fresh = wr__alloc_array((size_t)defined * 2, sizeof *fresh);
    if (!fresh) return NULL;
    atomic_store(&module->release_code, wr__interp_free_module);
    if (atomic_compare_exchange_strong(&module->code, &table, fresh)) table = fresh;
    else free((void *)fresh);
  }
  return table + (guarded ? 0 : defined);
}

const void *wr__interp_translate_func(wr__func *func) {
  wr__instance *inst = func->instance;
  wr__module *module = inst->module;
  code_slot *table = code_table(module, inst->memory0->guarded);
  if (!table) return NULL;
  code_slot *slot = &table[func->func_index - module->imported_funcs];
  wr__code *code = atomic_load_explicit(slot, memory_order_acquire);
  if (!code) {
    wr__code *fresh = wr__translate(module, func->func_index, inst->memory0->guarded, getenv("WRO") ? (uint32_t)atoi(getenv("WRO")) : 0);
    if (!fresh) return NULL;
    if (atomic_compare_exchange_strong(slot, &code, fresh)) code = fresh;
    else wr__code_free(fresh); /* another thread was faster */
  }
  func->code = code->words;
  return code->words;
}

void wr__interp_free_module(wr__module *module) {
  code_slot *table = atomic_load(&module->code);
  if (!table) return;
  uint32_t count = 2 * (module->func_count - module->imported_funcs);
  for (uint32_t k = 0; k < count; k++) wr__code_free(atomic_load(&table[k]));
  free((void *)table);
  atomic_store(&module->code, NULL);
}

void wr__interp_free_instance(wr__instance *instance) { (void)instance; }

void wr__interp_prepare_host(wr__func *func) {
  pthread_once(&stubs_once, make_stubs);
  func->code = wr__interp_stub(WR__STUB_HOST);
}

/* ---- backtraces ------------------------------------------------------------------------------------------ */

uint32_t wr__code_module_offset(const wr__code *code, uint32_t at) {
  uint32_t code_at = 0, module_offset = 0, found = 0;
  const uint8_t *p = code->offsets, *end = p + code->offsets_size;
  while (p < end) {
    uint32_t values[2];
    for (int k = 0; k < 2; k++) {
      values[k] = 0;
      for (unsigned shift = 0;; shift += 7) {
        values[k] |= (uint32_t)(*p & 0x7f) << shift;
        if (!(*p++ & 0x80)) break;
      }
    }
    code_at += values[0];
    if (code_at - code->first_at > at) break;
    module_offset += values[1] >> 1 ^ (0u - (values[1] & 1));
    found = module_offset;
  }
  return found;
}

/* The code of the instance's module that holds pc, or NULL. */
static const wr__code *find_code(const wr__instance *inst, const uint8_t *pc) {
  wr__module *module = inst->module;
  code_slot *table = atomic_load_explicit(&module->code, memory_order_acquire);
  if (!table) return NULL;
  uint32_t count = 2 * (module->func_count - module->imported_funcs);
  for (uint32_t k = 0; k < count; k++) {
    const wr__code *code = atomic_load_explicit(&table[k], memory_order_acquire);
    if (!code) continue;
    const uint8_t *first = (const uint8_t *)code->words;
    if (pc >= first && pc < first + code->size_bytes) return code;
  }
  return NULL;
}

/* Adds the frames from (pc, fp) to the host's entry. `returned`: pc is where a call would return to. */
static void trace_frames(wr__instance *inst, const uint8_t *pc, const uint64_t *fp, bool returned) {
  wr__exec *exec = inst->exec;
  for (;;) {
    if (pc == wr__interp_stub(WR__STUB_EXIT)) return;
    if (pc == wr__interp_stub(WR__STUB_RESTORE)) {
      inst = (wr__instance *)(uintptr_t)fp[WR__LINK_SAVED_INSTANCE];
      pc = (const uint8_t *)(uintptr_t)fp[WR__LINK_SAVED_PC];
      fp = (const uint64_t *)(uintptr_t)fp[WR__LINK_SAVED_FP];
      continue;
    }
    const wr__code *code = find_code(inst, returned ? pc - 1 : pc);
    if (!code) return;
    uint32_t at = (uint32_t)(pc - (const uint8_t *)code->words) - (returned ? 1 : 0);
    wr__exec_trace(exec, inst, code->func_index, wr__code_module_offset(code, at));
    const uint64_t *link = fp + code->link_slot;
    pc = (const uint8_t *)(uintptr_t)link[WR__LINK_PC];
    fp = (const uint64_t *)(uintptr_t)link[WR__LINK_FP];
    returned = true;
  }
}

wr_status wr__interp_raise(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_trap_kind kind) {
  wr_status status = wr__exec_trap(inst->exec, kind);
  trace_frames(inst, pc, fp, pc == wr__interp_stub(WR__STUB_RESTORE) || pc == wr__interp_stub(WR__STUB_EXIT));
  return status;
}

wr_status wr__interp_unwind(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_status status) {
  trace_frames(inst, pc, fp, true);
  return status;
}

/* Only frames of functions that hold references matter, and none is translated yet. */
void wr__interp_visit_roots(wr__exec *exec, void (*mark)(void *context, wr__ref ref), void *context) {
  (void)exec, (void)mark, (void)context;
}

/* ---- host calls -------------------------------------------------------------------------------------------- */

wr_status wr__interp_call_host(wr__instance *inst, wr__func *func, uint64_t *fp, uint64_t *link) {
  wr__exec *exec = inst->exec;
  wr__instance *caller = exec->caller;
  uint64_t *top = exec->stack_top;
  exec->caller = inst;
  exec->stack_top = link + WR__LINK_SLOTS;
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

/* ---- entry --------------------------------------------------------------------------------------------------- */

/* Runs the function in a frame at the top of the store's stack. */
static wr_status run_frame(wr__exec *exec, wr__func *func, uint64_t *frame) {
  wr__activation activation;
  wr__instance *inst = func->instance;
  activation.outer = exec->activation;
  uint64_t *top = exec->stack_top;
  wr__instance *caller = exec->caller;
  exec->activation = &activation;
  wr_status status;
  if (_setjmp(activation.landing)) {
    /* the fault hook left where it was in the activation */
    status = wr__interp_raise(activation.fault_inst, activation.fault_pc, activation.fault_fp,
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

/* ---- faults ---------------------------------------------------------------------------------------------------- */

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
  wr__instance *inst = (wr__instance *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[3]);
  wr__activation *activation = inst->exec->activation;
  activation->fault_inst = inst;
  activation->fault_pc = (const uint8_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[0]);
  activation->fault_fp = (uint64_t *)(uintptr_t)wr__context_register(ucontext, WR__HANDLER_REGISTERS[1]);
  wr__context_call(ucontext, (uintptr_t)land, (uintptr_t)activation);
  return true;
}
