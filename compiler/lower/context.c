/* The LLVM module of a partition before anything is in it: types, tags of accesses, debug places.
 */
#include <stdlib.h>
#include <string.h>

#include "image/format.h"
#include "lower/lower.h"

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

wr_status wr__lower_init(wr__lower *l, const wr__part *part, const wr__machine *machine,
                         wr_error *error) {
  const wr__module *module = part->module;
  const wr__compile_options *options = part->options;
  *l = (wr__lower){.part = part,
                   .module = module,
                   .facts = part->facts,
                   .options = options,
                   .error = error};
  l->aarch64 = machine->machine == WR__IMAGE_MACHINE_AARCH64;
  l->cpu_features = machine->cpu_features;
  l->guarded = wr__compile_flags(module, options, false) & WR__IMAGE_GUARDED;
  bool alone = module->memory_count == 1 && !module->memories[0].limits.shared;
  l->late = !l->guarded && alone && options->level >= '2';
  l->wide = l->late && module->memories[0].limits.is64;
  l->context = LLVMContextCreate();
  l->llvm = LLVMModuleCreateWithNameInContext("module", l->context);
  l->b = LLVMCreateBuilderInContext(l->context);
  make_types(l);
  make_tags(l);
  make_debug(l);
  l->convention = part->facts->tail_calls ? WR__TAILCC : WR__FASTCC;
  return index_types(l);
}

void wr__lower_free(wr__lower *l) {
  LLVMDisposeDIBuilder(l->di);
  LLVMDisposeBuilder(l->b);
  LLVMDisposeModule(l->llvm);
  LLVMContextDispose(l->context);
  free(l->funcs);
  free(l->type_of_id);
  free(l->locals);
  free(l->local_types);
  free(l->stack);
  free(l->claims);
  free(l->adapter_types);
  wr__lower_free_inlining(l);
}
