/* Breadth-first search and Dijkstra's shortest paths with a binary heap, on a random sparse graph.
 */
#include "bench.h"

typedef struct {
  uint32_t count, *first, *to, *cost;
} graph;

typedef struct {
  uint32_t distance, vertex;
} entry;

static graph make_graph(uint32_t count, uint32_t degree) {
  graph g = {count, bench_alloc((count + 1) * sizeof(uint32_t)),
             bench_alloc(count * degree * sizeof(uint32_t)),
             bench_alloc(count * degree * sizeof(uint32_t))};
  for (uint32_t v = 0; v < count; v++) {
    g.first[v] = v * degree;
    for (uint32_t k = 0; k < degree; k++) {
      g.to[v * degree + k] = k == 0 ? (v + 1) % count : bench_random() % count;
      g.cost[v * degree + k] = 1 + bench_random() % 100;
    }
  }
  g.first[count] = count * degree;
  return g;
}

static BENCH_NOINLINE uint64_t breadth_first(const graph *g, uint32_t source, uint32_t *level,
                                             uint32_t *queue) {
  uint32_t head = 0, tail = 0;
  uint64_t sum = 0;
  memset(level, 0xff, g->count * sizeof *level);
  level[source] = 0;
  queue[tail++] = source;
  while (head < tail) {
    uint32_t v = queue[head++];
    sum += level[v];
    for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++)
      if (level[g->to[e]] == UINT32_MAX) {
        level[g->to[e]] = level[v] + 1;
        queue[tail++] = g->to[e];
      }
  }
  return sum;
}

static void push(entry *heap, uint32_t i, entry x) {
  for (; i > 0 && heap[(i - 1) / 2].distance > x.distance; i = (i - 1) / 2)
    heap[i] = heap[(i - 1) / 2];
  heap[i] = x;
}

static entry pop(entry *heap, uint32_t n) {
  entry top = heap[0], x = heap[n];
  uint32_t i = 0;
  for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && heap[child + 1].distance < heap[child].distance) child++;
    if (heap[child].distance >= x.distance) break;
    heap[i] = heap[child];
  }
  heap[i] = x;
  return top;
}

static BENCH_NOINLINE uint64_t shortest(const graph *g, uint32_t source, uint32_t *distance,
                                        entry *heap) {
  uint32_t size = 0;
  uint64_t sum = 0;
  memset(distance, 0xff, g->count * sizeof *distance);
  distance[source] = 0;
  push(heap, size++, (entry){0, source});
  while (size > 0) {
    entry x = pop(heap, --size);
    if (x.distance != distance[x.vertex]) continue;
    sum += x.distance;
    for (uint32_t e = g->first[x.vertex]; e < g->first[x.vertex + 1]; e++) {
      uint32_t through = x.distance + g->cost[e];
      if (through < distance[g->to[e]]) {
        distance[g->to[e]] = through;
        push(heap, size++, (entry){through, g->to[e]});
      }
    }
  }
  return sum;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 14), count = 30000;
  graph g = make_graph(count, 6);
  uint32_t *a = bench_alloc(count * sizeof *a), *b = bench_alloc(count * sizeof *b);
  entry *heap = bench_alloc(count * 7 * sizeof *heap);
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    uint32_t source = bench_random() % count;
    checksum = bench_mix(checksum, breadth_first(&g, source, a, b));
    checksum = bench_mix(checksum, shortest(&g, source, b, heap));
    for (uint32_t v = 0; v < count; v++) correct &= b[v] >= a[v] && b[v] != UINT32_MAX;
  }
  return bench_finish(argc, argv, checksum, correct);
}
