/* Definitions of a component as text: instances, aliases, canonical definitions, exports.
 * Spec: component-model/Binary. */
#include "text/component_printer.h"

/* ---- Instances ---- */

/* The expression behind (core instance or (instance. */
static wr_status print_instance_expr(wr__cprinter *c, wr__cursor *at, bool core) {
  const wr__cursor start = *at;
  uint8_t kind;
  uint32_t count;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind > 1) return wr__print_fail(&c->p, &start, "malformed instance expression");
  if (kind == 0) {
    wr__cprint_text(c, " (instantiate");
    WR_TRY(wr__cprint_idx(c, at, core ? WR__TSORT_CORE_MODULE : WR__TSORT_COMPONENT));
  }
  WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__print_line(&c->p.out, c->depth + 1);
    wr__cprint_text(c, kind == 0 ? "(with" : "(export");
    WR_TRY(kind == 0 || core ? wr__cprint_name(c, at) : wr__cprint_extern_name(c, at));
    WR_TRY(core ? wr__cprint_core_sortidx(c, at) : wr__cprint_sortidx(c, at));
    wr__cprint_text(c, ")");
    WR_TRY(wr__print_flush(&c->p));
  }
  wr__cprint_text(c, kind == 0 ? "))" : ")");
  return WR_OK;
}

wr_status wr__cprint_core_instance(wr__cprinter *c, wr__cursor *at) {
  wr__cprint_text(c, "(core instance");
  wr__cprint_bind(c, WR__TSORT_CORE_INSTANCE);
  return print_instance_expr(c, at, true);
}

wr_status wr__cprint_instance(wr__cprinter *c, wr__cursor *at) {
  wr__cprint_text(c, "(instance");
  wr__cprint_bind(c, WR__TSORT_INSTANCE);
  return print_instance_expr(c, at, false);
}

/* ---- Aliases ---- */

wr_status wr__cprint_alias(wr__cprinter *c, wr__cursor *at) {
  uint8_t sort, kind;
  WR_TRY(wr__cprint_sort(c, at, &sort));
  const wr__cursor start = *at;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind > 2) return wr__print_fail(&c->p, &start, "malformed alias");
  if (kind == 2) {
    uint32_t count, index;
    WR_TRY(wr__print_u32(&c->p, at, &count));
    WR_TRY(wr__print_u32(&c->p, at, &index));
    wr__buffer_format(&c->p.out, "(alias outer %u %u", count, index);
  } else {
    wr__cprint_text(c, kind == 1 ? "(alias core export" : "(alias export");
    WR_TRY(wr__cprint_idx(c, at, kind == 1 ? WR__TSORT_CORE_INSTANCE : WR__TSORT_INSTANCE));
    WR_TRY(wr__cprint_name(c, at));
  }
  wr__cprint_text(c, " (");
  wr__cprint_sort_words(c, sort);
  wr__cprint_bind(c, sort);
  wr__cprint_text(c, "))");
  return sort == WR__TSORT_CORE_TYPE ? wr__print_skip_type(&c->scope->core) : WR_OK;
}

/* ---- Canonical definitions ---- */

static wr_status print_option(wr__cprinter *c, wr__cursor *at) {
  static const struct {
    const char *text;
    uint8_t sort; /* of the item; WR__TSORT_COUNT: none */
  } options[] = {{"string-encoding=utf8", WR__TSORT_COUNT},
                 {"string-encoding=utf16", WR__TSORT_COUNT},
                 {"string-encoding=latin1+utf16", WR__TSORT_COUNT},
                 {"memory", WR__TSORT_CORE_MEMORY},
                 {"realloc", WR__TSORT_CORE_FUNC},
                 {"post-return", WR__TSORT_CORE_FUNC},
                 {"async", WR__TSORT_COUNT},
                 {"callback", WR__TSORT_CORE_FUNC}};
  const wr__cursor start = *at;
  uint8_t code;
  WR_TRY(wr__print_byte(&c->p, at, &code));
  if (code >= WR_ARRAY_COUNT(options))
    return wr__print_fail(&c->p, &start, "malformed canonical option");
  uint8_t sort = options[code].sort;
  if (sort == WR__TSORT_COUNT) {
    wr__buffer_format(&c->p.out, " %s", options[code].text);
    return WR_OK;
  }
  wr__buffer_format(&c->p.out, sort == WR__TSORT_CORE_MEMORY ? " (%s" : " (%s (func",
                    options[code].text);
  WR_TRY(wr__cprint_idx(c, at, sort));
  wr__cprint_text(c, sort == WR__TSORT_CORE_MEMORY ? ")" : "))");
  return WR_OK;
}

