/* Scopes of component text: identifiers, indices, and where items are written. */
#include "text/component.h"

#include <stdlib.h>

/* ---- Words ---- */

bool wr__ctext_is_word(const wr__ctext *c, uint32_t token, const char *word) {
  const wr__token *t = &c->p->tokens[token];
  size_t size = strlen(word);
  return t->kind == WR__TOK_WORD && t->size == size &&
         memcmp(wr__parse_text(c->p, t), word, size) == 0;
}

bool wr__ctext_at_core_form(const wr__ctext *c, const char *word) {
  return wr__ctext_at_form(c, "core") && wr__ctext_is_word(c, c->p->at + 2, word);
}

wr_status wr__ctext_open(wr__ctext *c, const char *word) {
  if (!wr__ctext_at_form(c, word)) {
    char expected[60] = "(";
    strncat(expected, word, sizeof expected - 2);
    return wr__parse_unexpected(c->p, expected);
  }
  c->p->at += 2;
  return WR_OK;
}

static const char *const sort_words[WR__TSORT_COUNT] = {
    "func",     "table", "memory", "global", "tag",       "type",    "module",
    "instance", "func",  "value",  "type",   "component", "instance"};

const char *wr__ctext_sort_word(uint8_t sort) { return sort_words[sort]; }

/* Spec: component-model/Binary, sort. */
void wr__ctext_write_sort(wr__buffer *out, uint8_t sort) {
  static const uint8_t core_codes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12};
  static const uint8_t codes[] = {0x01, 0x02, 0x03, 0x04, 0x05};
  if (sort < WR__TSORT_FUNC) {
    wr__buffer_byte(out, 0x00);
    wr__buffer_byte(out, core_codes[sort]);
  } else {
    wr__buffer_byte(out, codes[sort - WR__TSORT_FUNC]);
  }
}

/* ---- Scopes ---- */

wr_status wr__ctext_enter(wr__ctext *c, wr__tscope *scope, uint8_t kind, wr__span name) {
  *scope = (wr__tscope){.parent = c->scope, .kind = kind, .id = c->scope_count++, .name = name};
  c->scope = scope;
  if (++c->depth > WR__TEXT_MAX_NESTING)
    return wr__parse_fail(c->p, c->p->at, "components and types are nested more than %u deep",
                          (unsigned)WR__TEXT_MAX_NESTING);
  return WR_OK;
}

void wr__ctext_leave(wr__ctext *c, wr__tscope *scope) {
  c->depth--;
  c->scope = scope->parent;
  wr__buffer_free(&scope->out);
  wr__buffer_free(&scope->items);
  wr__ctext_free_core(scope);
}

/* ---- Buffers ---- */

wr__buffer *wr__ctext_item(wr__ctext *c) {
  wr__titem *item = c->free_items;
  if (item) {
    c->free_items = item->next_free;
  } else {
    item = calloc(1, sizeof *item);
    if (!item) {
      c->broken.failed = true;
      return &c->broken;
    }
    item->next = c->items;
    c->items = item;
  }
  item->bytes.size = 0;
  return &item->bytes;
}

void wr__ctext_release(wr__ctext *c, wr__buffer *item) {
  if (item == &c->broken) return;
  wr__titem *owner = (wr__titem *)item;
  owner->next_free = c->free_items;
  c->free_items = owner;
}

void wr__ctext_free_items(wr__ctext *c) {
  for (wr__titem *item = c->items, *next; item; item = next) {
    next = item->next;
    wr__buffer_free(&item->bytes);
    free(item);
  }
}

/* ---- Writing ---- */

void wr__ctext_flush(wr__tscope *scope) {
  if (scope->section) {
    wr__buffer section = {0};
    wr__buffer_uleb(&section, scope->item_count);
    wr__buffer_append(&section, &scope->items);
    wr__buffer_byte(&scope->out, scope->section);
    wr__buffer_name(&scope->out, section.data, section.size);
    if (section.failed) scope->out.failed = true;
    wr__buffer_free(&section);
  }
  if (scope->items.failed) scope->out.failed = true;
  scope->items.size = 0;
  scope->item_count = 0;
  scope->section = 0;
}

static uint8_t declarator_code(uint8_t section) {
  switch (section) {
    case WR__CSECTION_CORE_TYPE:
      return 0x00;
    case WR__CSECTION_TYPE:
      return 0x01;
    case WR__CSECTION_ALIAS:
      return 0x02;
    case WR__CSECTION_IMPORT:
      return 0x03;
    default:
      return 0x04;
  }
}

/* Modules and components are sections of their own; the others are entries of vectors. */
static void add_to_component(wr__tscope *s, uint8_t section, const wr__buffer *item) {
  if (section == WR__CSECTION_CORE_MODULE || section == WR__CSECTION_COMPONENT) {
    wr__ctext_flush(s);
    wr__buffer_byte(&s->out, section);
    wr__buffer_name(&s->out, item->data, item->size);
    return;
  }
  if (s->section != section) wr__ctext_flush(s);
  s->section = section;
  wr__buffer_append(&s->items, item);
  s->item_count++;
}

wr_status wr__ctext_add(wr__ctext *c, uint8_t section, wr__buffer *item) {
  wr__tscope *s = c->scope;
  bool failed = item->failed;
  if (!failed && s->kind == WR__TSCOPE_COMPONENT) {
    add_to_component(s, section, item);
  } else if (!failed) {
    wr__buffer_byte(&s->out, declarator_code(section));
    wr__buffer_append(&s->out, item);
    s->decl_count++;
  }
  wr__ctext_release(c, item);
  return failed || s->out.failed || s->items.failed ? wr__parse_oom(c->p) : WR_OK;
}

/* ---- Identifiers ---- */

uint32_t wr__ctext_take_id(wr__ctext *c) {
  return wr__parse_is(c->p, WR__TOK_ID) ? c->p->at++ : WR_NO_INDEX;
}

wr_status wr__ctext_bind(wr__ctext *c, uint32_t id_token, uint8_t sort, uint32_t *index) {
  uint32_t next = c->scope->counts[sort]++;
  if (index) *index = next;
  if (id_token == WR_NO_INDEX) return WR_OK;
  wr__span name;
  WR_TRY(wr__parse_id_name(c->p, id_token, &name));
  wr__symbol *symbol = wr__symbols_put(&c->p->symbols, (wr__space)sort, c->scope->id, name);
  if (!symbol) return wr__parse_oom(c->p);
  if (symbol->index != WR_NO_INDEX)
    return wr__parse_fail(c->p, id_token, "duplicate %s identifier $%.*s", sort_words[sort],
                          name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
  symbol->index = next;
  return WR_OK;
}
