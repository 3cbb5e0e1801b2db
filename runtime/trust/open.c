/* What decides whether native code runs: it must fit this machine, and be signed by a key that the
 * engine trusts. Bytes are checked where nobody else can change them any more: in our own copy, or
 * in the pages of a file that only root and this user can change; for such a file the verdict is
 * remembered. docs/rationale.md says what that rests on. */
#include "trust/open.h"

#include <stdio.h>
#include <stdlib.h>

#include "native/native.h"
#include "platform/code.h"
#include "platform/fault.h"
#include "platform/memory.h"
#include "platform/process.h"
#include "trust/signature.h"
#include "trust/verdict.h"

/* A module file that is being opened. */
typedef struct opening {
  wr__engine *engine;
  wr__sections sections;
  uint32_t index;     /* of the image that fits */
  wr__public_key key; /* who signed */
  bool is_signed;     /* by a trusted key */
  char reason[512];   /* why native code is not used */
} opening;

static bool refuse(opening *o, const char *why) {
  snprintf(o->reason, sizeof o->reason, "%s", why);
  return false;
}

/* ---- Which image */

/* What this processor lacks, by name. */
static void name_missing(opening *o, const wr__image_header *header) {
  static const char *const names[] = {
#define X(name, text) text,
      WR__CPU_FEATURES(X)
#undef X
  };
  uint64_t missing = header->cpu_features & ~wr__cpu_features();
  size_t at =
      (size_t)snprintf(o->reason, sizeof o->reason, "the native image needs a processor with");
  const char *between = " ";
  for (size_t i = 0; i < WR_ARRAY_COUNT(names); i++) {
    if (!(missing >> i & 1) || at >= sizeof o->reason) continue;
    at += (size_t)snprintf(o->reason + at, sizeof o->reason - at, "%s%s", between, names[i]);
    between = ", ";
  }
  if (missing >> WR_ARRAY_COUNT(names) && at < sizeof o->reason)
    snprintf(o->reason + at, sizeof o->reason - at, "%smore features", between);
}

static bool is_for_this_machine(const wr__image_header *header) {
  wr__image_header any = *header;
  any.cpu_features = 0;
  return !wr__image_misfit(&any);
}

static bool find_fitting(opening *o) {
  const char *misfit = "it has no native image";
  for (uint32_t i = 0; i < o->sections.image_count; i++) {
    wr__image_header header;
    bool whole = wr__image_header_read(o->sections.images[i], &header) &&
                 header.image_bytes == o->sections.images[i].size;
    const char *why = whole ? wr__image_misfit(&header) : "the native image is truncated";
    o->index = i;
    if (!why) {
      o->reason[0] = 0; /* of an image before it, for another processor */
      return true;
    }
    if (whole && is_for_this_machine(&header)) {
      name_missing(o, &header);
      continue;
    }
    /* Of several reasons, the one about this architecture says most. */
    if (i == 0 || strcmp(why, "the native image is for another architecture") != 0) misfit = why;
  }
  return o->reason[0] ? false : refuse(o, misfit);
}

/* ---- Whose */

static bool is_among(const wr__public_key *keys, size_t count, const wr__public_key *key) {
  for (size_t i = 0; i < count; i++)
    if (memcmp(keys[i].bytes, key->bytes, sizeof key->bytes) == 0) return true;
  return false;
}

/* Does the user trust who signed? A folder of keys that is not right is a reason of its own. */
static bool is_users(opening *o) {
  wr__public_key *keys;
  size_t count;
  wr_error error;
  if (wr__user_keys_read(&keys, &count, &error) != WR_OK) return refuse(o, error.message);
  bool found = is_among(keys, count, &o->key);
  free(keys);
  return found;
}