static wr_status print_options(wr__cprinter *c, wr__cursor *at) {
  uint32_t count;
  WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(print_option(c, at));
  return WR_OK;
}

/* Canonical definitions that make core functions: text and immediates, a letter each: t type,
 * o options, a async, c cancellable, s shared, r results, m memory, v core value type, u number,
 * f core type, b table, F function behind its sort. */
static const struct {
  uint8_t code;
  const char *text, *immediates;
} builtins[] = {{0x01, "lower", "Fo"},
                {0x02, "resource.new", "t"},
                {0x03, "resource.drop", "t"},
                {0x04, "resource.rep", "t"},
                {0x05, "task.cancel", ""},
                {0x06, "subtask.cancel", "a"},
                {0x09, "task.return", "ro"},
                {0x0a, "context.get", "vu"},
                {0x0b, "context.set", "vu"},
                {0x0c, "thread.yield", "c"},
                {0x0d, "subtask.drop", ""},
                {0x0e, "stream.new", "t"},
                {0x0f, "stream.read", "to"},
                {0x10, "stream.write", "to"},
                {0x11, "stream.cancel-read", "ta"},
                {0x12, "stream.cancel-write", "ta"},
                {0x13, "stream.drop-readable", "t"},
                {0x14, "stream.drop-writable", "t"},
                {0x15, "future.new", "t"},
                {0x16, "future.read", "to"},
                {0x17, "future.write", "to"},
                {0x18, "future.cancel-read", "ta"},
                {0x19, "future.cancel-write", "ta"},
                {0x1a, "future.drop-readable", "t"},
                {0x1b, "future.drop-writable", "t"},
                {0x1c, "error-context.new", "o"},
                {0x1d, "error-context.debug-message", "o"},
                {0x1e, "error-context.drop", ""},
                {0x1f, "waitable-set.new", ""},
                {0x20, "waitable-set.wait", "cm"},
                {0x21, "waitable-set.poll", "cm"},
                {0x22, "waitable-set.drop", ""},
                {0x23, "waitable.join", ""},
                {0x24, "backpressure.inc", ""},
                {0x25, "backpressure.dec", ""},
                {0x26, "thread.index", ""},
                {0x27, "thread.new-indirect", "fb"},
                {0x28, "thread.resume-later", ""},
                {0x29, "thread.suspend", "c"},
                {0x2a, "thread.suspend-then-resume", "c"},
                {0x2b, "thread.yield-then-resume", "c"},
                {0x2c, "thread.suspend-then-promote", "c"},
                {0x2d, "thread.yield-then-promote", "c"},
                {0x40, "thread.spawn-ref", "sf"},
                {0x41, "thread.spawn-indirect", "sfb"},
                {0x42, "thread.available-parallelism", "s"}};

static wr_status print_flag(wr__cprinter *c, wr__cursor *at, const char *word) {
  const wr__cursor start = *at;
  uint8_t flag;
  WR_TRY(wr__print_byte(&c->p, at, &flag));
  if (flag > 1) return wr__print_fail(&c->p, &start, "malformed canonical definition");
  if (flag) wr__cprint_text(c, word);
  return WR_OK;
}

static wr_status print_func_ref(wr__cprinter *c, wr__cursor *at, uint8_t sort) {
  const wr__cursor start = *at;
  uint8_t zero;
  WR_TRY(wr__print_byte(&c->p, at, &zero));
  if (zero) return wr__print_fail(&c->p, &start, "malformed canonical definition");
  wr__cprint_text(c, " (");
  wr__cprint_sort_words(c, sort);
  WR_TRY(wr__cprint_idx(c, at, sort));
  wr__cprint_text(c, ")");
  return WR_OK;
}

