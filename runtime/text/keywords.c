/* Keywords: the instructions' texts and the words of lexer.h in one hash table. The table is made
 * at the first look-up and never changes afterwards. */
#include "text/lexer.h"

#include <pthread.h>

enum { SLOT_COUNT = 4096, EMPTY = 0xffff };

static const char *const words[] = {
#define X(name, text) text,
    WR__WORDS(X)
#undef X
};

_Static_assert((WR__OP_COUNT + sizeof words / sizeof *words) * 2 < SLOT_COUNT,
               "the table must stay sparse");

static uint16_t slots[SLOT_COUNT];
static pthread_once_t slots_made = PTHREAD_ONCE_INIT;

const char *wr__word_text(uint16_t word) {
  if (word < WR__OP_COUNT) return wr__opinfos[word].text;
  return word < WR__WORD_END_ ? words[word - WR__OP_COUNT] : "";
}

static uint32_t first_slot(const char *text, size_t size) {
  uint64_t hash = wr__hash_bytes(text, size, 0);
  return (uint32_t)(hash ^ (hash >> 32)) % SLOT_COUNT;
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t find_slot(const char *text, size_t size) {
  uint32_t slot = first_slot(text, size);
  while (slots[slot] != EMPTY) {
    const char *other = wr__word_text(slots[slot]);
    if (!strncmp(other, text, size) && !other[size]) break;
    slot = (slot + 1) % SLOT_COUNT;
  }
  return slot;
}

static void make_slots(void) {
  memset(slots, 0xff, sizeof slots);
  for (uint16_t word = 0; word < WR__WORD_END_; word++) {
    const char *text = wr__word_text(word);
    uint32_t slot = find_slot(text, strlen(text));
    /* Where one text has several rows (select, ref.test) the first stands for all. */
    if (slots[slot] == EMPTY) slots[slot] = word;
  }
}

uint16_t wr__word_lookup(const char *text, size_t size) {
  pthread_once(&slots_made, make_slots);
  if (size > 64) return WR__WORD_UNKNOWN;
  uint16_t word = slots[find_slot(text, size)];
  return word == EMPTY ? WR__WORD_UNKNOWN : word;
}
