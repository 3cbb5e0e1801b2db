/* Unit tests of component/: what the decoder makes of bytes, what it refuses and where, and that
 * hostile types cost neither time nor memory. */
#include "frontend.h"

#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "base/leb128.h"
#include "component/component.h"

/* ---- Building components ---- */

enum {
  CORE_MODULE = 1,
  CORE_INSTANCE,
  CORE_TYPE,
  COMPONENT,
  INSTANCE,
  ALIAS,
  TYPE,
  CANON,
  START,
  IMPORT,
  EXPORT
};

static const uint8_t preamble[] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

static void begin(wr__buffer *b) {
  *b = (wr__buffer){0};
  wr__buffer_bytes(b, preamble, sizeof preamble);
}

static void put_name(wr__buffer *b, const char *name) { wr__buffer_name(b, name, strlen(name)); }

/* A name of an import or export. */
static void put_extern(wr__buffer *b, const char *name) {
  wr__buffer_byte(b, 0);
  put_name(b, name);
}

/* A section of count items whose bytes are in `items`, which is emptied. */
static void put_items(wr__buffer *b, uint8_t id, uint32_t count, wr__buffer *items) {
  uint8_t leb[10];
  wr__buffer_byte(b, id);
  wr__buffer_uleb(b, items->size + wr__leb_put(leb, count));
  wr__buffer_uleb(b, count);
  wr__buffer_append(b, items);
  wr__buffer_free(items);
  *items = (wr__buffer){0};
}

static void put_section(wr__buffer *b, uint8_t id, wr__buffer *contents) {
  wr__buffer_byte(b, id);
  wr__buffer_uleb(b, contents->size);
  wr__buffer_append(b, contents);
  wr__buffer_free(contents);
  *contents = (wr__buffer){0};
}

