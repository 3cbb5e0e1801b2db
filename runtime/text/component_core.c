/* Core modules and core types in component text. The module parser writes them, over the same
 * tokens; each scope has one, which knows the scope's core types. Spec: component-model/Explainer,
 * core definitions. */
#include "text/component.h"

#include <stdlib.h>

/* ---- The module parser of a scope ---- */

void wr__ctext_free_core(wr__tscope *scope) {
  if (!scope->core) return;
  wr__parser_free_shared(scope->core);
  free(scope->core);
}

/* It gets an index for each core type of the scope, whoever wrote it. */
static wr_status enter_core(wr__ctext *c, wr__parser **out) {
  wr__tscope *s = c->scope;
  if (!s->core) {
    s->core = calloc(1, sizeof *s->core);
    if (!s->core) return wr__parse_oom(c->p);
    wr__parser_share(s->core, c->p);
  }
  while (s->core->type_count < s->counts[WR__TSORT_CORE_TYPE])
    WR_TRY(wr__parse_reserve_type(s->core));
  s->core->at = c->p->at;
  *out = s->core;
  return WR_OK;
}

/* Writes what the module parser has added to its type section: one entry or none. */
static wr_status take_types(wr__ctext *c) {
  wr__tscope *s = c->scope;
  wr__parser *core = s->core;
  const wr__buffer *types = &core->sections[WR__SECTION_TYPE].bytes;
  c->p->at = core->at;
  if (types->failed) return wr__parse_oom(c->p);
  if (types->size == s->core_written) return WR_OK;
  wr__buffer *item = wr__ctext_item(c);
  if (s->kind == WR__TSCOPE_MODULE_TYPE) wr__buffer_byte(item, 0x01);
  /* 0x50 alone begins a module type. */
  if (types->data[s->core_written] == 0x50) wr__buffer_byte(item, 0x00);
  wr__buffer_bytes(item, types->data + s->core_written, types->size - s->core_written);
  s->core_written = types->size;
  s->counts[WR__TSORT_CORE_TYPE] = core->type_count;
  if (s->kind != WR__TSCOPE_MODULE_TYPE) return wr__ctext_add(c, WR__CSECTION_CORE_TYPE, item);
  wr__buffer_append(&s->out, item);
  s->decl_count++;
  wr__ctext_release(c, item);
  return WR_OK;
}

/* Both tables know the identifier: that of the scope, and the module parser's. */
static wr_status bind_core_type(wr__ctext *c, wr__parser *core, uint32_t id) {
  if (id == WR_NO_INDEX) return WR_OK;
  uint32_t *count = &c->scope->counts[WR__TSORT_CORE_TYPE], before = *count;
  WR_TRY(wr__parse_bind_id(core, id, WR__SPACE_TYPE, 0, before));
  WR_TRY(wr__ctext_bind(c, id, WR__TSORT_CORE_TYPE, NULL));
  *count = before;
  return WR_OK;
}

/* (type id? …) or (rec (type id? …)*) at `at`. */
static wr_status parse_core_deftype(wr__ctext *c) {
  wr__parser *p = c->p, *core;
  WR_TRY(enter_core(c, &core));
  bool is_group = wr__ctext_is_word(c, p->at + 1, "rec");
  uint32_t before = c->scope->counts[WR__TSORT_CORE_TYPE];
  uint32_t at = is_group ? p->at + 2 : p->at;
  for (; p->tokens[at].kind == WR__TOK_OPEN; at = p->tokens[at].size + 1) {
    uint32_t id = p->tokens[at + 2].kind == WR__TOK_ID ? at + 2 : WR_NO_INDEX;
    WR_TRY(bind_core_type(c, core, id));
    c->scope->counts[WR__TSORT_CORE_TYPE]++;
    if (!is_group) break;
  }
  c->scope->counts[WR__TSORT_CORE_TYPE] = before;
  WR_TRY(wr__parse_type_field(core));
  return take_types(c);
}

/* ---- Module types ---- */

