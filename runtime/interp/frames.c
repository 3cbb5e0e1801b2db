/* Code by function and by address, walks over frames, and what walks are for: backtraces and
 * the collector's roots. The address index is sorted and behind a lock; only
 * translation, traps, throws and collections come here. */
#include "interp/frames.h"

#include <stdlib.h>

#include "interp/interp.h"
#include "interp/translate.h"
#include "platform/thread.h"

typedef struct wr__translated {
  _Atomic(wr__translator *) spare; /* kept from one function to the next */
  wr__mutex lock;                  /* of sorted */
  wr__code **sorted;               /* by address */
  size_t count, capacity;
  uint32_t defined;
  wr__code *_Atomic slots[]; /* for guarded memory, then for checked */
} wr__translated;

static void free_index(void *state) {
  wr__translated *index = state;
  wr__translator_free(atomic_load(&index->spare));
  for (size_t k = 0; k < index->count; k++) wr__code_free(index->sorted[k]);
  free(index->sorted);
  wr__mutex_free(&index->lock);
  free(index);
}

wr__translated *wr__translated_of(wr__module *module) {
  wr__translated *index = wr__module_get_state(module, WR__ENGINE_SLOT_interp);
  if (index) return index;
  uint32_t defined = module->func_count - module->imported_funcs;
  index = calloc(1, sizeof *index + (size_t)defined * 2 * sizeof index->slots[0]);
  if (!index) return NULL;
  wr__mutex_init(&index->lock);
  index->defined = defined;
  wr__translated *kept = wr__module_set_state(module, WR__ENGINE_SLOT_interp, index, free_index);
  if (kept != index) free_index(index);
  return kept;
}

/* What one large function needed is not kept for the small ones that follow. */
enum { MAX_SPARE_BYTES = 256 * 1024 };

wr__translator *wr__code_take_translator(wr__translated *index, const wr__module *module) {
  wr__translator *translator = atomic_exchange_explicit(&index->spare, NULL, memory_order_acquire);
  return translator ? translator : wr__translator_new(module);
}

void wr__code_give_translator(wr__translated *index, wr__translator *translator) {
  if (wr__translator_memory(translator) <= MAX_SPARE_BYTES)
    translator = atomic_exchange_explicit(&index->spare, translator, memory_order_acq_rel);
  wr__translator_free(translator);
}

wr__code *wr__code_get(const wr__translated *index, uint32_t defined, bool guarded) {
  return atomic_load_explicit(&index->slots[defined + (guarded ? 0 : index->defined)],
                              memory_order_acquire);
}

/* The position of the first code that lies above an address. */
static size_t upper_bound(const wr__translated *index, const void *address) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if ((const void *)index->sorted[mid] <= address)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

wr__code *wr__code_put(wr__translated *index, uint32_t defined, bool guarded, wr__code *code) {
  wr__code *_Atomic *slot = &index->slots[defined + (guarded ? 0 : index->defined)];
  wr__mutex_lock(&index->lock);
  wr__code *there = atomic_load(slot);
  if (!there &&
      wr__grow(&index->sorted, &index->capacity, index->count + 1, sizeof *index->sorted)) {
    size_t at = upper_bound(index, code);
    memmove(&index->sorted[at + 1], &index->sorted[at],
            (index->count - at) * sizeof *index->sorted);
    index->sorted[at] = code;
    index->count++;
    atomic_store_explicit(slot, code, memory_order_release);
    there = code;
  }
  wr__mutex_unlock(&index->lock);
  if (there != code) wr__code_free(code);
  return there;
}

static const wr__code *find_code(const wr__instance *inst, const uint8_t *pc) {
  wr__translated *index = wr__module_get_state(inst->module, WR__ENGINE_SLOT_interp);
  if (!index) return NULL;
  wr__mutex_lock(&index->lock);
  size_t above = upper_bound(index, pc);
  const wr__code *code = above ? index->sorted[above - 1] : NULL;
  wr__mutex_unlock(&index->lock);
  if (!code || pc < (const uint8_t *)code->words ||
      pc >= (const uint8_t *)code->words + code->size_bytes)
    return NULL;
  return code;
}

/* ---- walks ---------------------------------------------------------------------------------- */

