/* Canonical definitions in component text, and functions, which are made by them.
 * Spec: component-model/Explainer, canonical definitions. */
#include "text/component.h"

/* ---- Options ---- */

static bool take_encoding(wr__ctext *c, wr__buffer *out) {
  static const char *const words[] = {"string-encoding=utf8", "string-encoding=utf16",
                                      "string-encoding=latin1+utf16"};
  for (uint8_t code = 0; code < WR_ARRAY_COUNT(words); code++) {
    if (!wr__ctext_at_word(c, words[code])) continue;
    c->p->at++;
    wr__buffer_byte(out, code);
    return true;
  }
  return false;
}

/* The item of an option may be (core sort …) or its content. */
static wr_status parse_option_item(wr__ctext *c, uint8_t sort, uint8_t code, wr__buffer *out) {
  uint32_t index;
  c->p->at += 2;
  WR_TRY(wr__ctext_ref(c, sort, wr__ctext_at_form(c, "core"), &index));
  wr__buffer_byte(out, code);
  wr__buffer_uleb(out, index);
  return wr__parse_close(c->p);
}

static wr_status parse_option(wr__ctext *c, bool *found, wr__buffer *out) {
  *found = true;
  if (take_encoding(c, out)) return WR_OK;
  if (wr__ctext_at_word(c, "async")) {
    c->p->at++;
    wr__buffer_byte(out, 0x06);
    return WR_OK;
  }
  if (wr__ctext_at_form(c, "memory")) return parse_option_item(c, WR__TSORT_CORE_MEMORY, 0x03, out);
  if (wr__ctext_at_form(c, "realloc")) return parse_option_item(c, WR__TSORT_CORE_FUNC, 0x04, out);
  if (wr__ctext_at_form(c, "post-return"))
    return parse_option_item(c, WR__TSORT_CORE_FUNC, 0x05, out);
  if (wr__ctext_at_form(c, "callback")) return parse_option_item(c, WR__TSORT_CORE_FUNC, 0x07, out);
  *found = false;
  return WR_OK;
}

static wr_status parse_options(wr__ctext *c, wr__buffer *out) {
  uint32_t count = 0;
  bool found = true;
  wr__buffer *options = wr__ctext_item(c);
  for (;;) {
    WR_TRY(parse_option(c, &found, options));
    if (!found) break;
    count++;
  }
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, options);
  wr__ctext_release(c, options);
  return WR_OK;
}

/* ---- lift, lower, resources ---- */

/* lift (core func …) options, without the type. */
static wr_status parse_lift(wr__ctext *c, wr__buffer *out) {
  uint32_t index;
  c->p->at++;
  WR_TRY(wr__ctext_ref(c, WR__TSORT_CORE_FUNC, true, &index));
  wr__buffer_byte(out, 0x00);
  wr__buffer_byte(out, 0x00);
  wr__buffer_uleb(out, index);
  return parse_options(c, out);
}

static wr_status parse_lower(wr__ctext *c, wr__buffer *out) {
  uint32_t index;
  WR_TRY(wr__ctext_ref(c, WR__TSORT_FUNC, false, &index));
  wr__buffer_byte(out, 0x01);
  wr__buffer_byte(out, 0x00);
  wr__buffer_uleb(out, index);
  return parse_options(c, out);
}

