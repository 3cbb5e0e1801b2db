/* Fuzzer of native code in files: any bytes load or fail, with nobody trusted and with unsigned
 * code refused, and what is found in them lies in them. Images are looked at, never mapped: their
 * code is not the fuzzer's to run. */
#include <stdlib.h>

#include "native/native.h"
#include "trust/open.h"
#include "trust/signature.h"

static bool is_inside(wr__span span, const uint8_t *data, size_t size) {
  return span.data >= data && span.size <= size && (size_t)(span.data - data) <= size - span.size;
}

static void look(const uint8_t *data, size_t size) {
  wr__sections s;
  if (!wr__sections_find(data, size, &s)) return;
  uint64_t module_bytes = 0;
  for (uint32_t i = 0; i < s.module_span_count; i++) {
    if (!is_inside(s.module[i], data, size)) abort();
    module_bytes += s.module[i].size;
  }
  if (module_bytes != s.module_bytes) abort();
  for (uint32_t i = 0; i < s.image_count; i++) {
    wr__image_header header;
    if (!is_inside(s.images[i], data, size)) abort();
    if (wr__image_header_read(s.images[i], &header)) (void)wr__image_misfit(&header);
    if (!wr__signature_check(&s, i)) abort(); /* nobody forges an Ed25519 signature */
  }
  uint8_t *module = wr__sections_module(&s);
  wr__sections again;
  if (module && wr__sections_find(module, (size_t)s.module_bytes, &again) && again.image_count)
    abort(); /* stripped is stripped */
  free(module);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  look(data, size);
  wr__engine *engine = wr__engine_new(NULL);
  if (!engine) return 0;
  wr_error error = {0};
  wr__module *module;
  wr_status status = wr__open_bytes(engine, data, size, WR__BYTES_BORROWED, &module, &error);
  if (status == WR_OK) {
    if (wr__native_image(module)) abort();
    wr__module_release(module);
  } else if (error.status != status || !error.message[0]) {
    abort();
  }
  wr__engine_release(engine);
  return 0;
}
