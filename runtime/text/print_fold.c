/* Folded bodies. Instructions become a tree (operands below their instruction, bodies below their
 * block) and the tree is printed when the function ends. Only runs of instructions that leave
 * exactly one value each are folded below the one that takes them, so the order of the text is
 * always that of the binary, also in code that makes no sense. No recursion. */
#include <stdlib.h>

#include "text/printer.h"

enum { NO_NODE = UINT32_MAX, INLINE_MAX = 70 };

typedef struct node {
  uint32_t text, text_size;   /* in fold->text */
  uint32_t first, last, next; /* children, next sibling */
  uint32_t results;           /* values that it leaves */
  uint8_t hint;
} node;

/* An open block. */
typedef struct block {
  uint32_t node;    /* of the block */
  uint32_t arm;     /* of its `then`, `do`, …; the block's own where it has none */
  uint32_t base;    /* where its entries begin */
  uint32_t barrier; /* entries below are no operands any more */
  uint16_t op;
} block;

typedef struct wr__fold {
  wr__buffer text;
  node *nodes;
  uint32_t node_count, node_capacity;
  uint32_t *entries; /* nodes that are in place one after the other in the open blocks */
  uint32_t entry_count, entry_capacity;
  block *blocks;
  uint32_t block_count, block_capacity;
} fold;

static wr_status add_node(wr__printer *p, fold *f, uint32_t text, uint32_t results, uint8_t hint,
                          uint32_t *out) {
  if (f->text.failed || f->text.size > UINT32_MAX ||
      !wr__grow32(&f->nodes, &f->node_capacity, f->node_count + 1, sizeof *f->nodes))
    return wr__fail_oom(p->error);
  f->nodes[f->node_count] = (node){.text = text,
                                   .text_size = (uint32_t)f->text.size - text,
                                   .first = NO_NODE,
                                   .last = NO_NODE,
                                   .next = NO_NODE,
                                   .results = results,
                                   .hint = hint};
  *out = f->node_count++;
  return WR_OK;
}

static wr_status add_word(wr__printer *p, fold *f, const char *word, uint32_t *out) {
  uint32_t start = (uint32_t)f->text.size;
  wr__buffer_text(&f->text, word);
  return add_node(p, f, start, 0, 0, out);
}

static void add_child(fold *f, uint32_t parent, uint32_t child) {
  node *n = &f->nodes[parent];
  if (n->first == NO_NODE)
    n->first = child;
  else
    f->nodes[n->last].next = child;
  n->last = child;
}

static wr_status add_entry(wr__printer *p, fold *f, uint32_t index) {
  if (!wr__grow32(&f->entries, &f->entry_capacity, f->entry_count + 1, sizeof *f->entries))
    return wr__fail_oom(p->error);
  f->entries[f->entry_count++] = index;
  return WR_OK;
}

static block *top_block(fold *f) { return &f->blocks[f->block_count - 1]; }

/* Puts the last `count` entries below the node, if they leave a value each; else whatever is there
 * stays where it is and is no operand of what follows. */
static void take_operands(fold *f, uint32_t index, uint32_t count) {
  block *b = top_block(f);
  bool fits = count <= f->entry_count - b->barrier;
  for (uint32_t i = 0; fits && i < count; i++)
    fits = f->nodes[f->entries[f->entry_count - 1 - i]].results == 1;
  if (!fits) {
    b->barrier = f->entry_count;
    return;
  }
  for (uint32_t i = f->entry_count - count; i < f->entry_count; i++)
    add_child(f, index, f->entries[i]);
  f->entry_count -= count;
}

static wr_status open_block(wr__printer *p, fold *f, uint16_t op, uint32_t index, const char *arm) {
  uint32_t arm_index = index;
  if (arm) {
    WR_TRY(add_word(p, f, arm, &arm_index));
    add_child(f, index, arm_index);
  }
  if (!wr__grow32(&f->blocks, &f->block_capacity, f->block_count + 1, sizeof *f->blocks))
    return wr__fail_oom(p->error);
  f->blocks[f->block_count++] = (block){index, arm_index, f->entry_count, f->entry_count, op};
  return WR_OK;
}

/* What has been collected in the open block becomes the body of its arm. */
static void close_arm(fold *f) {
  block *b = top_block(f);
  for (uint32_t i = b->base; i < f->entry_count; i++) add_child(f, b->arm, f->entries[i]);
  f->entry_count = b->barrier = b->base;
}

/* else, catch and catch_all: `index` is the new arm. */
static void next_arm(fold *f, uint32_t index) {
  close_arm(f);
  add_child(f, top_block(f)->node, index);
  top_block(f)->arm = index;
}

static wr_status close_block(wr__printer *p, fold *f) {
  close_arm(f);
  uint32_t index = top_block(f)->node;
  f->block_count--;
  return add_entry(p, f, index);
}

/* Does an `else` or `catch` stand where one may? Whether it is well-formed is the printer's concern
 * only so far that its output must parse. */
