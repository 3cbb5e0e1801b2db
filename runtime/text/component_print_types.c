/* Types of a component as text: value types, function types, component and instance types with
 * their declarators, core types and module types. Spec: component-model/Binary, type definitions.
 */
#include "text/component_printer.h"

#include "base/leb128.h"

/* ---- Value types ---- */

static const char *primitive_word(uint8_t code) {
  static const char *const words[] = {"string", "char", "f64", "f32", "u64", "s64", "u32",
                                      "s32",    "u16",  "s16", "u8",  "s8",  "bool"};
  if (code == 0x64) return "error-context";
  return code >= 0x73 && code <= 0x7f ? words[code - 0x73] : NULL;
}

wr_status wr__cprint_valtype(wr__cprinter *c, wr__cursor *at) {
  const char *word = at->at < at->end ? primitive_word(*at->at) : NULL;
  int64_t index;
  if (word) {
    at->at++;
    wr__buffer_format(&c->p.out, " %s", word);
    return WR_OK;
  }
  const wr__cursor start = *at;
  if (wr__leb_s33(&at->at, at->end, &index) != WR__LEB_OK || index < 0)
    return wr__print_fail(&c->p, &start, "malformed value type");
  uint8_t number[10]; /* as an unsigned number */
  wr__cursor again = {number, number + wr__leb_put(number, (uint64_t)index)};
  return wr__cprint_idx(c, &again, WR__TSORT_TYPE);
}

static wr_status print_optional(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t flag;
  WR_TRY(wr__print_byte(&c->p, at, &flag));
  if (flag > 1) return wr__print_fail(&c->p, &start, "malformed optional type");
  return flag ? wr__cprint_valtype(c, at) : WR_OK;
}

typedef enum part { PART_FIELD, PART_PARAM, PART_CASE, PART_LABEL, PART_TYPE } part;

static wr_status print_part(wr__cprinter *c, wr__cursor *at, part kind) {
  static const char *const words[] = {" (field", " (param", " (case"};
  uint8_t zero;
  if (kind == PART_LABEL) return wr__cprint_name(c, at);
  if (kind == PART_TYPE) return wr__cprint_valtype(c, at);
  wr__cprint_text(c, words[kind]);
  WR_TRY(wr__cprint_name(c, at));
  WR_TRY(kind == PART_CASE ? print_optional(c, at) : wr__cprint_valtype(c, at));
  wr__cprint_text(c, ")");
  if (kind != PART_CASE) return WR_OK;
  const wr__cursor start = *at;
  WR_TRY(wr__print_byte(&c->p, at, &zero));
  return zero ? wr__print_fail(&c->p, &start, "malformed case") : WR_OK;
}

static wr_status print_parts(wr__cprinter *c, wr__cursor *at, part kind) {
  uint32_t count;
  WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(print_part(c, at, kind));
  return WR_OK;
}

static wr_status print_result(wr__cprinter *c, wr__cursor *at) {
  WR_TRY(print_optional(c, at));
  bool has_error = at->at < at->end && *at->at == 1;
  if (has_error) wr__cprint_text(c, " (error");
  WR_TRY(print_optional(c, at));
  if (has_error) wr__cprint_text(c, ")");
  return WR_OK;
}

/* What stands behind the word of a constructor. */
static wr_status print_constructor(wr__cprinter *c, wr__cursor *at, uint8_t code) {
  uint32_t length;
  switch (code) {
    case 0x72:
      return print_parts(c, at, PART_FIELD);
    case 0x71:
      return print_parts(c, at, PART_CASE);
    case 0x6f:
      return print_parts(c, at, PART_TYPE);
    case 0x6e:
    case 0x6d:
      return print_parts(c, at, PART_LABEL);
    case 0x70:
    case 0x6b:
      return wr__cprint_valtype(c, at);
    case 0x67:
      WR_TRY(wr__cprint_valtype(c, at));
      WR_TRY(wr__print_u32(&c->p, at, &length));
      wr__buffer_format(&c->p.out, " %u", length);
      return WR_OK;
    case 0x6a:
      return print_result(c, at);
    case 0x69:
    case 0x68:
      return wr__cprint_idx(c, at, WR__TSORT_TYPE);
    case 0x63:
      WR_TRY(wr__cprint_valtype(c, at));
      return wr__cprint_valtype(c, at);
    default:
      return print_optional(c, at); /* stream, future */
  }
}

/* ---- Function and resource types ---- */

wr_status wr__cprint_resultlist(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t kind, zero;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind > 1) return wr__print_fail(&c->p, &start, "malformed result list");
  if (kind == 1) {
    WR_TRY(wr__print_byte(&c->p, at, &zero));
    return zero ? wr__print_fail(&c->p, &start, "malformed result list") : WR_OK;
  }
  wr__cprint_text(c, " (result");
  WR_TRY(wr__cprint_valtype(c, at));
  wr__cprint_text(c, ")");
  return WR_OK;
}