#define BYTES(b, ...) \
  wr__buffer_bytes(b, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* ---- Decoding ---- */

/* Of a block that ends with the bytes, so that reading on is found by ASan. */
static wr_status try_decode(const wr__buffer *b, wr__component **out, wr_error *error) {
  uint8_t *copy = malloc(b->size ? b->size : 1);
  assert_non_null(copy);
  assert_false(b->failed);
  if (b->size) memcpy(copy, b->data, b->size);
  memset(error, 0, sizeof *error);
  wr_status status =
      wr__component_decode(engine, copy, b->size, WR__BYTES_MALLOC, NULL, out, error);
  if (status == WR_OK) return status;
  assert_int_equal(error->status, status);
  if (error->offset != WR_NO_OFFSET) assert_true(error->offset <= b->size);
  free(copy);
  return status;
}

static wr__component *decode_ok(wr__buffer *b) {
  wr_error error;
  wr__component *c = NULL;
  if (try_decode(b, &c, &error) != WR_OK)
    fail_msg("at %llu: %s", (unsigned long long)error.offset, error.message);
  wr__buffer_free(b);
  return c;
}

static void decode_fails(wr__buffer *b, wr_status status, uint64_t offset, const char *text) {
  wr_error error;
  wr__component *c = NULL;
  wr_status found = try_decode(b, &c, &error);
  if (found != status || !strstr(error.message, text) ||
      (offset != WR_NO_OFFSET && error.offset != offset))
    fail_msg("%s at %llu: %s", wr_status_name(found), (unsigned long long)error.offset,
             error.message);
  wr__buffer_free(b);
}

/* ---- Form ---- */

static void empty_component(void **state) {
  (void)state;
  wr__buffer b;
  begin(&b);
  wr__component *c = decode_ok(&b);
  assert_int_equal(c->def_count, 0);
  assert_int_equal(c->type->kind, WR__CTYPE_COMPONENT);
  wr__component_release(wr__component_retain(c));
  wr__component_release(c);
}

static void preambles(void **state) {
  (void)state;
  for (size_t size = 0; size < sizeof preamble; size++) {
    wr__buffer b = {0};
    wr__buffer_bytes(&b, preamble, size);
    decode_fails(&b, WR_MALFORMED, size, "unexpected end");
  }
  for (size_t i = 0; i < sizeof preamble; i++) {
    wr__buffer b;
    begin(&b);
    b.data[i] ^= 0x40;
    decode_fails(&b, WR_MALFORMED, i < 4 ? 0 : 4,
                 i < 4 ? "magic header" : "unknown binary version");
  }
  assert_true(wr__component_is(preamble, sizeof preamble));
  assert_false(wr__component_is((const uint8_t *)"\0asm\1\0\0\0", 8));
}

static void sections_have_sizes(void **state) {
  (void)state;
  wr__buffer b;
  begin(&b);
  BYTES(&b, TYPE, 3, 1, 0x7f, 0x7f); /* a byte too many */
  decode_fails(&b, WR_MALFORMED, 12, "section size mismatch");
  begin(&b);
  BYTES(&b, TYPE, 5, 1, 0x7f);
  decode_fails(&b, WR_MALFORMED, 9, "unexpected end");
  begin(&b);
  BYTES(&b, TYPE, 2, 2, 0x7f); /* does not read on behind its end */
  BYTES(&b, TYPE, 2, 1, 0x7f);
  decode_fails(&b, WR_MALFORMED, WR_NO_OFFSET, "unexpected end");
  begin(&b);
  BYTES(&b, 13, 0);
  decode_fails(&b, WR_MALFORMED, 8, "malformed section id 13");
  begin(&b);
  BYTES(&b, TYPE, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f);
  decode_fails(&b, WR_MALFORMED, WR_NO_OFFSET, "unexpected end");
}

static void later_features_are_named(void **state) {
  (void)state;
  static const struct {
    uint8_t id, bytes[6], size;
    const char *feature;
  } cases[] = {
      {TYPE, {1, 0x64}, 2, "error-context"},
      {TYPE, {1, 0x66, 0}, 3, "async"},
      {TYPE, {1, 0x65, 0}, 3, "async"},
      {TYPE, {1, 0x43, 0, 1, 0}, 5, "async"},
      {TYPE, {1, 0x63, 0x79, 0x79}, 4, "map"},
      {TYPE, {1, 0x67, 0x79, 4}, 4, "fixed-length-lists"},
      {CANON, {1, 0x1f}, 2, "async"},
      {CANON, {1, 0x1e}, 2, "error-context"},
      {CANON, {1, 0x26}, 2, "threading"},
      {START, {0, 0, 0}, 3, "values"},
      {IMPORT, {1, 0, 1, 'a', 2, 1}, 6, "values"},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    wr__buffer b;
    begin(&b);
    BYTES(&b, cases[i].id, cases[i].size);
    wr__buffer_bytes(&b, cases[i].bytes, cases[i].size);
    decode_fails(&b, WR_UNSUPPORTED, WR_NO_OFFSET, cases[i].feature);
  }
}

/* ---- Layout ---- */

static const wr_component_type *type_of(const wr__component *c, uint32_t index) {
  for (uint32_t i = 0; i < c->def_count; i++)
    if (c->defs[i].sort == WR__SORT_TYPE && c->defs[i].index == index) return c->defs[i].type;
  fail_msg("no type %u", index);
  return NULL;
}

/* Spec: CanonicalABI, alignment, element size, flattening. */
static void layouts(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 0x72, 3, 1, 'a', 0x7d, 1, 'b', 0x77, 1, 'c', 0x7d); /* record u8 u64 u8 */
  BYTES(&items, 0x71, 3, 1, 'a', 1, 0x76, 0, 1, 'b', 1, 0x77, 0, 1, 'c', 0, 0); /* f32 | u64 | - */
  BYTES(&items, 0x6b, 0x73);                                                    /* option string */
  BYTES(&items, 0x6e, 2, 1, 'a', 1, 'b');                                       /* flags */
  BYTES(&items, 0x6a, 1, 0x79, 1, 0x76);                                        /* result u32 f32 */
  BYTES(&items, 0x6f, 2, 0, 1); /* tuple of the first two */
  put_items(&b, TYPE, 6, &items);
  wr__component *c = decode_ok(&b);
  static const struct {
    uint32_t size, alignment, flat_count, flat[6];
  } wanted[] = {
      {24, 8, 3, {WR_I32, WR_I64, WR_I32}}, {16, 8, 2, {WR_I32, WR_I64}},
      {12, 4, 3, {WR_I32, WR_I32, WR_I32}}, {1, 1, 1, {WR_I32}},
      {8, 4, 2, {WR_I32, WR_I32}},          {40, 8, 5, {WR_I32, WR_I64, WR_I32, WR_I32, WR_I64}},
  };
  for (uint32_t i = 0; i < WR_ARRAY_COUNT(wanted); i++) {
    const wr_component_type *type = type_of(c, i);
    assert_int_equal(type->size_bytes, wanted[i].size);
    assert_int_equal(type->alignment, wanted[i].alignment);
    assert_int_equal(type->flat_count, wanted[i].flat_count);
    for (uint32_t j = 0; j < type->flat_count; j++)
      assert_int_equal(type->flat[j], wanted[i].flat[j]);
  }
  assert_int_equal(type_of(c, 0)->fields[1].offset, 8);
  assert_int_equal(type_of(c, 0)->fields[2].offset, 16);
  assert_int_equal(type_of(c, 1)->payload_offset, 8);
  wr__component_release(c);
}

