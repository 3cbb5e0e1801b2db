/* Components in the text format: the definitions in their order.
 * Spec: component-model/Explainer, component definitions. */
#include "text/component.h"

#include <stdlib.h>

static const uint8_t preamble[] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

wr_status wr__ctext_unsupported(wr__ctext *c, uint32_t token, const char *what,
                                const char *feature) {
  return wr__text_fail(c->p->error, WR_UNSUPPORTED, c->p->text, c->p->size,
                       c->p->tokens[token].offset,
                       "%s: requires the component feature %s, which wasmrun lacks", what, feature);
}

/* (component id? …) inside a component. */
static wr_status parse_nested(wr__ctext *c) {
  uint32_t index, end = c->p->tokens[c->p->at].size;
  wr__inline_names names;
  wr__span name = {0};
  c->p->at += 2;
  WR_TRY(wr__ctext_inline_names(c, &names));
  if (names.import_name != WR_NO_INDEX) {
    WR_TRY(wr__ctext_inline_import(c, &names, WR__TSORT_COMPONENT, &index));
  } else {
    wr__tscope scope;
    wr__buffer *item = wr__ctext_item(c);
    if (names.id != WR_NO_INDEX) WR_TRY(wr__parse_id_name(c->p, names.id, &name));
    wr__span given;
    WR_TRY(wr__annot_name(c->p, "component", &given));
    wr_status status = wr__ctext_enter(c, &scope, WR__TSCOPE_COMPONENT, name);
    if (status == WR_OK) status = wr__ctext_component(c, item, end);
    wr__ctext_leave(c, &scope);
    WR_TRY(status);
    WR_TRY(wr__ctext_add(c, WR__CSECTION_COMPONENT, item));
    WR_TRY(wr__ctext_bind(c, names.id, WR__TSORT_COMPONENT, &index));
  }
  WR_TRY(wr__ctext_inline_exports(c, &names, WR__TSORT_COMPONENT, index));
  return wr__parse_close(c->p);
}

static wr_status parse_definition(wr__ctext *c) {
  static const struct {
    const char *word;
    wr_status (*parse)(wr__ctext *c);
  } kinds[] = {
      {"core", wr__ctext_core},   {"component", parse_nested},  {"instance", wr__ctext_instance},
      {"alias", wr__ctext_alias}, {"type", wr__ctext_type},     {"canon", wr__ctext_canon},
      {"func", wr__ctext_func},   {"import", wr__ctext_import}, {"export", wr__ctext_export}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(kinds); i++)
    if (wr__ctext_at_form(c, kinds[i].word)) return kinds[i].parse(c);
  if (wr__ctext_at_form(c, "start") || wr__ctext_at_form(c, "value"))
    return wr__ctext_unsupported(c, c->p->at, "a start or value definition", "values");
  return wr__parse_unexpected(c->p, "a definition such as (core module, (import or (export");
}

/* @custom annotations before the current token: a section each, at this place. */
static wr_status parse_customs(wr__ctext *c) {
  wr__tscope *s = c->scope;
  WR_TRY(wr__annot_customs(c->p));
  for (uint32_t i = 0; i < c->p->custom_count; i++) {
    const wr__custom_out *custom = &c->p->customs[i];
    wr__buffer section = {0};
    wr__ctext_flush(s);
    wr__buffer_name(&section, custom->name.data, custom->name.size);
    wr__buffer_bytes(&section, custom->content.data, custom->content.size);
    wr__buffer_byte(&s->out, 0);
    wr__buffer_name(&s->out, section.data, section.size);
    if (section.failed) s->out.failed = true;
    wr__buffer_free(&section);
  }
  c->p->custom_count = 0;
  return s->out.failed ? wr__parse_oom(c->p) : WR_OK;
}

/* The definitions up to the token `end`, in the scope that was entered. */
wr_status wr__ctext_component(wr__ctext *c, wr__buffer *out, uint32_t end) {
  WR_TRY(parse_customs(c));
  while (c->p->at < end && !wr__parse_is(c->p, WR__TOK_CLOSE)) {
    WR_TRY(parse_definition(c));
    WR_TRY(parse_customs(c));
  }
  wr__ctext_flush(c->scope);
  wr__buffer_bytes(out, preamble, sizeof preamble);
  wr__buffer_append(out, &c->scope->out);
  return out->failed || c->scope->out.failed ? wr__parse_oom(c->p) : WR_OK;
}

/* (component binary "…"), of the script language. */
static wr_status parse_verbatim(wr__parser *p, wr__buffer *out) {
  bool quote = wr__parse_is_word(p, WR__WORD_QUOTE);
  wr__buffer bytes = {0};
  p->at++;
  wr_status status = wr__parse_data_strings(p, &bytes);
  if (status == WR_OK) status = wr__parse_close(p);
  if (status == WR_OK && !wr__parse_is(p, WR__TOK_END))
    status = wr__parse_unexpected(p, "the end of the text");
  if (status == WR_OK && quote) {
    wr__buffer text = {0};
    wr__buffer_text(&text, "(component ");
    wr__buffer_append(&text, &bytes);
    wr__buffer_text(&text, "\n)");
    status = text.failed ? wr__parse_oom(p)
                         : wr__text_parse((const char *)text.data, text.size, out, p->error);
    wr__buffer_free(&text);
  } else if (status == WR_OK) {
    wr__buffer_append(out, &bytes);
  }
  wr__buffer_free(&bytes);
  return status;
}

static wr_status parse_whole(wr__ctext *c, wr__span name, uint32_t end, wr__buffer *out) {
  wr__tscope scope;
  wr_status status = wr__ctext_enter(c, &scope, WR__TSCOPE_COMPONENT, name);
  if (status == WR_OK) status = wr__ctext_component(c, out, end);
  wr__ctext_leave(c, &scope);
  return status;
}

wr_status wr__component_text_parse(wr__parser *p, wr__buffer *out) {
  wr__ctext c = {.p = p};
  p->is_component = true;
  wr__span name = {0};
  uint32_t end = p->tokens[p->at].size;
  p->at += 2;
  wr__parse_take_word(p, WR__WORD_DEFINITION);
  if (wr__parse_is(p, WR__TOK_ID)) WR_TRY(wr__parse_id_name(p, p->at++, &name));
  if (wr__parse_is_word(p, WR__WORD_BINARY) || wr__parse_is_word(p, WR__WORD_QUOTE))
    return parse_verbatim(p, out);
  wr_status status = parse_whole(&c, name, end, out);
  wr__ctext_free_items(&c);
  WR_TRY(status);
  WR_TRY(wr__parse_close(p));
  if (!wr__parse_is(p, WR__TOK_END)) return wr__parse_unexpected(p, "the end of the text");
  return wr__annot_check_used(p);
}