static wr_status add_module_decl(wr__ctext *c, wr__buffer *item) {
  wr__buffer_append(&c->scope->out, item);
  c->scope->decl_count++;
  bool failed = item->failed || c->scope->out.failed;
  wr__ctext_release(c, item);
  return failed ? wr__parse_oom(c->p) : WR_OK;
}

static wr_status add_module_alias(wr__ctext *c, uint32_t count, uint32_t index) {
  wr__buffer *item = wr__ctext_item(c);
  wr__buffer_bytes(item, (const uint8_t[]){0x02, 0x10, 0x01}, 3);
  wr__buffer_uleb(item, count);
  wr__buffer_uleb(item, index);
  WR_TRY(add_module_decl(c, item));
  c->scope->counts[WR__TSORT_CORE_TYPE]++;
  return WR_OK;
}

/* (alias outer x y (type id?)) */
static wr_status parse_module_alias(wr__ctext *c) {
  wr__parser *p = c->p, *core;
  wr__tscope *outer, *own = c->scope;
  uint32_t count, index;
  wr__span name;
  p->at += 2;
  if (!wr__ctext_at_word(c, "outer")) return wr__parse_unexpected(p, "outer");
  p->at++;
  WR_TRY(wr__ctext_outer(c, &outer, &count));
  if (wr__parse_is(p, WR__TOK_NAT) || !outer) {
    WR_TRY(wr__parse_u32(p, &index));
  } else {
    if (!wr__parse_is(p, WR__TOK_ID)) return wr__parse_unexpected(p, "an index or an identifier");
    WR_TRY(wr__parse_id_name(p, p->at, &name));
    const wr__symbol *symbol =
        wr__symbols_find(&p->symbols, (wr__space)WR__TSORT_CORE_TYPE, outer->id, name);
    if (!symbol || symbol->index == WR_NO_INDEX) return wr__parse_fail(p, p->at, "unknown type");
    index = symbol->index;
    p->at++;
  }
  WR_TRY(wr__ctext_open(c, "type"));
  uint32_t id = wr__ctext_take_id(c);
  WR_TRY(wr__parse_close(p));
  WR_TRY(enter_core(c, &core));
  WR_TRY(bind_core_type(c, core, id));
  c->scope = own;
  WR_TRY(add_module_alias(c, count, index));
  return wr__parse_close(p);
}

/* A type use that names a core type of an outer scope makes an alias of it. */
static wr_status alias_outer_use(wr__ctext *c) {
  wr__parser *p = c->p, *core;
  wr__span name;
  uint32_t token = p->at + 2, count = 0;
  if (!wr__ctext_at_form(c, "type") || p->tokens[token].kind != WR__TOK_ID) return WR_OK;
  WR_TRY(wr__parse_id_name(p, token, &name));
  for (wr__tscope *s = c->scope; s; s = s->parent, count++) {
    const wr__symbol *symbol =
        wr__symbols_find(&p->symbols, (wr__space)WR__TSORT_CORE_TYPE, s->id, name);
    if (!symbol || symbol->index == WR_NO_INDEX) continue;
    if (count == 0) return WR_OK;
    uint32_t index = symbol->index;
    WR_TRY(enter_core(c, &core));
    WR_TRY(bind_core_type(c, core, token));
    return add_module_alias(c, count, index);
  }
  return WR_OK;
}

