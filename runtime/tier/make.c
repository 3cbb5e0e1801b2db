/* Making a batch: the compiler's process, waited for by a thread of its own. */
#include <stdlib.h>

#include "native/native.h"
#include "tier/tier.h"

/* The program goes first where processors are few. Large functions take long to compile: they are
 * made without optimization first, so that the others do not wait for them, and again behind it. */
enum { NICENESS = 5, PLAIN_FROM_BYTES = 4 << 10 };

static wr_status make(wr__tier *tier, const wr__image_want *wants, size_t count, bool guarded,
                      uint32_t plain_from, wr_error *error) {
  wr_compile_options options = {.level = '1', .cpu = "native", .bounds_explicit = !guarded};
  wr__compiler_batch batch = {wants, count, &tier->handle, NICENESS, plain_from};
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run_batch(tier->module, &options, &batch, &bytes, &size, error));
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  wr_status status = wr__image_map(&source, &image, error);
  free(bytes);
  return status == WR_OK ? wr__native_add_partial(tier->module, image, error) : status;
}

wr_status wr__tier_make(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded,
                        wr_error *error) {
  wr_status status = make(tier, wants, count, guarded, 0, error);
  free(wants);
  return status;
}

/* Leaves the rows of large functions. */
static size_t keep_large(const wr__tier *tier, wr__image_want *wants, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (tier->module->funcs[wants[i].func_index].code_size >= PLAIN_FROM_BYTES)
      wants[kept++] = wants[i];
  return kept;
}

static void *work(void *context) {
  wr__tier *tier = context;
  wr__image_want *wants = tier->wants;
  bool guarded = tier->is_guarded;
  wr_error error;
  wr_status status = make(tier, wants, tier->want_count, guarded, PLAIN_FROM_BYTES, &error);
  size_t large = keep_large(tier, wants, tier->want_count);
  if (status == WR_OK && large) status = make(tier, wants, large, guarded, 0, &error);
  free(wants);
  wr__mutex_lock(&tier->lock);
  if (status != WR_OK) tier->is_off = true;
  tier->is_busy = false;
  wr__mutex_unlock(&tier->lock);
  return NULL;
}

void wr__tier_start(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded) {
  if (tier->has_thread) wr__thread_join(tier->thread); /* it has ended: nothing is busy */
  tier->wants = wants;
  tier->want_count = count;
  tier->is_guarded = guarded;
  tier->is_busy = true;
  tier->has_thread = wr__thread_start(&tier->thread, work, tier);
  if (tier->has_thread) return;
  tier->is_busy = false;
  tier->is_off = true;
  free(wants);
}
