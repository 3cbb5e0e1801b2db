/* Batches: the functions of a module that a running program asked for. */
#include <stdlib.h>

#include "compile.h"
#include "validate/walker.h"

/* ---- All loops of a function */

typedef struct growing {
  wr__image_want *wants;
  size_t count, capacity;
} growing;

static bool add(growing *g, uint32_t func_index, uint32_t loop) {
  if (!wr__grow(&g->wants, &g->capacity, g->count + 1, sizeof *g->wants)) return false;
  g->wants[g->count++] = (wr__image_want){func_index, loop};
  return true;
}

static wr_status note_loop(void *context, wr__walker *w, const wr__instr *instr) {
  bool done = instr->op != WR__OP_loop || add(context, w->func_index, (uint32_t)instr->offset);
  return done ? WR_OK : WR_OUT_OF_MEMORY;
}

/* Rows for all loops in the place of those that ask for that. */
static wr_status expand(const wr__module *module, const wr__image_want *rows, uint32_t count,
                        growing *out) {
  wr__walker walker;
  wr__walker_init(&walker, module, NULL);
  wr__visitor visitor = {note_loop, out};
  wr_status status = WR_OK;
  for (uint32_t i = 0; i < count && status == WR_OK; i++) {
    bool is_func =
        rows[i].func_index >= module->imported_funcs && rows[i].func_index < module->func_count;
    if (rows[i].loop == WR__ALL_LOOPS && is_func)
      status = wr__walk_func(&walker, rows[i].func_index, &visitor);
    else if (!add(out, rows[i].func_index, rows[i].loop))
      status = WR_OUT_OF_MEMORY;
  }
  wr__walker_free(&walker);
  return status;
}

/* ---- The batch */

static int compare_wants(const void *a, const void *b) {
  const wr__image_want *x = a, *y = b;
  if (x->func_index != y->func_index) return x->func_index < y->func_index ? -1 : 1;
  return x->loop < y->loop ? -1 : x->loop > y->loop;
}

wr_status wr__batch_read(const wr__module *module, const uint8_t *rows, uint32_t count,
                         wr__batch *out, wr_error *error) {
  wr__image_want *given = wr__alloc_array((size_t)count + 1, sizeof *given);
  if (!given) return wr__fail_oom(error);
  if (count) memcpy(given, rows, count * sizeof *given);
  growing all = {0};
  wr_status status = expand(module, given, count, &all);
  free(given);
  if (status != WR_OK) {
    free(all.wants);
    return wr__fail_oom(error);
  }
  wr__image_want *wants = all.wants;
  count = (uint32_t)all.count;
  if (count) qsort(wants, count, sizeof *wants, compare_wants);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t func = wants[i].func_index;
    bool has_own = wants[i].loop == 0 || (i > 0 && wants[i - 1].func_index == func);
    if (func >= module->imported_funcs && func < module->func_count && has_own) continue;
    free(wants);
    return wr__fail(error, WR_MALFORMED, WR_NO_OFFSET, "the batch is of another module");
  }
  *out = (wr__batch){wants, count};
  return WR_OK;
}

const wr__image_want *wr__batch_find(const wr__batch *batch, uint32_t func_index) {
  uint32_t low = 0, high = batch->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (batch->wants[middle].func_index < func_index)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < batch->count && batch->wants[low].func_index == func_index;
  return found ? &batch->wants[low] : NULL;
}

bool wr__batch_has(const wr__batch *batch, uint32_t func_index) {
  return !batch || wr__batch_find(batch, func_index);
}
