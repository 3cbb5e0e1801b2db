/* The `name` section, read when a name is asked for. It is not part of a module's validity: what
 * is wrong in it ends the search. Spec: appendix/custom, name section. */
#include "base/leb128.h"
#include "module/module.h"

enum { NAMES_MODULE = 0, NAMES_FUNCS = 1 };

static const wr__span no_name = {NULL, 0};

static bool read_u32(const uint8_t **at, const uint8_t *end, uint32_t *out) {
  return wr__leb_u32(at, end, out) == WR__LEB_OK;
}

static bool read_name(const uint8_t **at, const uint8_t *end, wr__span *out) {
  uint32_t size;
  if (!read_u32(at, end, &size) || size > (size_t)(end - *at)) return false;
  if (!wr__utf8_valid(*at, size)) return false;
  *out = (wr__span){*at, size};
  *at += size;
  return true;
}

/* The subsection of that id, or data NULL. */
static wr__span find_subsection(const wr__module *module, uint8_t wanted) {
  wr__span section = wr__module_custom(module, "name", 0);
  if (!section.data) return no_name;
  const uint8_t *at = section.data, *end = at + section.size;
  while (at < end) {
    uint8_t id = *at++;
    uint32_t size;
    if (!read_u32(&at, end, &size) || size > (size_t)(end - at)) return no_name;
    if (id == wanted) return (wr__span){at, size};
    at += size;
  }
  return no_name;
}

static wr__span find_in_map(wr__span map, uint32_t wanted) {
  if (!map.data) return no_name;
  const uint8_t *at = map.data, *end = at + map.size;
  uint32_t count, index;
  if (!read_u32(&at, end, &count)) return no_name;
  for (uint32_t i = 0; i < count; i++) {
    wr__span name;
    if (!read_u32(&at, end, &index) || !read_name(&at, end, &name)) return no_name;
    if (index == wanted) return name;
    if (index > wanted) return no_name; /* they are in order */
  }
  return no_name;
}

void wr__module_visit_names(const wr__module *module,
                            void (*visit)(void *context, uint32_t func_index, wr__span name),
                            void *context) {
  wr__span map = find_subsection(module, NAMES_FUNCS);
  if (!map.data) return;
  const uint8_t *at = map.data, *end = at + map.size;
  uint32_t count, index;
  if (!read_u32(&at, end, &count)) return;
  for (uint32_t i = 0; i < count; i++) {
    wr__span name;
    if (!read_u32(&at, end, &index) || !read_name(&at, end, &name)) return;
    visit(context, index, name);
  }
}

wr__span wr__module_func_name(const wr__module *module, uint32_t func_index) {
  wr__span name = find_in_map(find_subsection(module, NAMES_FUNCS), func_index);
  if (name.data) return name;
  for (uint32_t i = 0; i < module->export_count; i++)
    if (module->exports[i].kind == WR_EXTERN_FUNC && module->exports[i].index == func_index)
      return module->exports[i].name;
  return no_name;
}

wr__span wr__module_name(const wr__module *module) {
  wr__span content = find_subsection(module, NAMES_MODULE), name;
  const uint8_t *at = content.data;
  if (!at || !read_name(&at, at + content.size, &name)) return no_name;
  return name;
}
