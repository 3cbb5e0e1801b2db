/* Instances that another engine runs, with native code of some functions: what the entry of a
 * function leads to is changed by the store's own thread, while none of its code looks. */
#include "native/native.h"

static void set_code(wr__func *func, const wr__image *image) {
  wr__native_set_code(func, image);
  const wr__engine_ops *const *e = wr__engine_records(func->instance->store->engine);
  for (; *e; e++)
    if (*e != &wr__native_engine && (*e)->link_funcs) (*e)->link_funcs(func, 1);
}

wr_status wr__native_install(wr__instance *instance, const wr__image *image) {
  if (wr__native_obstacle(instance, image)) return WR_OK;
  WR_TRY(wr__native_prepare(instance));
  for (uint32_t i = 0; i < instance->func_count; i++)
    if (image->funcs[i].code) set_code(&instance->funcs[i], image);
  return WR_OK;
}

wr_status wr__native_install_func(wr__func *func) {
  wr__instance *instance = func->instance;
  const wr__image *image = wr__native_partial(instance->module);
  uint32_t index = func->func_index - instance->module->imported_funcs;
  while (image && (!image->funcs[index].code || wr__native_obstacle(instance, image)))
    image = image->next;
  if (!image) return WR_OK;
  WR_TRY(wr__native_prepare(instance));
  set_code(func, image);
  return WR_OK;
}

static wr_status run_way(wr__exec *exec, const wr__loop_way *way, uint64_t *frame) {
  return wr__native_run(exec, way->func, frame, way->code, way->wrapper);
}

bool wr__native_find_way(wr__func *func, uint32_t loop, wr__loop_way *way) {
  const wr__instance *instance = func->instance;
  for (const wr__image *i = wr__native_partial(instance->module); i; i = i->next) {
    const wr__image_loop *found = wr__image_find_loop(i, func->func_index, loop);
    if (!found || wr__native_obstacle(instance, i)) continue;
    *way = (wr__loop_way){func, run_way, i->base + found->code, i->base + found->wrapper};
    return true;
  }
  return false;
}
