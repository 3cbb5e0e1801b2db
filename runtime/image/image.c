/* Checking and mapping images. One that is mapped from a file is a region of the fault handler's.
 */
#include "image/image.h"

#include <stdlib.h>

#include "image/layout.h"
#include "image/section.h"
#include "platform/code.h"
#include "platform/file.h"
#include "platform/memory.h"
#include "platform/process.h"

static void free_image(wr__image *image) {
  if (image->base) wr__region_remove_file(image->base);
  if (image->base) wr__code_unmap((void *)(uintptr_t)image->base, image->size);
  wr__file_close(image->fd);
  free(image);
}

void wr__image_delete(wr__image *image) {
  if (image) free_image(image);
}

const wr__image_loop *wr__image_find_loop(const wr__image *image, uint32_t func_index,
                                          uint32_t loop) {
  uint32_t low = 0, high = image->header->loops_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const wr__image_loop *l = &image->loops[middle];
    if (l->func_index < func_index || (l->func_index == func_index && l->loop < loop))
      low = middle + 1;
    else
      high = middle;
  }
  if (low == image->header->loops_count) return NULL;
  const wr__image_loop *l = &image->loops[low];
  return l->func_index == func_index && l->loop == loop ? l : NULL;
}

/* ---- Fitting */

#if defined(__aarch64__)
#define HOST_MACHINE WR__IMAGE_MACHINE_AARCH64
#else
#define HOST_MACHINE WR__IMAGE_MACHINE_X86_64
#endif

const char *wr__image_target_name(uint32_t machine) {
  return machine == WR__IMAGE_MACHINE_X86_64    ? "x86_64-linux"
         : machine == WR__IMAGE_MACHINE_AARCH64 ? "aarch64-linux"
                                                : "an unknown machine";
}

const char *wr__image_host_target(void) { return wr__image_target_name(HOST_MACHINE); }

const char *wr__image_misfit(const wr__image_header *h) {
  if (memcmp(h->magic, WR__IMAGE_MAGIC, sizeof h->magic)) return "it is not a native image";
  if (h->version != WR__IMAGE_VERSION) return "the native image is of another version";
  if (h->machine != HOST_MACHINE) return "the native image is for another architecture";
  if (h->layout != wr__image_layout())
    return "the native image was made by another build of wasmrun";
  if (h->cpu_features & ~wr__cpu_features())
    return "the native image needs a processor with more features";
  if (h->flags & WR__IMAGE_FUEL) return "the native image counts fuel, which is not supported";
  return NULL;
}

static bool within(uint64_t offset, uint64_t count, uint64_t size_each, uint64_t size) {
  return offset <= size && count <= (size - offset) / size_each && offset % 4 == 0;
}

static bool is_memory_sound(const wr__image_header *h, const uint8_t *bytes, size_t size) {
  if (!within(h->memory_offset, 1, sizeof(wr__image_memory), size) || h->memory_offset % 8)
    return false;
  const wr__image_memory *m = (const wr__image_memory *)(const void *)(bytes + h->memory_offset);
  return m->offset <= size && m->size_bytes <= size - m->offset;
}

static bool are_loops_sound(const wr__image_header *h, const uint8_t *bytes, size_t size) {
  if (!within(h->loops_offset, h->loops_count, sizeof(wr__image_loop), size)) return false;
  const wr__image_loop *loops = (const wr__image_loop *)(const void *)(bytes + h->loops_offset);
  for (uint32_t i = 0; i < h->loops_count; i++)
    if (loops[i].code - h->text_offset >= h->text_bytes ||
        loops[i].wrapper - h->text_offset >= h->text_bytes)
      return false;
  return true;
}

