/* AVL tree of allocated nodes: insertion, deletion and look-up by recursion. */
#include "bench.h"

typedef struct node {
  struct node *left, *right;
  uint32_t key;
  int32_t height;
} node;

static int32_t height(const node *n) { return n != NULL ? n->height : 0; }

static void update(node *n) {
  int32_t l = height(n->left), r = height(n->right);
  n->height = (l > r ? l : r) + 1;
}

static node *rotate_right(node *n) {
  node *top = n->left;
  n->left = top->right;
  top->right = n;
  update(n);
  update(top);
  return top;
}

static node *rotate_left(node *n) {
  node *top = n->right;
  n->right = top->left;
  top->left = n;
  update(n);
  update(top);
  return top;
}

static node *balance(node *n) {
  update(n);
  int32_t lean = height(n->left) - height(n->right);
  if (lean > 1) {
    if (height(n->left->left) < height(n->left->right)) n->left = rotate_left(n->left);
    return rotate_right(n);
  }
  if (lean < -1) {
    if (height(n->right->right) < height(n->right->left)) n->right = rotate_right(n->right);
    return rotate_left(n);
  }
  return n;
}

static node *insert(node *n, uint32_t key) {
  if (n == NULL) {
    n = bench_alloc(sizeof *n);
    n->key = key;
    n->height = 1;
    return n;
  }
  if (key < n->key)
    n->left = insert(n->left, key);
  else if (key > n->key)
    n->right = insert(n->right, key);
  return balance(n);
}

static node *take_least(node *n, node **least) {
  if (n->left == NULL) {
    *least = n;
    return n->right;
  }
  n->left = take_least(n->left, least);
  return balance(n);
}

static node *erase(node *n, uint32_t key) {
  if (n == NULL) return NULL;
  if (key < n->key) {
    n->left = erase(n->left, key);
  } else if (key > n->key) {
    n->right = erase(n->right, key);
  } else {
    node *left = n->left, *right = n->right;
    free(n);
    if (right == NULL) return left;
    right = take_least(right, &n);
    n->left = left;
    n->right = right;
  }
  return balance(n);
}

static int check(const node *n, uint64_t *checksum, uint32_t *previous) {
  if (n == NULL) return 1;
  int32_t lean = height(n->left) - height(n->right);
  if (!check(n->left, checksum, previous) || n->key <= *previous || lean < -1 || lean > 1) return 0;
  *previous = n->key;
  *checksum = bench_mix(*checksum, n->key);
  return check(n->right, checksum, previous);
}

int main(int argc, char **argv) {
  uint32_t operations = bench_size(argc, argv, 500000), found = 0;
  node *root = NULL;
  for (uint32_t i = 0; i < operations; i++) {
    uint32_t key = 1 + bench_random() % 40000, action = bench_random() % 4;
    if (action == 0)
      root = insert(root, key);
    else if (action == 1)
      root = erase(root, key);
    else {
      const node *n = root;
      while (n != NULL && n->key != key) n = key < n->key ? n->left : n->right;
      found += n != NULL;
    }
  }
  uint64_t checksum = found;
  uint32_t previous = 0;
  int correct = check(root, &checksum, &previous);
  return bench_finish(argc, argv, checksum, correct);
}
