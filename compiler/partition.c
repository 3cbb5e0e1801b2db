/* A partition's way to an object: lowered, optimised, emitted by LLVM. */
#include <stdlib.h>
#include <string.h>

#include "lower/lower.h"
#include "optimize/optimize.h"

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

/* Everything up to the object, which is not made if some functions have to go to another one. */
static wr_status compile_llvm(wr__lower *l, const wr__machine *machine, wr__object_bytes *out) {
  LLVMTargetMachineRef target = make_target(l, machine);
  if (!target)
    return wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM lacks %s", machine->triple);
  LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(target);
  LLVMSetModuleDataLayout(l->llvm, layout);
  LLVMDisposeTargetData(layout);
  LLVMSetTarget(l->llvm, machine->triple);
  wr_status status = wr__lower_funcs(l);
  LLVMDIBuilderFinalize(l->di);
  if (status == WR_OK) {
    set_attributes(l, machine);
    status = wr__optimize(l, target);
  }
  if (status == WR_OK && !l->must_split) status = emit_object(l, target, out);
  LLVMDisposeTargetMachine(target);
  return status;
}

/* The part's functions to an object. *must_split: to none, since some are not to be optimized. */
static wr_status compile_part(const wr__part *part, const wr__machine *machine,
                              wr__object_bytes *out, bool *must_split, wr_error *error) {
  wr__lower l;
  wr_status status = wr__lower_init(&l, part, machine, error);
  if (status == WR_OK) status = compile_llvm(&l, machine, out);
  *must_split = l.must_split;
  if (status == WR_OK && !l.must_split) {
    out->places = l.places;
    out->place_count = l.place_count;
    l.places = NULL;
  }
  wr__lower_free(&l);
  return status;
}

/* Those that are wanted soon are not to wait for a large one. Is there one? */
static bool mark_large(const wr__module *module, const wr__compile_options *options,
                       const wr__partition *partition, wr__effort *efforts) {
  bool any = false;
  for (uint32_t i = partition->first; options->plain_from && i < partition->end; i++) {
    if (module->funcs[i].code_size < options->plain_from) continue;
    efforts[i - partition->first] = WR__EFFORT_NONE;
    any |= wr__batch_has(options->batch, i);
  }
  return any;
}

wr_status wr__compile_partition(const wr__module *module, const wr__facts *facts,
                                const wr__compile_options *options, const wr__machine *machine,
                                const wr__partition *partition, wr__object_bytes out[2],
                                wr_error *error) {
  wr__compile_options quick = *options;
  quick.level = '0';
  wr__effort *efforts = wr__alloc_array(partition->end - partition->first + 1, sizeof *efforts);
  if (!efforts) return wr__fail_oom(error);
  wr__part part = {module, facts, options, partition, efforts, WR__PART_ALL};
  bool must_split = mark_large(module, options, partition, efforts);
  wr_status status = must_split ? WR_OK : compile_part(&part, machine, &out[0], &must_split, error);
  if (status == WR_OK && must_split) {
    part.which = WR__PART_OPTIMIZED;
    while (status == WR_OK && must_split) /* it may find more that get none */
      status = compile_part(&part, machine, &out[0], &must_split, error);
    part.which = WR__PART_PLAIN;
    part.options = &quick;
    if (status == WR_OK) status = compile_part(&part, machine, &out[1], &must_split, error);
  }
  free(efforts);
  return status;
}
