/* Tables. Elements beyond size are zero, which is the null reference, so a table of nulls
 * costs no memory until it is written: the C library takes large zeroed blocks from the system
 * untouched. Spec: exec/modules, tables; exec/instructions, table.grow. */
#include <stdlib.h>

#include "store/objects.h"

void wr__table_free(wr__table *table) {
  wr__host_info_free(table->host_info);
  free(table->elems);
  free(table);
}

static uint64_t effective_max(const wr__engine *engine, const wr_limits *limits) {
  uint64_t max = limits->is64 ? UINT64_MAX : UINT32_MAX;
  if (limits->has_max && limits->max < max) max = limits->max;
  if (engine->config.max_table_elements < max) max = engine->config.max_table_elements;
  if (max > SIZE_MAX / sizeof(wr__ref)) max = SIZE_MAX / sizeof(wr__ref);
  return max;
}

wr__table *wr__table_new(wr__store *store, wr_valtype element, const wr_limits *limits,
                         wr__ref init, wr_error *error) {
  uint64_t max = effective_max(store->engine, limits);
  if (limits->min > max) {
    wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET,
             "out of memory: a table of %llu elements is above the limit of %llu",
             (unsigned long long)limits->min, (unsigned long long)max);
    return NULL;
  }
  wr__table *table = calloc(1, sizeof *table);
  if (table) table->elems = wr__alloc_array((size_t)limits->min, sizeof(wr__ref));
  if (!table || !table->elems || !wr__store_own(store, WR_EXTERN_TABLE, table)) {
    if (table) wr__table_free(table);
    wr__fail_oom(error);
    return NULL;
  }
  table->size = table->capacity = limits->min;
  table->element = element;
  table->limits = *limits;
  table->max = max;
  for (uint64_t i = 0; init && i < table->size; i++) table->elems[i] = init;
  return table;
}

/* Room for `need` elements, growing by half where the maximum allows. Small tables are
 * reallocated; large ones move to a fresh block, so that what is beyond stays untouched zeros. */
static bool reserve_elems(wr__table *table, uint64_t need) {
  if (need <= table->capacity) return true;
  uint64_t wanted = table->capacity + table->capacity / 2;
  if (wanted < need) wanted = need;
  if (wanted > table->max) wanted = table->max;
  wr__ref *grown = wr__alloc_array((size_t)wanted, sizeof(wr__ref));
  if (!grown && wanted > need) grown = wr__alloc_array((size_t)(wanted = need), sizeof(wr__ref));
  if (!grown) return false;
  if (table->size) memcpy(grown, table->elems, (size_t)table->size * sizeof(wr__ref));
  free(table->elems);
  table->elems = grown;
  table->capacity = wanted;
  return true;
}

uint64_t wr__table_grow(wr__table *table, uint64_t delta, wr__ref init) {
  uint64_t old_size = table->size;
  if (delta > table->max - old_size || !reserve_elems(table, old_size + delta)) return UINT64_MAX;
  for (uint64_t i = 0; init && i < delta; i++) table->elems[old_size + i] = init;
  table->size = old_size + delta;
  return old_size;
}