/* (func id? …), (table id? …), … of an import or export, with its kind. */
static wr_status parse_core_extern(wr__ctext *c, wr__buffer *out) {
  static const struct {
    const char *word;
    wr__space space;
    uint8_t code;
  } kinds[] = {{"func", WR__SPACE_FUNC, 0},
               {"table", WR__SPACE_TABLE, 1},
               {"memory", WR__SPACE_MEMORY, 2},
               {"global", WR__SPACE_GLOBAL, 3},
               {"tag", WR__SPACE_TAG, 4}};
  size_t kind = 0;
  wr__parser *core;
  while (kind < WR_ARRAY_COUNT(kinds) && !wr__ctext_at_form(c, kinds[kind].word)) kind++;
  if (kind == WR_ARRAY_COUNT(kinds))
    return wr__parse_unexpected(c->p, "(func, (table, (memory, (global or (tag");
  c->p->at += 2;
  (void)wr__ctext_take_id(c);
  WR_TRY(alias_outer_use(c));
  wr__buffer_byte(out, kinds[kind].code);
  WR_TRY(enter_core(c, &core));
  if (kinds[kind].space == WR__SPACE_FUNC || kinds[kind].space == WR__SPACE_TAG) {
    wr__typeuse use;
    WR_TRY(wr__parse_typeuse(core, WR__TYPEUSE_ANY_IDS, true, &use));
    if (kinds[kind].space == WR__SPACE_TAG) wr__buffer_byte(out, 0);
    wr__buffer_uleb(out, use.type_index);
  } else {
    WR_TRY(wr__parse_externtype(core, kinds[kind].space, out));
  }
  WR_TRY(take_types(c));
  return wr__parse_close(c->p);
}

static wr_status parse_module_extern(wr__ctext *c, bool is_import) {
  wr__span name;
  wr__buffer *item = wr__ctext_item(c);
  c->p->at += 2;
  wr__buffer_byte(item, is_import ? 0x00 : 0x03);
  for (int i = 0; i < (is_import ? 2 : 1); i++) {
    WR_TRY(wr__parse_name(c->p, &name));
    wr__buffer_name(item, name.data, name.size);
  }
  WR_TRY(parse_core_extern(c, item));
  WR_TRY(add_module_decl(c, item));
  return wr__parse_close(c->p);
}

static wr_status parse_module_decl(wr__ctext *c) {
  if (wr__ctext_at_form(c, "type") || wr__ctext_at_form(c, "rec")) return parse_core_deftype(c);
  if (wr__ctext_at_form(c, "alias")) return parse_module_alias(c);
  if (wr__ctext_at_form(c, "import")) return parse_module_extern(c, true);
  if (wr__ctext_at_form(c, "export")) return parse_module_extern(c, false);
  return wr__parse_unexpected(c->p, "(type, (alias, (import or (export");
}

static wr_status add_module_type(wr__ctext *c, uint32_t *index) {
  wr__tscope scope;
  wr__buffer *item = wr__ctext_item(c);
  wr_status status = wr__ctext_enter(c, &scope, WR__TSCOPE_MODULE_TYPE, (wr__span){0});
  while (status == WR_OK && !wr__parse_is(c->p, WR__TOK_CLOSE)) status = parse_module_decl(c);
  wr__buffer_byte(item, 0x50);
  wr__buffer_uleb(item, scope.decl_count);
  wr__buffer_append(item, &scope.out);
  wr__ctext_leave(c, &scope);
  WR_TRY(status);
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CORE_TYPE, item));
  return wr__ctext_bind(c, WR_NO_INDEX, WR__TSORT_CORE_TYPE, index);
}

wr_status wr__ctext_module_typeuse(wr__ctext *c, uint32_t *index) {
  if (wr__ctext_at_typeuse(c)) {
    c->p->at += 2;
    WR_TRY(wr__ctext_idx(c, WR__TSORT_CORE_TYPE, index));
    return wr__parse_close(c->p);
  }
  return add_module_type(c, index);
}

/* ---- (core type …) ---- */