static wr_status print_immediate(wr__cprinter *c, wr__cursor *at, char letter) {
  uint32_t number;
  switch (letter) {
    case 'F':
      return print_func_ref(c, at, WR__TSORT_FUNC);
    case 't':
      return wr__cprint_idx(c, at, WR__TSORT_TYPE);
    case 'o':
      return print_options(c, at);
    case 'a':
      return print_flag(c, at, " async");
    case 'c':
      return print_flag(c, at, " cancellable");
    case 's':
      return print_flag(c, at, " shared");
    case 'r':
      return wr__cprint_resultlist(c, at);
    case 'm':
      wr__cprint_text(c, " (memory");
      WR_TRY(wr__cprint_idx(c, at, WR__TSORT_CORE_MEMORY));
      wr__cprint_text(c, ")");
      return WR_OK;
    case 'v':
      return wr__print_valtype(&c->p, at, &c->p.out);
    case 'f':
      return wr__cprint_idx(c, at, WR__TSORT_CORE_TYPE);
    case 'b':
      wr__cprint_text(c, " (table");
      WR_TRY(wr__cprint_idx(c, at, WR__TSORT_CORE_TABLE));
      wr__cprint_text(c, ")");
      return WR_OK;
    default:
      WR_TRY(wr__print_u32(&c->p, at, &number));
      wr__buffer_format(&c->p.out, " %u", number);
      return WR_OK;
  }
}

/* The function's type stands last in the binary, before its definition in the text. */
static wr_status print_lift(wr__cprinter *c, wr__cursor *at) {
  wr__buffer outside = c->p.out;
  c->p.out = (wr__buffer){0};
  wr_status status = print_func_ref(c, at, WR__TSORT_CORE_FUNC);
  if (status == WR_OK) status = print_options(c, at);
  wr__buffer lifted = c->p.out;
  c->p.out = outside;
  wr__cprint_text(c, "(func");
  wr__cprint_bind(c, WR__TSORT_FUNC);
  wr__cprint_text(c, " (type");
  if (status == WR_OK) status = wr__cprint_idx(c, at, WR__TSORT_TYPE);
  wr__cprint_text(c, ") (canon lift");
  wr__buffer_append(&c->p.out, &lifted);
  wr__cprint_text(c, "))");
  wr__buffer_free(&lifted);
  return status;
}

wr_status wr__cprint_canon(wr__cprinter *c, wr__cursor *at) {
  const wr__cursor start = *at;
  uint8_t code;
  WR_TRY(wr__print_byte(&c->p, at, &code));
  if (code == 0x00) return print_lift(c, at);
  for (size_t i = 0; i < WR_ARRAY_COUNT(builtins); i++) {
    if (builtins[i].code != code) continue;
    wr__cprint_text(c, "(core func");
    wr__cprint_bind(c, WR__TSORT_CORE_FUNC);
    wr__buffer_format(&c->p.out, " (canon %s", builtins[i].text);
    for (const char *letter = builtins[i].immediates; *letter; letter++)
      WR_TRY(print_immediate(c, at, *letter));
    wr__cprint_text(c, "))");
    return WR_OK;
  }
  return wr__print_fail(&c->p, &start, "malformed canonical definition");
}

/* ---- Exports ---- */

wr_status wr__cprint_export(wr__cprinter *c, wr__cursor *at) {
  uint8_t ascribed;
  wr__cursor peek;
  uint8_t sort;
  wr__buffer outside = c->p.out;
  c->p.out = (wr__buffer){0}; /* the name and the item: the sort tells which identifier is bound */
  wr_status status = wr__cprint_extern_name(c, at);
  peek = *at;
  if (status == WR_OK) status = wr__cprint_sort(c, &peek, &sort);
  if (status == WR_OK) status = wr__cprint_sortidx(c, at);
  wr__buffer item = c->p.out;
  c->p.out = outside;
  if (status == WR_OK) {
    wr__cprint_text(c, "(export");
    wr__cprint_bind(c, sort);
    wr__buffer_append(&c->p.out, &item);
  }
  wr__buffer_free(&item);
  WR_TRY(status);
  const wr__cursor start = *at;
  WR_TRY(wr__print_byte(&c->p, at, &ascribed));
  if (ascribed > 1) return wr__print_fail(&c->p, &start, "malformed type of an export");
  if (ascribed) WR_TRY(wr__cprint_externtype(c, at, false));
  wr__cprint_text(c, ")");
  return WR_OK;
}
