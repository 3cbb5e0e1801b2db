/* References in component text: indices and identifiers, inline aliases of exports, aliases of
 * outer scopes, and names of imports and exports. Spec: component-model/Explainer, index spaces;
 * alias definitions. */
#include "text/component.h"

/* ---- Sorts ---- */

static bool find_sort(const wr__ctext *c, uint32_t token, bool core, uint8_t *out) {
  uint8_t first = core ? WR__TSORT_CORE_FUNC : WR__TSORT_FUNC;
  uint8_t end = core ? WR__TSORT_FUNC : WR__TSORT_COUNT;
  for (uint8_t sort = first; sort < end; sort++) {
    if (!wr__ctext_is_word(c, token, wr__ctext_sort_word(sort))) continue;
    *out = sort;
    return true;
  }
  return false;
}

wr_status wr__ctext_sort(wr__ctext *c, uint8_t *sort) {
  bool core = wr__ctext_at_word(c, "core");
  if (core) c->p->at++;
  if (!find_sort(c, c->p->at, core, sort))
    return wr__parse_unexpected(c->p, core ? "func, table, memory, global, type, module or instance"
                                           : "func, type, component, instance or core");
  c->p->at++;
  return WR_OK;
}

/* ---- Aliases ---- */

static wr_status add_export_alias(wr__ctext *c, uint8_t sort, bool core, uint32_t instance,
                                  wr__span name, uint32_t id, uint32_t *index) {
  wr__buffer *item = wr__ctext_item(c);
  wr__ctext_write_sort(item, sort);
  wr__buffer_byte(item, core ? 0x01 : 0x00);
  wr__buffer_uleb(item, instance);
  wr__buffer_name(item, name.data, name.size);
  WR_TRY(wr__ctext_add(c, WR__CSECTION_ALIAS, item));
  return wr__ctext_bind(c, id, sort, index);
}

static wr_status add_outer_alias(wr__ctext *c, uint8_t sort, uint32_t count, uint32_t outer_index,
                                 uint32_t id, uint32_t *index) {
  wr__buffer *item = wr__ctext_item(c);
  wr__ctext_write_sort(item, sort);
  wr__buffer_byte(item, 0x02);
  wr__buffer_uleb(item, count);
  wr__buffer_uleb(item, outer_index);
  WR_TRY(wr__ctext_add(c, WR__CSECTION_ALIAS, item));
  return wr__ctext_bind(c, id, sort, index);
}

static bool is_outer_sort(uint8_t sort) {
  return sort == WR__TSORT_TYPE || sort == WR__TSORT_COMPONENT || sort == WR__TSORT_CORE_TYPE ||
         sort == WR__TSORT_CORE_MODULE;
}

/* An identifier of an outer scope becomes an alias here, which keeps the name. */
static wr_status find_outer(wr__ctext *c, uint8_t sort, wr__span name, uint32_t *out) {
  uint32_t count = 0, token = c->p->at;
  int shown = name.size > 60 ? 60 : (int)name.size;
  for (wr__tscope *s = c->scope; s; s = s->parent, count++) {
    const wr__symbol *symbol = wr__symbols_find(&c->p->symbols, (wr__space)sort, s->id, name);
    if (!symbol || symbol->index == WR_NO_INDEX) continue;
    *out = symbol->index;
    if (count == 0) return WR_OK;
    if (!is_outer_sort(sort))
      return wr__parse_fail(c->p, token, "outer item `%.*s` is not a module, type, or component",
                            shown, (const char *)name.data);
    return add_outer_alias(c, sort, count, symbol->index, token, out);
  }
  return wr__parse_fail(c->p, token, "unknown %s $%.*s", wr__ctext_sort_word(sort), shown,
                        (const char *)name.data);
}

wr_status wr__ctext_idx(wr__ctext *c, uint8_t sort, uint32_t *out) {
  wr__span name;
  if (wr__parse_is(c->p, WR__TOK_NAT)) return wr__parse_u32(c->p, out);
  if (!wr__parse_is(c->p, WR__TOK_ID)) {
    char expected[64] = "an index or an identifier of a ";
    strncat(expected, wr__ctext_sort_word(sort), 20);
    return wr__parse_unexpected(c->p, expected);
  }
  WR_TRY(wr__parse_id_name(c->p, c->p->at, &name));
  WR_TRY(find_outer(c, sort, name, out));
  c->p->at++;
  return WR_OK;
}

/* ---- References ---- */