static bool is_trusted(opening *o) {
  const wr__config *config = &o->engine->config;
  char text[WR_PUBLIC_KEY_TEXT_SIZE];
  bool is_known = wr__signature_key(o->sections.signature, &o->key);
  o->is_signed = is_known && wr__keyring_has(config->trusted, &o->key);
  if (is_known && !o->is_signed && config->trust_user) o->is_signed = is_users(o);
  if (o->is_signed || config->allow_unsigned_code) return true;
  if (o->reason[0]) return false;
  if (!o->sections.signature.data) return refuse(o, "it is not signed");
  if (!is_known) return refuse(o, "its signature is of another version");
  wr__public_key_print(&o->key, text);
  snprintf(o->reason, sizeof o->reason, "it is signed by a key that is not trusted, %s", text);
  return false;
}

static bool is_genuine(opening *o) {
  const char *wrong = o->is_signed ? wr__signature_check(&o->sections, o->index) : NULL;
  return wrong ? refuse(o, wrong) : true;
}

/* ---- Loading */

/* With a trusted signature bodies need no look, if what is switched off here was off there. */
static wr_status decode(const opening *o, const wr__image *image, const uint8_t *bytes,
                        wr__bytes_owner owner, wr__module **out, wr_error *error) {
  const wr__image_header *h = image->header;
  bool prepared = o->is_signed && !(h->wasm_features & ~o->engine->config.features);
  return wr__module_decode_prepared(o->engine, bytes, (size_t)o->sections.module_bytes, owner,
                                    prepared ? image->bodies : NULL, h->func_count, out, error);
}

/* The module with the image. bytes are the module alone. */
static wr_status load(const opening *o, const wr__image_source *source, const uint8_t *bytes,
                      wr__bytes_owner owner, wr__module **out, wr_error *error) {
  wr__image *image;
  WR_TRY(wr__image_map(source, &image, error));
  wr_status status = decode(o, image, bytes, owner, out, error);
  if (status != WR_OK) {
    wr__image_delete(image);
    return status;
  }
  status = wr__native_attach(*out, image, o->is_signed, error);
  if (status == WR_OK) return WR_OK;
  (*out)->bytes_owner = WR__BYTES_BORROWED;
  wr__module_release(*out);
  return status;
}

/* ---- From bytes */

/* The module's own bytes: a beginning of what there is, or put together from between sections of
 * ours. */
static bool take_module(opening *o, const uint8_t **bytes, wr__bytes_owner *owner) {
  if (o->sections.module_span_count == 1 && o->sections.module[0].data == *bytes) return true;
  *bytes = wr__sections_module(&o->sections);
  *owner = WR__BYTES_MALLOC;
  return *bytes != NULL;
}

static void drop_rest(const uint8_t *bytes, const uint8_t *module, size_t size, size_t old_size,
                      wr__bytes_owner owner) {
  if (module == bytes) {
    if (owner == WR__BYTES_MMAP) wr__file_trim(bytes, size, old_size);
  } else if (owner == WR__BYTES_MALLOC) {
    free((void *)(uintptr_t)bytes);
  } else if (owner == WR__BYTES_MMAP) {
    wr__file_free(bytes, old_size, true);
  }
}

static wr_status interpret(opening *o, const uint8_t *bytes, wr__bytes_owner owner,
                           wr__module **out, wr_error *error) {
  WR_TRY(wr__module_decode(o->engine, bytes, (size_t)o->sections.module_bytes, owner, out, error));
  if (!o->reason[0]) return WR_OK;
  if (wr__native_refuse(*out, o->reason)) return WR_OK;
  (*out)->bytes_owner = WR__BYTES_BORROWED;
  wr__module_release(*out);
  return wr__fail_oom(error);
}

static wr_status open_with_image(opening *o, const uint8_t *module, wr__bytes_owner owner,
                                 wr__module **out, wr_error *error) {
  bool wanted = o->engine->config.engine_kind != WR_ENGINE_INTERP;
  if (wanted && find_fitting(o) && is_trusted(o) && is_genuine(o)) {
    wr__image_source source = {.bytes = o->sections.images[o->index], .fd = -1};
    wr_error failure;
    wr_status status = load(o, &source, module, owner, out, &failure);
    if (status == WR_OK) return WR_OK;
    refuse(o, failure.message);
  }
  return interpret(o, module, owner, out, error);
}