/* What makes a core function, behind (canon. */
static wr_status parse_core_canon(wr__ctext *c, wr__buffer *out) {
  static const char *const resources[] = {"resource.new", "resource.drop", "resource.rep"};
  uint32_t index;
  if (wr__ctext_at_word(c, "lower")) {
    c->p->at++;
    return parse_lower(c, out);
  }
  for (uint8_t i = 0; i < WR_ARRAY_COUNT(resources); i++) {
    if (!wr__ctext_at_word(c, resources[i])) continue;
    c->p->at++;
    WR_TRY(wr__ctext_ref(c, WR__TSORT_TYPE, false, &index));
    wr__buffer_byte(out, (uint8_t)(0x02 + i));
    wr__buffer_uleb(out, index);
    return WR_OK;
  }
  static const char *const later[] = {"task.",          "subtask.", "stream.",  "future.",
                                      "waitable",       "thread.",  "context.", "backpressure.",
                                      "error-context.", "yield"};
  const wr__token *token = wr__parse_token(c->p);
  for (size_t i = 0; i < WR_ARRAY_COUNT(later); i++)
    if (token->kind == WR__TOK_WORD && token->size >= strlen(later[i]) &&
        memcmp(wr__parse_text(c->p, token), later[i], strlen(later[i])) == 0)
      return wr__ctext_unsupported(c, c->p->at, "this canonical built-in",
                                   i == 8   ? "error-context"
                                   : i == 5 ? "threading"
                                            : "async");
  return wr__parse_unexpected(c->p, "lift, lower, resource.new, resource.drop or resource.rep");
}

/* (canon …): the function that it makes stands at the end. */
wr_status wr__ctext_canon(wr__ctext *c) {
  uint32_t id, type;
  wr__buffer *item = wr__ctext_item(c);
  c->p->at += 2;
  bool is_lift = wr__ctext_at_word(c, "lift");
  WR_TRY(is_lift ? parse_lift(c, item) : parse_core_canon(c, item));
  if (is_lift) {
    WR_TRY(wr__ctext_open(c, "func"));
    id = wr__ctext_take_id(c);
    WR_TRY(wr__ctext_func_typeuse(c, &type));
    wr__buffer_uleb(item, type);
  } else {
    if (!wr__ctext_at_core_form(c, "func")) return wr__parse_unexpected(c->p, "(core func");
    c->p->at += 3;
    id = wr__ctext_take_id(c);
  }
  WR_TRY(wr__parse_close(c->p));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CANON, item));
  WR_TRY(wr__ctext_bind(c, id, is_lift ? WR__TSORT_FUNC : WR__TSORT_CORE_FUNC, NULL));
  return wr__parse_close(c->p);
}

wr_status wr__ctext_core_func(wr__ctext *c) {
  c->p->at += 2;
  uint32_t id = wr__ctext_take_id(c);
  if (wr__ctext_at_form(c, "alias")) {
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_CORE_FUNC, id, NULL));
    return wr__parse_close(c->p);
  }
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(wr__ctext_open(c, "canon"));
  WR_TRY(parse_core_canon(c, item));
  WR_TRY(wr__parse_close(c->p));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CANON, item));
  WR_TRY(wr__ctext_bind(c, id, WR__TSORT_CORE_FUNC, NULL));
  return wr__parse_close(c->p);
}

/* ---- (func …) ---- */

static wr_status parse_lifted(wr__ctext *c, const wr__inline_names *names, uint32_t *index) {
  uint32_t type;
  WR_TRY(wr__ctext_func_typeuse(c, &type));
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(wr__ctext_open(c, "canon"));
  if (!wr__ctext_at_word(c, "lift")) return wr__parse_unexpected(c->p, "lift");
  WR_TRY(parse_lift(c, item));
  wr__buffer_uleb(item, type);
  WR_TRY(wr__parse_close(c->p));
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CANON, item));
  return wr__ctext_bind(c, names->id, WR__TSORT_FUNC, index);
}

wr_status wr__ctext_func(wr__ctext *c) {
  uint32_t index;
  wr__inline_names names;
  c->p->at += 2;
  WR_TRY(wr__ctext_inline_names(c, &names));
  if (names.import_name != WR_NO_INDEX)
    WR_TRY(wr__ctext_inline_import(c, &names, WR__TSORT_FUNC, &index));
  else if (wr__ctext_at_form(c, "alias"))
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_FUNC, names.id, &index));
  else
    WR_TRY(parse_lifted(c, &names, &index));
  WR_TRY(wr__ctext_inline_exports(c, &names, WR__TSORT_FUNC, index));
  return wr__parse_close(c->p);
}
