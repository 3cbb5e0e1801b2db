/* Names of the host: what a component's imports take, by interface and version. Two versions of an
 * interface are compatible if they are the same up to the first number that is not zero.
 * Spec: component-model/Explainer, import and export names. */
#include "component/link.h"

#include <stdlib.h>

#include "component/arena.h"

/* How much of a version names its compatible ones: "1" of 1.2.3, "0.2" of 0.2.3, all of others. */
static size_t compatible_size(const char *version, size_t size) {
  bool is_zero = true;
  for (size_t i = 0; i < size; i++) {
    if (version[i] == '-' || version[i] == '+') return size;
    if (version[i] == '.' && !is_zero) return i;
    if (version[i] != '0' && version[i] != '.') is_zero = false;
  }
  return size;
}

static size_t name_size(const char *text, size_t size) {
  const char *at = memchr(text, '@', size);
  return at ? (size_t)(at - text) : size;
}

/* A version with a suffix is compatible with itself alone. */
static bool has_suffix(const char *version, size_t size) {
  return memchr(version, '-', size) || memchr(version, '+', size);
}

bool wr__cinterface_matches(wr__span wanted, wr__span given) {
  const char *a = (const char *)wanted.data, *b = (const char *)given.data;
  size_t a_name = name_size(a, wanted.size), b_name = name_size(b, given.size);
  if (a_name != b_name || memcmp(a, b, a_name)) return false;
  if (a_name == wanted.size || b_name == given.size)
    return a_name == wanted.size && b_name == given.size;
  const char *a_version = a + a_name + 1, *b_version = b + b_name + 1;
  size_t a_size = wanted.size - a_name - 1, b_size = given.size - b_name - 1;
  if (a_size == b_size && !memcmp(a_version, b_version, a_size)) return true;
  if (has_suffix(a_version, a_size) || has_suffix(b_version, b_size)) return false;
  size_t a_key = compatible_size(a_version, a_size), b_key = compatible_size(b_version, b_size);
  return a_key == b_key && !memcmp(a_version, b_version, a_key);
}

static bool same_text(const char *text, wr__span span) {
  return strlen(text) == span.size && !memcmp(text, span.data, span.size);
}

static wr__cdefinition *find(const wr_component_linker_t *linker, wr__span interface,
                             wr__span name) {
  for (uint32_t i = linker->count; i-- > 0;) {
    wr__cdefinition *d = linker->definitions[i];
    wr__span given = {(const uint8_t *)d->interface, strlen(d->interface)};
    if (same_text(d->name, name) && wr__cinterface_matches(interface, given)) return d;
  }
  return NULL;
}

static int shown(wr__span name) { return name.size < 100 ? (int)name.size : 100; }

static bool same_span(wr__span a, wr__span b) {
  return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

/* Does the imported instance itself bring this resource? Else the type is another import's, used
 * under a name of its own, and the component has it from there. */
static bool brings(const wr__cscope *component, wr__span interface, wr__span name) {
  for (uint32_t i = 0; i < component->imported_count; i++) {
    const wr__cbound *bound = &component->imported[i];
    if (bound->depth == 2 && same_span(bound->path[0], interface) &&
        same_span(bound->path[1], name))
      return true;
  }
  return false;
}

/* What an import of a function or a type takes. interface: of the instance that it is of, or empty.
 */
static wr_status link_item(const wr_component_linker_t *linker, const wr__cscope *component,
                           wr__span interface, const wr__cextern *wanted, wr__cexport *out,
                           wr_error *error) {
  *out = (wr__cexport){wanted->name, wanted->sort, NULL};
  bool is_func = wanted->sort == WR__SORT_FUNC;
  if (wanted->sort == WR__SORT_TYPE && wanted->type->kind != WR__CTYPE_RESOURCE) return WR_OK;
  if (wanted->sort == WR__SORT_TYPE && interface.size &&
      !brings(component, interface, wanted->name))
    return WR_OK;
  wr__cdefinition *found = find(linker, interface, wanted->name);
  bool is_supported = is_func || wanted->sort == WR__SORT_TYPE;
  if (is_supported && found && found->is_func == is_func) {
    out->value = is_func ? (void *)&found->func : &found->resource;
    return WR_OK;
  }
  const char *kind = is_func                         ? "function"
                     : wanted->sort == WR__SORT_TYPE ? "resource"
                                                     : wr__sort_name(wanted->sort);
  return wr__fail(error, WR_UNLINKABLE, WR_NO_OFFSET, "unknown import: %.*s%s%s \"%.*s\"%s",
                  shown(interface), (const char *)interface.data, interface.size ? ", " : "", kind,
                  shown(wanted->name), (const char *)wanted->name.data,
                  found          ? ": the host has another kind of that name"
                  : is_supported ? ""
                                 : ": the host cannot give one");
}

static wr_status link_instance(const wr_component_linker_t *linker, const wr__cscope *component,
                               const wr__cextern *wanted, wr__cexport *out, wr_error *error) {
  struct wr__arena *arena = linker->world->arena;
  const wr__cscope *scope = wanted->type->scope;
  wr__cexports *made = wr__arena_alloc(arena, sizeof *made);
  wr__cexport *items = wr__arena_array(arena, scope->export_count + 1u, sizeof *items);
  if (!made || !items) return wr__fail_oom(error);
  for (uint32_t i = 0; i < scope->export_count; i++)
    WR_TRY(link_item(linker, component, wanted->name, &scope->exports[i], &items[i], error));
  *made = (wr__cexports){NULL, items, scope->export_count};
  *out = (wr__cexport){wanted->name, wanted->sort, made};
  return WR_OK;
}

wr_status wr__clink(const wr_component_linker_t *linker, const wr__component *component,
                    wr__cexports *out, wr_error *error) {
  const wr__cscope *scope = component->type->scope;
  wr__cexport *items =
      wr__arena_array(linker->world->arena, scope->import_count + 1u, sizeof *items);
  if (!items) return wr__fail_oom(error);
  for (uint32_t i = 0; i < scope->import_count; i++) {
    const wr__cextern *wanted = &scope->imports[i];
    WR_TRY(wanted->sort == WR__SORT_INSTANCE
               ? link_instance(linker, scope, wanted, &items[i], error)
               : link_item(linker, scope, (wr__span){NULL, 0}, wanted, &items[i], error));
  }
  *out = (wr__cexports){NULL, items, scope->import_count};
  return WR_OK;
}

static char *keep_string(struct wr__arena *arena, const char *text) {
  char *copy = wr__arena_alloc(arena, strlen(text) + 1);
  if (copy) strcpy(copy, text);
  return copy;
}

wr__cdefinition *wr__clinker_define(wr_component_linker_t *linker, const char *interface,
                                    const char *name) {
  struct wr__arena *arena = linker->world->arena;
  wr__cdefinition *d = wr__arena_alloc(arena, sizeof *d);
  if (!d || !wr__grow32(&linker->definitions, &linker->capacity, linker->count + 1,
                        sizeof *linker->definitions))
    return NULL;
  d->interface = keep_string(arena, interface ? interface : "");
  d->name = keep_string(arena, name);
  if (!d->interface || !d->name) return NULL;
  linker->definitions[linker->count++] = d;
  return d;
}
