/* The machine that code is made for: triple, processor, features. */
#include <stdio.h>

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "compile.h"
#include "image/image.h"

/* What every x86-64 that the code runs on has, unless --cpu says otherwise: SSE4.2, SSSE3, POPCNT,
 * CX16. */
#define BASELINE_X86_64 "x86-64-v2"
#define BASELINE_AARCH64 "generic"

static const char *const feature_names[] = {
#define X(name, text) text,
    WR__CPU_FEATURES(X)
#undef X
};

/* What a name stands for: features that images state, so that the loader can check them, and whose
 * timing the code is made for. LLVM tunes a level for the oldest processors that have it, and
 * "generic" for those of today. A processor has more than is listed, but nothing that code from
 * WebAssembly gains by, or that not each one of the name has. */
typedef struct named_cpu {
  const char *name, *tune;
  uint64_t features;
} named_cpu;

#define BIT(name) (1ull << WR__CPU_##name)
#define V2 (BIT(SSE3) | BIT(SSSE3) | BIT(SSE41) | BIT(SSE42) | BIT(POPCNT) | BIT(CX16))
#define V3                                                                                \
  (V2 | BIT(AVX) | BIT(AVX2) | BIT(BMI) | BIT(BMI2) | BIT(FMA) | BIT(F16C) | BIT(LZCNT) | \
   BIT(MOVBE))
#define V4 (V3 | BIT(AVX512F) | BIT(AVX512BW) | BIT(AVX512CD) | BIT(AVX512DQ) | BIT(AVX512VL))
#define ICELAKE                                                                    \
  (V4 | BIT(AVX512VNNI) | BIT(AVX512VBMI) | BIT(AVX512VBMI2) | BIT(AVX512BITALG) | \
   BIT(AVX512VPOPCNTDQ) | BIT(GFNI))
static const named_cpu x86_64_cpus[] = {
    {"generic", "generic", 0},
    {"x86-64", "generic", 0},
    {"x86-64-v2", "generic", V2},
    {"x86-64-v3", "generic", V3},
    {"x86-64-v4", "generic", V4},
    {"haswell", "haswell", V3},
    {"broadwell", "broadwell", V3},
    {"skylake", "skylake", V3},
    {"alderlake", "alderlake", V3 | BIT(GFNI) | BIT(AVXVNNI)},
    {"skylake-avx512", "skylake-avx512", V4},
    {"cascadelake", "cascadelake", V4 | BIT(AVX512VNNI)},
    {"icelake-server", "icelake-server", ICELAKE},
    {"sapphirerapids", "sapphirerapids", ICELAKE | BIT(AVXVNNI)},
    {"graniterapids", "graniterapids", ICELAKE | BIT(AVXVNNI)},
    {"znver1", "znver1", V3},
    {"znver2", "znver2", V3},
    {"znver3", "znver3", V3},
    {"znver4", "znver4", ICELAKE},
    {"znver5", "znver4", ICELAKE | BIT(AVXVNNI)}, /* LLVM 19 does not know it */
    {0}};

#define ARM_8_2 (BIT(CRC) | BIT(LSE) | BIT(RDM) | BIT(DOTPROD) | BIT(FULLFP16))
static const named_cpu aarch64_cpus[] = {{"generic", "generic", 0},
                                         {"cortex-a53", "cortex-a53", BIT(CRC)},
                                         {"cortex-a72", "cortex-a72", BIT(CRC)},
                                         {"cortex-a55", "cortex-a55", ARM_8_2},
                                         {"cortex-a76", "cortex-a76", ARM_8_2},
                                         {"cortex-a78", "cortex-a78", ARM_8_2},
                                         {"neoverse-n1", "neoverse-n1", ARM_8_2},
                                         {"neoverse-n2", "neoverse-n2", ARM_8_2 | BIT(I8MM)},
                                         {"neoverse-v1", "neoverse-v1", ARM_8_2 | BIT(I8MM)},
                                         {"neoverse-v2", "neoverse-v2", ARM_8_2 | BIT(I8MM)},
                                         {"ampere1", "ampere1", ARM_8_2 | BIT(I8MM)},
                                         {"apple-m1", "apple-m1", ARM_8_2 | BIT(SHA3)},
                                         {"apple-m2", "apple-m2", ARM_8_2 | BIT(SHA3) | BIT(I8MM)},
                                         {0}};

