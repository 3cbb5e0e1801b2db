/* What lowering and linking agree on: the image's flags, and the names of what is made for types.
 */
#include "compile.h"

uint32_t wr__compile_flags(const wr__module *module, const wr__compile_options *options,
                           bool handlers) {
  uint32_t flags = (options->polls ? WR__IMAGE_POLLS : 0) | (handlers ? WR__IMAGE_HANDLERS : 0);
  if (options->bounds == WR__BOUNDS_EXPLICIT || !module->memory_count) return flags;
  const wr__memory_decl *memory = &module->memories[0];
  if (!memory->limits.is64 && memory->page_size_log2 == 16) flags |= WR__IMAGE_GUARDED;
  return flags;
}

void wr__type_signature(const wr__deftype *type, char *out, size_t size) {
  size_t at = 0;
  for (uint32_t i = 0; i < type->param_count + type->result_count && at + 3 < size; i++) {
    bool result = i >= type->param_count;
    if (i == type->param_count) out[at++] = '_';
    wr_valtype t = result ? type->results[i - type->param_count] : type->params[i];
    out[at++] = t == WR_I32    ? 'i'
                : t == WR_F32  ? 'f'
                : t == WR_F64  ? 'd'
                : t == WR_V128 ? 'v'
                               : 'l';
  }
  out[at] = 0;
}
