/* The walk over a partition's functions: one LLVM module, from declarations to the object.
 *
 * Looks at the stack's end and at interrupts come in once LLVM has done its work (finish.c). */
#include <stdio.h>
#include <stdlib.h>

#include <llvm-c/Analysis.h>

#include "image/format.h"
#include "lower.h"

static wr_status fail_unsupported(wr__lower *l, uint16_t op) {
  wr_status status = wr__fail(l->error, WR_UNSUPPORTED, l->offset, "%s cannot be compiled yet",
                              wr__opinfos[op].text);
  if (l->error) l->error->func_index = l->func_index;
  return status;
}

static wr_status visit(void *context, wr__walker *w, const wr__instr *instr) {
  wr__lower *l = context;
  l->offset = instr->offset;
  uint32_t need = w->stack_count > l->stack_count ? w->stack_count : l->stack_count;
  if (!wr__grow32(&l->stack, &l->stack_capacity, need + 8, sizeof *l->stack))
    return wr__fail_oom(l->error);
  wr_status status = WR_OK;
  if (wr__lower_variable(l, w, instr) || wr__lower_numeric(l, instr) || wr__lower_memory(l, instr))
    return WR_OK;
  if (wr__lower_exception(l, w, instr, &status) || wr__lower_control(l, w, instr, &status))
    return status;
  if (wr__lower_call(l, w, instr) || wr__lower_reference(l, w, instr)) return WR_OK;
  if (wr__lower_simd(l, instr) || wr__lower_atomic(l, instr)) return WR_OK;
  return fail_unsupported(l, instr->op);
}

static void free_frames(wr__lower *l) {
  while (l->frames) {
    wr__lower_frame *next = l->frames->next_allocated;
    free(l->frames->phis);
    free(l->frames->params);
    free(l->frames->catches);
    free(l->frames);
    l->frames = next;
  }
  free(l->body.phis);
  memset(&l->body, 0, sizeof l->body);
}

static wr_status make_locals(wr__lower *l, const wr__walker *w) {
  uint32_t capacity = l->local_capacity;
  if (w->local_count > capacity) {
    if (!wr__grow32(&l->locals, &l->local_capacity, w->local_count, sizeof *l->locals))
      return wr__fail_oom(l->error);
    LLVMTypeRef *types = realloc(l->local_types, l->local_capacity * sizeof *types);
    if (!types) return wr__fail_oom(l->error);
    l->local_types = types;
  }
  uint32_t params = l->type->param_count;
  for (uint32_t i = 0; i < w->local_count; i++) {
    LLVMTypeRef type = l->local_types[i] = wr__lower_type(l, w->locals[i]);
    l->locals[i] = LLVMBuildAlloca(l->b, type, "");
    LLVMBuildStore(l->b, i < params ? LLVMGetParam(l->func, i + 1) : wr__lower_zero(type),
                   l->locals[i]);
  }
  return WR_OK;
}

static void describe_func(wr__lower *l) {
  char name[24];
  int size = snprintf(name, sizeof name, "f%u", l->func_index);
  LLVMMetadataRef scope =
      LLVMDIBuilderCreateFunction(l->di, l->di_file, name, (size_t)size, NULL, 0, l->di_file, 1,
                                  l->di_func_type, false, true, 1, LLVMDIFlagZero, true);
  LLVMSetSubprogram(l->func, scope);
  l->di_scope = scope;
}

/* The visitor starts when the walker has the locals; this is called at the first visit. */
typedef struct body_walk {
  wr__lower *l;
  bool started;
} body_walk;

