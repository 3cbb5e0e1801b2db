/* Linked lists: walking in memory order and in random order, insertion, reversal, merge sort by
 * links. */
#include "bench.h"

typedef struct node {
  struct node *next;
  uint32_t key, payload;
} node;

static BENCH_NOINLINE uint64_t walk(const node *n) {
  uint64_t sum = 0;
  for (; n != NULL; n = n->next) sum += n->key ^ n->payload;
  return sum;
}

static BENCH_NOINLINE const node *find(const node *n, uint32_t key) {
  while (n != NULL && n->key != key) n = n->next;
  return n;
}

static BENCH_NOINLINE node *reverse(node *n) {
  node *done = NULL;
  while (n != NULL) {
    node *next = n->next;
    n->next = done;
    done = n;
    n = next;
  }
  return done;
}

static node *merge(node *a, node *b) {
  node head, *last = &head;
  while (a != NULL && b != NULL) {
    node **least = a->key <= b->key ? &a : &b;
    last = last->next = *least;
    *least = (*least)->next;
  }
  last->next = a != NULL ? a : b;
  return head.next;
}

static BENCH_NOINLINE node *sort(node *list) {
  if (list == NULL || list->next == NULL) return list;
  node *slow = list, *fast = list->next;
  while (fast != NULL && fast->next != NULL) {
    slow = slow->next;
    fast = fast->next->next;
  }
  node *half = slow->next;
  slow->next = NULL;
  return merge(sort(list), sort(half));
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 120), n = 20000;
  node *nodes = bench_alloc(n * sizeof *nodes), *list = NULL;
  for (uint32_t i = 0; i < n; i++) {
    nodes[i] = (node){list, bench_random() >> 8, i};
    list = &nodes[i];
  }
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    checksum = bench_mix(checksum, walk(list));
    for (int k = 0; k < 10; k++) {
      const node *found = find(list, nodes[bench_random() % n].key);
      correct &= found != NULL;
      checksum += found->payload;
    }
    list = reverse(list);
    if (r % 8 == 0) {
      for (uint32_t i = 0; i < n; i++) nodes[i].key = bench_random() >> 8;
      list = sort(list);
      for (const node *p = list; p->next != NULL; p = p->next) correct &= p->key <= p->next->key;
    }
  }
  return bench_finish(argc, argv, checksum, correct);
}
