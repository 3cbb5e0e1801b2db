/* Names for the printer: the name section, made into identifiers that are each used once in their
 * space, or into annotations where a name cannot be one; and branch hints. Spec: appendix/custom.
 */
#include <stdlib.h>

#include "base/leb128.h"
#include "text/printer.h"

/* ---- Reading
 * ---------------------------------------------------------------------------------------- */

/* Keeps a name that is UTF-8 and in order. One that is not empty and the first of its kind is an
 * identifier. */
static wr_status add_name(wr__printer *p, wr__space space, uint32_t outer, uint32_t index,
                          wr__span name) {
  wr__print_names *names = &p->names[space];
  if (!wr__utf8_valid(name.data, name.size)) return WR_OK;
  if (names->count) {
    const wr__print_name *last = &names->items[names->count - 1];
    if (outer < last->outer || (outer == last->outer && index <= last->index)) return WR_OK;
  }
  wr__symbol *symbol = wr__symbols_put(&p->used_names, space, outer, name);
  if (!symbol) return wr__fail_oom(p->error);
  bool is_id = name.size && symbol->index == WR_NO_INDEX;
  symbol->index = index;
  if (!wr__grow32(&names->items, &names->capacity, names->count + 1, sizeof *names->items))
    return wr__fail_oom(p->error);
  names->items[names->count++] = (wr__print_name){outer, index, is_id, name};
  return WR_OK;
}

/* The readers below return false where the section is not well-formed, which is no error. */
static bool take_u32(wr__cursor *c, uint32_t *out) {
  return wr__leb_u32(&c->at, c->end, out) == WR__LEB_OK;
}

static bool take_name(wr__cursor *c, wr__span *out) {
  uint32_t size;
  if (!take_u32(c, &size) || size > (size_t)(c->end - c->at)) return false;
  *out = (wr__span){c->at, size};
  c->at += size;
  return true;
}

static wr_status read_name_map(wr__printer *p, wr__cursor *c, wr__space space, uint32_t outer,
                               bool *ok) {
  uint32_t count, index;
  wr__span name;
  *ok = take_u32(c, &count);
  for (uint32_t i = 0; *ok && i < count; i++) {
    *ok = take_u32(c, &index) && take_name(c, &name);
    if (*ok) WR_TRY(add_name(p, space, outer, index, name));
  }
  return WR_OK;
}

static wr_status read_nested_map(wr__printer *p, wr__cursor *c, wr__space space) {
  uint32_t count, outer;
  bool ok = take_u32(c, &count);
  for (uint32_t i = 0; ok && i < count; i++) {
    ok = take_u32(c, &outer);
    if (ok) WR_TRY(read_name_map(p, c, space, outer, &ok));
  }
  return WR_OK;
}

wr_status wr__print_read_name_map(wr__printer *p, wr__cursor *c, wr__space space, bool *ok) {
  return read_name_map(p, c, space, 0, ok);
}

wr_status wr__print_read_names(wr__printer *p, wr__cursor contents) {
  static const uint8_t spaces[] = {
      [1] = WR__SPACE_FUNC,  [2] = WR__SPACE_LOCAL,  [3] = WR__SPACE_LABEL,  [4] = WR__SPACE_TYPE,
      [5] = WR__SPACE_TABLE, [6] = WR__SPACE_MEMORY, [7] = WR__SPACE_GLOBAL, [8] = WR__SPACE_ELEM,
      [9] = WR__SPACE_DATA,  [10] = WR__SPACE_FIELD, [11] = WR__SPACE_TAG};
  wr__cursor *c = &contents;
  while (c->at < c->end) {
    uint8_t id = *c->at++;
    wr__span sub;
    bool ok;
    if (!take_name(c, &sub)) return WR_OK;
    wr__cursor inner = {sub.data, sub.data + sub.size};
    if (id == 0) {
      if (take_name(&inner, &sub) && wr__utf8_valid(sub.data, sub.size)) p->module_name = sub;
    } else if (id == 2 || id == 3 || id == 10) {
      WR_TRY(read_nested_map(p, &inner, (wr__space)spaces[id]));
    } else if (id < WR_ARRAY_COUNT(spaces)) {
      WR_TRY(read_name_map(p, &inner, (wr__space)spaces[id], 0, &ok));
    }
  }
  return WR_OK;
}