static wr_status start_body(wr__lower *l, wr__walker *w) {
  l->entry = LLVMAppendBasicBlockInContext(l->context, l->func, "");
  LLVMPositionBuilderAtEnd(l->b, l->entry);
  l->inst = LLVMGetParam(l->func, 0);
  l->slots = NULL;
  l->slots_needed = 0;
  l->stack_count = 0;
  l->propagate = NULL;
  l->offset = l->module->funcs[l->func_index].code_offset;
  WR_TRY(make_locals(l, w));
  l->exec = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, exec), true);
  l->memory_base = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, memory0_base), true);
  l->body.target = wr__lower_block(l, "return");
  wr__lower_make_phis(l, &l->body, l->type->results, l->type->result_count);
  return WR_OK;
}

static wr_status visit_body(void *context, wr__walker *w, const wr__instr *instr) {
  body_walk *walk = context;
  if (!walk->started) {
    walk->started = true;
    WR_TRY(start_body(walk->l, w));
  }
  return visit(walk->l, w, instr);
}

/* The buffer of operations gets the size that turned out to be needed. */
static void finish_slots(wr__lower *l) {
  if (!l->slots) return;
  LLVMPositionBuilderBefore(l->b, LLVMGetFirstInstruction(l->entry));
  LLVMValueRef real = LLVMBuildAlloca(l->b, LLVMArrayType2(l->i64, l->slots_needed), "slots");
  LLVMSetAlignment(real, 16);
  LLVMReplaceAllUsesWith(l->slots, real);
  LLVMInstructionEraseFromParent(l->slots);
  l->slots = NULL;
}

static wr_status lower_body(wr__lower *l, wr__walker *walker, uint32_t func_index) {
  l->func_index = func_index;
  l->type = l->module->funcs[func_index].type;
  l->func = wr__lower_func(l, func_index);
  describe_func(l);
  body_walk walk = {l, false};
  wr__visitor visitor = {visit_body, &walk};
  wr_status status = wr__walk_func(walker, func_index, &visitor);
  if (status == WR_OK) {
    wr__lower_finish_propagate(l);
    finish_slots(l);
  }
  free_frames(l);
  l->di_scope = NULL;
  return status;
}

/* ---- the LLVM module */

static wr_status index_types(wr__lower *l) {
  l->type_hash_size = 16;
  while (l->type_hash_size < l->module->type_count * 2) l->type_hash_size *= 2;
  l->type_of_id = wr__alloc_array(l->type_hash_size, sizeof *l->type_of_id);
  l->funcs = wr__alloc_array(l->module->func_count, sizeof *l->funcs);
  if (!l->type_of_id || !l->funcs) return wr__fail_oom(l->error);
  uint32_t mask = l->type_hash_size - 1;
  for (uint32_t i = 0; i < l->module->type_count; i++) {
    uint32_t at = l->module->types[i]->id * 0x9e3779b1u & mask;
    while (l->type_of_id[at] && l->module->types[l->type_of_id[at] - 1] != l->module->types[i])
      at = (at + 1) & mask;
    if (!l->type_of_id[at]) l->type_of_id[at] = i + 1;
  }
  return WR_OK;
}

static void make_types(wr__lower *l) {
  LLVMContextRef c = l->context;
  l->i1 = LLVMInt1TypeInContext(c);
  l->i8 = LLVMInt8TypeInContext(c);
  l->i16 = LLVMInt16TypeInContext(c);
  l->i32 = LLVMInt32TypeInContext(c);
  l->i64 = LLVMInt64TypeInContext(c);
  l->i128 = LLVMInt128TypeInContext(c);
  l->f32 = LLVMFloatTypeInContext(c);
  l->f64 = LLVMDoubleTypeInContext(c);
  l->ptr = LLVMPointerTypeInContext(c, 0);
  l->void_type = LLVMVoidTypeInContext(c);
  l->v128 = LLVMVectorType(l->i64, 2);
  l->kind_invariant = LLVMGetMDKindIDInContext(c, "invariant.load", 14);
  l->kind_prof = LLVMGetMDKindIDInContext(c, "prof", 4);
  l->empty_node = LLVMMDNodeInContext2(c, NULL, 0);
  LLVMMetadataRef weights[] = {LLVMMDStringInContext2(c, "branch_weights", 14),
                               LLVMValueAsMetadata(wr__c32(l, 1)),
                               LLVMValueAsMetadata(wr__c32(l, 1 << 20))};
  l->unlikely = LLVMMDNodeInContext2(c, weights, 3);
}

