/* Instances and exports in component text, with the exports and imports that stand inside a
 * definition. Spec: component-model/Explainer, instance definitions; import and export definitions.
 */
#include "text/component.h"

/* ---- Bags of items ---- */

/* (export "x" item)*: count and items of a core instance or an instance. */
static wr_status parse_bag(wr__ctext *c, bool core, wr__buffer *out) {
  uint32_t count = 0;
  wr__buffer *items = wr__ctext_item(c);
  while (wr__ctext_at_form(c, "export")) {
    uint8_t sort;
    uint32_t index;
    wr__span name;
    c->p->at += 2;
    if (core) {
      WR_TRY(wr__parse_name(c->p, &name));
      wr__buffer_name(items, name.data, name.size);
      WR_TRY(wr__ctext_core_extern_ref(c, &sort, &index));
      wr__buffer *code = wr__ctext_item(c);
      wr__ctext_write_sort(code, sort); /* its second byte is the core sort */
      if (!code->failed) wr__buffer_byte(items, code->data[1]);
      wr__ctext_release(c, code);
    } else {
      WR_TRY(wr__ctext_extern_name(c, items));
      WR_TRY(wr__ctext_extern_ref(c, &sort, &index));
      wr__ctext_write_sort(items, sort);
    }
    wr__buffer_uleb(items, index);
    WR_TRY(wr__parse_close(c->p));
    count++;
  }
  wr__buffer_byte(out, 0x01);
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, items);
  wr__ctext_release(c, items);
  return WR_OK;
}

static wr_status add_bag(wr__ctext *c, bool core, uint32_t *index) {
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(parse_bag(c, core, item));
  WR_TRY(wr__ctext_add(c, core ? WR__CSECTION_CORE_INSTANCE : WR__CSECTION_INSTANCE, item));
  return wr__ctext_bind(c, WR_NO_INDEX, core ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE, index);
}

/* ---- Instantiation ---- */

/* An instance that stands in an argument as a list of exports. */
static bool at_inline_instance(const wr__ctext *c) {
  const wr__token *after = &c->p->tokens[c->p->at + 2];
  return wr__ctext_at_form(c, "instance") && after->kind != WR__TOK_ID &&
         after->kind != WR__TOK_NAT;
}

static wr_status parse_arg(wr__ctext *c, bool core, wr__buffer *out) {
  wr__span name;
  uint8_t sort = core ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE;
  uint32_t index;
  WR_TRY(wr__ctext_open(c, "with"));
  WR_TRY(wr__parse_name(c->p, &name));
  if (at_inline_instance(c)) {
    c->p->at += 2;
    WR_TRY(add_bag(c, core, &index));
    WR_TRY(wr__parse_close(c->p));
  } else if (core) {
    WR_TRY(wr__ctext_ref(c, sort, false, &index));
  } else {
    WR_TRY(wr__ctext_extern_ref(c, &sort, &index));
  }
  wr__buffer_name(out, name.data, name.size);
  if (core)
    wr__buffer_byte(out, 0x12);
  else
    wr__ctext_write_sort(out, sort);
  wr__buffer_uleb(out, index);
  return wr__parse_close(c->p);
}

static wr_status parse_instantiate(wr__ctext *c, bool core, wr__buffer *out) {
  uint32_t index, count = 0;
  wr__buffer *args = wr__ctext_item(c);
  c->p->at += 2;
  WR_TRY(wr__ctext_ref(c, core ? WR__TSORT_CORE_MODULE : WR__TSORT_COMPONENT,
                       wr__ctext_at_form(c, "core"), &index));
  for (; !wr__parse_is(c->p, WR__TOK_CLOSE); count++) WR_TRY(parse_arg(c, core, args));
  wr__buffer_byte(out, 0x00);
  wr__buffer_uleb(out, index);
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, args);
  wr__ctext_release(c, args);
  return wr__parse_close(c->p);
}

wr_status wr__ctext_core_instance(wr__ctext *c) {
  c->p->at += 2;
  uint32_t id = wr__ctext_take_id(c);
  if (wr__ctext_at_form(c, "alias")) {
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_CORE_INSTANCE, id, NULL));
    return wr__parse_close(c->p);
  }
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(wr__ctext_at_form(c, "instantiate") ? parse_instantiate(c, true, item)
                                             : parse_bag(c, true, item));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CORE_INSTANCE, item));
  WR_TRY(wr__ctext_bind(c, id, WR__TSORT_CORE_INSTANCE, NULL));
  return wr__parse_close(c->p);
}