static wr_status print_resource(wr__cprinter *c, wr__cursor *at) {
  uint8_t flag;
  wr__cprint_text(c, " (resource (rep");
  WR_TRY(wr__print_valtype(&c->p, at, &c->p.out));
  wr__cprint_text(c, ")");
  const wr__cursor start = *at;
  WR_TRY(wr__print_byte(&c->p, at, &flag));
  if (flag > 1) return wr__print_fail(&c->p, &start, "malformed resource type");
  if (flag) {
    wr__cprint_text(c, " (dtor (func");
    WR_TRY(wr__cprint_idx(c, at, WR__TSORT_CORE_FUNC));
    wr__cprint_text(c, "))");
  }
  wr__cprint_text(c, ")");
  return WR_OK;
}

/* ---- Extern types ---- */

static wr_status print_bound(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t kind;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind > 1) return wr__print_fail(&c->p, &start, "malformed type bound");
  wr__cprint_text(c, kind ? " (sub resource)" : " (eq");
  if (kind) return WR_OK;
  WR_TRY(wr__cprint_idx(c, at, WR__TSORT_TYPE));
  wr__cprint_text(c, ")");
  return WR_OK;
}

wr_status wr__cprint_externtype(wr__cprinter *c, wr__cursor *at, bool bind) {
  const wr__cursor start = *at;
  uint8_t sort;
  WR_TRY(wr__cprint_sort(c, at, &sort));
  if (sort == WR__TSORT_VALUE)
    return wr__fail(c->p.error, WR_UNSUPPORTED, (uint64_t)(start.at - c->p.origin),
                    "a value: requires the component feature values, which wasmrun lacks");
  if (sort < WR__TSORT_FUNC && sort != WR__TSORT_CORE_MODULE)
    return wr__print_fail(&c->p, &start, "malformed type of an import or export");
  wr__cprint_text(c, " (");
  wr__cprint_sort_words(c, sort);
  /* The item exists when its type has been read: no index of the type may be its own. */
  if (bind) wr__cprint_bind(c, sort);
  if (sort == WR__TSORT_TYPE) {
    c->scope->counts[sort] -= bind;
    wr_status status = print_bound(c, at);
    c->scope->counts[sort] += bind;
    WR_TRY(status);
  } else {
    wr__cprint_text(c, " (type");
    WR_TRY(wr__cprint_idx(c, at,
                          sort == WR__TSORT_CORE_MODULE ? WR__TSORT_CORE_TYPE : WR__TSORT_TYPE));
    wr__cprint_text(c, ")");
  }
  wr__cprint_text(c, ")");
  return WR_OK;
}

static wr_status print_declared(wr__cprinter *c, wr__cursor *at, const char *word) {
  wr__buffer_format(&c->p.out, "(%s", word);
  WR_TRY(wr__cprint_extern_name(c, at));
  WR_TRY(wr__cprint_externtype(c, at, true));
  wr__cprint_text(c, ")");
  return WR_OK;
}

wr_status wr__cprint_import(wr__cprinter *c, wr__cursor *at) {
  return print_declared(c, at, "import");
}

/* ---- Component and instance types ---- */

static wr_status print_declarator(wr__cprinter *c, wr__cursor *at, bool is_component) {
  const wr__cursor start = *at;
  uint8_t kind;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  switch (kind) {
    case 0x00:
      return wr__cprint_core_type(c, at);
    case 0x01:
      return wr__cprint_type(c, at);
    case 0x02:
      return wr__cprint_alias(c, at);
    case 0x03:
      if (is_component) return wr__cprint_import(c, at);
      break;
    case 0x04:
      return print_declared(c, at, "export");
    default:
      break;
  }
  return wr__print_fail(&c->p, &start, "malformed declarator");
}

static wr_status print_declarators(wr__cprinter *c, wr__cursor *at, bool is_component) {
  wr__cpscope scope, *outer = c->scope;
  uint32_t count = 0;
  wr_status status = wr__cprint_enter(c, &scope);
  if (status == WR_OK) status = wr__print_u32(&c->p, at, &count);
  wr__cprint_text(c, is_component ? " (component" : " (instance");
  for (uint32_t i = 0; status == WR_OK && i < count; i++) {
    wr__print_line(&c->p.out, c->depth);
    status = print_declarator(c, at, is_component);
    if (status == WR_OK) status = wr__print_flush(&c->p);
  }
  wr__cprint_text(c, ")");
  wr__cprint_leave(c, &scope, outer);
  return status;
}

/* ---- (type …) ---- */

static const char *constructor_word(uint8_t code) {
  static const char *const words[] = {"map",   NULL,     "future",  "stream", "list", "borrow",
                                      "own",   "result", "option",  NULL,     "enum", "flags",
                                      "tuple", "list",   "variant", "record"};
  return code >= 0x63 && code <= 0x72 ? words[code - 0x63] : NULL;
}

