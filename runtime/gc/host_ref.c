/* Host references: objects that stand for something of the embedder's.
 *
 * The heap keeps a hash table of all of them, weakly, chained through the objects: an interned one
 * is found by its value, so that equal values give one reference while it lives; for every one the
 * finalizer of its host info runs when it dies. */
#include <stdlib.h>

#include "gc/heap_internal.h"

static wr__host_ref *as_host_ref(wr__ref ref) { return (wr__host_ref *)(uintptr_t)ref; }

static uint64_t hash_value(uintptr_t value) {
  uint64_t h = (uint64_t)value * 0x9e3779b97f4a7c15u;
  return h ^ h >> 32;
}

/* Interned references are filed under their value, others (of which many may share a value)
 * under their own address. */
static size_t bucket_of(const wr__heap *heap, const wr__host_ref *host) {
  uintptr_t key = host->header.flags & WR__FLAG_INTERNED ? host->value : (uintptr_t)host;
  return hash_value(key) & (heap->host_bucket_count - 1);
}

static void file_host_ref(wr__heap *heap, wr__host_ref *host) {
  wr__host_ref **bucket = &heap->host_buckets[bucket_of(heap, host)];
  host->next = *bucket;
  *bucket = host;
}

/* Keeps chains short. Without memory for more buckets they get longer; only the first matter. */
static bool reserve_buckets(wr__heap *heap) {
  if (heap->host_ref_count < heap->host_bucket_count) return true;
  size_t old_count = heap->host_bucket_count, count = old_count ? old_count * 2 : 16;
  wr__host_ref **old = heap->host_buckets, **buckets = wr__alloc_array(count, sizeof *buckets);
  if (!buckets) return old_count > 0;
  heap->host_buckets = buckets;
  heap->host_bucket_count = count;
  for (size_t i = 0; i < old_count; i++) {
    for (wr__host_ref *host = old[i], *next; host; host = next) {
      next = host->next;
      file_host_ref(heap, host);
    }
  }
  free(old);
  return true;
}

static wr__ref make_host_ref(wr__store *store, uintptr_t value, uint16_t flags) {
  wr__heap *heap = store->heap;
  wr__object *object = wr__heap_alloc(&store->exec, NULL, sizeof(wr__host_ref), WR__OBJECT_HOST);
  if (!object || !reserve_buckets(heap)) return WR__NULL_REF;
  wr__host_ref *host = (wr__host_ref *)object;
  host->header.flags = flags;
  host->value = value;
  file_host_ref(heap, host);
  heap->host_ref_count++;
  return (wr__ref)(uintptr_t)host;
}

wr__ref wr__host_ref_new(wr__store *store, uintptr_t value) {
  return make_host_ref(store, value, 0);
}

wr__ref wr__host_ref_intern(wr__store *store, uintptr_t value) {
  wr__heap *heap = store->heap;
  wr__host_ref *host = NULL;
  if (heap->host_bucket_count)
    host = heap->host_buckets[hash_value(value) & (heap->host_bucket_count - 1)];
  for (; host; host = host->next)
    if (host->header.flags & WR__FLAG_INTERNED && host->value == value)
      return (wr__ref)(uintptr_t)host;
  return make_host_ref(store, value, WR__FLAG_INTERNED);
}

uintptr_t wr__host_ref_value(wr__ref ref) { return as_host_ref(ref)->value; }
wr__host_info **wr__host_ref_info(wr__ref ref) { return &as_host_ref(ref)->host_info; }

/* Without memory to remember it by, an info is freed at once: its finalizer then runs during the
 * collection instead of after it, and may not allocate. */
static void remember_info(wr__dead_infos *dead, wr__host_info *info) {
  if (!info) return;
  if (wr__grow(&dead->infos, &dead->capacity, dead->count + 1, sizeof *dead->infos)) {
    dead->infos[dead->count++] = info;
  } else {
    wr__host_info_free(info);
  }
}

void wr__host_refs_sweep(wr__heap *heap, wr__dead_infos *dead) {
  for (size_t i = 0; i < heap->host_bucket_count; i++) {
    wr__host_ref **link = &heap->host_buckets[i];
    while (*link) {
      wr__host_ref *host = *link;
      if (wr__heap_is_marked(&host->header)) {
        link = &host->next;
        continue;
      }
      remember_info(dead, host->host_info);
      *link = host->next;
      heap->host_ref_count--;
    }
  }
}

void wr__host_refs_finalize(wr__dead_infos *dead) {
  for (size_t i = 0; i < dead->count; i++) wr__host_info_free(dead->infos[i]);
  free(dead->infos);
}

void wr__host_refs_free(wr__heap *heap) {
  for (size_t i = 0; i < heap->host_bucket_count; i++)
    for (wr__host_ref *host = heap->host_buckets[i]; host; host = host->next)
      wr__host_info_free(host->host_info);
  free(heap->host_buckets);
}