wr_status wr__ctext_instance(wr__ctext *c) {
  uint32_t index;
  wr__inline_names names;
  c->p->at += 2;
  WR_TRY(wr__ctext_inline_names(c, &names));
  if (names.import_name != WR_NO_INDEX) {
    WR_TRY(wr__ctext_inline_import(c, &names, WR__TSORT_INSTANCE, &index));
  } else if (wr__ctext_at_form(c, "alias")) {
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_INSTANCE, names.id, &index));
  } else {
    wr__buffer *item = wr__ctext_item(c);
    WR_TRY(wr__ctext_at_form(c, "instantiate") ? parse_instantiate(c, false, item)
                                               : parse_bag(c, false, item));
    WR_TRY(wr__ctext_add(c, WR__CSECTION_INSTANCE, item));
    WR_TRY(wr__ctext_bind(c, names.id, WR__TSORT_INSTANCE, &index));
  }
  WR_TRY(wr__ctext_inline_exports(c, &names, WR__TSORT_INSTANCE, index));
  return wr__parse_close(c->p);
}

/* ---- Names inside definitions ---- */

/* Is it (export "x" …attributes) with nothing more? An export with an item is a bag's, an import
 * with a type is a definition's of a nested component. */
static bool at_inline_name(const wr__ctext *c, const char *word) {
  const wr__parser *p = c->p;
  if (!wr__ctext_at_form(c, word)) return false;
  uint32_t at = p->at + 2;
  if (p->tokens[at].kind == WR__TOK_OPEN && wr__ctext_is_word(c, at + 1, "interface"))
    at = p->tokens[at].size;
  else if (p->tokens[at].kind != WR__TOK_STRING)
    return false;
  for (at++; p->tokens[at].kind == WR__TOK_OPEN; at = p->tokens[at].size + 1)
    if (!wr__ctext_is_word(c, at + 1, "implements") &&
        !wr__ctext_is_word(c, at + 1, "external-id") &&
        !wr__ctext_is_word(c, at + 1, "versionsuffix"))
      return false;
  return p->tokens[at].kind == WR__TOK_CLOSE;
}

wr_status wr__ctext_inline_names(wr__ctext *c, wr__inline_names *out) {
  *out = (wr__inline_names){.first_export = c->p->at, .import_name = WR_NO_INDEX};
  out->id = wr__ctext_take_id(c);
  out->first_export = c->p->at;
  for (; at_inline_name(c, "export"); out->export_count++)
    c->p->at = c->p->tokens[c->p->at].size + 1;
  if (!at_inline_name(c, "import")) return WR_OK;
  out->import_name = c->p->at + 2;
  c->p->at = c->p->tokens[c->p->at].size + 1;
  return WR_OK;
}

/* Parses a name at another place, and comes back. */
static wr_status parse_name_at(wr__ctext *c, uint32_t token, wr__buffer *out) {
  uint32_t back = c->p->at;
  c->p->at = token;
  WR_TRY(wr__ctext_extern_name(c, out));
  WR_TRY(wr__parse_close(c->p));
  c->p->at = back;
  return WR_OK;
}

wr_status wr__ctext_inline_import(wr__ctext *c, const wr__inline_names *names, uint8_t sort,
                                  uint32_t *index) {
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(parse_name_at(c, names->import_name, item));
  WR_TRY(wr__ctext_externtype(c, sort, item));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_IMPORT, item));
  return wr__ctext_bind(c, names->id, sort, index);
}

wr_status wr__ctext_inline_exports(wr__ctext *c, const wr__inline_names *names, uint8_t sort,
                                   uint32_t index) {
  uint32_t at = names->first_export;
  for (uint32_t i = 0; i < names->export_count; i++) {
    wr__buffer *item = wr__ctext_item(c);
    WR_TRY(parse_name_at(c, at + 2, item));
    if (c->scope->kind == WR__TSCOPE_COMPONENT) {
      wr__ctext_write_sort(item, sort);
      wr__buffer_uleb(item, index);
      wr__buffer_byte(item, 0x00);
    } else { /* in types only types are defined: (export "x" (type (eq index))) */
      wr__buffer_byte(item, 0x03);
      wr__buffer_byte(item, 0x00);
      wr__buffer_uleb(item, index);
    }
    WR_TRY(wr__ctext_add(c, WR__CSECTION_EXPORT, item));
    WR_TRY(wr__ctext_bind(c, WR_NO_INDEX, sort, NULL));
    at = c->p->tokens[at].size + 1;
  }
  return WR_OK;
}

/* ---- (export …) ---- */

wr_status wr__ctext_export(wr__ctext *c) {
  uint8_t sort, ascribed_sort;
  uint32_t index, ascribed_id;
  wr__buffer *item = wr__ctext_item(c);
  c->p->at += 2;
  uint32_t id = wr__ctext_take_id(c);
  WR_TRY(wr__ctext_extern_name(c, item));
  WR_TRY(wr__ctext_extern_ref(c, &sort, &index));
  wr__ctext_write_sort(item, sort);
  wr__buffer_uleb(item, index);
  bool is_ascribed = !wr__parse_is(c->p, WR__TOK_CLOSE);
  wr__buffer_byte(item, is_ascribed);
  if (is_ascribed) WR_TRY(wr__ctext_bound_externtype(c, &ascribed_sort, &ascribed_id, item));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_EXPORT, item));
  WR_TRY(wr__ctext_bind(c, id, sort, NULL));
  return wr__parse_close(c->p);
}