/* A type of its own beside the others. */
static LLVMMetadataRef make_tag(wr__lower *l, LLVMMetadataRef root, const char *name) {
  LLVMMetadataRef zero = LLVMValueAsMetadata(wr__c64(l, 0));
  LLVMMetadataRef fields[] = {LLVMMDStringInContext2(l->context, name, strlen(name)), root, zero};
  LLVMMetadataRef type = LLVMMDNodeInContext2(l->context, fields, 3);
  LLVMMetadataRef tag[] = {type, type, zero};
  return LLVMMDNodeInContext2(l->context, tag, 3);
}

static void make_tags(wr__lower *l) {
  LLVMMetadataRef name = LLVMMDStringInContext2(l->context, "wasmrun", 7);
  LLVMMetadataRef root = LLVMMDNodeInContext2(l->context, &name, 1);
  l->kind_tbaa = LLVMGetMDKindIDInContext(l->context, "tbaa", 4);
  l->tag_memory = make_tag(l, root, "memory");
  l->tag_instance = make_tag(l, root, "instance");
  l->tag_global = make_tag(l, root, "global");
  l->tag_table = make_tag(l, root, "table");
  l->tag_object = make_tag(l, root, "object");
}

static void make_debug(wr__lower *l) {
  l->di = LLVMCreateDIBuilder(l->llvm);
  l->di_file = LLVMDIBuilderCreateFile(l->di, "module.wasm", 11, "", 0);
  LLVMDIBuilderCreateCompileUnit(l->di, LLVMDWARFSourceLanguageC, l->di_file, "", 0, true, "", 0, 0,
                                 "", 0, LLVMDWARFEmissionLineTablesOnly, 0, false, false, "", 0, "",
                                 0);
  l->di_func_type = LLVMDIBuilderCreateSubroutineType(l->di, l->di_file, NULL, 0, LLVMDIFlagZero);
  LLVMAddModuleFlag(l->llvm, LLVMModuleFlagBehaviorWarning, "Debug Info Version", 18,
                    LLVMValueAsMetadata(wr__c32(l, LLVMDebugMetadataVersion())));
  LLVMAddModuleFlag(l->llvm, LLVMModuleFlagBehaviorWarning, "Dwarf Version", 13,
                    LLVMValueAsMetadata(wr__c32(l, 4)));
}

static void set_attributes(wr__lower *l, const wr__machine *machine) {
  unsigned at = LLVMAttributeFunctionIndex;
  for (LLVMValueRef f = LLVMGetFirstFunction(l->llvm); f; f = LLVMGetNextFunction(f)) {
    if (LLVMIsDeclaration(f)) continue;
    wr__lower_attribute(l, f, "frame-pointer", "all");
    wr__lower_attribute(l, f, "disable-tail-calls", "true");
    wr__lower_attribute(l, f, "no-builtins", "");
    wr__lower_attribute(l, f, "probe-stack", "inline-asm");
    wr__lower_attribute(l, f, "target-cpu", machine->cpu);
    wr__lower_attribute(l, f, "tune-cpu", machine->tune);
    wr__lower_attribute(l, f, "target-features", machine->features);
    wr__lower_enum_attribute(l, f, at, "nounwind", 0);
    wr__lower_enum_attribute(l, f, at, "noinline", 0);
    if (l->options->level == 's') wr__lower_enum_attribute(l, f, at, "optsize", 0);
  }
}

