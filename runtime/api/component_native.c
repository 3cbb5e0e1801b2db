/* Native code of components through the public interface: making a file with code inside, and
 * taking it out. */
#include <stdlib.h>

#include "api/component_modules.h"
#include "api/config.h"
#include "api/handles.h"
#include "image/image.h"
#include "image/rewrite.h"
#include "image/section.h"
#include "native/native.h"
#include "trust/signature.h"

static const wr__component *of(const wr_component_t *component) {
  return (const wr__component *)component;
}

/* ---- What a component has */

typedef bool (*visit)(void *context, const wr__module *module);

/* Core modules in the order of the bytes, nested ones in their place, until visit gives false. The
 * definitions have that order. */
static bool each_module(const wr__component *c, visit use, void *context) {
  for (uint32_t i = 0; i < c->def_count; i++) {
    const wr__def *def = &c->defs[i];
    if (def->kind == WR__DEF_CORE_MODULE && !use(context, c->modules[def->of.module].module))
      return false;
    if (def->kind == WR__DEF_COMPONENT &&
        !each_module(c->components[def->of.component], use, context))
      return false;
  }
  return true;
}

static bool has_no_refusal(void *context, const wr__module *module) {
  const char **refusal = context;
  *refusal = wr__native_refusal(module);
  return !*refusal;
}

const char *wr_component_native_refusal(const wr_component_t *component) {
  const char *refusal = NULL;
  if (component) each_module(of(component), has_no_refusal, (void *)&refusal);
  return refusal;
}

/* ---- Putting code in */

typedef struct packer {
  const wr__module **modules; /* in the order of the bytes */
  uint32_t count, capacity, next;
  wr_compile_options options;
  const char *const *targets;
  size_t target_count;
  const wr__signing_key *key;
} packer;

static bool add_module(void *context, const wr__module *module) {
  packer *p = context;
  if (!wr__grow32((void *)&p->modules, &p->capacity, p->count + 1, sizeof *p->modules))
    return false;
  p->modules[p->count++] = module;
  return true;
}

static wr_status sign_and_pack(const packer *p, wr__span module, uint64_t at,
                               const wr__span *images, uint8_t **out, size_t *size,
                               wr_error *error) {
  uint8_t *signature;
  size_t signature_size;
  uint32_t count = (uint32_t)p->target_count;
  WR_TRY(wr__sign(module, images, count, p->key, &signature, &signature_size, error));
  wr_status status = wr__sections_pack(module, at, images, count,
                                       (wr__span){signature, signature_size}, out, size, error);
  free(signature);
  return status;
}

static wr_status compile_and_pack(packer *p, const wr__module *module, uint64_t at, uint8_t **out,
                                  size_t *size, wr_error *error) {
  uint8_t *made[WR__MAX_IMAGES_IN_FILE];
  wr__span images[WR__MAX_IMAGES_IN_FILE];
  wr_status status = WR_OK;
  size_t count = 0;
  for (; status == WR_OK && count < p->target_count; count++) {
    p->options.target = p->targets ? p->targets[count] : NULL;
    made[count] = NULL;
    status = wr__compiler_run(module, &p->options, &made[count], &images[count].size, error);
    images[count].data = made[count];
  }
  if (status == WR_OK)
    status =
        sign_and_pack(p, (wr__span){module->bytes, module->size}, at, images, out, size, error);
  while (count) free(made[--count]);
  return status;
}

static wr_status copy_module(const wr__module *module, uint8_t **out, size_t *size,
                             wr_error *error) {
  *out = malloc(module->size ? module->size : 1);
  if (!*out) return wr__fail_oom(error);
  memcpy(*out, module->bytes, module->size);
  *size = module->size;
  return WR_OK;
}

/* The first of equal modules carries the code: it is opened once for all. */
static wr_status pack_module(void *context, wr__span bytes, uint64_t at, uint8_t **out,
                             size_t *size, wr_error *error) {
  packer *p = context;
  (void)bytes;
  const wr__module *module = p->modules[p->next++];
  for (uint32_t i = 0; i + 1 < p->next; i++)
    if (p->modules[i] == module) return copy_module(module, out, size, error);
  return compile_and_pack(p, module, at, out, size, error);
}

wr_status wr_component_compile(const wr_component_t *component, const wr_compile_options *options,
                               const char *const targets[], size_t target_count,
                               const wr_signing_key *key, wasm_byte_vec_t *out, wr_error *error) {
  if (!component || !key || !out || !target_count || target_count > WR__MAX_IMAGES_IN_FILE)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET,
                    "component, targets, key or out is "
                    "missing");
  packer p = {.targets = targets, .target_count = target_count, .key = &key->key};
  if (options)
    p.options = *options;
  else
    wr_compile_options_init(&p.options);
  uint8_t *bytes;
  size_t size;
  wr_status status = each_module(of(component), add_module, &p) ? WR_OK : wr__fail_oom(error);
  if (status == WR_OK && !p.count)
    status = wr__fail(error, WR_NOT_FOUND, WR_NO_OFFSET, "the component has no core module");
  if (status == WR_OK)
    status =
        wr__component_rewrite(of(component)->bytes, true, pack_module, &p, &bytes, &size, error);
  free((void *)p.modules);
  if (status == WR_OK) *out = (wasm_byte_vec_t){size, (char *)bytes};
  return status;
}

/* ---- Taking code out */

static wr_status strip_module(void *context, wr__span module, uint64_t at, uint8_t **out,
                              size_t *size, wr_error *error) {
  bool *is_found = context;
  wr__sections sections;
  (void)at;
  if (!wr__sections_find(module.data, module.size, &sections)) return WR_OK;
  *is_found = true;
  *out = wr__sections_module(&sections);
  *size = (size_t)sections.module_bytes;
  return *out ? WR_OK : wr__fail_oom(error);
}

wr_status wr__component_strip(wr__span component, wasm_byte_vec_t *out, wr_error *error) {
  bool is_found = false;
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__component_rewrite(component, false, strip_module, &is_found, &bytes, &size, error));
  if (!is_found) {
    free(bytes);
    return wr__fail(error, WR_NOT_FOUND, WR_NO_OFFSET, "it has no native image");
  }
  *out = (wasm_byte_vec_t){size, (char *)bytes};
  return WR_OK;
}
