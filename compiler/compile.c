/* The whole way from a module to an image: partitions, threads, the link.
 *
 * Partitions depend on the module alone, never on the number of threads, and are linked in order:
 * so the image is the same whatever that number. */
#include <pthread.h>
#include <stdlib.h>

#include "platform/process.h"
#include "compile.h"

enum { PARTITION_BYTES = 96 << 10 }; /* of code in the module */

typedef struct job {
  const wr__module *module;
  wr__facts facts;
  const wr__compile_options *options;
  const wr__machine *machine;
  wr__partition *partitions;
  wr__object_bytes *objects;
  size_t count;
  size_t next; /* under lock */
  wr_status status;
  wr_error *error;
  pthread_mutex_t lock;
} job;

static wr_status make_partitions(job *j) {
  const wr__module *m = j->module;
  size_t capacity = 0;
  uint32_t first = m->imported_funcs;
  do {
    uint64_t bytes = 0;
    uint32_t end = first;
    while (end < m->func_count && bytes < PARTITION_BYTES) {
      if (wr__batch_has(j->options->batch, end)) bytes += m->funcs[end].code_size;
      end++;
    }
    if (!wr__grow(&j->partitions, &capacity, j->count + 1, sizeof *j->partitions))
      return wr__fail_oom(j->error);
    j->partitions[j->count] = (wr__partition){(uint32_t)j->count, first, end};
    j->count++;
    first = end;
  } while (first < m->func_count);
  j->objects = wr__alloc_array(j->count, 2 * sizeof *j->objects);
  return j->objects ? WR_OK : wr__fail_oom(j->error);
}

static void *work(void *context) {
  job *j = context;
  for (;;) {
    pthread_mutex_lock(&j->lock);
    bool more = j->status == WR_OK && j->next < j->count;
    size_t index = j->next;
    if (more) j->next++;
    pthread_mutex_unlock(&j->lock);
    if (!more) return NULL;
    wr_error error = {0};
    wr_status status = wr__compile_partition(j->module, &j->facts, j->options, j->machine,
                                             &j->partitions[index], &j->objects[2 * index], &error);
    atomic_fetch_add(&j->options->progress->done, 1);
    pthread_mutex_lock(&j->lock);
    if (status != WR_OK && j->status == WR_OK) {
      j->status = status;
      if (j->error) *j->error = error;
    }
    pthread_mutex_unlock(&j->lock);
  }
}

static void run_workers(job *j) {
  pthread_t threads[64];
  uint32_t wanted = j->options->threads, count = 0;
  if (wanted > WR_ARRAY_COUNT(threads)) wanted = WR_ARRAY_COUNT(threads);
  if (wanted > j->count) wanted = (uint32_t)j->count;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 20); /* LLVM recurses */
  while (count < wanted && !pthread_create(&threads[count], &attributes, work, j)) count++;
  pthread_attr_destroy(&attributes);
  if (!count) work(j);
  for (uint32_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

/* Objects without those that are empty. */
static size_t pack_objects(wr__object_bytes *objects, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (objects[i].size) objects[kept++] = objects[i];
  return kept;
}

wr_status wr__compile_module(const wr__module *module, const wr__compile_options *options,
                             const wr__machine *machine, wr__object_bytes *out, wr_error *error) {
  job j = {.module = module, .options = options, .machine = machine, .error = error};
  pthread_mutex_init(&j.lock, NULL);
  wr_status status = wr__facts_init(&j.facts, module, !options->batch, error);
  if (status == WR_OK) status = make_partitions(&j);
  if (status == WR_OK) {
    atomic_store(&options->progress->total, j.count);
    run_workers(&j);
    status = j.status;
  }
  size_t object_count = j.objects ? pack_objects(j.objects, 2 * j.count) : 0;
  if (status == WR_OK)
    status =
        wr__link_image(module, &j.facts, options, machine, j.objects, object_count, out, error);
  for (size_t i = 0; i < object_count; i++) {
    free(j.objects[i].data);
    free(j.objects[i].places);
  }
  free(j.objects);
  free(j.partitions);
  wr__facts_free(&j.facts);
  pthread_mutex_destroy(&j.lock);
  return status;
}