static void equal_types_are_one(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 0x70, 0x7d, 0x70, 0x7d, 0x70, 0x7c, 0x6b, 0, 0x6b, 1);
  put_items(&b, TYPE, 5, &items);
  wr__component *c = decode_ok(&b);
  assert_true(wr__ctype_equal(type_of(c, 0), type_of(c, 1)));
  assert_false(wr__ctype_equal(type_of(c, 0), type_of(c, 2)));
  assert_true(wr__ctype_equal(type_of(c, 3), type_of(c, 4)));
  assert_ptr_not_equal(type_of(c, 0), type_of(c, 1));
  wr__component_release(c);
}

/* ---- Resources ---- */

/* A component that exports a resource, instantiated twice: a slot for each, bound by the path. */
static void instances_bind_resources(void **state) {
  (void)state;
  wr__buffer b, inner, items = {0};
  begin(&inner);
  BYTES(&items, 0x3f, 0x7f, 0);
  put_items(&inner, TYPE, 1, &items);
  put_extern(&items, "r");
  BYTES(&items, 3, 0, 0);
  put_items(&inner, EXPORT, 1, &items);
  begin(&b);
  put_section(&b, COMPONENT, &inner);
  BYTES(&items, 0, 0, 0, 0, 0, 0);
  put_items(&b, INSTANCE, 2, &items);
  BYTES(&items, 3, 0, 0, 1, 'r', 3, 0, 1, 1, 'r');
  put_items(&b, ALIAS, 2, &items);
  BYTES(&items, 3, 0); /* resource.drop */
  put_items(&b, CANON, 1, &items);
  wr__component *c = decode_ok(&b);
  assert_int_equal(c->resource_count, 2);
  for (uint32_t i = 1; i <= 2; i++) {
    const wr__def *def = &c->defs[i];
    assert_int_equal(def->kind, WR__DEF_INSTANTIATE);
    assert_int_equal(def->bind_count, 1);
    assert_int_equal(def->binds[0].slot, i - 1);
    assert_int_equal(def->binds[0].depth, 1);
    assert_memory_equal(def->binds[0].path[0].data, "r", 1);
    assert_ptr_equal(type_of(c, i - 1)->resource, c->resources[i - 1]);
  }
  assert_int_equal(c->components[0]->resource_count, 1);
  assert_true(c->components[0]->resources[0]->is_local);
  assert_false(c->resources[0]->is_local);
  wr__component_release(c);
}