static wr_status lower_all(wr__lower *l, const wr__partition *partition) {
  wr__walker walker;
  wr__walker_init(&walker, l->module, l->error);
  wr_status status = WR_OK;
  for (uint32_t i = partition->first; i < partition->end && status == WR_OK; i++)
    status = lower_body(l, &walker, i);
  wr__walker_free(&walker);
  if (status == WR_OK && partition->index == 0) status = wr__lower_glue(l);
  return status;
}

static wr_status emit_object(wr__lower *l, LLVMTargetMachineRef target, wr__object_bytes *out) {
  LLVMMemoryBufferRef buffer;
  char *message = NULL;
  if (LLVMTargetMachineEmitToMemoryBuffer(target, l->llvm, LLVMObjectFile, &message, &buffer)) {
    wr_status status = wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM: %s", message);
    LLVMDisposeMessage(message);
    return status;
  }
  out->size = LLVMGetBufferSize(buffer);
  out->data = malloc(out->size);
  if (out->data) memcpy(out->data, LLVMGetBufferStart(buffer), out->size);
  LLVMDisposeMemoryBuffer(buffer);
  return out->data ? WR_OK : wr__fail_oom(l->error);
}

static LLVMTargetMachineRef make_target(wr__lower *l, const wr__machine *machine) {
  LLVMTargetRef target;
  char *message = NULL;
  if (LLVMGetTargetFromTriple(machine->triple, &target, &message)) {
    LLVMDisposeMessage(message);
    return NULL;
  }
  LLVMCodeGenOptLevel level = l->options->level == '0'   ? LLVMCodeGenLevelNone
                              : l->options->level == '1' ? LLVMCodeGenLevelLess
                              : l->options->level == '3' ? LLVMCodeGenLevelAggressive
                                                         : LLVMCodeGenLevelDefault;
  return LLVMCreateTargetMachine(target, machine->triple, machine->cpu, machine->features, level,
                                 LLVMRelocPIC, LLVMCodeModelSmall);
}

static wr_status compile_llvm(wr__lower *l, const wr__machine *machine,
                              const wr__partition *partition, wr__object_bytes *out) {
  LLVMTargetMachineRef target = make_target(l, machine);
  if (!target)
    return wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM lacks %s", machine->triple);
  LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(target);
  LLVMSetModuleDataLayout(l->llvm, layout);
  LLVMDisposeTargetData(layout);
  LLVMSetTarget(l->llvm, machine->triple);
  wr_status status = lower_all(l, partition);
  LLVMDIBuilderFinalize(l->di);
  if (status == WR_OK) {
    set_attributes(l, machine);
    status = wr__optimize(l, target);
  }
  if (status == WR_OK) status = emit_object(l, target, out);
  LLVMDisposeTargetMachine(target);
  return status;
}

wr_status wr__lower_partition(const wr__module *module, const wr__facts *facts,
                              const wr__compile_options *options, const wr__machine *machine,
                              const wr__partition *partition, wr__object_bytes *out,
                              wr_error *error) {
  wr__lower l = {.module = module, .facts = facts, .options = options, .error = error};
  l.aarch64 = machine->machine == WR__IMAGE_MACHINE_AARCH64;
  l.guarded = wr__compile_flags(module, options, false) & WR__IMAGE_GUARDED;
  l.context = LLVMContextCreate();
  l.llvm = LLVMModuleCreateWithNameInContext("module", l.context);
  l.b = LLVMCreateBuilderInContext(l.context);
  make_types(&l);
  make_tags(&l);
  make_debug(&l);
  l.convention = facts->tail_calls ? WR__TAILCC : WR__FASTCC;
  wr_status status = index_types(&l);
  if (status == WR_OK) status = compile_llvm(&l, machine, partition, out);
  LLVMDisposeDIBuilder(l.di);
  LLVMDisposeBuilder(l.b);
  LLVMDisposeModule(l.llvm);
  LLVMContextDispose(l.context);
  free(l.funcs);
  free(l.type_of_id);
  free(l.locals);
  free(l.local_types);
  free(l.stack);
  return status;
}
