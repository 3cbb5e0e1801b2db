/* The hash of layout.def, helpers.def and the heap's sizes of cells. */
#include "image/layout.h"

#include "gc/heap.h"
#include "store/store.h"

typedef struct layout_row {
  const char *name;
  uint64_t value;
} layout_row;

static const layout_row rows[] = {
#define FIELD(type, field) {#type "." #field, offsetof(type, field)},
#define SIZE(type) {#type, sizeof(type)},
#include "image/layout.def"
#undef FIELD
#undef SIZE
};

static const char *const helper_names[] = {
#define HELPER(name, signature) #name signature,
#define OPERATION(name) #name,
#include "image/helpers.def"
#undef HELPER
#undef OPERATION
};

uint64_t wr__image_layout(void) {
  uint64_t hash = 0;
  for (size_t i = 0; i < WR_ARRAY_COUNT(rows); i++) {
    hash = wr__hash_bytes(rows[i].name, strlen(rows[i].name), hash);
    hash = wr__hash_bytes(&rows[i].value, sizeof rows[i].value, hash);
  }
  for (size_t i = 0; i < WR_ARRAY_COUNT(helper_names); i++)
    hash = wr__hash_bytes(helper_names[i], strlen(helper_names[i]), hash);
  return wr__hash_bytes(wr__heap_cell_bytes, sizeof wr__heap_cell_bytes, hash);
}
