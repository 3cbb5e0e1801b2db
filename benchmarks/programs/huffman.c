/* Huffman coding: counts, a tree by a heap, encoding bit by bit, decoding by walking the tree. */
#include "bench.h"

typedef struct {
  uint32_t weight;
  int16_t left, right;
} node;

static node nodes[512];
static int16_t heap[512];
static int heap_size;
static uint32_t code_bits[256];
static uint8_t code_length[256];

static int lighter(int16_t a, int16_t b) {
  return nodes[a].weight < nodes[b].weight || (nodes[a].weight == nodes[b].weight && a < b);
}

static void heap_push(int16_t n) {
  int i = heap_size++;
  for (; i > 0 && lighter(n, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = n;
}

static int16_t heap_pop(void) {
  int16_t top = heap[0], last = heap[--heap_size];
  int i = 0;
  for (int child; (child = 2 * i + 1) < heap_size; i = child) {
    if (child + 1 < heap_size && lighter(heap[child + 1], heap[child])) child++;
    if (!lighter(heap[child], last)) break;
    heap[i] = heap[child];
  }
  heap[i] = last;
  return top;
}

static void assign_codes(int16_t n, uint32_t bits, int length) {
  if (nodes[n].left < 0) {
    code_bits[n] = bits;
    code_length[n] = (uint8_t)length;
    return;
  }
  assign_codes(nodes[n].left, bits << 1, length + 1);
  assign_codes(nodes[n].right, bits << 1 | 1, length + 1);
}

static int16_t build(const uint8_t *data, uint32_t length) {
  for (int i = 0; i < 256; i++) nodes[i] = (node){1, -1, -1};
  for (uint32_t i = 0; i < length; i++) nodes[data[i]].weight++;
  heap_size = 0;
  for (int16_t i = 0; i < 256; i++) heap_push(i);
  int16_t next = 256;
  while (heap_size > 1) {
    int16_t a = heap_pop(), b = heap_pop();
    nodes[next] = (node){nodes[a].weight + nodes[b].weight, a, b};
    heap_push(next++);
  }
  assign_codes(heap[0], 0, 0);
  return heap[0];
}

static BENCH_NOINLINE uint32_t encode(const uint8_t *data, uint32_t length, uint8_t *out) {
  uint64_t buffer = 0;
  uint32_t held = 0, size = 0;
  for (uint32_t i = 0; i < length; i++) {
    buffer = buffer << code_length[data[i]] | code_bits[data[i]];
    held += code_length[data[i]];
    while (held >= 8) out[size++] = (uint8_t)(buffer >> (held -= 8));
  }
  out[size++] = (uint8_t)(buffer << (8 - held));
  return size;
}

static BENCH_NOINLINE void decode(int16_t root, const uint8_t *in, uint32_t length, uint8_t *out) {
  uint32_t bit = 0;
  for (uint32_t i = 0; i < length; i++) {
    int16_t n = root;
    while (nodes[n].left >= 0) {
      n = in[bit >> 3] >> (7 - (bit & 7)) & 1 ? nodes[n].right : nodes[n].left;
      bit++;
    }
    out[i] = (uint8_t)n;
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 14), length = 1 << 18;
  uint8_t *data = bench_alloc(length), *packed = bench_alloc(length * 4),
          *unpacked = bench_alloc(length);
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    for (uint32_t i = 0; i < length; i++) {
      uint32_t x = bench_random();
      data[i] = (uint8_t)((x & 255) & (x >> 8) & (x >> 16 | r));
    }
    int16_t root = build(data, length);
    uint32_t size = encode(data, length, packed);
    decode(root, packed, length, unpacked);
    correct &= memcmp(data, unpacked, length) == 0;
    checksum = bench_mix_bytes(bench_mix(checksum, size), packed, size);
  }
  return bench_finish(argc, argv, checksum, correct);
}
