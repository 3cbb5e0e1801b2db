/* The folder of compiled modules, $XDG_CACHE_HOME/wasmrun/compiled, and beside it "used": an empty
 * file of the same name for each module that was taken from there, whose time is that of the last
 * use. The module's own times would do, but for its verdict, which goes by them. */
#include "trust/cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "image/image.h"
#include "image/layout.h"
#include "image/module_hash.h"
#include "trust/open.h"
#include "trust/signature.h"
#include "platform/file.h"
#include "platform/process.h"

#define MAX_CACHE_BYTES ((uint64_t)1 << 30)
enum { PATH_BYTES = 4096 };

static bool path_in(const char *folder, const char *name, char *path) {
  char below[160];
  int length = snprintf(below, sizeof below, "%s%s%s", folder, name[0] ? "/" : "", name);
  return length > 0 && (size_t)length < sizeof below &&
         wr__user_path(WR__USER_CACHE, below, path, PATH_BYTES);
}

static bool cache_path(const char *name, char *path) { return path_in("compiled", name, path); }

/* ---- Uses */

static void record_use(const char *name) {
  char path[PATH_BYTES];
  if (path_in("used", "", path) && wr__folder_make_private(path, NULL) == WR_OK &&
      path_in("used", name, path))
    wr__file_touch(path);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const wr_cache_entry *)a)->name, ((const wr_cache_entry *)b)->name);
}

/* Puts the last use into each entry; uses of what is no longer there are forgotten. */
static void read_uses(wr_cache_entry *entries, size_t count) {
  char path[PATH_BYTES];
  wr_cache_entry *uses;
  size_t use_count;
  if (!path_in("used", "", path) || wr__folder_list(path, &uses, &use_count, NULL) != WR_OK) return;
  if (count) qsort(entries, count, sizeof *entries, compare_names);
  for (size_t i = 0; i < use_count; i++) {
    wr_cache_entry *found = bsearch(&uses[i], entries, count, sizeof *entries, compare_names);
    if (found && uses[i].made_ns > found->made_ns) found->used_ns = uses[i].made_ns;
    if (!found && path_in("used", uses[i].name, path)) wr__file_remove(path);
  }
  free(uses);
}

/* ---- Names */

/* Which compiler it is: another build of it may compile otherwise. */
static void describe_compiler(const wr_compile_options *options, char *out, size_t size) {
  char path[PATH_BYTES];
  wr__file_id id = {0};
  int fd = wr__compiler_path(options, path, sizeof path) ? wr__file_open(path, NULL) : -1;
  if (fd >= 0) (void)wr__file_identify(fd, &id);
  wr__file_close(fd);
  snprintf(out, size, "%llx %llx", (unsigned long long)id.size, (unsigned long long)id.changed_ns);
}

wr__cache_name wr__cache_name_of(const wr__engine *engine, wr__span module,
                                 const wr_compile_options *options) {
  char compiler[64], settings[512];
  uint8_t hash[WR__HASH_BYTES];
  describe_compiler(options, compiler, sizeof compiler);
  int length = snprintf(
      settings, sizeof settings, "%s|%d|%llx|%llx|%llx|%c|%s|%s|%d|%d|%d|%s", wr_version(),
      WR__IMAGE_VERSION, (unsigned long long)wr__image_layout(),
      (unsigned long long)wr__cpu_features(), (unsigned long long)engine->config.features,
      options->level, options->target ? options->target : "", options->cpu ? options->cpu : "",
      options->bounds_explicit, options->no_polls, options->check_proofs, compiler);
  wr__span spans[] = {{(const uint8_t *)settings, (size_t)length + 1}, module};
  wr__hash_spans(spans, WR_ARRAY_COUNT(spans), hash);
  wr__cache_name name;
  for (size_t i = 0; i < sizeof hash; i++) snprintf(name.text + 2 * i, 3, "%02x", hash[i]);
  strcpy(name.text + 2 * sizeof hash, ".aot.wasm");
  return name;
}

/* ---- Finding and keeping */

wr__module *wr__cache_open(wr__engine *engine, const wr__cache_name *name, wr__span module) {
  char path[PATH_BYTES];
  bool there;
  if (!cache_path("", path) || !wr__folder_is_private(path, &there) ||
      !cache_path(name->text, path))
    return NULL;
  int fd = wr__file_open(path, NULL);
  wr__module *found = fd >= 0 ? wr__open_guarded(engine, fd) : NULL;
  wr__file_close(fd);
  if (!found) return NULL;
  if (found->size == module.size && wr__image_module_hash(found->bytes, found->size) ==
                                        wr__image_module_hash(module.data, module.size)) {
    record_use(name->text);
    return found;
  }
  wr__module_release(found);
  return NULL;
}

static int compare_uses(const void *a, const void *b) {
  uint64_t x = ((const wr_cache_entry *)a)->used_ns;
  uint64_t y = ((const wr_cache_entry *)b)->used_ns;
  return x < y ? -1 : x > y;
}

wr_status wr__cache_list(wr_cache_entry **out, size_t *count, wr_error *error) {
  char path[PATH_BYTES];
  bool there = false;
  *out = NULL;
  *count = 0;
  if (!cache_path("", path) || (!wr__folder_is_private(path, &there) && !there)) return WR_OK;
  wr__folder_sweep(path);
  WR_TRY(wr__folder_list(path, out, count, error));
  read_uses(*out, *count);
  if (*count) qsort(*out, *count, sizeof **out, compare_uses);
  return WR_OK;
}

/* Removes what was not used for longest until the rest is within the limit. */
static wr_status shrink(uint64_t limit, wr_error *error) {
  wr_cache_entry *entries;
  size_t count;
  uint64_t total = 0;
  WR_TRY(wr__cache_list(&entries, &count, error));
  for (size_t i = 0; i < count; i++) total += entries[i].size_bytes;
  for (size_t i = 0; i < count && total > limit; i++) {
    char path[PATH_BYTES];
    if (cache_path(entries[i].name, path)) wr__file_remove(path);
    if (path_in("used", entries[i].name, path)) wr__file_remove(path);
    total -= entries[i].size_bytes;
  }
  free(entries);
  return WR_OK;
}

wr_status wr__cache_clear(wr_error *error) { return shrink(0, error); }

static wr_status store(const char *name, wr__span module, wr__span image, wr_error *error) {
  char path[PATH_BYTES];
  wr__signing_key key;
  uint8_t *signature, *file;
  size_t signature_size, size;
  if (!cache_path("", path))
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "neither XDG_CACHE_HOME nor HOME names a folder");
  WR_TRY(wr__folder_make_private(path, error));
  WR_TRY(wr__signing_key_read(NULL, &key, error));
  WR_TRY(wr__sign(module, &image, 1, &key, &signature, &signature_size, error));
  wr_status status = wr__sections_pack(module, 0, &image, 1, (wr__span){signature, signature_size},
                                       &file, &size, error);
  free(signature);
  if (status != WR_OK) return status;
  if (cache_path(name, path))
    status = wr__file_replace(path, &(wr__span){file, size}, 1, 0600, error);
  free(file);
  return status;
}

wr_status wr__cache_keep(const wr__cache_name *name, wr__span module, wr__span image,
                         wr_error *error) {
  WR_TRY(store(name->text, module, image, error));
  return shrink(MAX_CACHE_BYTES, error);
}