static void offsets_of_modules(void **state) {
  (void)state;
  wr__buffer b, inner = {0};
  begin(&b);
  BYTES(&inner, 0, 'a', 's', 'm', 1, 0, 0, 0, 99, 0);
  put_section(&b, CORE_MODULE, &inner);
  decode_fails(&b, WR_MALFORMED, 18, "malformed section id 99");
}

/* ---- Hostile types: refused in time and memory in proportion to the bytes ---- */

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Accepted or refused as too large, in a second (sanitizers included). */
static void is_cheap(wr__buffer *b, bool accepted) {
  wr_error error;
  wr__component *c = NULL;
  double start = seconds();
  wr_status status = try_decode(b, &c, &error);
  double taken = seconds() - start;
  if (status != (accepted ? WR_OK : WR_UNSUPPORTED))
    fail_msg("%s at %llu: %s", wr_status_name(status), (unsigned long long)error.offset,
             error.message);
  wr__component_release(c);
  wr__buffer_free(b);
  if (taken > 5) fail_msg("%.1f s", taken);
}

static void exponential_tuples(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 0x7d);
  for (uint8_t i = 0; i < 60; i++) BYTES(&items, 0x6f, 4, i, i, i, i);
  put_items(&b, TYPE, 61, &items);
  is_cheap(&b, false);
}

static void deep_lists(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 0x70, 0x7d);
  for (uint32_t i = 0; i < 100000; i++) {
    wr__buffer_byte(&items, 0x70);
    wr__buffer_sleb(&items, i);
  }
  put_items(&b, TYPE, 100001, &items);
  is_cheap(&b, false);
}

static void deep_components(void **state) {
  (void)state;
  wr__buffer b;
  begin(&b);
  for (uint32_t i = 0; i < 3000; i++) {
    wr__buffer outer;
    begin(&outer);
    put_section(&outer, COMPONENT, &b);
    b = outer;
  }
  is_cheap(&b, false);
}

static void deep_component_types(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  for (uint32_t i = 0; i < 20000; i++) BYTES(&items, 0x41 + i % 2, 1, 1);
  BYTES(&items, 0x7d);
  put_items(&b, TYPE, 1, &items);
  is_cheap(&b, false);
}

/* Each instance type exports the one before twice, with its resources. */
static void exponential_instances(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 0x42, 1, 4, 0, 1, 'r', 3, 1);
  for (uint8_t i = 0; i < 60; i++) {
    BYTES(&items, 0x42, 3, 2, 3, 2, 1, i); /* alias outer 1 i (type) */
    BYTES(&items, 4, 0, 1, 'a', 5, 0, 4, 0, 1, 'b', 5, 0);
  }
  put_items(&b, TYPE, 61, &items);
  is_cheap(&b, false);
}

/* Many instances of a component with many exports of its resource: quadratic if each is copied. */
static void many_instances_of_many_exports(void **state) {
  (void)state;
  wr__buffer b, inner, items = {0};
  enum { COUNT = 5000 };
  char name[16];
  begin(&inner);
  BYTES(&items, 0x3f, 0x7f, 0);
  put_items(&inner, TYPE, 1, &items);
  for (uint32_t i = 0; i < COUNT; i++) {
    snprintf(name, sizeof name, "r%u", i);
    put_extern(&items, name);
    BYTES(&items, 3, 0, 0);
  }
  put_items(&inner, EXPORT, COUNT, &items);
  begin(&b);
  put_section(&b, COMPONENT, &inner);
  for (uint32_t i = 0; i < 20 * COUNT; i++) BYTES(&items, 0, 0, 0);
  put_items(&b, INSTANCE, 20 * COUNT, &items);
  is_cheap(&b, false);
}

