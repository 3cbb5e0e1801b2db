/* Tables. Elements beyond size are zero, which is the null reference, so a table of nulls
 * costs no memory until it is written: the C library takes large zeroed blocks from the system
 * untouched. Spec: exec/modules, tables; exec/instructions, table.grow. */
#include <stdlib.h>

#include "store/objects.h"

void wr__table_free(wr__table *table) {
  wr__host_info_free(table->host_info);
  wr__budget_give(table->budget, WR_LIMIT_TABLE_ELEMENTS, table->size);
  free(table->elems);
  free(table);
}

static uint64_t effective_max(const wr_limits *limits) {
  uint64_t max = limits->is64 ? UINT64_MAX : UINT32_MAX;
  if (limits->has_max && limits->max < max) max = limits->max;
  if (max > SIZE_MAX / sizeof(wr__ref)) max = SIZE_MAX / sizeof(wr__ref);
  return max;
}

static void fail_budget(wr_error *error, uint64_t size, const wr__budget *budget) {
  char limit[WR__LIMIT_TEXT_BYTES];
  wr__budget_describe(budget, WR_LIMIT_TABLE_ELEMENTS, limit);
  wr__fail(
      error, WR_OUT_OF_MEMORY, WR_NO_OFFSET,
      "out of memory: a table of %llu elements would exceed the limit %s on all tables together",
      (unsigned long long)size, limit);
}

/* A table of nulls. Its size, which it gives back, has been taken from the budget. */
static wr__table *make_table(wr__store *store, wr_valtype element, const wr_limits *limits) {
  wr__table *table = calloc(1, sizeof *table);
  if (!table) return NULL;
  table->element = element;
  table->limits = *limits;
  table->max = effective_max(limits);
  table->budget = store->budget;
  if (limits->min <= table->max)
    table->elems = wr__alloc_array((size_t)limits->min, sizeof(wr__ref));
  if (table->elems && wr__store_own(store, WR_EXTERN_TABLE, table)) {
    table->size = table->capacity = limits->min;
    return table;
  }
  free(table->elems);
  free(table);
  return NULL;
}

wr__table *wr__table_new(wr__store *store, wr_valtype element, const wr_limits *limits,
                         wr__ref init, wr_error *error) {
  if (!wr__budget_take(store->budget, WR_LIMIT_TABLE_ELEMENTS, limits->min)) {
    fail_budget(error, limits->min, store->budget);
    return NULL;
  }
  wr__table *table = make_table(store, element, limits);
  if (!table) {
    wr__budget_give(store->budget, WR_LIMIT_TABLE_ELEMENTS, limits->min);
    wr__fail_oom(error);
    return NULL;
  }
  if (init) (void)wr__fill_refs(NULL, table->elems, init, table->size);
  return table;
}

/* Room for `need` elements, growing by half where the maximum allows: large tables move to a fresh
 * block, so that what is beyond stays untouched zeros. */
static wr_trap_kind reserve_elems(wr__exec *exec, wr__table *table, uint64_t need) {
  if (need <= table->capacity) return WR_TRAP_NONE;
  uint64_t wanted = table->capacity + table->capacity / 2;
  if (wanted < need) wanted = need;
  if (wanted > table->max) wanted = table->max;
  wr__ref *grown = wr__alloc_array((size_t)wanted, sizeof(wr__ref));
  if (!grown && wanted > need) grown = wr__alloc_array((size_t)(wanted = need), sizeof(wr__ref));
  if (!grown) return WR_TRAP_OUT_OF_MEMORY;
  if (wr__copy_bytes(exec, (uint8_t *)grown, (const uint8_t *)table->elems,
                     table->size * sizeof(wr__ref))) {
    free(grown);
    return WR_TRAP_INTERRUPTED;
  }
  free(table->elems);
  table->elems = grown;
  table->capacity = wanted;
  table->dirty_end = 0;
  return WR_TRAP_NONE;
}

/* Writes the elements behind size; nulls are there already, but where growing was interrupted. */
static wr_trap_kind fill_new(wr__exec *exec, wr__table *table, uint64_t delta, wr__ref init) {
  uint64_t end = table->size + delta;
  if (init && end > table->dirty_end) table->dirty_end = end;
  if (!init) delta = table->dirty_end > table->size ? table->dirty_end - table->size : 0;
  if (delta > end - table->size) delta = end - table->size;
  return wr__fill_refs(exec, table->elems + table->size, init, delta);
}

wr_trap_kind wr__table_grow(wr__exec *exec, wr__table *table, uint64_t delta, wr__ref init,
                            uint64_t *old_size) {
  uint64_t size = table->size;
  *old_size = UINT64_MAX;
  if (delta > table->max - size || !wr__budget_take(table->budget, WR_LIMIT_TABLE_ELEMENTS, delta))
    return WR_TRAP_NONE;
  wr_trap_kind trap = reserve_elems(exec, table, size + delta);
  if (!trap) trap = fill_new(exec, table, delta, init);
  if (!trap) {
    table->size = size + delta;
    *old_size = size;
    return WR_TRAP_NONE;
  }
  wr__budget_give(table->budget, WR_LIMIT_TABLE_ELEMENTS, delta);
  return trap == WR_TRAP_OUT_OF_MEMORY ? WR_TRAP_NONE : trap;
}