/* idx "name"*, behind the sort: exports of exports. */
static wr_status parse_path(wr__ctext *c, uint8_t sort, uint32_t *out) {
  bool has_names = c->p->tokens[c->p->at + 1].kind == WR__TOK_STRING;
  if (!has_names) return wr__ctext_idx(c, sort, out);
  bool core = sort < WR__TSORT_FUNC && sort != WR__TSORT_CORE_MODULE;
  uint32_t instance;
  WR_TRY(wr__ctext_idx(c, core ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE, &instance));
  for (;;) {
    wr__span name;
    WR_TRY(wr__parse_name(c->p, &name));
    bool is_last = !wr__parse_is(c->p, WR__TOK_STRING);
    uint8_t step = is_last ? sort : core ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE;
    WR_TRY(add_export_alias(c, step, core, instance, name, WR_NO_INDEX, &instance));
    if (is_last) break;
  }
  *out = instance;
  return WR_OK;
}

wr_status wr__ctext_ref(wr__ctext *c, uint8_t sort, bool core_word, uint32_t *out) {
  if (!wr__parse_is(c->p, WR__TOK_OPEN)) return parse_path(c, sort, out);
  c->p->at++;
  if (core_word && sort < WR__TSORT_FUNC) {
    if (!wr__ctext_at_word(c, "core")) return wr__parse_unexpected(c->p, "core");
    c->p->at++;
  }
  if (!wr__ctext_at_word(c, wr__ctext_sort_word(sort)))
    return wr__parse_unexpected(c->p, wr__ctext_sort_word(sort));
  c->p->at++;
  WR_TRY(parse_path(c, sort, out));
  return wr__parse_close(c->p);
}

bool wr__ctext_at_ref(const wr__ctext *c) {
  return wr__parse_is(c->p, WR__TOK_NAT) || wr__parse_is(c->p, WR__TOK_ID);
}

bool wr__ctext_at_typeuse(const wr__ctext *c) {
  const wr__token *inside = &c->p->tokens[c->p->at + 2];
  return wr__ctext_at_form(c, "type") &&
         (inside[0].kind == WR__TOK_NAT || inside[0].kind == WR__TOK_ID) &&
         (inside[1].kind == WR__TOK_CLOSE || inside[1].kind == WR__TOK_STRING);
}

wr_status wr__ctext_extern_ref(wr__ctext *c, uint8_t *sort, uint32_t *index) {
  if (!wr__parse_is(c->p, WR__TOK_OPEN)) return wr__parse_unexpected(c->p, "(func, (type, …");
  c->p->at++;
  WR_TRY(wr__ctext_sort(c, sort));
  WR_TRY(parse_path(c, *sort, index));
  return wr__parse_close(c->p);
}

wr_status wr__ctext_core_extern_ref(wr__ctext *c, uint8_t *sort, uint32_t *index) {
  if (!wr__parse_is(c->p, WR__TOK_OPEN) || !find_sort(c, c->p->at + 1, true, sort))
    return wr__parse_unexpected(c->p, "(func, (table, (memory, (global or (tag");
  c->p->at += 2;
  WR_TRY(parse_path(c, *sort, index));
  return wr__parse_close(c->p);
}

/* ---- (alias …) ---- */