bool wr__walk_frame(wr__walk *walk) {
  while (walk->pc == wr__interp_stub(WR__STUB_RESTORE)) {
    const uint64_t *link = walk->fp;
    walk->inst = (wr__instance *)(uintptr_t)link[WR__LINK_SAVED_INSTANCE];
    walk->pc = (const uint8_t *)(uintptr_t)link[WR__LINK_SAVED_PC];
    walk->fp = (uint64_t *)(uintptr_t)link[WR__LINK_SAVED_FP];
    walk->returned = true;
  }
  if (walk->pc == wr__interp_stub(WR__STUB_EXIT)) return false;
  const uint8_t *inside = walk->returned ? walk->pc - 1 : walk->pc;
  if (!walk->code || inside < (const uint8_t *)walk->code->words ||
      inside >= (const uint8_t *)walk->code->words + walk->code->size_bytes)
    walk->code = find_code(walk->inst, inside);
  if (!walk->code) return false;
  walk->at = (uint32_t)(inside - (const uint8_t *)walk->code->words);
  return true;
}

void wr__walk_up(wr__walk *walk) {
  const uint64_t *link = walk->fp + walk->code->link_slot;
  walk->pc = (const uint8_t *)(uintptr_t)link[WR__LINK_PC];
  walk->fp = (uint64_t *)(uintptr_t)link[WR__LINK_FP];
  walk->returned = true;
}

/* ---- backtraces --------------------------------------------------------------------------------
 */

static uint32_t read_leb(const uint8_t **p) {
  uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = *(*p)++;
    value |= (uint32_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
}

uint32_t wr__code_module_offset(const wr__code *code, uint32_t at) {
  uint32_t code_at = 0, module_offset = 0, found = 0;
  const uint8_t *p = code->offsets, *end = p + code->offsets_size;
  while (p < end) {
    code_at += read_leb(&p);
    uint32_t zigzag = read_leb(&p);
    if (code_at - code->first_at > at) break;
    module_offset += zigzag >> 1 ^ (0u - (zigzag & 1));
    found = module_offset;
  }
  return found;
}

static void trace_frames(wr__walk walk) {
  while (wr__walk_frame(&walk)) {
    wr__exec_trace(walk.inst->exec, walk.inst, walk.code->func_index,
                   wr__code_module_offset(walk.code, walk.at));
    wr__walk_up(&walk);
  }
}

wr_status wr__interp_raise(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_trap_kind kind) {
  wr_status status = wr__exec_trap(inst->exec, kind);
  bool stub = pc == wr__interp_stub(WR__STUB_RESTORE) || pc == wr__interp_stub(WR__STUB_EXIT);
  trace_frames((wr__walk){.inst = inst, .pc = pc, .fp = fp, .returned = stub});
  return status;
}

wr_status wr__interp_unwind(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr_status status) {
  trace_frames((wr__walk){.inst = inst, .pc = pc, .fp = fp, .returned = true});
  return status;
}

/* ---- the collector's roots
 * -------------------------------------------------------------------------- */

/* The map of the operands at a code position: the last that starts at or before it. */
static const wr__ref_map *ref_map_at(const wr__code *code, uint32_t at) {
  size_t low = 0, high = code->ref_map_count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (code->ref_maps[mid].at <= at)
      low = mid + 1;
    else
      high = mid;
  }
  return low ? &code->ref_maps[low - 1] : NULL;
}

static void visit_frame(const wr__walk *walk, wr__mark mark, void *context) {
  const wr__code *code = walk->code;
  for (uint32_t k = 0; k < code->ref_local_count; k++)
    if (walk->at < code->ref_locals[k].until) mark(context, walk->fp[code->ref_locals[k].slot]);
  const wr__ref_map *map = ref_map_at(code, walk->at);
  for (uint32_t node = map ? map->top : 0; node; node = code->ref_nodes[node - 1].below)
    mark(context, walk->fp[code->ref_nodes[node - 1].slot]);
}

void wr__interp_visit_roots(wr__exec *exec, wr__mark mark, void *context) {
  for (const wr__activation *head = exec->activation; head; head = head->outer) {
    const wr__interp_activation *a = (const wr__interp_activation *)head;
    if (head->ops != &wr__interp_engine || !a->pc) continue;
    wr__walk walk = {.inst = head->instance, .pc = a->pc, .fp = a->fp, .returned = a->returned};
    while (wr__walk_frame(&walk)) {
      visit_frame(&walk, mark, context);
      wr__walk_up(&walk);
    }
  }
}
