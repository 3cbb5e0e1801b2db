/* The first contents of memory 0 as pages of an image: made when a module is compiled, mapped
 * copy-on-write when it is instantiated.
 *
 * They stand for the active data segments only where these cannot trap and depend on nothing: all
 * are for memory 0, which the module defines, at constant addresses within its first size. */
#include <stdlib.h>

#include "base/leb128.h"
#include "image/image.h"
#include "image/section.h"
#include "platform/memory.h"
#include "store/objects.h"

/* Less than this is copied as fast as it is mapped; gaps may be this part of the pages. */
enum { LEAST_BYTES = 256 << 10, GAP_DIVISOR = 4, I32_CONST = 0x41, END = 0x0b };

typedef struct extent {
  uint64_t low, high; /* addresses in memory 0 */
  uint64_t data_bytes;
} extent;

static bool is_constant(const wr__module *module, wr__expr expr, uint32_t *out) {
  const uint8_t *at = module->bytes + expr.offset, *end = at + expr.size;
  int32_t value;
  if (at == end || *at++ != I32_CONST || wr__leb_s32(&at, end, &value) != WR__LEB_OK) return false;
  *out = (uint32_t)value;
  return end - at == 1 && *at == END;
}

static bool has_plain_memory(const wr__module *module) {
  if (module->memory_count == 0 || module->imported_memories) return false;
  const wr__memory_decl *decl = &module->memories[0];
  return !decl->limits.is64 && !decl->limits.shared && decl->page_size_log2 == 16;
}

/* Where the active segments are; false where one of them could do something else than to be there.
 */
static bool find_extent(const wr__module *module, extent *out) {
  if (!has_plain_memory(module)) return false;
  uint64_t size = module->memories[0].limits.min << 16;
  *out = (extent){.low = size};
  for (uint32_t i = 0; i < module->data_count; i++) {
    const wr__data_decl *decl = &module->datas[i];
    uint32_t at;
    if (decl->mode != WR__SEGMENT_ACTIVE) continue;
    if (decl->memory != 0 || !is_constant(module, decl->offset, &at)) return false;
    if (at > size || decl->bytes_size > size - at) return false;
    if (!decl->bytes_size) continue;
    if (at < out->low) out->low = at;
    if (at + (uint64_t)decl->bytes_size > out->high) out->high = at + (uint64_t)decl->bytes_size;
    out->data_bytes += decl->bytes_size;
  }
  return out->data_bytes >= LEAST_BYTES;
}

/* In the order of the segments: they may overlap. */
static void write_segments(const wr__module *module, uint8_t *pages, uint64_t address) {
  for (uint32_t i = 0; i < module->data_count; i++) {
    const wr__data_decl *decl = &module->datas[i];
    uint32_t at;
    if (decl->mode != WR__SEGMENT_ACTIVE || !is_constant(module, decl->offset, &at)) continue;
    if (decl->bytes_size)
      memcpy(pages + (at - address), module->bytes + decl->bytes_offset, decl->bytes_size);
  }
}

wr_status wr__image_add_memory(const wr__module *module, uint8_t **image, size_t *size,
                               wr_error *error) {
  extent where;
  wr__image_header header;
  if (!find_extent(module, &where) || !wr__image_header_read((wr__span){*image, *size}, &header))
    return WR_OK;
  uint64_t page = header.machine == WR__IMAGE_MACHINE_AARCH64 ? 65536 : 4096;
  uint64_t address = where.low & ~(page - 1);
  uint64_t bytes = ((where.high + page - 1) & ~(page - 1)) - address;
  if (bytes - bytes / GAP_DIVISOR > where.data_bytes) return WR_OK;
  uint64_t record = (*size + 7) & ~(uint64_t)7;
  uint64_t pages = (record + sizeof(wr__image_memory) + page - 1) & ~(page - 1);
  if (record > UINT32_MAX) return WR_OK;
  uint8_t *larger = realloc(*image, (size_t)(pages + bytes));
  if (!larger) return wr__fail_oom(error);
  *image = larger;
  memset(larger + *size, 0, (size_t)(pages + bytes - *size));
  *size = (size_t)(pages + bytes);
  *(wr__image_memory *)(void *)(larger + record) =
      (wr__image_memory){.offset = pages, .address = address, .size_bytes = bytes};
  write_segments(module, larger + pages, address);
  header.memory_offset = (uint32_t)record;
  header.image_bytes = *size;
  memcpy(larger + WR__IMAGE_HEADER_OFFSET, &header, sizeof header);
  return WR_OK;
}

/* Only a guarded memory: it never moves, and moving is of one mapping. */
static bool may_fill(const wr__image *image, const wr__instance *instance) {
  if (!image->memory || image->fd < 0 || !has_plain_memory(instance->module)) return false;
  const wr__image_memory *m = image->memory;
  const wr__memory *memory = instance->memory0;
  uint64_t size = wr__memory_size(memory);
  bool is_within = m->address <= size && m->size_bytes <= size - m->address;
  uint64_t all = m->offset | m->address | m->size_bytes | image->offset;
  return memory->guarded && is_within && all % wr__page_size() == 0;
}

wr_status wr__image_fill_memory(const wr__image *image, wr__instance *instance, bool *filled) {
  *filled = false;
  if (!may_fill(image, instance)) return WR_OK;
  const wr__image_memory *m = image->memory;
  wr__memory *memory = instance->memory0;
  bool gone;
  *filled = wr__vm_map_file(memory->base + m->address, (size_t)m->size_bytes, image->fd,
                            image->offset + m->offset, &gone);
  if (gone) return WR_OUT_OF_MEMORY;
  if (!*filled) return WR_OK;
  memory->file_end = m->address + m->size_bytes;
  for (uint32_t i = 0; i < instance->module->data_count; i++)
    if (instance->module->datas[i].mode == WR__SEGMENT_ACTIVE) wr__data_drop(instance, i);
  return WR_OK;
}