/* A type of the largest weight, used by many exports, each of which looks for names in it. */
static void many_uses_of_a_heavy_type(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  char name[16];
  begin(&b);
  BYTES(&items, 0x7d);
  for (uint8_t i = 0; i < 17; i++) BYTES(&items, 0x6f, 2, i, i);
  put_items(&b, TYPE, 18, &items);
  for (uint32_t i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "t%u", i);
    put_extern(&items, name);
    BYTES(&items, 3, 17, 0);
  }
  put_items(&b, EXPORT, 3000, &items);
  is_cheap(&b, false);
}

static void many_names(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  char name[16];
  begin(&b);
  BYTES(&items, 0x40, 0, 1, 0);
  put_items(&b, TYPE, 1, &items);
  for (uint32_t i = 0; i < 50000; i++) {
    snprintf(name, sizeof name, "f%u", i);
    put_extern(&items, name);
    BYTES(&items, 1, 0);
  }
  put_items(&b, IMPORT, 50000, &items);
  is_cheap(&b, true);
}

static void far_outer_aliases(void **state) {
  (void)state;
  wr__buffer b, items = {0};
  begin(&b);
  BYTES(&items, 3, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0);
  put_items(&b, ALIAS, 1, &items);
  decode_fails(&b, WR_INVALID, WR_NO_OFFSET, "invalid outer alias count");
}

/* Every prefix and every changed byte of a component is an error or a component. */
static void damaged_bytes(void **state) {
  (void)state;
  wr__buffer b, inner, items = {0};
  begin(&inner);
  BYTES(&items, 0x3f, 0x7f, 0, 0x69, 0, 0x40, 1, 1, 'x', 1, 0, 0x79);
  put_items(&inner, TYPE, 3, &items);
  BYTES(&items, 3, 0);
  put_items(&inner, CANON, 1, &items);
  put_extern(&items, "r");
  BYTES(&items, 3, 0, 0);
  put_items(&inner, EXPORT, 1, &items);
  begin(&b);
  BYTES(&items, 0x42, 2, 4, 0, 1, 't', 3, 1, 1, 0x72, 1, 1, 'f', 0x73);
  put_items(&b, TYPE, 1, &items);
  put_extern(&items, "a:b/c@1.2.3");
  BYTES(&items, 5, 0);
  put_items(&b, IMPORT, 1, &items);
  put_section(&b, COMPONENT, &inner);
  BYTES(&items, 0, 0, 0);
  put_items(&b, INSTANCE, 1, &items);
  wr_error error;
  for (size_t size = 0; size < b.size; size++) {
    wr__component *c = NULL;
    wr__buffer cut = {.data = b.data, .size = size};
    if (try_decode(&cut, &c, &error) == WR_OK) wr__component_release(c);
  }
  for (size_t i = 8; i < b.size; i++) {
    uint8_t was = b.data[i];
    for (uint32_t value = 0; value < 256; value++) {
      wr__component *c = NULL;
      b.data[i] = (uint8_t)value;
      if (try_decode(&b, &c, &error) == WR_OK) wr__component_release(c);
    }
    b.data[i] = was;
  }
  wr__component_release(decode_ok(&b));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_component),
      cmocka_unit_test(preambles),
      cmocka_unit_test(sections_have_sizes),
      cmocka_unit_test(later_features_are_named),
      cmocka_unit_test(layouts),
      cmocka_unit_test(equal_types_are_one),
      cmocka_unit_test(instances_bind_resources),
      cmocka_unit_test(offsets_of_modules),
      cmocka_unit_test(exponential_tuples),
      cmocka_unit_test(deep_lists),
      cmocka_unit_test(deep_components),
      cmocka_unit_test(deep_component_types),
      cmocka_unit_test(exponential_instances),
      cmocka_unit_test(many_instances_of_many_exports),
      cmocka_unit_test(many_uses_of_a_heavy_type),
      cmocka_unit_test(many_names),
      cmocka_unit_test(far_outer_aliases),
      cmocka_unit_test(damaged_bytes),
  };
  return cmocka_run_group_tests(tests, make_engine, free_engine);
}