wr_status wr__ctext_core_type(wr__ctext *c) {
  wr__parser *p = c->p, *core;
  uint32_t first = p->at; /* the word core, behind the parenthesis */
  if (!wr__ctext_is_word(c, first + 1, "type") && !wr__ctext_is_word(c, first + 1, "rec"))
    return wr__parse_unexpected(p, "core type");
  uint32_t id = p->tokens[first + 2].kind == WR__TOK_ID ? first + 2 : WR_NO_INDEX;
  uint32_t inside = id == WR_NO_INDEX ? first + 2 : first + 3;
  p->at = inside;
  if (wr__ctext_is_word(c, first + 1, "type") && wr__ctext_at_form(c, "module")) {
    p->at += 2;
    uint32_t before = c->scope->counts[WR__TSORT_CORE_TYPE];
    WR_TRY(enter_core(c, &core));
    WR_TRY(add_module_type(c, NULL));
    WR_TRY(wr__parse_close(p));
    c->scope->counts[WR__TSORT_CORE_TYPE] = before;
    WR_TRY(bind_core_type(c, core, id));
    c->scope->counts[WR__TSORT_CORE_TYPE]++;
    return wr__parse_close(p);
  }
  /* The word core stands where the module parser has the parenthesis: it becomes one meanwhile. */
  wr__token *word = &p->tokens[first], was = *word;
  *word =
      (wr__token){.kind = WR__TOK_OPEN, .offset = was.offset, .size = p->tokens[first - 1].size};
  p->at = first;
  wr_status status = parse_core_deftype(c);
  *word = was;
  return status;
}

/* ---- (core module …) ---- */

static wr_status add_module(wr__ctext *c, const wr__inline_names *names, uint32_t end,
                            uint32_t *index) {
  wr__parser module;
  wr__buffer *item = wr__ctext_item(c);
  wr__parser_share(&module, c->p);
  wr_status status = WR_OK;
  if (names->id != WR_NO_INDEX) status = wr__parse_id_name(&module, names->id, &module.module_name);
  wr__span given = {0};
  if (status == WR_OK) status = wr__annot_name(&module, "module", &given);
  if (given.data) module.module_name = given;
  if (status == WR_OK) status = wr__parse_module_fields(&module, end, item);
  c->p->at = module.at;
  wr__parser_free_shared(&module);
  WR_TRY(status);
  WR_TRY(wr__ctext_add(c, WR__CSECTION_CORE_MODULE, item));
  return wr__ctext_bind(c, names->id, WR__TSORT_CORE_MODULE, index);
}

static wr_status parse_core_module(wr__ctext *c) {
  uint32_t index, end = c->p->tokens[c->p->at - 1].size;
  wr__inline_names names;
  c->p->at += 2;
  WR_TRY(wr__ctext_inline_names(c, &names));
  if (names.import_name != WR_NO_INDEX)
    WR_TRY(wr__ctext_inline_import(c, &names, WR__TSORT_CORE_MODULE, &index));
  else if (wr__ctext_at_form(c, "alias"))
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_CORE_MODULE, names.id, &index));
  else
    WR_TRY(add_module(c, &names, end, &index));
  WR_TRY(wr__ctext_inline_exports(c, &names, WR__TSORT_CORE_MODULE, index));
  return wr__parse_close(c->p);
}

/* (core memory id? (alias …)) and the like. */
static wr_status parse_core_item(wr__ctext *c, uint8_t sort) {
  c->p->at += 2;
  uint32_t id = wr__ctext_take_id(c);
  WR_TRY(wr__ctext_alias_target(c, sort, id, NULL));
  return wr__parse_close(c->p);
}

wr_status wr__ctext_core(wr__ctext *c) {
  const wr__parser *p = c->p;
  uint32_t word = p->at + 2;
  c->p->at++; /* at the word core: what follows is two words long, as elsewhere */
  if (wr__ctext_is_word(c, word, "module")) return parse_core_module(c);
  if (wr__ctext_is_word(c, word, "instance")) return wr__ctext_core_instance(c);
  if (wr__ctext_is_word(c, word, "type") || wr__ctext_is_word(c, word, "rec"))
    return wr__ctext_core_type(c);
  if (wr__ctext_is_word(c, word, "func")) return wr__ctext_core_func(c);
  for (uint8_t sort = WR__TSORT_CORE_TABLE; sort <= WR__TSORT_CORE_TAG; sort++)
    if (wr__ctext_is_word(c, word, wr__ctext_sort_word(sort))) return parse_core_item(c, sort);
  c->p->at++;
  return wr__parse_unexpected(c->p, "module, instance, type or func");
}
