/* What native code keeps with a module: its image, or why there is none. */
#include <stdatomic.h>
#include <stdlib.h>

#include "debug/debug.h"
#include "image/module_hash.h"
#include "native/native.h"

typedef struct native_module {
  wr__image *image;           /* own; NULL: none */
  wr__image *_Atomic partial; /* own: images of some functions, the last first */
  bool is_registered;         /* with a debugger */
  char refusal[];             /* empty: none */
} native_module;

static void free_state(void *state) {
  native_module *native = state;
  if (native->is_registered && native->image) wr__debug_unregister(native->image);
  wr__image_delete(native->image);
  for (wr__image *image = atomic_load(&native->partial), *next; image; image = next) {
    next = image->next;
    if (native->is_registered) wr__debug_unregister(image);
    wr__image_delete(image);
  }
  free(native);
}

static native_module *add_state(wr__module *module, const char *refusal) {
  size_t size = strlen(refusal) + 1;
  native_module *native = calloc(1, sizeof *native + size);
  if (!native) return NULL;
  memcpy(native->refusal, refusal, size);
  native_module *kept = wr__module_set_state(module, WR__ENGINE_SLOT_native, native, free_state);
  if (kept != native) free(native);
  return kept;
}

static bool belongs_to(const wr__image *image, const wr__module *module, bool is_signed) {
  const wr__image_header *h = image->header;
  return h->module_bytes == module->size &&
         h->func_count == module->func_count - module->imported_funcs &&
         (is_signed || h->module_hash == wr__image_module_hash(module->bytes, module->size));
}

wr_status wr__native_attach(wr__module *module, wr__image *image, bool is_signed, wr_error *error) {
  if (!belongs_to(image, module, is_signed)) {
    wr__image_delete(image);
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                    "the native image was made from another module");
  }
  native_module *native = wr__module_get_state(module, WR__ENGINE_SLOT_native);
  if (!native) native = add_state(module, "");
  if (!native) {
    wr__image_delete(image);
    return wr__fail_oom(error);
  }
  native->image = image;
  const wr__config *config = &module->engine->config;
  native->is_registered = config->debug;
  if (config->debug) wr__debug_register(module, image, config->dump_folder);
  return WR_OK;
}

wr_status wr__native_add_partial(wr__module *module, wr__image *image, wr_error *error) {
  if (!belongs_to(image, module, false) || !(image->header->flags & WR__IMAGE_PARTIAL)) {
    wr__image_delete(image);
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET,
                    "the native image was made from another module");
  }
  native_module *native = wr__module_get_state(module, WR__ENGINE_SLOT_native);
  if (!native) native = add_state(module, "");
  if (!native) {
    wr__image_delete(image);
    return wr__fail_oom(error);
  }
  const wr__config *config = &module->engine->config;
  native->is_registered = config->debug;
  if (config->debug) wr__debug_register(module, image, config->dump_folder);
  image->next = atomic_load(&native->partial);
  atomic_store(&native->partial, image);
  return WR_OK;
}

const wr__image *wr__native_partial(const wr__module *module) {
  native_module *native = wr__module_get_state(module, WR__ENGINE_SLOT_native);
  return native ? atomic_load(&native->partial) : NULL;
}

bool wr__native_refuse(wr__module *module, const char *why) {
  return add_state(module, why) != NULL;
}

const wr__image *wr__native_image(const wr__module *module) {
  const native_module *native = wr__module_get_state(module, WR__ENGINE_SLOT_native);
  return native ? native->image : NULL;
}

const char *wr__native_refusal(const wr__module *module) {
  const native_module *native = wr__module_get_state(module, WR__ENGINE_SLOT_native);
  return native && native->refusal[0] ? native->refusal : NULL;
}