static bool is_x86_64(const wr__machine *machine) {
  return machine->machine == WR__IMAGE_MACHINE_X86_64;
}

/* False for a feature that images for this architecture cannot state. */
static bool set_feature(wr__machine *machine, const char *name, size_t size, bool on) {
  int first = is_x86_64(machine) ? 0 : WR__CPU_LSE;
  int end = is_x86_64(machine) ? WR__CPU_LSE : WR__CPU_OTHER;
  for (int i = first; i < end; i++) {
    if (strlen(feature_names[i]) != size || memcmp(feature_names[i], name, size)) continue;
    machine->cpu_features &= ~(1ull << i);
    machine->cpu_features |= (uint64_t)on << i;
    return true;
  }
  return false;
}

/* "+a,-b,+c". NULL, or where the first one stands that is wanted, or meant, and means nothing. */
static const char *set_features(wr__machine *machine, const char *list) {
  const char *unknown = NULL;
  while (*list) {
    size_t size = strcspn(list, ",");
    bool on = *list == '+', off = *list == '-';
    bool known = (on || off) && set_feature(machine, list + 1, size - 1, on);
    if (!known && !off && !unknown) unknown = list + on;
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

/* Everything that the image states, for LLVM. False where it is too long, which it is not. */
static bool write_features(wr__machine *machine) {
  size_t at = 0;
  for (int i = 0; i < WR__CPU_OTHER; i++) {
    if (!(machine->cpu_features >> i & 1) || at >= sizeof machine->features) continue;
    at += (size_t)snprintf(machine->features + at, sizeof machine->features - at, "%s+%s",
                           at ? "," : "", feature_names[i]);
  }
  return at < sizeof machine->features;
}

static wr_status set_native(wr__machine *machine, const char *target, wr_error *error) {
  if (strcmp(target, wr__image_host_target()) != 0)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "cpu: native is %s, not %s",
                    wr__image_host_target(), target);
  char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
  snprintf(machine->tune, sizeof machine->tune, "%s", cpu);
  /* Of the host's features those that images can state, so that the loader can check them. */
  (void)set_features(machine, features);
  LLVMDisposeMessage(cpu);
  LLVMDisposeMessage(features);
  return WR_OK;
}

static wr_status fail_name(const wr__machine *machine, const char *name, size_t size,
                           wr_error *error) {
  char list[300] = "native";
  size_t at = strlen(list);
  const named_cpu *cpu = is_x86_64(machine) ? x86_64_cpus : aarch64_cpus;
  for (; cpu->name && at < sizeof list; cpu++)
    at += (size_t)snprintf(list + at, sizeof list - at, ", %s", cpu->name);
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "unknown cpu %.*s: there are %s",
                  size < 40 ? (int)size : 40, name, list);
}

/* NAME[,+feature...] */
static wr_status set_named(wr__machine *machine, const char *text, wr_error *error) {
  size_t size = strcspn(text, ",");
  const named_cpu *cpu = is_x86_64(machine) ? x86_64_cpus : aarch64_cpus;
  while (cpu->name && (strlen(cpu->name) != size || memcmp(cpu->name, text, size))) cpu++;
  if (!cpu->name) return fail_name(machine, text, size, error);
  machine->cpu_features = cpu->features;
  snprintf(machine->tune, sizeof machine->tune, "%s", cpu->tune);
  const char *unknown = set_features(machine, text + size + (text[size] == ','));
  if (!unknown) return WR_OK;
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                  "cpu: the feature %.*s is none that the loader could check",
                  (int)strcspn(unknown, ","), unknown);
}

wr_status wr__machine_init(wr__machine *machine, const wr__compile_options *options,
                           wr_error *error) {
  memset(machine, 0, sizeof *machine);
  WR_TRY(set_target(machine, options->target, error));
  const char *cpu = options->cpu         ? options->cpu
                    : is_x86_64(machine) ? BASELINE_X86_64
                                         : BASELINE_AARCH64;
  WR_TRY(strcmp(cpu, "native") ? set_named(machine, cpu, error)
                               : set_native(machine, options->target, error));
  strcpy(machine->cpu, is_x86_64(machine) ? "x86-64" : "generic");
  return write_features(machine) ? WR_OK : wr__fail_oom(error);
}
