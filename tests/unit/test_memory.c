/* Unit tests of memories and tables: modes, growth, limits, the bulk operations, sharing, waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/make.h"
#include "machine.h"
#include "platform/memory.h"
#include "platform/process.h"
#include "store/store.h"

enum { PAGE = 65536 };

static wr__store *new_store(wr_bounds bounds, uint64_t max_memory_bytes) {
  wr__config config;
  wr__config_init(&config);
  config.bounds = bounds;
  if (max_memory_bytes) config.max_memory_bytes = max_memory_bytes;
  wr__engine *engine = wr__engine_new(&config);
  assert_non_null(engine);
  wr__store *store = wr__store_new(engine);
  assert_non_null(store);
  wr__engine_release(engine);
  return store;
}

static wr_limits limits_of(uint64_t min, uint64_t max) {
  return (wr_limits){.min = min, .max = max, .has_max = max != UINT64_MAX};
}

static void memory_is_zero_and_grows(wr__store *store, bool guarded) {
  wr_limits limits = limits_of(1, 100);
  wr__memory *memory = wr__memory_new(store, &limits, 16, NULL);
  assert_non_null(memory);
  assert_int_equal(memory->guarded, guarded);
  assert_int_equal(wr__memory_size(memory), PAGE);
  memory->base[PAGE - 1] = 9;
  assert_int_equal(wr__memory_grow(memory, 0), 1);
  assert_int_equal(wr__memory_grow(memory, 40), 1);
  assert_int_equal(wr__memory_grow(memory, 59), 41);
  assert_int_equal(memory->base[PAGE - 1], 9);
  for (size_t i = PAGE; i < 100 * PAGE; i += 4093) assert_int_equal(memory->base[i], 0);
  assert_int_equal(wr__memory_grow(memory, 1), UINT64_MAX);
  assert_int_equal(wr__memory_grow(memory, UINT64_MAX), UINT64_MAX);
  assert_int_equal(wr__memory_size(memory), 100 * PAGE);
}

static void guarded_memories(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  memory_is_zero_and_grows(store, true);
  wr__store_delete(store);
}

static void explicit_memories(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_EXPLICIT, 0);
  memory_is_zero_and_grows(store, false);
  wr__store_delete(store);
}

static void without_room_for_guards_checks_are_explicit(void **state) {
  (void)state;
  wr__vm_set_reserve_limit((size_t)1 << 30);
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  memory_is_zero_and_grows(store, false);
  wr__store_delete(store);
  wr__vm_set_reserve_limit(SIZE_MAX);
}

/* The same under a real limit, in a process of its own. */
static void under_a_low_ulimit(void **state) {
  enum { NO_LIMIT = 77 };
  (void)state;
  pid_t child = fork();
  if (child == 0) {
    struct rlimit limit = {(rlim_t)256 << 20, (rlim_t)256 << 20};
    setrlimit(RLIMIT_AS, &limit);
    /* Emulators of another processor let a process have what it was denied. */
    if (mmap(NULL, (size_t)1 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
      _exit(NO_LIMIT);
    wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
    memory_is_zero_and_grows(store, false);
    wr_limits large = limits_of(16384, UINT64_MAX);
    wr_error error;
    bool refused = !wr__memory_new(store, &large, 16, &error) && error.status == WR_OUT_OF_MEMORY;
    wr__store_delete(store);
    _exit(refused ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == NO_LIMIT) cannot_run_here("the emulator ignores ulimit -v");
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void growth_moves_contents(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_EXPLICIT, 0);
  wr_limits limits = limits_of(1, UINT64_MAX);
  wr__memory *memory = wr__memory_new(store, &limits, 16, NULL);
  for (uint32_t page = 1; page < 600; page++) {
    memory->base[(page - 1) * PAGE] = (uint8_t)page;
    assert_int_equal(wr__memory_grow(memory, 1), page);
  }
  for (uint32_t page = 1; page < 600; page++)
    assert_int_equal(memory->base[(page - 1) * PAGE], (uint8_t)page);
  wr__store_delete(store);
}

static void growth_can_be_made_to_move(void **state) {
  (void)state;
  wr__memory_set_always_move(true);
  wr__store *store = new_store(WR_BOUNDS_EXPLICIT, 0);
  wr_limits limits = limits_of(1, UINT64_MAX);
  wr__memory *memory = wr__memory_new(store, &limits, 16, NULL);
  for (uint32_t page = 1; page < 20; page++) {
    uint8_t *base = memory->base;
    memory->base[page * PAGE - 1] = (uint8_t)page;
    assert_int_equal(wr__memory_grow(memory, 1), page);
    assert_ptr_not_equal(memory->base, base);
    assert_int_equal(memory->base[page * PAGE - 1], page);
    assert_int_equal(memory->base[page * PAGE], 0);
  }
  wr__store_delete(store);
  wr__memory_set_always_move(false);
}

static void limits_hold(void **state) {
  (void)state;
  wr_error error;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 10 * PAGE);
  wr_limits fits = limits_of(10, UINT64_MAX), large = limits_of(11, UINT64_MAX);
  wr__memory *memory = wr__memory_new(store, &fits, 16, &error);
  assert_non_null(memory);
  assert_int_equal(wr__memory_grow(memory, 1), UINT64_MAX);
  assert_null(wr__memory_new(store, &large, 16, &error));
  assert_int_equal(error.status, WR_OUT_OF_MEMORY);
  wr_limits huge = {.min = UINT64_MAX, .is64 = true};
  assert_null(wr__memory_new(store, &huge, 16, &error));
  wr__store_delete(store);
}

static void largest_32_bit_memory(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, UINT64_MAX);
  wr_limits limits = limits_of(65536, UINT64_MAX);
  wr__memory *memory = wr__memory_new(store, &limits, 16, NULL);
  assert_non_null(memory); /* 4 GiB, of which nothing is touched */
  assert_int_equal(wr__memory_size(memory), (uint64_t)1 << 32);
  assert_int_equal(wr__memory_grow(memory, 1), UINT64_MAX);
  assert_int_equal(memory->base[((uint64_t)1 << 32) - 1], 0);
  wr__store_delete(store);
}

static void one_byte_pages(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = limits_of(0, UINT64_MAX);
  wr__memory *memory = wr__memory_new(store, &limits, 0, NULL);
  assert_non_null(memory);
  assert_false(memory->guarded);
  assert_int_equal(wr__memory_grow(memory, 3), 0);
  assert_int_equal(wr__memory_grow(memory, 5000), 3);
  assert_int_equal(wr__memory_size(memory), 5003);
  assert_int_equal(wr__memory_fill(&store->exec, memory, 5000, 1, 3), WR_TRAP_NONE);
  assert_int_equal(wr__memory_fill(&store->exec, memory, 5000, 1, 4), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_grow(memory, UINT32_MAX - 5002), UINT64_MAX);
  wr__store_delete(store);
}

static void bulk_operations(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr__exec *exec = &store->exec;
  wr_limits limits = limits_of(8, UINT64_MAX);
  wr__memory *m = wr__memory_new(store, &limits, 16, NULL);
  uint64_t size = wr__memory_size(m);
  for (uint64_t i = 0; i < size; i++) m->base[i] = (uint8_t)(i * 31 + i / 256);
  uint8_t *copy = malloc(size);
  const struct {
    uint64_t to, from, count;
  } moves[] = {{1, 0, 200000}, {0, 1, 200000}, {100000, 0, 300000}, {0, 100000, 300000},
               {5, 5, 100000}, {0, 0, 0},      {size, size, 0}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(moves); i++) {
    memcpy(copy, m->base, size);
    memmove(copy + moves[i].to, copy + moves[i].from, moves[i].count);
    assert_int_equal(wr__memory_copy(exec, m, moves[i].to, m, moves[i].from, moves[i].count),
                     WR_TRAP_NONE);
    assert_memory_equal(copy, m->base, size);
  }
  assert_int_equal(wr__memory_copy(exec, m, size - 1, m, 0, 2), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_copy(exec, m, 0, m, size, 1), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_copy(exec, m, 0, m, UINT64_MAX, 2), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_memory_equal(copy, m->base, size);
  assert_int_equal(wr__memory_fill(exec, m, 3, 0xab, 200000), WR_TRAP_NONE);
  memset(copy + 3, 0xab, 200000);
  assert_memory_equal(copy, m->base, size);
  free(copy);
  wr__store_delete(store);
}

static size_t pages_in_memory(const wr__memory *m) {
  size_t page = wr__page_size(), pages = wr__memory_size(m) / page, count = 0;
  unsigned char *there = malloc(pages);
  assert_non_null(there);
  assert_int_equal(mincore(m->base, pages * page, there), 0);
  for (size_t i = 0; i < pages; i++) count += there[i] & 1;
  free(there);
  return count;
}

/* Zeros over what was never touched take no memory, and those over what was are there, to the byte.
 */
static void zeros_take_no_memory(void **state) {
  enum { SIZE = 160 * PAGE, FROM = 3 * PAGE + 5, COUNT = SIZE - 2 * FROM };
  static const uint32_t touched[] = {
      0, FROM - 1, FROM, 4 * PAGE, 70 * PAGE + 9, FROM + COUNT - 1, FROM + COUNT, SIZE - 1};
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = limits_of(SIZE / PAGE, UINT64_MAX);
  wr__memory *m = wr__memory_new(store, &limits, 16, NULL);
  wr__vm_prefer_small_pages(m->base, SIZE);
  for (size_t i = 0; i < WR_ARRAY_COUNT(touched); i++) m->base[touched[i]] = 1;
  memset(m->base + 100 * PAGE, 1, 20 * PAGE);
  assert_int_equal(wr__memory_fill(&store->exec, m, FROM, 0, COUNT), WR_TRAP_NONE);
  assert_true(pages_in_memory(m) < 40 * PAGE / wr__page_size());
  for (uint32_t i = 0; i < SIZE; i++)
    assert_true(m->base[i] == (i == 0 || i == FROM - 1 || i == FROM + COUNT || i == SIZE - 1));
  wr__store_interrupt(store);
  assert_int_equal(wr__memory_fill(&store->exec, m, 0, 0, SIZE), WR_TRAP_INTERRUPTED);
  wr__store_delete(store);
}

/* Nor are a file's pages dropped, which would bring its contents back. */
static void zeros_over_a_files_pages(void **state) {
  enum { SIZE = 64 * PAGE };
  (void)state;
  char path[] = "/var/tmp/test-memory-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  unlink(path);
  char *bytes = malloc(SIZE);
  memset(bytes, 7, SIZE);
  assert_int_equal(write(fd, bytes, SIZE), SIZE);
  free(bytes);
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = limits_of(SIZE / PAGE, UINT64_MAX);
  wr__memory *m = wr__memory_new(store, &limits, 16, NULL);
  bool gone;
  assert_true(wr__vm_map_file(m->base, SIZE, fd, 0, &gone));
  assert_false(gone);
  m->file_end = SIZE;
  assert_int_equal(m->base[PAGE], 7);
  /* Written back and forgotten, so that the kernel has none of the pages. */
  assert_int_equal(fsync(fd), 0);
  assert_int_equal(madvise(m->base, SIZE, MADV_DONTNEED), 0);
  assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  assert_int_equal(wr__memory_fill(&store->exec, m, 1, 0, SIZE - 1), WR_TRAP_NONE);
  for (uint32_t i = 0; i < SIZE; i++) assert_int_equal(m->base[i], i ? 0 : 7);
  assert_false(wr__vm_map_file(m->base, SIZE, -1, 0, &gone));
  assert_false(gone);
  assert_int_equal(m->base[0], 0);
  close(fd);
  wr__store_delete(store);
}

static void long_operations_can_be_interrupted(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = limits_of(8, UINT64_MAX);
  wr__memory *m = wr__memory_new(store, &limits, 16, NULL);
  wr__store_interrupt(store);
  assert_int_equal(wr__memory_fill(&store->exec, m, 0, 1, 8 * PAGE), WR_TRAP_INTERRUPTED);
  assert_int_equal(wr__memory_copy(&store->exec, m, 0, m, PAGE, 7 * PAGE), WR_TRAP_INTERRUPTED);
  assert_int_equal(wr__memory_fill(&store->exec, m, 0, 1, 100), WR_TRAP_NONE);
  assert_int_equal(wr__exec_trap(&store->exec, WR_TRAP_INTERRUPTED), WR_INTERRUPTED);
  assert_int_equal(wr__memory_fill(&store->exec, m, 0, 1, 8 * PAGE), WR_TRAP_NONE);
  wr__store_delete(store);
}

static uint64_t grow_table(wr__table *table, uint64_t delta, wr__ref init) {
  uint64_t old_size;
  assert_int_equal(wr__table_grow(NULL, table, delta, init, &old_size), WR_TRAP_NONE);
  return old_size;
}

static void tables(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_error error;
  wr_limits limits = limits_of(2, 20);
  wr__table *table = wr__table_new(store, WR_EXTERNREF, &limits, 5, &error);
  assert_non_null(table);
  assert_int_equal(table->elems[1], 5);
  assert_int_equal(grow_table(table, 10, 7), 2);
  assert_int_equal(table->elems[1], 5);
  assert_int_equal(table->elems[11], 7);
  assert_int_equal(grow_table(table, 8, 0), 12);
  assert_int_equal(table->elems[12], 0);
  assert_int_equal(grow_table(table, 1, 0), UINT64_MAX);
  assert_int_equal(wr__table_fill(&store->exec, table, 18, 9, 2), WR_TRAP_NONE);
  assert_int_equal(wr__table_fill(&store->exec, table, 19, 9, 2), WR_TRAP_TABLE_OUT_OF_BOUNDS);
  assert_int_equal(wr__table_copy(&store->exec, table, 0, table, 17, 3), WR_TRAP_NONE);
  assert_int_equal(table->elems[1], 9);
  assert_int_equal(wr__table_copy(&store->exec, table, 18, table, 0, 3),
                   WR_TRAP_TABLE_OUT_OF_BOUNDS);
  limits = limits_of(10000001, UINT64_MAX);
  assert_null(wr__table_new(store, WR_FUNCREF, &limits, 0, &error));
  assert_int_equal(error.status, WR_OUT_OF_MEMORY);
  wr__store_delete(store);
}

/* An interrupt leaves a table that was to grow as it was; nulls that come later are nulls. */
static void growing_can_be_interrupted(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = limits_of(10, UINT64_MAX);
  wr__table *table = wr__table_new(store, WR_EXTERNREF, &limits, 5, NULL);
  assert_non_null(table);
  assert_int_equal(grow_table(table, 2000000, 0), 10); /* room for a million more */
  uint64_t used = wr__budget_used(store->budget, WR_LIMIT_TABLE_ELEMENTS), old_size;
  assert_int_equal(used, 2000010);
  wr__store_interrupt(store);
  assert_int_equal(wr__table_grow(&store->exec, table, 100000, 7, &old_size), WR_TRAP_INTERRUPTED);
  assert_int_equal(wr__table_grow(&store->exec, table, 3000000, 7, &old_size), WR_TRAP_INTERRUPTED);
  assert_int_equal(table->size, 2000010);
  assert_int_equal(wr__budget_used(store->budget, WR_LIMIT_TABLE_ELEMENTS), used);
  wr__store_clear_interrupt(store);
  assert_int_equal(wr__table_grow(&store->exec, table, 50000, 0, &old_size), WR_TRAP_NONE);
  assert_int_equal(old_size, 2000010);
  for (uint64_t i = 0; i < 50000; i++) assert_int_equal(table->elems[2000010 + i], 0);
  assert_int_equal(table->elems[9], 5);
  wr__store_delete(store);
}

static void budgets(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_EXPLICIT, 10 * PAGE);
  wr__store *second = wr__store_new_in(store->engine, store->budget, 65536);
  assert_non_null(second);
  wr_error error;
  wr_limits limits = limits_of(4, UINT64_MAX), large = limits_of(5, UINT64_MAX);
  wr__memory *a = wr__memory_new(store, &limits, 16, NULL);
  wr__memory *b = wr__memory_new(second, &limits, 16, NULL);
  assert_true(a && b);
  assert_int_equal(wr__budget_hit(store->budget), WR_LIMIT_NONE);
  assert_null(wr__memory_new(store, &large, 16, &error));
  assert_int_equal(error.status, WR_OUT_OF_MEMORY);
  assert_non_null(strstr(error.message, "max-memory (640 KiB)"));
  assert_int_equal(wr__budget_hit(second->budget), WR_LIMIT_MEMORY);
  assert_int_equal(wr__memory_grow(a, 3), UINT64_MAX);
  assert_int_equal(wr__memory_grow(a, 1), 4);
  assert_int_equal(wr__memory_grow(b, 1), 4);
  assert_int_equal(wr__memory_grow(b, 1), UINT64_MAX);
  wr__budget_set_most(store->budget, WR_LIMIT_MEMORY, 12 * PAGE);
  assert_int_equal(wr__memory_grow(b, 1), 5);
  wr__store_delete(second);
  assert_int_equal(wr__budget_used(store->budget, WR_LIMIT_MEMORY), 5 * PAGE);
  assert_int_equal(wr__memory_grow(a, 7), 5);
  wr__store_delete(store);
}

/* ---- Shared memories */

static void shared_memory_outlives_stores_and_stays(void **state) {
  (void)state;
  wr__store *first = new_store(WR_BOUNDS_EXPLICIT, 0), *second = new_store(WR_BOUNDS_AUTO, 0);
  wr_limits limits = {.min = 1, .max = 1000, .has_max = true, .shared = true};
  wr__memory *memory = wr__memory_new_shared(first->engine, first->budget, &limits, NULL);
  assert_non_null(memory);
  assert_true(wr__store_adopt_memory(first, memory));
  assert_true(wr__store_adopt_memory(first, memory));
  assert_true(wr__store_adopt_memory(second, memory));
  assert_int_equal(memory->ref_count, 3);
  uint8_t *base = memory->base;
  base[5] = 1;
  assert_int_equal(wr__memory_grow(memory, 999), 1);
  assert_ptr_equal(memory->base, base);
  wr__store_delete(first);
  assert_int_equal(base[5], 1);
  wr__memory_release(memory);
  assert_int_equal(base[1000 * PAGE - 1], 0);
  wr__store_delete(second);
}

typedef struct waiting {
  wr__store *store;
  wr__memory *memory;
  uint64_t expected;
  bool is64;
  int64_t timeout_ns;
  wr_trap_kind trap;
  uint32_t result;
} waiting;

static void *run_wait(void *argument) {
  waiting *w = argument;
  w->trap = wr__memory_wait(&w->store->exec, w->memory, 64, w->expected, w->is64, w->timeout_ns,
                            &w->result);
  return NULL;
}

static wr__memory *new_shared(wr__store *store) {
  wr_limits limits = {.min = 1, .max = 4, .has_max = true, .shared = true};
  return wr__memory_new(store, &limits, 16, NULL);
}

static void notify_wakes_as_many_as_asked(void **state) {
  (void)state;
  enum { COUNT = 3 };
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr__memory *memory = new_shared(store);
  waiting waits[COUNT];
  pthread_t threads[COUNT];
  for (int i = 0; i < COUNT; i++) {
    waits[i] = (waiting){
        .store = new_store(WR_BOUNDS_AUTO, 0), .memory = memory, .timeout_ns = -1, .result = 77};
    pthread_create(&threads[i], NULL, run_wait, &waits[i]);
  }
  uint32_t woken, total = 0;
  assert_int_equal(wr__memory_notify(memory, 68, 10, &woken), WR_TRAP_NONE);
  assert_int_equal(woken, 0);
  while (total < COUNT) {
    assert_int_equal(wr__memory_notify(memory, 64, 1, &woken), WR_TRAP_NONE);
    assert_true(woken <= 1);
    total += woken;
  }
  for (int i = 0; i < COUNT; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(waits[i].trap, WR_TRAP_NONE);
    assert_int_equal(waits[i].result, 0);
    wr__store_delete(waits[i].store);
  }
  wr__store_delete(store);
}

static void waits_end_by_value_time_and_interrupt(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr__memory *memory = new_shared(store);
  waiting w = {.store = store, .memory = memory, .expected = 1, .timeout_ns = -1};
  run_wait(&w);
  assert_int_equal(w.result, 1);
  w.expected = 0;
  w.is64 = true;
  w.timeout_ns = 3000000;
  uint64_t before = wr__monotonic_ns();
  run_wait(&w);
  assert_int_equal(w.result, 2);
  assert_true(wr__monotonic_ns() - before >= 3000000);
  w.timeout_ns = -1;
  pthread_t thread;
  pthread_create(&thread, NULL, run_wait, &w);
  usleep(5000);
  wr__store_interrupt(store); /* else the thread would never end */
  pthread_join(thread, NULL);
  assert_int_equal(w.trap, WR_TRAP_INTERRUPTED);
  wr__store_delete(store);
}

static void waits_check_their_address(void **state) {
  (void)state;
  wr__store *store = new_store(WR_BOUNDS_AUTO, 0);
  wr__memory *shared = new_shared(store);
  wr_limits limits = limits_of(1, 1);
  wr__memory *plain = wr__memory_new(store, &limits, 16, NULL);
  uint32_t out;
  assert_int_equal(wr__memory_wait(&store->exec, shared, 2, 0, false, 0, &out),
                   WR_TRAP_UNALIGNED_ATOMIC);
  assert_int_equal(wr__memory_wait(&store->exec, shared, PAGE, 0, false, 0, &out),
                   WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_wait(&store->exec, plain, 0, 0, false, 0, &out),
                   WR_TRAP_EXPECTED_SHARED_MEMORY);
  assert_int_equal(wr__memory_notify(plain, PAGE, 0, &out), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_notify(plain, 0, 1, &out), WR_TRAP_NONE);
  assert_int_equal(out, 0);
  wr__store_delete(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(under_a_low_ulimit), /* first: no reservation is pooled yet */
      cmocka_unit_test(guarded_memories),
      cmocka_unit_test(explicit_memories),
      cmocka_unit_test(without_room_for_guards_checks_are_explicit),
      cmocka_unit_test(growth_moves_contents),
      cmocka_unit_test(growth_can_be_made_to_move),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(largest_32_bit_memory),
      cmocka_unit_test(one_byte_pages),
      cmocka_unit_test(bulk_operations),
      cmocka_unit_test(zeros_take_no_memory),
      cmocka_unit_test(zeros_over_a_files_pages),
      cmocka_unit_test(long_operations_can_be_interrupted),
      cmocka_unit_test(tables),
      cmocka_unit_test(growing_can_be_interrupted),
      cmocka_unit_test(budgets),
      cmocka_unit_test(shared_memory_outlives_stores_and_stays),
      cmocka_unit_test(notify_wakes_as_many_as_asked),
      cmocka_unit_test(waits_end_by_value_time_and_interrupt),
      cmocka_unit_test(waits_check_their_address),
  };
  return run_tests_but(WITH_SANITIZER, tests);
}