wr_status wr__print_read_hints(wr__printer *p, wr__cursor contents, bool *ok) {
  wr__cursor *c = &contents;
  uint32_t functions, count, size;
  *ok = take_u32(c, &functions);
  for (uint32_t i = 0; *ok && i < functions; i++) {
    wr__print_hint hint;
    *ok = take_u32(c, &hint.func_index) && take_u32(c, &count);
    for (uint32_t j = 0; *ok && j < count; j++) {
      *ok = take_u32(c, &hint.offset) && take_u32(c, &size) && size == 1 && c->at < c->end &&
            *c->at < 2;
      if (!*ok) break;
      hint.value = *c->at++;
      if (!wr__grow32(&p->hints, &p->hint_capacity, p->hint_count + 1, sizeof hint))
        return wr__fail_oom(p->error);
      p->hints[p->hint_count++] = hint;
    }
  }
  *ok = *ok && c->at == c->end;
  if (!*ok) p->hint_count = 0;
  return WR_OK;
}

uint8_t wr__print_take_hint(wr__printer *p, uint32_t offset) {
  while (p->next_hint < p->hint_count) {
    const wr__print_hint *hint = &p->hints[p->next_hint];
    bool passed = hint->func_index < p->func_index ||
                  (hint->func_index == p->func_index && hint->offset < offset);
    if (!passed) break;
    p->next_hint++;
  }
  if (p->next_hint == p->hint_count) return 0;
  const wr__print_hint *hint = &p->hints[p->next_hint];
  return hint->func_index == p->func_index && hint->offset == offset ? (uint8_t)(hint->value + 1)
                                                                     : 0;
}

void wr__print_write_hint(wr__buffer *out, uint8_t hint) {
  if (hint) wr__buffer_format(out, "(@metadata.code.branch_hint \"\\0%u\") ", hint - 1u);
}

/* ---- Writing
 * -------------------------------------------------------------------------------------------- */

const wr__print_name *wr__print_name_of(const wr__printer *p, wr__space space, uint32_t outer,
                                        uint32_t index) {
  const wr__print_names *names = &p->names[space];
  uint32_t low = 0, high = names->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const wr__print_name *item = &names->items[middle];
    if (item->outer < outer || (item->outer == outer && item->index < index))
      low = middle + 1;
    else
      high = middle;
  }
  if (low < names->count && names->items[low].outer == outer && names->items[low].index == index)
    return &names->items[low];
  return NULL;
}

static bool is_plain_id(wr__span name) {
  for (size_t i = 0; i < name.size; i++) {
    uint8_t c = name.data[i];
    if (c <= 0x20 || c >= 0x7f || strchr("\"(),;[]{}", c)) return false;
  }
  return true;
}

void wr__print_id(wr__buffer *out, wr__span name) {
  wr__buffer_text(out, " $");
  if (is_plain_id(name))
    wr__buffer_bytes(out, name.data, name.size);
  else
    wr__print_string(out, name);
}

/* Spaces whose definitions without an identifier show their index. */
static bool shows_index(wr__space space) {
  return space != WR__SPACE_LOCAL && space != WR__SPACE_FIELD && space != WR__SPACE_LABEL;
}

void wr__print_binding(wr__printer *p, wr__buffer *out, wr__space space, uint32_t outer,
                       uint32_t index) {
  const wr__print_name *name = wr__print_name_of(p, space, outer, index);
  if (name && name->is_id) {
    wr__print_id(out, name->name);
    return;
  }
  if (shows_index(space)) wr__buffer_format(out, " (;%u;)", index);
  if (!name) return;
  wr__buffer_text(out, " (@name ");
  wr__print_string(out, name->name);
  wr__buffer_byte(out, ')');
}

void wr__print_index(wr__printer *p, wr__buffer *out, wr__space space, uint32_t outer,
                     uint32_t index) {
  const wr__print_name *name = wr__print_name_of(p, space, outer, index);
  if (name && name->is_id)
    wr__print_id(out, name->name);
  else
    wr__buffer_format(out, " %u", index);
}
