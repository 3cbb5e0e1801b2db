/* Files with native code through the public interface: packing, stripping, looking at them. */
#include <stdlib.h>

#include "api/component_modules.h"
#include "api/config.h"
#include "api/module.h"
#include "image/image.h"
#include "trust/signature.h"
#include "platform/file.h"

static wr_status sign_and_pack(wr__span module, const wasm_byte_vec_t *images, size_t count,
                               const wr_signing_key *key, uint8_t **out, size_t *size,
                               wr_error *error) {
  wr__span spans[WR__MAX_IMAGES_IN_FILE];
  uint8_t *signature;
  size_t signature_size;
  for (size_t i = 0; i < count; i++)
    spans[i] = (wr__span){(const uint8_t *)images[i].data, images[i].size};
  WR_TRY(wr__sign(module, spans, (uint32_t)count, &key->key, &signature, &signature_size, error));
  wr_status status = wr__sections_pack(module, 0, spans, (uint32_t)count,
                                       (wr__span){signature, signature_size}, out, size, error);
  free(signature);
  return status;
}

wr_status wr_native_pack(const wasm_module_t *module, const wasm_byte_vec_t *images,
                         size_t image_count, const wr_signing_key *key, wasm_byte_vec_t *out,
                         wr_error *error) {
  if (!module || !key || !out || !images || !image_count || image_count > WR__MAX_IMAGES_IN_FILE)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "module, images, key or out is missing");
  const wr__module *m = wr__api_module_of(module);
  uint8_t *packed;
  size_t size;
  WR_TRY(sign_and_pack((wr__span){m->bytes, m->size}, images, image_count, key, &packed, &size,
                       error));
  *out = (wasm_byte_vec_t){size, (char *)packed};
  return WR_OK;
}

wr_status wr_native_strip(const void *bytes, size_t size_bytes, wasm_byte_vec_t *out,
                          wr_error *error) {
  wr__sections sections;
  if (!out || (!bytes && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "bytes or out is missing");
  if (wr__component_is(bytes, size_bytes))
    return wr__component_strip((wr__span){bytes, size_bytes}, out, error);
  if (!wr__sections_find(bytes, size_bytes, &sections))
    return wr__fail(error, WR_NOT_FOUND, WR_NO_OFFSET, "it has no native image");
  uint8_t *module = wr__sections_module(&sections);
  if (!module) return wr__fail_oom(error);
  *out = (wasm_byte_vec_t){(size_t)sections.module_bytes, (char *)module};
  return WR_OK;
}

wr_status wr_file_replace(const char *path, const void *data, size_t size_bytes, wr_error *error) {
  if (!path || (!data && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "path or data is missing");
  return wr__file_replace(path, &(wr__span){data, size_bytes}, 1, 0666, error);
}

/* What one image says of itself. */
static void describe_image(wr__span image, const uint8_t *start, wr_native_image *out) {
  wr__image_header h;
  *out = (wr_native_image){.offset = (uint64_t)(image.data - start), .size_bytes = image.size};
  if (!wr__image_header_read(image, &h) || memcmp(h.magic, WR__IMAGE_MAGIC, sizeof h.magic)) {
    out->misfit = "it is not a native image";
    return;
  }
  out->target = wr__image_target_name(h.machine);
  out->version = h.version;
  out->text_size_bytes = h.text_bytes;
  out->func_count = h.func_count;
  out->guarded = h.flags & WR__IMAGE_GUARDED;
  out->polls = h.flags & WR__IMAGE_POLLS;
  h.cpu[sizeof h.cpu - 1] = 0;
  memcpy(out->cpu, h.cpu, sizeof out->cpu);
  out->misfit =
      h.image_bytes == image.size ? wr__image_misfit(&h) : "the native image is truncated";
}

wr_status wr_native_inspect(const void *bytes, size_t size_bytes, wr_native_info *out,
                            wr_error *error) {
  wr__sections s;
  if (!out || (!bytes && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "bytes or out is missing");
  *out = (wr_native_info){.module_size_bytes = size_bytes};
  if (!wr__sections_find(bytes, size_bytes, &s)) return WR_OK;
  out->module_size_bytes = s.module_bytes;
  out->image_count = s.image_count;
  out->is_signed = wr__signature_key(s.signature, &out->key);
  for (uint32_t i = 0; i < s.image_count; i++) {
    describe_image(s.images[i], bytes, &out->images[i]);
    out->images[i].fault = wr__signature_check(&s, i);
  }
  return WR_OK;
}
