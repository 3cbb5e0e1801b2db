/* Counts straight runs of handlers: instructions executed one behind the other without a jump.
 * How often translation chooses a handler is counted too. When the process ends, the file that
 * WASMRUN_COUNTS names is written: a line "choices handler" for each handler, then a line "=count
 * handler handler …" for each run. Not for threads. */
#include "interp/count.h"

#ifdef WR_COUNT
#include <stdio.h>
#include <stdlib.h>

#include "interp/machine.h"

enum { MAX_RUN = 24, RUN_BITS = 20 };

static const struct {
  const char *name;
  uint32_t size;
} handlers[] = {
#include "sizes.inc"
};

typedef struct run {
  uint64_t count;
  uint32_t length;
  uint16_t parts[MAX_RUN];
} run;

static run runs[1 << RUN_BITS], current;
static uint64_t choices[WR__H_COUNT];
static const uint8_t *expected;
static uint16_t *by_address; /* the handler at each 16 bytes of the handlers' section */
static uintptr_t first_address;

static void write_counts(void) {
  FILE *file = fopen(getenv("WASMRUN_COUNTS"), "w");
  if (!file) return;
  for (uint32_t k = 0; k < WR__H_COUNT; k++)
    if (choices[k]) fprintf(file, "%llu %s\n", (unsigned long long)choices[k], handlers[k].name);
  for (uint32_t k = 0; k < 1u << RUN_BITS; k++) {
    if (!runs[k].count) continue;
    fprintf(file, "=%llu", (unsigned long long)runs[k].count);
    for (uint32_t n = 0; n < runs[k].length; n++)
      fprintf(file, " %s", handlers[runs[k].parts[n]].name);
    fprintf(file, "\n");
  }
  fclose(file);
}

static void start(void) {
  uintptr_t end;
  wr__dispatch_range(&first_address, &end);
  by_address = calloc((end - first_address) / 16 + 1, sizeof *by_address);
  if (!by_address || !getenv("WASMRUN_COUNTS")) abort();
  for (uint32_t k = 0; k < WR__H_COUNT; k++)
    by_address[(wr__handler_word(wr__handler_table, k) - first_address) / 16] = (uint16_t)k;
  atexit(write_counts);
}

static void finish_run(void) {
  if (!current.length) return;
  uint64_t hash = 0;
  for (uint32_t k = 0; k < current.length; k++)
    hash = (hash ^ current.parts[k]) * 0x9E3779B97F4A7C15u;
  uint32_t at = (uint32_t)(hash >> (64 - RUN_BITS));
  for (uint32_t tries = 0; tries < 64; tries++, at = (at + 1) % (1u << RUN_BITS)) {
    run *r = &runs[at];
    bool equal = r->length == current.length &&
                 !memcmp(r->parts, current.parts, current.length * sizeof *r->parts);
    if (r->count && !equal) continue;
    if (!r->count) *r = current;
    r->count++;
    break;
  }
  current.length = 0;
}

void wr__count_step(const uint8_t *pc) {
  if (!by_address) start();
  if (pc != expected || current.length == MAX_RUN) finish_run();
  uint16_t handler = by_address[(wr__code_u64(pc) - first_address) / 16];
  current.parts[current.length++] = handler;
  expected = handlers[handler].size ? pc + handlers[handler].size : NULL;
}

void wr__count_choice(uint32_t handler) {
  if (!by_address) start();
  choices[handler]++;
}
#endif