wr_status wr__open_bytes(wr__engine *engine, const uint8_t *bytes, size_t size,
                         wr__bytes_owner owner, wr__module **out, wr_error *error) {
  opening o = {.engine = engine};
  if (!wr__sections_find(bytes, size, &o.sections))
    return wr__module_decode(engine, bytes, size, owner, out, error);
  const uint8_t *module = bytes;
  wr__bytes_owner module_owner = owner;
  if (!take_module(&o, &module, &module_owner)) return wr__fail_oom(error);
  wr_status status = open_with_image(&o, module, module_owner, out, error);
  if (status == WR_OK)
    drop_rest(bytes, module, (size_t)o.sections.module_bytes, size, owner);
  else if (module != bytes)
    free((void *)(uintptr_t)module);
  return status;
}

/* ---- From a guarded file */

/* A guarded file, and what is mapped: itself, or a copy. */
typedef struct guarded_file {
  wr__file_id id;
  int fd, mapped_fd;
} guarded_file;

/* Remembered, or checked now: and the file must have stayed what it was meanwhile, that is, until
 * it was copied or as long as only its owner changes it. */
static bool is_genuine_file(opening *o, const guarded_file *file) {
  if (!o->is_signed) return true;
  char users[4096];
  const char *verdicts = o->engine->config.verdicts;
  if (!verdicts && o->engine->config.trust_user &&
      wr__user_path(WR__USER_CACHE, "verdicts", users, sizeof users))
    verdicts = users;
  bool known = wr__verdict_find(verdicts, &file->id, &o->key, o->index);
  wr__file_id after;
  if ((!known && !is_genuine(o)) || !wr__file_identify(file->fd, &after) ||
      memcmp(&file->id, &after, sizeof after) != 0)
    return false;
  if (!known) wr__verdict_keep(verdicts, &file->id, &o->key, o->index);
  return true;
}

static wr__module *open_mapped(opening *o, const guarded_file *file, const uint8_t *bytes) {
  wr__module *module;
  if (!wr__sections_find(bytes, (size_t)file->id.size, &o->sections)) return NULL;
  bool is_first = o->sections.module_span_count == 1 && o->sections.module[0].data == bytes;
  if (!is_first || !find_fitting(o) || !is_trusted(o) || !is_genuine_file(o, file)) return NULL;
  wr__span image = o->sections.images[o->index];
  wr__image_source source = {
      .bytes = image, .fd = file->mapped_fd, .offset = (uint64_t)(image.data - bytes)};
  return load(o, &source, bytes, WR__BYTES_MMAP, &module, NULL) == WR_OK ? module : NULL;
}

static wr__module *open_file(opening *o, const guarded_file *file) {
  size_t size = (size_t)file->id.size;
  const uint8_t *bytes = wr__file_map(file->mapped_fd, size);
  if (!bytes) return NULL;
  (void)wr__fault_init_thread(); /* its owner may truncate the file from now on */
  wr__region_add_file(bytes, size);
  wr__module *module = open_mapped(o, file, bytes);
  wr__region_remove_file(bytes);
  if (module) {
    wr__file_trim(bytes, module->size, size);
    wr__region_add_file(bytes, module->size);
  } else
    wr__file_free(bytes, size, true);
  return module;
}

wr__module *wr__open_guarded(wr__engine *engine, int fd) {
  opening o = {.engine = engine};
  guarded_file file = {.fd = fd, .mapped_fd = fd};
  uint8_t tail[WR__SECTIONS_TAIL_BYTES];
  if (engine->config.engine_kind == WR_ENGINE_INTERP || !wr__file_identify(fd, &file.id) ||
      !wr__file_tail(fd, file.id.size, tail, sizeof tail) || !wr__sections_are_last(tail) ||
      !wr__file_is_guarded(fd))
    return NULL;
  if (!engine->config.copy_files) return open_file(&o, &file);
  file.mapped_fd = wr__file_copy(fd, file.id.size);
  wr__module *module = file.mapped_fd < 0 ? NULL : open_file(&o, &file);
  wr__file_close(file.mapped_fd);
  return module;
}
