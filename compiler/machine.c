/* The machine that code is made for: triple, processor, features. */
#include <stdio.h>

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "compile.h"

/* What every x86-64 that the code runs on has, unless --cpu says otherwise: SSE4.2, SSSE3, POPCNT,
 * CX16. */
#define BASELINE_X86_64 "x86-64-v2"
#define BASELINE_AARCH64 "generic"

static const char *const feature_names[] = {
#define X(name, text) text,
    WR__CPU_FEATURES(X)
#undef X
};

/* The features of the named processors that images state. */
typedef struct level {
  const char *cpu;
  uint64_t features;
} level;

#define BIT(name) (1ull << WR__CPU_##name)
#define V2 (BIT(SSE3) | BIT(SSSE3) | BIT(SSE41) | BIT(SSE42) | BIT(POPCNT) | BIT(CX16))
#define V3                                                                                \
  (V2 | BIT(AVX) | BIT(AVX2) | BIT(BMI) | BIT(BMI2) | BIT(FMA) | BIT(F16C) | BIT(LZCNT) | \
   BIT(MOVBE))
#define V4 (V3 | BIT(AVX512F) | BIT(AVX512BW) | BIT(AVX512CD) | BIT(AVX512DQ) | BIT(AVX512VL))
static const level levels[] = {
    {"x86-64-v2", V2}, {"x86-64-v3", V3}, {"x86-64-v4", V4}, {"generic", 0}};

/* False for a feature that images cannot state. */
static bool add_feature(wr__machine *machine, const char *name, size_t size) {
  for (int i = 0; i < WR__CPU_OTHER; i++) {
    if (strlen(feature_names[i]) != size || memcmp(feature_names[i], name, size)) continue;
    machine->cpu_features |= 1ull << i;
    return true;
  }
  return false;
}

/* "+a,-b,+c": those with a plus. NULL, or where the first one stands that images cannot state. */
static const char *add_feature_list(wr__machine *machine, const char *list) {
  const char *unknown = NULL;
  while (*list) {
    size_t size = strcspn(list, ",");
    if (*list == '+' && !add_feature(machine, list + 1, size - 1) && !unknown) unknown = list + 1;
    list += size;
    if (*list == ',') list++;
  }
  return unknown;
}

static wr_status set_target(wr__machine *machine, const char *target, wr_error *error) {
  if (!strcmp(target, "x86_64-linux")) {
    machine->machine = WR__IMAGE_MACHINE_X86_64;
    snprintf(machine->triple, sizeof machine->triple, "x86_64-unknown-linux-gnu");
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return WR_OK;
  }
  if (!strcmp(target, "aarch64-linux")) {
    machine->machine = WR__IMAGE_MACHINE_AARCH64;
    snprintf(machine->triple, sizeof machine->triple, "aarch64-unknown-linux-gnu");
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    return WR_OK;
  }
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                  "unknown target %s: there are x86_64-linux and aarch64-linux", target);
}

static void set_native(wr__machine *machine) {
  char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
  snprintf(machine->cpu, sizeof machine->cpu, "%s", cpu);
  /* Of the host's features those that images can state, so that the loader can check them. */
  (void)add_feature_list(machine, features);
  size_t at = 0;
  for (int i = 0; i < WR__CPU_OTHER; i++)
    if (machine->cpu_features >> i & 1)
      at += (size_t)snprintf(machine->features + at, sizeof machine->features - at, "%s+%s",
                             at ? "," : "", feature_names[i]);
  snprintf(machine->tune, sizeof machine->tune, "%s", cpu);
  if (machine->machine == WR__IMAGE_MACHINE_X86_64)
    snprintf(machine->cpu, sizeof machine->cpu, "%s", "x86-64");
  LLVMDisposeMessage(cpu);
  LLVMDisposeMessage(features);
}

wr_status wr__machine_init(wr__machine *machine, const wr__compile_options *options,
                           wr_error *error) {
  memset(machine, 0, sizeof *machine);
  WR_TRY(set_target(machine, options->target, error));
  bool x86 = machine->machine == WR__IMAGE_MACHINE_X86_64;
  const char *cpu = options->cpu ? options->cpu : x86 ? BASELINE_X86_64 : BASELINE_AARCH64;
  if (!strcmp(cpu, "native")) {
    set_native(machine);
    return WR_OK;
  }
  /* A level stands for all who have it; LLVM would tune for the oldest of them. */
  snprintf(machine->tune, sizeof machine->tune, "%s", "generic");
  size_t size = strcspn(cpu, ",+-");
  if (!strncmp(cpu, "x86-64-v", 8)) size = 9; /* the one name with dashes */
  if (size >= sizeof machine->cpu || strlen(cpu) - size >= sizeof machine->features)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "cpu: too long");
  memcpy(machine->cpu, cpu, size);
  snprintf(machine->features, sizeof machine->features, "%s", cpu + size + (cpu[size] == ','));
  const char *unknown = add_feature_list(machine, machine->features);
  if (unknown)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                    "cpu: the feature %.*s is none that the loader could check",
                    (int)strcspn(unknown, ","), unknown);
  for (size_t i = 0; i < WR_ARRAY_COUNT(levels); i++) {
    if (strcmp(machine->cpu, levels[i].cpu)) continue;
    machine->cpu_features |= levels[i].features;
    return WR_OK;
  }
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                  "unknown cpu %s: native, x86-64-v2, x86-64-v3, x86-64-v4, generic, and +feature",
                  machine->cpu);
}
