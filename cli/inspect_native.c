/* Native code in a file as `wasmrun inspect` shows it, and its extraction for objdump. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"

static const char *trust_of(const wr_native_info *info) {
  wr_public_key *keys;
  size_t count;
  wr_error error;
  bool found = false;
  if (!info->is_signed) return "not signed";
  if (wr_user_keys_read(&keys, &count, &error) != WR_OK) return "the trusted keys are refused";
  for (size_t i = 0; i < count; i++)
    found = found || memcmp(keys[i].bytes, info->key.bytes, sizeof info->key.bytes) == 0;
  wr_public_keys_delete(keys);
  return found ? "trusted" : "not trusted";
}

bool wr__native_view_open(const char *path, wr__native_view *out) {
  wr_error error;
  memset(out, 0, sizeof *out);
  if (strcmp(path, "-") == 0) return true; /* standard input was read already */
  if (!wr__read_file(path, &out->data, &out->size)) return false;
  if (wr_native_inspect(out->data, out->size, &out->info, &error) == WR_OK) {
    out->trust = trust_of(&out->info);
    return true;
  }
  wr__report("%s: %s", path, error.message);
  wr__native_view_close(out);
  return false;
}

void wr__native_view_close(wr__native_view *view) { free(view->data); }

void wr__native_print(const wr__native_view *view) {
  const wr_native_info *info = &view->info;
  if (!info->image_count) return;
  char key[WR_PUBLIC_KEY_TEXT_SIZE] = "";
  if (info->is_signed) wr_public_key_text(&info->key, key);
  printf("\nNative code: %zu, %s%s%s\n", info->image_count,
         info->is_signed ? "signed by " : view->trust, key, "");
  if (info->is_signed) printf("  the key is %s\n", view->trust);
  puts("      offset       size       code  target         for");
  for (size_t i = 0; i < info->image_count; i++) {
    const wr_native_image *image = &info->images[i];
    char cpu[4 * sizeof image->cpu];
    wr_text_escape(image->cpu, strlen(image->cpu), cpu, sizeof cpu);
    printf("  0x%08" PRIx64 " %10" PRIu64 " %10" PRIu64 "  %-13s  %s%s%s\n", image->offset,
           image->size_bytes, image->text_size_bytes, image->target ? image->target : "-",
           cpu[0] ? cpu : "the baseline", image->guarded ? "" : ", explicit bounds",
           image->polls ? "" : ", no polls");
    if (image->fault) printf("      not to be run: %s\n", image->fault);
    if (image->misfit) printf("      not for this machine: %s\n", image->misfit);
  }
}

static json_t *json_image(const wr_native_image *image) {
  json_t *object = json_object();
  char cpu[4 * sizeof image->cpu];
  wr_text_escape(image->cpu, strlen(image->cpu), cpu, sizeof cpu);
  json_object_set_new(object, "target", image->target ? json_string(image->target) : json_null());
  json_object_set_new(object, "offset", json_integer((json_int_t)image->offset));
  json_object_set_new(object, "size_bytes", json_integer((json_int_t)image->size_bytes));
  json_object_set_new(object, "code_bytes", json_integer((json_int_t)image->text_size_bytes));
  json_object_set_new(object, "version", json_integer(image->version));
  json_object_set_new(object, "cpu", json_string(cpu));
  json_object_set_new(object, "guarded", json_boolean(image->guarded));
  json_object_set_new(object, "polls", json_boolean(image->polls));
  json_object_set_new(object, "misfit", image->misfit ? json_string(image->misfit) : json_null());
  json_object_set_new(object, "fault", image->fault ? json_string(image->fault) : json_null());
  return object;
}

void wr__native_add_json(json_t *object, const wr__native_view *view) {
  char key[WR_PUBLIC_KEY_TEXT_SIZE];
  json_t *array = json_array();
  for (size_t i = 0; i < view->info.image_count; i++)
    json_array_append_new(array, json_image(&view->info.images[i]));
  json_object_set_new(object, "native", array);
  if (!view->info.image_count) return;
  wr_public_key_text(&view->info.key, key);
  json_object_set_new(object, "key", view->info.is_signed ? json_string(key) : json_null());
  json_object_set_new(object, "trust", json_string(view->trust));
}

int wr__native_extract(const wr__native_view *view, const char *path, const char *target,
                       const char *output) {
  for (size_t i = 0; i < view->info.image_count; i++) {
    const wr_native_image *image = &view->info.images[i];
    if (!image->target || strcmp(image->target, target) != 0) continue;
    return wr__write_file(output ? output : "-", view->data + image->offset, image->size_bytes)
               ? WR__EXIT_OK
               : WR__EXIT_FAILED;
  }
  wr__report("%s: it has no native image for %s", path, target);
  return WR__EXIT_FAILED;
}