/* Everything that is used without a check later. */
static bool is_sound(const wr__image_header *h, const uint8_t *bytes, size_t size) {
  if (h->text_bytes > size - h->text_offset) return false;
  if (!within(h->funcs_offset, h->func_count, sizeof(wr__image_func), size)) return false;
  if (!within(h->lines_offset, wr__image_line_blocks(h->lines_count), sizeof(wr__image_line_block),
              size))
    return false;
  if (!within(h->bodies_offset, h->func_count, sizeof(wr__image_body), size)) return false;
  if (!within(h->places_offset, wr__image_place_blocks(h->places_count), sizeof(uint32_t), size))
    return false;
  const wr__image_func *funcs = (const wr__image_func *)(const void *)(bytes + h->funcs_offset);
  bool is_partial = h->flags & WR__IMAGE_PARTIAL;
  for (uint32_t i = 0; i < h->func_count; i++)
    if ((funcs[i].code || !is_partial) && (funcs[i].code - h->text_offset >= h->text_bytes ||
                                           funcs[i].wrapper - h->text_offset >= h->text_bytes))
      return false;
  if (!are_loops_sound(h, bytes, size)) return false;
  return h->memory_offset == 0 || is_memory_sound(h, bytes, size);
}

/* ---- Mapping */

static wr_status fail_damaged(wr_error *error) {
  return wr__fail(error, WR_MALFORMED, WR_NO_OFFSET, "the native image is damaged");
}

/* From the file where that can be; a file system without execution still has its contents. */
static bool map_code(wr__image *image, const wr__image_source *source, const wr__image_header *h) {
  size_t page = wr__page_size(), size = source->bytes.size;
  size_t text_offset = (size_t)h->text_offset;
  size_t text_bytes = ((size_t)h->text_bytes + page - 1) & ~(page - 1);
  if (source->fd >= 0) {
    image->base = wr__code_map(source->fd, source->offset, size, text_offset, text_bytes);
    if (image->base) wr__region_add_file(image->base, size);
    image->offset = source->offset;
    if (image->base && h->memory_offset) image->fd = wr__file_duplicate(source->fd);
  }
  if (image->base) return true;
  int copy = wr__memory_file(source->bytes.data, size);
  if (copy >= 0) image->base = wr__code_map(copy, 0, size, text_offset, text_bytes);
  image->offset = 0;
  if (image->base && h->memory_offset)
    image->fd = copy;
  else
    wr__file_close(copy);
  return image->base != NULL;
}

static wr_status finish_image(wr__image *image, wr_error *error) {
  const wr__image_header *h =
      (const wr__image_header *)(const void *)(image->base + WR__IMAGE_HEADER_OFFSET);
  if (!is_sound(h, image->base, image->size)) return fail_damaged(error);
  image->header = h;
  image->text = (uintptr_t)image->base + (uintptr_t)h->text_offset;
  image->text_bytes = (size_t)h->text_bytes;
  image->funcs = (const wr__image_func *)(const void *)(image->base + h->funcs_offset);
  image->line_blocks = (const wr__image_line_block *)(const void *)(image->base + h->lines_offset);
  image->place_blocks = (const uint32_t *)(const void *)(image->base + h->places_offset);
  image->loops = (const wr__image_loop *)(const void *)(image->base + h->loops_offset);
  image->bodies = (const wr__image_body *)(const void *)(image->base + h->bodies_offset);
  if (h->memory_offset)
    image->memory = (const wr__image_memory *)(const void *)(image->base + h->memory_offset);
  return WR_OK;
}

wr_status wr__image_map(const wr__image_source *source, wr__image **out, wr_error *error) {
  wr__image_header header;
  if (!wr__image_header_read(source->bytes, &header))
    return wr__fail(error, WR_MALFORMED, WR_NO_OFFSET, "the native image is truncated");
  const char *misfit = wr__image_misfit(&header);
  if (misfit) return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "%s", misfit);
  size_t size = source->bytes.size;
  if (header.image_bytes != size || header.text_offset > size || header.text_bytes > size ||
      header.text_offset % wr__page_size())
    return fail_damaged(error);
  wr__image *image = calloc(1, sizeof *image);
  if (!image) return wr__fail_oom(error);
  image->size = size;
  image->fd = -1;
  wr_status status =
      map_code(image, source, &header)
          ? finish_image(image, error)
          : wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET, "the native image cannot be mapped");
  if (status != WR_OK) {
    free_image(image);
    return status;
  }
  *out = image;
  return WR_OK;
}
