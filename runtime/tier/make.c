/* Making a batch: the compiler's process, waited for by a thread of its own. */
#include <stdlib.h>

#include "native/native.h"
#include "tier/tier.h"

/* The program goes first where processors are few. */
enum { NICENESS = 5 };

wr_status wr__tier_make(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded,
                        wr_error *error) {
  wr_compile_options options = {.level = '1', .cpu = "native", .bounds_explicit = !guarded};
  wr__compiler_batch batch = {wants, count, &tier->handle, NICENESS};
  uint8_t *bytes;
  size_t size;
  wr_status status = wr__compiler_run_batch(tier->module, &options, &batch, &bytes, &size, error);
  free(wants);
  if (status != WR_OK) return status;
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  status = wr__image_map(&source, &image, error);
  free(bytes);
  return status == WR_OK ? wr__native_add_partial(tier->module, image, error) : status;
}

static void *work(void *context) {
  wr__tier *tier = context;
  wr_error error;
  wr_status status = wr__tier_make(tier, (wr__image_want *)(uintptr_t)tier->batch.wants,
                                   tier->batch.count, !tier->options.bounds_explicit, &error);
  wr__mutex_lock(&tier->lock);
  if (status != WR_OK) tier->is_off = true;
  tier->is_busy = false;
  wr__mutex_unlock(&tier->lock);
  return NULL;
}

void wr__tier_start(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded) {
  if (tier->has_thread) wr__thread_join(tier->thread); /* it has ended: nothing is busy */
  tier->batch.wants = wants;
  tier->batch.count = count;
  tier->options.bounds_explicit = !guarded;
  tier->is_busy = true;
  tier->has_thread = wr__thread_start(&tier->thread, work, tier);
  if (tier->has_thread) return;
  tier->is_busy = false;
  tier->is_off = true;
  free(wants);
}
