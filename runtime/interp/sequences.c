/* Gives instructions their handlers, and sequences of instructions theirs.
 *
 * A sequence's handler does what two to four neighbours do. Only the first one's word changes, so
 * the choice at each instruction is free: it is the first step of the way with the fewest
 * dispatches to the end of the code, found from the end. */
#include "interp/sequences.h"

#include "interp/count.h"
#include "interp/machine.h"
#include "sequences.inc"

enum { MAX_PARTS = 4, NO_HANDLER = 0xFFFF };

static bool is_in(const uint32_t *set, uint32_t handler) {
  return set[handler / 32] >> handler % 32 & 1;
}

static uint32_t joined(uint32_t first, uint32_t second) {
  uint32_t key = first << 16 | second, mask = WR_ARRAY_COUNT(wr__joins) - 1;
  for (uint32_t at = (key * 0x9E3779B1u) >> (32 - WR__JOIN_BITS);; at++) {
    at &= mask;
    if (wr__joins[at].first == first && wr__joins[at].second == second) return wr__joins[at].joined;
    if (wr__joins[at].joined == NO_HANDLER) return NO_HANDLER;
  }
}

static uint64_t load_word(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

static void store_handler(uint8_t *p, const int32_t *table, uint32_t handler) {
  uint64_t word = wr__handler_word(table, handler);
  memcpy(p, &word, sizeof word);
}

/* Of the ways on from *s, the one with the fewest dispatches; its handler. */
static uint32_t choose(wr__step *s) {
  uint32_t handler = s->handler, best = handler, cost = s[1].cost;
  /* most handlers begin no sequence: the sets are small enough to be at hand always */
  for (size_t n = 1; n < MAX_PARTS && is_in(wr__join_firsts, handler); n++) {
    if (!is_in(wr__join_seconds, s[n].handler)) break;
    handler = joined(handler, s[n].handler);
    if (handler == NO_HANDLER) break;
    if (s[n + 1].cost <= cost) {
      cost = s[n + 1].cost;
      best = handler;
    }
  }
  s->cost = cost + 1;
  return best;
}

/* The same without sequences. */
static void link_plainly(uint8_t *words, size_t size_bytes, const int32_t *table) {
  for (size_t at = 0; at < size_bytes;) {
    uint64_t word = load_word(words + at);
    WR__COUNT_CHOICE((uint32_t)word);
    store_handler(words + at, table, (uint32_t)word);
    at += word >> 32;
  }
}

bool wr__link_code(wr__steps *memory, uint8_t *words, size_t size_bytes, bool join, bool wide) {
  const int32_t *table = wide ? wr__wide_table : wr__handler_table;
  if (!join) {
    link_plainly(words, size_bytes, table);
    return true;
  }
  size_t most = size_bytes / 8 + MAX_PARTS, count = 0;
  if (!wr__grow(&memory->steps, &memory->capacity, most, sizeof *memory->steps)) return false;
  wr__step *steps = memory->steps;
  for (size_t at = 0; at < size_bytes; count++) {
    uint64_t word = load_word(words + at);
    steps[count].at = (uint32_t)at;
    steps[count].handler = (uint16_t)word;
    at += word >> 32;
  }
  /* behind the end nothing joins: `trap` is in no sequence */
  for (size_t k = count; k < count + MAX_PARTS; k++) steps[k] = (wr__step){.handler = WR__H_trap};
  for (size_t k = count; k-- > 0;) store_handler(words + steps[k].at, table, choose(&steps[k]));
  return true;
}
