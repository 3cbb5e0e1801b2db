/* The core modules of a component: each distinct one is opened once, with the native code that it
 * carries, or with code from the cache or the compiler. */
#include "api/component_modules.h"

#include <stdlib.h>

#include "image/image.h"
#include "image/section.h"
#include "native/native.h"
#include "trust/cache.h"
#include "trust/open.h"

/* A module among bytes that may also hold native code: in one piece, or data is NULL. */
static wr__span module_alone(const uint8_t *bytes, size_t size) {
  wr__sections sections;
  if (!wr__sections_find(bytes, size, &sections)) return (wr__span){bytes, size};
  return sections.module_span_count == 1 ? sections.module[0] : (wr__span){NULL, 0};
}

static wr__module *find_same(const wr__component_modules *m, wr__span alone) {
  for (uint32_t i = 0; alone.data && i < m->count; i++)
    if (m->distinct[i]->size == alone.size &&
        memcmp(m->distinct[i]->bytes, alone.data, alone.size) == 0)
      return wr__module_retain(m->distinct[i]);
  return NULL;
}

/* Compiles a module, and keeps the image under the name, if there is one. */
static wr_status compile(wr__module *module, const wr_compile_options *options,
                         const wr__cache_name *name, wr_error *error) {
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run(module, options, &bytes, &size, error));
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  wr_status status = wr__image_map(&source, &image, error);
  if (status == WR_OK) status = wr__native_attach(module, image, false, error);
  if (status == WR_OK && name)
    (void)wr__cache_keep(name, (wr__span){module->bytes, module->size}, source.bytes, NULL);
  free(bytes);
  return status;
}

static wr_status decode_and_compile(wr__engine *engine, wr__span alone,
                                    const wr_compile_options *options, const wr__cache_name *name,
                                    wr__module **out, wr_error *error) {
  WR_TRY(wr__module_decode(engine, alone.data, alone.size, WR__BYTES_BORROWED, out, error));
  wr_status status = compile(*out, options, name, error);
  if (status != WR_OK) wr__module_release(*out);
  return status;
}

static wr_status open_compiled(wr__engine *engine, wr__span alone,
                               const wr_compile_options *options, wr__module **out,
                               wr_error *error) {
  bool is_cached = engine->config.trust_user && engine->config.engine_kind != WR_ENGINE_INTERP;
  wr__cache_name name;
  if (!is_cached) return decode_and_compile(engine, alone, options, NULL, out, error);
  name = wr__cache_name_of(engine, alone, options);
  *out = wr__cache_open(engine, &name, alone);
  return *out ? WR_OK : decode_and_compile(engine, alone, options, &name, out, error);
}

static wr_status open_module(void *context, wr__engine *engine, const uint8_t *bytes, size_t size,
                             wr__module **out, wr_error *error) {
  wr__component_modules *m = context;
  wr__span alone = module_alone(bytes, size);
  *out = find_same(m, alone);
  if (*out) return WR_OK;
  WR_TRY(m->options && alone.data
             ? open_compiled(engine, alone, m->options, out, error)
             : wr__open_bytes(engine, bytes, size, WR__BYTES_BORROWED, out, error));
  if (m->count < WR__MOST_SHARED_MODULES) m->distinct[m->count++] = *out;
  return WR_OK;
}

wr__module_opener wr__component_modules_opener(wr__component_modules *modules) {
  return (wr__module_opener){open_module, modules};
}
