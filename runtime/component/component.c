/* From bytes to a component: the preamble, the sections in any order, nested components and core
 * modules; and the life of a component.
 * Spec: component-model/Binary, component definitions. */
#include "component/component.h"

#include <stdlib.h>

#include "component/decoder.h"
#include "platform/file.h"

enum { PREAMBLE = 8, SECTION_MODULE = 1, SECTION_COMPONENT = 4, SECTION_COUNT = 13 };

/* Steps that the types of a component may take: see decoder.h. */
enum { STEPS_BASE = 4000000, STEPS_PER_BYTE = 64 };
/* And bytes of memory. */
enum { MEMORY_BASE = 16 << 20, MEMORY_PER_BYTE = 128 };

static wr_status decode_component(wr__cdecoder *d, const uint8_t *end, wr__component *component);

/* ---- Sections ---- */

static wr_status decode_items(wr__cdecoder *d, const char *what,
                              wr_status (*decode)(wr__cdecoder *d)) {
  uint32_t count;
  WR_TRY(wr__cread_count(d, what, &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(decode(d));
  return WR_OK;
}

static wr_status open_module(wr__cdecoder *d, const uint8_t *start, size_t size,
                             wr__cmodule *module) {
  if (wr__component_is(start, size))
    return wr__cmalformed(d, start + 4,
                          "expected a version header for a module, found a component");
  *module = (wr__cmodule){.offset = (uint64_t)(start - d->base), .size = size};
  wr_status status = d->opener ? d->opener->open(d->opener->context, d->engine, start, size,
                                                 &module->module, &d->failure)
                               : wr__module_decode(d->engine, start, size, WR__BYTES_BORROWED,
                                                   &module->module, &d->failure);
  if (status != WR_OK && d->failure.offset != WR_NO_OFFSET) d->failure.offset += module->offset;
  return status;
}

static wr_status decode_module(wr__cdecoder *d, const uint8_t *end) {
  wr__scope *s = d->scope;
  const uint8_t *start = d->at;
  wr__cmodule module;
  wr__def def = {.kind = WR__DEF_CORE_MODULE,
                 .sort = WR__SORT_CORE_MODULE,
                 .offset = (uint64_t)(start - d->base),
                 .of.module = s->module_count};
  if (!wr__grow32(&s->modules, &s->module_capacity, s->module_count + 1, sizeof *s->modules))
    return wr__cfail_oom(d);
  WR_TRY(open_module(d, start, (size_t)(end - start), &module));
  s->modules[s->module_count++] = module;
  d->at = end;
  WR_TRY(wr__cmodule_type(d, start, module.module, &def.type));
  return wr__cdefine(d, &def, def.type);
}

static wr_status decode_nested(wr__cdecoder *d, const uint8_t *end) {
  wr__scope *s = d->scope;
  wr__component *nested = wr__calloc_array(d, 1, sizeof *nested);
  if (!nested || !wr__grow32(&s->components, &s->component_capacity, s->component_count + 1,
                             sizeof *s->components))
    return wr__cfail_oom(d);
  wr__def def = {.kind = WR__DEF_COMPONENT,
                 .sort = WR__SORT_COMPONENT,
                 .offset = (uint64_t)(d->at - d->base),
                 .of.component = s->component_count};
  nested->parent = s->component;
  s->components[s->component_count++] = nested;
  WR_TRY(decode_component(d, end, nested));
  def.type = nested->type;
  return wr__cdefine(d, &def, def.type);
}

static wr_status decode_custom(wr__cdecoder *d, const uint8_t *end) {
  wr__span name;
  WR_TRY(wr__cread_name(d, &name));
  d->at = end;
  return WR_OK;
}

static wr_status decode_contents(wr__cdecoder *d, const uint8_t *at, uint8_t id,
                                 const uint8_t *end) {
  switch (id) {
    case 0:
      return decode_custom(d, end);
    case SECTION_MODULE:
      return decode_module(d, end);
    case 2:
      return decode_items(d, "core instances", wr__cdecode_core_instance);
    case 3:
      return decode_items(d, "core types", wr__cdecode_core_type);
    case SECTION_COMPONENT:
      return decode_nested(d, end);
    case 5:
      return decode_items(d, "instances", wr__cdecode_instance);
    case 6:
      return decode_items(d, "aliases", wr__cdecode_alias);
    case 7:
      return decode_items(d, "types", wr__cdecode_type);
    case 8:
      return decode_items(d, "canonical definitions", wr__cdecode_canon);
    case 9:
      return wr__cfail_feature(d, at, "a start definition", "values");
    case 10:
      return decode_items(d, "imports", wr__cdecode_import);
    case 11:
      return decode_items(d, "exports", wr__cdecode_export);
    default:
      return wr__cfail_feature(d, at, "a value definition", "values");
  }
}

/* What a section holds is bounded by its size. */
static wr_status decode_section(wr__cdecoder *d) {
  uint8_t id;
  uint32_t size;
  const uint8_t *start = d->at, *outer = d->end;
  WR_TRY(wr__cread_byte(d, &id));
  if (id >= SECTION_COUNT) return wr__cmalformed(d, start, "malformed section id %u", id);
  const uint8_t *size_at = d->at;
  WR_TRY(wr__cread_u32(d, &size));
  if (size > (size_t)(d->end - d->at))
    return wr__cmalformed(d, size_at, WR__COMPONENT_END ": length out of bounds");
  const uint8_t *end = d->at + size;
  d->end = end;
  WR_TRY(decode_contents(d, start, id, end));
  if (d->at != end) return wr__cmalformed(d, d->at, "section size mismatch");
  d->end = outer;
  return WR_OK;
}

/* ---- Components ---- */

static wr_status decode_preamble(wr__cdecoder *d) {
  static const uint8_t preamble[PREAMBLE] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
  size_t size = (size_t)(d->end - d->at);
  for (size_t i = 0; i < PREAMBLE; i++) {
    if (i >= size) return wr__cmalformed(d, d->end, "unexpected end");
    if (d->at[i] != preamble[i])
      return wr__cmalformed(
          d, d->at + (i < 4 ? 0 : 4), "%s",
          i < 4 ? "magic header not detected: not a WebAssembly component"
          : size < PREAMBLE || d->at[6] != 1 || d->at[7] != 0
              ? "unknown binary version: expected a version header for a component"
              : "unknown binary version: of another version of the component "
                "format than 0x0d");
  }
  d->at += PREAMBLE;
  return WR_OK;
}

/* The lists of the scope become the component's. */
static wr_status finish_component(wr__cdecoder *d, const uint8_t *at, wr__component *c) {
  wr__scope *s = d->scope;
  WR_TRY(wr__cscope_type(d, at, &c->type));
  WR_TRY(wr__ccopy(d, s->defs, s->def_count, sizeof *s->defs, &c->defs));
  WR_TRY(wr__ccopy(d, s->resources, s->resource_count, sizeof(void *), &c->resources));
  c->def_count = s->def_count;
  c->resource_count = s->resource_count;
  memcpy(c->counts, s->counts, sizeof c->counts);
  return WR_OK;
}

/* Modules and components are handed over on failure too, so that they are released. */
static wr_status keep_children(wr__cdecoder *d, wr__component *c) {
  wr__scope *s = d->scope;
  wr_status status = wr__ccopy(d, s->modules, s->module_count, sizeof *s->modules, &c->modules);
  if (status == WR_OK) {
    c->module_count = s->module_count;
  } else {
    for (uint32_t i = 0; i < s->module_count; i++) wr__module_release(s->modules[i].module);
  }
  wr_status other = wr__ccopy(d, s->components, s->component_count, sizeof(void *), &c->components);
  if (other == WR_OK) c->component_count = s->component_count;
  return status == WR_OK ? other : status;
}

static void release_modules(const wr__component *c) {
  for (uint32_t i = 0; i < c->module_count; i++) wr__module_release(c->modules[i].module);
  for (uint32_t i = 0; i < c->component_count; i++) release_modules(c->components[i]);
}

static wr_status decode_component(wr__cdecoder *d, const uint8_t *end, wr__component *component) {
  wr__scope scope;
  const uint8_t *start = d->at, *outer = d->end;
  d->end = end;
  component->engine = d->engine;
  component->bytes = (wr__span){start, (size_t)(end - start)};
  component->offset = (uint64_t)(start - d->base);
  component->arena = d->arena;
  WR_TRY(decode_preamble(d));
  WR_TRY(wr__scope_open(d, &scope, WR__SCOPE_COMPONENT));
  scope.component = component;
  wr_status status = WR_OK;
  while (status == WR_OK && d->at < d->end) status = decode_section(d);
  if (status == WR_OK) status = finish_component(d, start, component);
  wr_status kept = keep_children(d, component);
  if (kept != WR_OK && scope.component_count)
    for (uint32_t i = 0; i < scope.component_count; i++) release_modules(scope.components[i]);
  wr__scope_close(d, &scope);
  d->end = outer;
  return status == WR_OK ? kept : status;
}

static void free_component(wr__component *c) {
  wr__engine *engine = c->engine;
  wr__arena *arena = c->arena;
  release_modules(c);
  if (c->bytes_owner == WR__BYTES_MALLOC) free((void *)(uintptr_t)c->bytes.data);
  if (c->bytes_owner == WR__BYTES_MMAP) wr__file_free(c->bytes.data, c->bytes.size, true);
  wr__arena_delete(arena);
  wr__engine_release(engine);
}

wr_status wr__component_decode(wr__engine *engine, const uint8_t *bytes, size_t size,
                               wr__bytes_owner owner, const wr__module_opener *opener,
                               wr__component **out, wr_error *error) {
  wr__arena *arena = wr__arena_new(MEMORY_BASE + (uint64_t)size * MEMORY_PER_BYTE);
  wr__component *component = arena ? wr__arena_alloc(arena, sizeof *component) : NULL;
  if (!component) {
    wr__arena_delete(arena);
    return wr__fail_oom(error);
  }
  bytes = bytes ? bytes : (const uint8_t *)"";
  wr__cdecoder d = {.base = bytes,
                    .at = bytes,
                    .end = bytes + size,
                    .engine = wr__engine_retain(engine),
                    .arena = arena,
                    .opener = opener,
                    .steps_left = STEPS_BASE + (uint64_t)size * STEPS_PER_BYTE};
  component->bytes_owner = WR__BYTES_BORROWED;
  atomic_init(&component->ref_count, 1);
  wr_status status = decode_component(&d, d.end, component);
  free(d.interned);
  wr__cfree_core(&d);
  if (status != WR_OK) {
    if (error) *error = d.failure;
    free_component(component);
    return status;
  }
  component->bytes_owner = (uint8_t)owner;
  *out = component;
  return WR_OK;
}

/* ---- Life ---- */

wr__component *wr__component_retain(wr__component *component) {
  while (component->parent) component = (wr__component *)(uintptr_t)component->parent;
  atomic_fetch_add_explicit(&component->ref_count, 1, memory_order_relaxed);
  return component;
}

void wr__component_release(wr__component *component) {
  if (!component) return;
  while (component->parent) component = (wr__component *)(uintptr_t)component->parent;
  if (atomic_fetch_sub_explicit(&component->ref_count, 1, memory_order_acq_rel) == 1)
    free_component(component);
}

bool wr__component_is(const uint8_t *bytes, size_t size) {
  return size >= PREAMBLE && memcmp(bytes, "\0asm", 4) == 0 && bytes[6] == 1 && bytes[7] == 0;
}
