/* Making a batch: the compiler's process, waited for by a thread of its own. */
#include <stdlib.h>

#include "native/native.h"
#include "tier/tier.h"

/* The program goes first where processors are few. Large functions take long to compile: they are
 * made without optimization first, so that the others do not wait for them, and again behind it. */
enum { NICENESS = 5, PLAIN_FROM_BYTES = 4 << 10 };

static wr_status make(wr__tier *tier, const wr__compiler_batch *batch, bool guarded,
                      wr_error *error) {
  wr_compile_options options = {.level = '1', .cpu = "native", .bounds_explicit = !guarded};
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run_batch(tier->module, &options, batch, &bytes, &size, error));
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  wr_status status = wr__image_map(&source, &image, error);
  free(bytes);
  if (status != WR_OK) return status;
  wr__mutex_lock(&tier->images);
  status = wr__native_add_partial(tier->module, image, error);
  wr__mutex_unlock(&tier->images);
  return status;
}

wr_status wr__tier_make(wr__tier *tier, wr__image_want *wants, size_t count, bool guarded,
                        wr_error *error) {
  wr__compiler_batch batch = {.wants = wants, .count = count};
  wr_status status = make(tier, &batch, guarded, error);
  free(wants);
  return status;
}

/* ---- Threads */

static void start_job(wr__tier *tier, int which, wr__image_want *wants, size_t count);

/* Large functions of the batch join those that wait to be made thoroughly. */
static void keep_large(wr__tier *tier, const wr__tier_job *job) {
  size_t capacity = tier->large_count + job->count;
  wr__image_want *larger = realloc(tier->large, (capacity + 1) * sizeof *larger);
  if (!larger) return;
  tier->large = larger;
  for (size_t i = 0; i < job->count; i++)
    if (tier->module->funcs[job->wants[i].func_index].code_size >= PLAIN_FROM_BYTES)
      larger[tier->large_count++] = job->wants[i];
}

static void start_thorough(wr__tier *tier) {
  if (tier->is_off || !tier->large_count || tier->jobs[WR__TIER_THOROUGH].is_busy) return;
  wr__image_want *wants = tier->large;
  size_t count = tier->large_count;
  tier->large = NULL;
  tier->large_count = 0;
  start_job(tier, WR__TIER_THOROUGH, wants, count);
}

static void *work(void *context) {
  wr__tier_job *job = context;
  wr__tier *tier = job->tier;
  bool soon = job == &tier->jobs[WR__TIER_SOON];
  wr__compiler_batch batch = {.wants = job->wants,
                              .count = job->count,
                              .handle = &job->handle,
                              .niceness = soon ? NICENESS : 2 * NICENESS,
                              .plain_from = soon ? PLAIN_FROM_BYTES : 0};
  wr_error error;
  wr_status status = make(tier, &batch, job->is_guarded, &error);
  wr__mutex_lock(&tier->lock);
  if (status != WR_OK && soon) tier->is_off = true; /* what is there already goes on otherwise */
  if (soon) keep_large(tier, job);
  free(job->wants);
  job->is_busy = false;
  if (soon) start_thorough(tier);
  wr__mutex_unlock(&tier->lock);
  return NULL;
}

static void start_job(wr__tier *tier, int which, wr__image_want *wants, size_t count) {
  wr__tier_job *job = &tier->jobs[which];
  if (job->has_thread) wr__thread_join(job->thread); /* it has ended: nothing is busy */
  job->tier = tier;
  job->wants = wants;
  job->count = count;
  job->is_guarded = tier->is_guarded;
  job->is_busy = true;
  job->has_thread = wr__thread_start(&job->thread, work, job);
  if (job->has_thread) return;
  job->is_busy = false;
  tier->is_off = true;
  free(wants);
}

void wr__tier_start(wr__tier *tier, wr__image_want *wants, size_t count) {
  start_job(tier, WR__TIER_SOON, wants, count);
}

void wr__tier_end(wr__tier *tier) {
  wr__mutex_lock(&tier->lock);
  tier->is_off = true; /* nothing is started any more */
  wr__mutex_unlock(&tier->lock);
  for (int i = 0; i < WR__TIER_JOBS; i++) {
    wr__tier_job *job = &tier->jobs[i];
    wr__process_end(&job->handle);
    if (job->has_thread) wr__thread_join(job->thread);
  }
}
