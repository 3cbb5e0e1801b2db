/* The translator's part for collections: which slots of a frame hold references that may still be
 * read.
 *
 * Operands have a map at each instruction that may collect or call. A local is read until the
 * last local.get of it in the order of the code, or, in loops, until the outermost loop around
 * that ends: no path leads from behind there to a read. Operands that are a local's slot
 * still are in the maps for themselves, so it does not matter when they are read. A local counts
 * from the function's start, where it is null or a parameter: so it holds an object that has been
 * kept whenever it counts. */
#include "interp/translator.h"

/* In a loop, until its end is known. */
#define IN_LOOP UINT32_MAX

static uint32_t add_node(translator *t, uint32_t below, uint32_t slot) {
  if (!wr__grow(&t->nodes, &t->node_capacity, (size_t)t->node_count + 1, sizeof *t->nodes)) {
    t->e.failed = true;
    return 0;
  }
  t->nodes[t->node_count++] = (wr__ref_node){below, slot};
  return t->node_count;
}

/* Brings the chain up to date for the lowest `count` operands: those that are as they were at the
 * last map are not looked at again. */
static void build_chain(translator *t, uint32_t count) {
  uint32_t from = t->e.changed_from < count ? t->e.changed_from : count;
  if (!wr__grow(&t->chain, &t->chain_capacity, count, sizeof *t->chain)) {
    t->e.failed = true;
    return;
  }
  uint32_t top = from ? t->chain[from - 1] : 0;
  for (uint32_t k = from; k < count; k++) {
    const wr__operand *o = &t->e.stack[k];
    if (o->cls == 'r' && wr__emit_is_slot(o)) top = add_node(t, top, o->leaves[0]);
    t->chain[k] = top;
  }
  if (t->e.changed_from < count) t->e.changed_from = count;
}

void wr__translate_map_refs(translator *t, uint32_t count) {
  build_chain(t, count);
  if (t->e.failed) return;
  uint32_t top = count ? t->chain[count - 1] : 0;
  if (top == (t->map_count ? t->maps[t->map_count - 1].top : 0)) return; /* as before */
  if (!wr__grow(&t->maps, &t->map_capacity, (size_t)t->map_count + 1, sizeof *t->maps)) {
    t->e.failed = true;
    return;
  }
  t->maps[t->map_count++] = (wr__ref_map){(uint32_t)t->e.size, top};
}

void wr__translate_ref_read(translator *t, uint32_t local) {
  local_info *info = &t->locals[local];
  if (!t->open_loops) {
    info->until = (uint32_t)t->e.size;
  } else if (info->until != IN_LOOP) {
    if (!wr__grow(&t->loop_reads, &t->loop_read_capacity, (size_t)t->loop_read_count + 1,
                  sizeof *t->loop_reads)) {
      t->e.failed = true;
      return;
    }
    info->until = IN_LOOP;
    t->loop_reads[t->loop_read_count++] = local;
  }
}

void wr__translate_end_loops(translator *t) {
  for (uint32_t k = 0; k < t->loop_read_count; k++)
    t->locals[t->loop_reads[k]].until = (uint32_t)t->e.size;
  t->loop_read_count = 0;
}

void wr__translate_list_refs(const translator *t, uint32_t skip, wr__ref_local *out) {
  for (uint32_t k = 0; k < t->walker.local_count; k++) {
    const local_info *info = &t->locals[k];
    if (info->cls == 'r')
      *out++ = (wr__ref_local){info->slot, info->until > skip ? info->until - skip : 0};
  }
  for (uint32_t k = 0; k < t->exn_count; k++) *out++ = (wr__ref_local){t->exn_base + k, UINT32_MAX};
}
