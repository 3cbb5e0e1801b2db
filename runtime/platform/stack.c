/* Stacks: where the running one ends, and fibers. Stacks are kept after use, a few for each size,
 * since making one costs several calls of the operating system. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "platform/memory.h"
#include "platform/stack.h"
#include "platform/thread.h"

/* Guards that divide no mapping, so that a process can have more than the host allows mappings
 * (Linux 6.13). */
enum { GUARD_INSTALL = 102 /* MADV_GUARD_INSTALL */ };

/* Sanitizers are told which stack runs. Without them there are no such functions. */
__attribute__((weak)) void __sanitizer_start_switch_fiber(void **fake, const void *low,
                                                          size_t size);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void *fake, const void **low,
                                                           size_t *size);
__attribute__((weak)) void *__tsan_get_current_fiber(void);
__attribute__((weak)) void *__tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void *fiber);
__attribute__((weak)) void __tsan_switch_to_fiber(void *fiber, unsigned flags);

static _Thread_local uintptr_t running_low; /* 0: not known yet */

static uintptr_t find_thread_low(void) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void *base;
  size_t size;
  uintptr_t low = 0;
  if (pthread_attr_getstack(&attributes, &base, &size) == 0) low = (uintptr_t)base;
  pthread_attr_destroy(&attributes);
  return low;
}

uintptr_t wr__stack_low(void) {
  if (!running_low) running_low = find_thread_low();
  return running_low;
}

/* ---- Making them */

enum { POOL_SIZE = 64 };

static struct pooled {
  void *reserved;
  size_t size;
} pool[POOL_SIZE];
static size_t pool_count;
static wr__mutex pool_lock = WR__MUTEX_INIT;

static void *take_pooled(size_t size) {
  void *found = NULL;
  wr__mutex_lock(&pool_lock);
  for (size_t i = pool_count; i-- > 0 && !found;) {
    if (pool[i].size != size) continue;
    found = pool[i].reserved;
    pool[i] = pool[--pool_count];
  }
  wr__mutex_unlock(&pool_lock);
  return found;
}

/* What the last user wrote is gone: nobody else shall see it. */
static bool give_pooled(void *reserved, size_t size) {
  if (!wr__vm_clear((uint8_t *)reserved + WR__STACK_GUARD_BYTES, size - WR__STACK_GUARD_BYTES))
    return false;
  wr__mutex_lock(&pool_lock);
  bool is_kept = pool_count < POOL_SIZE;
  if (is_kept) pool[pool_count++] = (struct pooled){reserved, size};
  wr__mutex_unlock(&pool_lock);
  return is_kept;
}

static void *make_stack(size_t size) {
  uint8_t *base = wr__vm_reserve(size);
  if (!base) return NULL;
  wr__vm_prefer_small_pages(base, size);
  bool is_made =
      wr__vm_commit(base, size) && (madvise(base, WR__STACK_GUARD_BYTES, GUARD_INSTALL) == 0 ||
                                    mprotect(base, WR__STACK_GUARD_BYTES, PROT_NONE) == 0);
  if (is_made) return base;
  wr__vm_release(base, size);
  return NULL;
}

static void begin(void *argument) {
  wr__fiber *fiber = argument;
  if (__sanitizer_finish_switch_fiber)
    __sanitizer_finish_switch_fiber(NULL, &fiber->outer_bottom, &fiber->outer_bytes);
  fiber->run(fiber);
  abort(); /* it has ended */
}

static bool round_up(size_t *size) {
  size_t page = wr__page_size();
  if (*size > SIZE_MAX / 4) return false;
  *size = (*size + page - 1) & ~(page - 1);
  return true;
}

bool wr__fiber_open(wr__fiber *fiber, size_t stack_bytes, size_t extra_bytes,
                    void (*run)(wr__fiber *fiber)) {
  *fiber = (wr__fiber){.run = run};
  if (!round_up(&stack_bytes) || !round_up(&extra_bytes)) return false;
  size_t size = WR__STACK_GUARD_BYTES + stack_bytes + extra_bytes;
  uint8_t *base = take_pooled(size);
  if (!base) base = make_stack(size);
  if (!base) return false;
  fiber->reserved = base;
  fiber->reserved_bytes = size;
  fiber->low = (uintptr_t)base + WR__STACK_GUARD_BYTES;
  fiber->extra = base + WR__STACK_GUARD_BYTES + stack_bytes;
  fiber->top = (uintptr_t)fiber->extra;
  fiber->sp = wr__stack_begin(fiber->extra, begin, fiber);
  if (__tsan_create_fiber) fiber->tsan = __tsan_create_fiber(0);
  return true;
}

void wr__fiber_close(wr__fiber *fiber) {
  if (!fiber->reserved) return;
  if (fiber->tsan) __tsan_destroy_fiber(fiber->tsan);
  if (!give_pooled(fiber->reserved, fiber->reserved_bytes))
    wr__vm_release(fiber->reserved, fiber->reserved_bytes);
  fiber->reserved = NULL;
}

/* ---- Going over. The thread may be another afterwards, so nothing of it is kept across. */

static void __attribute__((noinline)) set_low(uintptr_t low) { running_low = low; }

void wr__fiber_resume(wr__fiber *fiber) {
  void *fake = NULL;
  uintptr_t low = wr__stack_low();
  if (fiber->tsan) fiber->outer_tsan = __tsan_get_current_fiber();
  if (__sanitizer_start_switch_fiber)
    __sanitizer_start_switch_fiber(&fake, (void *)fiber->low, fiber->top - fiber->low);
  set_low(fiber->low);
  if (fiber->tsan) __tsan_switch_to_fiber(fiber->tsan, 0);
  wr__stack_exchange(&fiber->sp);
  set_low(low);
  if (__sanitizer_finish_switch_fiber) __sanitizer_finish_switch_fiber(fake, NULL, NULL);
}

void wr__fiber_pause(wr__fiber *fiber) {
  if (__sanitizer_start_switch_fiber)
    __sanitizer_start_switch_fiber(&fiber->fake, fiber->outer_bottom, fiber->outer_bytes);
  if (fiber->tsan) __tsan_switch_to_fiber(fiber->outer_tsan, 0);
  wr__stack_exchange(&fiber->sp);
  if (__sanitizer_finish_switch_fiber)
    __sanitizer_finish_switch_fiber(fiber->fake, &fiber->outer_bottom, &fiber->outer_bytes);
}

void wr__fiber_end(wr__fiber *fiber) {
  if (__sanitizer_start_switch_fiber)
    __sanitizer_start_switch_fiber(NULL, fiber->outer_bottom, fiber->outer_bytes);
  if (fiber->tsan) __tsan_switch_to_fiber(fiber->outer_tsan, 0);
  wr__stack_exchange(&fiber->sp);
  abort(); /* nobody resumes it again */
}