wr_status wr__ctext_outer(wr__ctext *c, wr__tscope **scope, uint32_t *count) {
  wr__span name;
  uint32_t token = c->p->at;
  if (wr__parse_is(c->p, WR__TOK_NAT)) {
    WR_TRY(wr__parse_u32(c->p, count));
    *scope = c->scope;
    for (uint32_t i = 0; i < *count && *scope; i++) *scope = (*scope)->parent;
    return WR_OK;
  }
  if (!wr__parse_is(c->p, WR__TOK_ID))
    return wr__parse_unexpected(c->p, "a number or an identifier of a scope");
  WR_TRY(wr__parse_id_name(c->p, token, &name));
  *count = 0;
  for (*scope = c->scope; *scope; *scope = (*scope)->parent, ++*count) {
    wr__span own = (*scope)->name;
    if (own.data && own.size == name.size && memcmp(own.data, name.data, own.size) == 0) {
      c->p->at++;
      return WR_OK;
    }
  }
  return wr__parse_fail(c->p, token, "outer component `%.*s` not found",
                        name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
}

/* An index of the outer scope. */
static wr_status parse_outer_index(wr__ctext *c, const wr__tscope *scope, uint8_t sort,
                                   uint32_t *out) {
  wr__span name;
  if (!scope || !wr__parse_is(c->p, WR__TOK_ID)) return wr__parse_u32(c->p, out);
  WR_TRY(wr__parse_id_name(c->p, c->p->at, &name));
  const wr__symbol *symbol = wr__symbols_find(&c->p->symbols, (wr__space)sort, scope->id, name);
  if (!symbol || symbol->index == WR_NO_INDEX)
    return wr__parse_fail(c->p, c->p->at, "unknown %s $%.*s", wr__ctext_sort_word(sort),
                          name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
  c->p->at++;
  *out = symbol->index;
  return WR_OK;
}

/* The sort stands behind what depends on it. */
static wr_status peek_sort(wr__ctext *c, uint32_t token, uint8_t *sort) {
  uint32_t back = c->p->at;
  c->p->at = token;
  if (!wr__parse_is(c->p, WR__TOK_OPEN)) return wr__parse_unexpected(c->p, "(");
  c->p->at++;
  wr_status status = wr__ctext_sort(c, sort);
  if (status == WR_OK) c->p->at = back;
  return status;
}

typedef struct alias_target {
  bool is_outer, is_core;
  wr__tscope *scope;
  uint32_t count; /* outer */
  uint32_t index; /* instance, or outer index */
  wr__span name;
} alias_target;

static wr_status parse_target(wr__ctext *c, uint8_t sort, alias_target *out) {
  wr__parser *p = c->p;
  *out = (alias_target){0};
  out->is_core = wr__ctext_at_word(c, "core");
  if (out->is_core) p->at++;
  out->is_outer = !out->is_core && wr__ctext_at_word(c, "outer");
  if (!out->is_outer && !wr__ctext_at_word(c, "export"))
    return wr__parse_unexpected(p, "export, core export or outer");
  p->at++;
  if (out->is_outer) {
    WR_TRY(wr__ctext_outer(c, &out->scope, &out->count));
    return parse_outer_index(c, out->scope, sort, &out->index);
  }
  WR_TRY(
      wr__ctext_idx(c, out->is_core ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE, &out->index));
  return wr__parse_name(p, &out->name);
}

static wr_status add_alias(wr__ctext *c, const alias_target *t, uint8_t sort, uint32_t id,
                           uint32_t *index) {
  return t->is_outer ? add_outer_alias(c, sort, t->count, t->index, id, index)
                     : add_export_alias(c, sort, t->is_core, t->index, t->name, id, index);
}

wr_status wr__ctext_alias(wr__ctext *c) {
  wr__parser *p = c->p;
  alias_target target;
  uint8_t sort;
  uint32_t close = p->tokens[p->at].size, open = p->at + 1;
  for (uint32_t i = p->at + 1; i < close; i++)
    if (p->tokens[i].kind == WR__TOK_OPEN) {
      open = i;
      break;
    }
  p->at += 2;
  WR_TRY(peek_sort(c, open, &sort));
  WR_TRY(parse_target(c, sort, &target));
  if (!wr__parse_is(p, WR__TOK_OPEN)) return wr__parse_unexpected(p, "(");
  p->at++;
  WR_TRY(wr__ctext_sort(c, &sort));
  uint32_t id = wr__ctext_take_id(c);
  WR_TRY(wr__parse_close(p));
  WR_TRY(add_alias(c, &target, sort, id, NULL));
  return wr__parse_close(p);
}

wr_status wr__ctext_alias_target(wr__ctext *c, uint8_t sort, uint32_t id_token, uint32_t *index) {
  alias_target target;
  WR_TRY(wr__ctext_open(c, "alias"));
  WR_TRY(parse_target(c, sort, &target));
  WR_TRY(add_alias(c, &target, sort, id_token, index));
  return wr__parse_close(c->p);
}

/* ---- Names of imports and exports ---- */

/* (implements "…"), then (external-id "…"), each once. Spec: component-model/Binary, attribute. */
wr_status wr__ctext_extern_name(wr__ctext *c, wr__buffer *out) {
  static const struct {
    const char *word;
    uint8_t code;
  } kinds[] = {{"implements", 0x00}, {"versionsuffix", 0x01}, {"external-id", 0x02}};
  wr__span name, value;
  wr__buffer *attributes = wr__ctext_item(c);
  uint32_t count = 0;
  bool sugar = wr__ctext_at_form(c, "interface");
  if (sugar) c->p->at += 2;
  WR_TRY(wr__parse_name(c->p, &name));
  if (sugar) WR_TRY(wr__parse_close(c->p));
  wr_status status = WR_OK;
  for (size_t i = 0; i < WR_ARRAY_COUNT(kinds) && status == WR_OK; i++) {
    if (!wr__ctext_at_form(c, kinds[i].word)) continue;
    c->p->at += 2;
    status = wr__parse_name(c->p, &value);
    if (status == WR_OK) status = wr__parse_close(c->p);
    if (status != WR_OK) break;
    wr__buffer_byte(attributes, kinds[i].code);
    wr__buffer_name(attributes, value.data, value.size);
    count++;
  }
  wr__buffer_byte(out, count ? 0x02 : 0x00);
  wr__buffer_name(out, name.data, name.size);
  if (count) wr__buffer_uleb(out, count);
  wr__buffer_append(out, attributes);
  wr__ctext_release(c, attributes);
  return status;
}