static wr_status print_deftype(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t code;
  WR_TRY(wr__print_byte(&c->p, at, &code));
  const char *primitive = primitive_word(code), *word = constructor_word(code);
  if (primitive) {
    wr__buffer_format(&c->p.out, " %s", primitive);
    return WR_OK;
  }
  if (word) {
    wr__buffer_format(&c->p.out, " (%s", word);
    WR_TRY(print_constructor(c, at, code));
    wr__cprint_text(c, ")");
    return WR_OK;
  }
  switch (code) {
    case 0x40:
    case 0x43:
      wr__cprint_text(c, code == 0x43 ? " (func async" : " (func");
      WR_TRY(print_parts(c, at, PART_PARAM));
      WR_TRY(wr__cprint_resultlist(c, at));
      wr__cprint_text(c, ")");
      return WR_OK;
    case 0x3f:
      return print_resource(c, at);
    case 0x41:
    case 0x42:
      return print_declarators(c, at, code == 0x41);
    default:
      return wr__print_fail(&c->p, &start, "malformed type definition");
  }
}

wr_status wr__cprint_type(wr__cprinter *c, wr__cursor *at) {
  wr__cprint_text(c, "(type");
  wr__cprint_bind(c, WR__TSORT_TYPE);
  c->scope->counts[WR__TSORT_TYPE]--; /* it is not known inside */
  wr_status status = print_deftype(c, at);
  c->scope->counts[WR__TSORT_TYPE]++;
  wr__cprint_text(c, ")");
  return status;
}

/* ---- Core types ---- */

/* Runs a printer of core types on the output of the component's. */
static wr_status print_core_rectype(wr__cprinter *c, wr__cursor *at, const char *prefix) {
  uint32_t *count = &c->scope->counts[WR__TSORT_CORE_TYPE];
  return wr__print_rectype(&c->scope->core, at, count, prefix, c->depth, &c->p.out);
}

static wr_status print_core_extern(wr__cprinter *c, wr__cursor *at) {
  static const char *const words[] = {"func", "table", "memory", "global", "tag"};
  const wr__cursor start = *at;
  wr__printer *core = &c->scope->core;
  uint8_t kind;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind >= WR_ARRAY_COUNT(words)) return wr__print_fail(&c->p, &start, "malformed import kind");
  wr__buffer_format(&c->p.out, " (%s", words[kind]);
  core->out.size = 0;
  WR_TRY(wr__print_core_externtype(core, at, kind));
  wr__buffer_append(&c->p.out, &core->out);
  wr__cprint_text(c, "))");
  return WR_OK;
}

static wr_status print_module_alias(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t sort, kind;
  uint32_t outer, index;
  WR_TRY(wr__print_byte(&c->p, at, &sort));
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (sort != 0x10 || kind != 0x01) return wr__print_fail(&c->p, &start, "malformed alias");
  WR_TRY(wr__print_u32(&c->p, at, &outer));
  WR_TRY(wr__print_u32(&c->p, at, &index));
  wr__buffer_format(&c->p.out, "(alias outer %u %u (type", outer, index);
  wr__cprint_bind(c, WR__TSORT_CORE_TYPE);
  wr__cprint_text(c, "))");
  return wr__print_skip_type(&c->scope->core);
}

static wr_status print_module_decl(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t kind;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  switch (kind) {
    case 0x00:
      wr__cprint_text(c, "(import");
      WR_TRY(wr__cprint_name(c, at));
      WR_TRY(wr__cprint_name(c, at));
      return print_core_extern(c, at);
    case 0x01:
      if (at->end - at->at >= 2 && at->at[0] == 0x00 && at->at[1] == 0x50) at->at++;
      WR_TRY(print_core_rectype(c, at, ""));
      return WR_OK;
    case 0x02:
      return print_module_alias(c, at);
    case 0x03:
      wr__cprint_text(c, "(export");
      WR_TRY(wr__cprint_name(c, at));
      return print_core_extern(c, at);
    default:
      return wr__print_fail(&c->p, &start, "malformed module type declaration");
  }
}

static wr_status print_module_type(wr__cprinter *c, wr__cursor *at) {
  wr__cpscope scope, *outer = c->scope;
  uint32_t count = 0;
  wr__cprint_text(c, "(core type");
  wr__cprint_bind(c, WR__TSORT_CORE_TYPE);
  wr__cprint_text(c, " (module");
  WR_TRY(wr__print_skip_type(&c->scope->core));
  wr_status status = wr__cprint_enter(c, &scope);
  if (status == WR_OK) status = wr__print_u32(&c->p, at, &count);
  for (uint32_t i = 0; status == WR_OK && i < count; i++) {
    wr__print_line(&c->p.out, c->depth);
    status = print_module_decl(c, at);
    if (status == WR_OK) status = wr__print_flush(&c->p);
  }
  wr__cprint_text(c, "))");
  wr__cprint_leave(c, &scope, outer);
  return status;
}

wr_status wr__cprint_core_type(wr__cprinter *c, wr__cursor *at) {
  if (at->at < at->end && *at->at == 0x50) {
    at->at++;
    return print_module_type(c, at);
  }
  /* 0x50 alone begins a module type; a type that is not final has a zero before it. */
  if (at->end - at->at >= 2 && at->at[0] == 0x00 && at->at[1] == 0x50) at->at++;
  return print_core_rectype(c, at, "core ");
}