static wr_status check_arm(wr__printer *p, const wr__cursor *c, fold *f, uint16_t op) {
  if (top_block(f)->op == (op == WR__OP_else ? WR__OP_if : WR__OP_try)) return WR_OK;
  return wr__print_fail(p, c, "unexpected else, catch or delegate");
}

static wr_status place(wr__printer *p, const wr__cursor *c, fold *f, const wr__print_instr *instr,
                       uint32_t text) {
  uint32_t index;
  uint16_t op = instr->op;
  if (op == WR__OP_end) {
    f->text.size = text;
    return close_block(p, f);
  }
  WR_TRY(add_node(p, f, text, instr->effect.results, instr->hint, &index));
  switch (op) {
    case WR__OP_if:
      take_operands(f, index, instr->effect.operands);
      return open_block(p, f, op, index, "then");
    case WR__OP_try:
    case WR__OP_block:
    case WR__OP_loop:
    case WR__OP_try_table:
      /* Its parameters stay before it. */
      if (instr->effect.operands) top_block(f)->barrier = f->entry_count;
      return open_block(p, f, op, index, op == WR__OP_try ? "do" : NULL);
    case WR__OP_else:
    case WR__OP_catch:
    case WR__OP_catch_all:
      WR_TRY(check_arm(p, c, f, op));
      next_arm(f, index);
      return WR_OK;
    case WR__OP_delegate:
      WR_TRY(check_arm(p, c, f, op));
      next_arm(f, index);
      return close_block(p, f);
    default:
      take_operands(f, index, instr->effect.operands);
      return add_entry(p, f, index);
  }
}

/* ---- Printing
 * ---------------------------------------------------------------------------------------- */

static void print_head(wr__printer *p, const fold *f, const node *n) {
  wr__print_write_hint(&p->out, n->hint);
  wr__buffer_byte(&p->out, '(');
  wr__buffer_bytes(&p->out, f->text.data + n->text, n->text_size);
}

/* Do the node and its children fit on a line? Only leaves are put beside their parent. */
static bool fits_line(const fold *f, const node *n) {
  uint32_t size = n->text_size;
  for (uint32_t child = n->first; child != NO_NODE; child = f->nodes[child].next) {
    size += f->nodes[child].text_size + 3;
    if (size > INLINE_MAX || f->nodes[child].first != NO_NODE || f->nodes[child].hint) return false;
  }
  return true;
}

/* Prints one tree; the open nodes are on the stack of entries above `base`. */
static wr_status print_tree(wr__printer *p, fold *f, uint32_t root) {
  uint32_t base = f->entry_count, current = root;
  for (;;) {
    const node *n = &f->nodes[current];
    wr__print_line(&p->out, 2 + f->entry_count - base);
    print_head(p, f, n);
    if (n->first != NO_NODE && !fits_line(f, n)) {
      WR_TRY(add_entry(p, f, current));
      current = n->first;
      continue;
    }
    for (uint32_t child = n->first; child != NO_NODE; child = f->nodes[child].next) {
      wr__buffer_byte(&p->out, ' ');
      print_head(p, f, &f->nodes[child]);
      wr__buffer_byte(&p->out, ')');
    }
    wr__buffer_byte(&p->out, ')');
    while (f->entry_count > base && f->nodes[current].next == NO_NODE) {
      current = f->entries[--f->entry_count];
      wr__buffer_byte(&p->out, ')');
    }
    if (f->entry_count == base) return WR_OK;
    current = f->nodes[current].next;
  }
}

static wr_status fold_body(wr__printer *p, fold *f, wr__cursor *c, const uint8_t *body_start) {
  wr__print_instr instr;
  f->text.size = 0;
  f->node_count = f->entry_count = f->block_count = 0;
  uint32_t body;
  WR_TRY(add_word(p, f, "", &body));
  WR_TRY(open_block(p, f, WR__OP_block, body, NULL));
  while (p->label_count) {
    uint32_t text = (uint32_t)f->text.size;
    uint8_t hint = wr__print_take_hint(p, (uint32_t)(c->at - body_start));
    WR_TRY(wr__print_instr_text(p, c, &f->text, &instr));
    if (instr.op == WR__OP_if || instr.op == WR__OP_br_if) instr.hint = hint;
    WR_TRY(place(p, c, f, &instr, text));
  }
  /* The function's own block is closed: its node is the only entry. */
  f->entry_count = 0;
  for (uint32_t child = f->nodes[body].first; child != NO_NODE;) {
    uint32_t next = f->nodes[child].next;
    f->nodes[child].next = NO_NODE;
    WR_TRY(print_tree(p, f, child));
    WR_TRY(wr__print_flush(p));
    child = next;
  }
  return WR_OK;
}

wr_status wr__print_folded_body(wr__printer *p, wr__cursor *c, const uint8_t *body_start) {
  fold f = {0};
  wr_status status = fold_body(p, &f, c, body_start);
  wr__buffer_free(&f.text);
  free(f.nodes);
  free(f.entries);
  free(f.blocks);
  return status;
}
