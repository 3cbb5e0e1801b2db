/* Making modules, from bytes and files, sharing them, and keeping them as bytes. */
#include "api/module.h"

#include <stdlib.h>

#include "component/component.h"
#include "trust/open.h"
#include "platform/file.h"

wasm_module_t *wr__api_module_handle(wr__module *module) {
  wr__api_module *object = calloc(1, sizeof *object);
  if (!object) {
    wr__module_release(module);
    return NULL;
  }
  atomic_init(&object->ref_count, 1);
  object->module = module;
  return (wasm_module_t *)wr__api_handle_new(NULL, WR__HANDLE_MODULE, object);
}

wr_status wr__api_hand_out(wr__module *module, wasm_module_t **out, wr_error *error) {
  wasm_module_t *handle = wr__api_module_handle(module);
  if (!handle) return wr__fail_oom(error);
  *out = handle;
  return WR_OK;
}

/* Decodes bytes, which belong to the module afterwards, and on failure are freed. */
wr_status wr__api_decode_owned(wr__engine *engine, const uint8_t *bytes, size_t size, bool mapped,
                               wasm_module_t **out, wr_error *error) {
  wr__module *module;
  wr__bytes_owner owner = mapped ? WR__BYTES_MMAP : WR__BYTES_MALLOC;
  wr_status status = wr__open_bytes(engine, bytes, size, owner, &module, error);
  if (status != WR_OK) {
    wr__file_free(bytes, size, mapped);
    return status;
  }
  return wr__api_hand_out(module, out, error);
}

wr_status wr_module_new(wasm_engine_t *engine, const void *bytes, size_t size_bytes,
                        wasm_module_t **out, wr_error *error) {
  if (!engine || !out || (!bytes && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine, bytes or out is missing");
  uint8_t *copy = malloc(size_bytes ? size_bytes : 1);
  if (!copy) return wr__fail_oom(error);
  if (size_bytes) memcpy(copy, bytes, size_bytes);
  return wr__api_decode_owned(wr__api_engine(engine), copy, size_bytes, false, out, error);
}

wr_status wr_module_validate(wasm_engine_t *engine, const void *bytes, size_t size_bytes,
                             wr_error *error) {
  if (!engine || (!bytes && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine or bytes are missing");
  if (wr__component_is(bytes, size_bytes)) {
    wr__component *component;
    WR_TRY(wr__component_decode(wr__api_engine(engine), bytes, size_bytes, WR__BYTES_BORROWED, NULL,
                                &component, error));
    wr__component_release(component);
    return WR_OK;
  }
  wr__module *module;
  WR_TRY(wr__module_decode(wr__api_engine(engine), bytes, size_bytes, WR__BYTES_BORROWED, &module,
                           error));
  wr__module_release(module);
  return WR_OK;
}

/* Text, going by how it begins: a module in the text format starts with a parenthesis or a
 * comment. A binary starts with a NUL. */
static bool is_text(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] == '(' || bytes[i] == ';') return true;
    if (!strchr(" \t\r\n", bytes[i]) || bytes[i] == '\0') return false;
  }
  return false;
}

/* What a file holds. */
typedef struct contents {
  const uint8_t *bytes;
  size_t size;
  bool mapped;
} contents;

static void free_contents(const contents *c) {
  if (c->bytes) wr__file_free(c->bytes, c->size, c->mapped);
}

/* The binary of a file; where the file holds text, that too. */
static wr_status read_binary(int fd, const char *path, contents *binary, contents *text,
                             wr_error *error) {
  *text = (contents){0};
  WR_TRY(wr__file_read_open(fd, path, &binary->bytes, &binary->size, &binary->mapped, error));
  if (!is_text(binary->bytes, binary->size)) return WR_OK;
  *text = *binary;
  wasm_byte_vec_t made;
  wr_status status = wr_text_to_binary((const char *)text->bytes, text->size, &made, error);
  if (status == WR_OK)
    *binary = (contents){(const uint8_t *)made.data, made.size, false};
  else
    free_contents(text);
  return status;
}

wr_status wr__api_read_binary(const char *path, const uint8_t **bytes, size_t *size, bool *mapped,
                              wr_error *error) {
  contents binary, text;
  int fd = wr__file_open(path, error);
  if (fd < 0) return WR_IO;
  wr_status status = read_binary(fd, path, &binary, &text, error);
  wr__file_close(fd);
  if (status != WR_OK) return status;
  free_contents(&text);
  *bytes = binary.bytes;
  *size = binary.size;
  *mapped = binary.mapped;
  return WR_OK;
}

static wr_status open_read(wr__engine *engine, int fd, const char *path, wasm_module_t **out,
                           wr_error *error) {
  contents binary, text;
  WR_TRY(read_binary(fd, path, &binary, &text, error));
  wr_status status =
      wr__api_decode_owned(engine, binary.bytes, binary.size, binary.mapped, out, error);
  if (status != WR_OK && text.bytes) wr_text_locate((const char *)text.bytes, text.size, error);
  free_contents(&text);
  return status;
}

wr_status wr_module_open(wasm_engine_t *engine, const char *path, wasm_module_t **out,
                         wr_error *error) {
  if (!engine || !path || !out)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine, path or out is missing");
  int fd = wr__file_open(path, error);
  if (fd < 0) return WR_IO;
  wr__module *guarded = wr__open_guarded(wr__api_engine(engine), fd);
  wr_status status = guarded ? wr__api_hand_out(guarded, out, error)
                             : open_read(wr__api_engine(engine), fd, path, out, error);
  wr__file_close(fd);
  return status;
}

const uint8_t *wr_module_bytes(const wasm_module_t *module, size_t *size_bytes) {
  const wr__module *m = wr__api_module_of(module);
  *size_bytes = m->size;
  return m->bytes;
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_module_t *wasm_module_new(wasm_store_t *store, const wasm_byte_vec_t *binary) {
  wasm_module_t *module;
  if (!store || !binary) return NULL;
  wr_status status =
      wr_module_new(wr_store_engine(store), binary->data, binary->size, &module, NULL);
  return status == WR_OK ? module : NULL;
}

bool wasm_module_validate(wasm_store_t *store, const wasm_byte_vec_t *binary) {
  return store && binary &&
         wr_module_validate(wr_store_engine(store), binary->data, binary->size, NULL) == WR_OK;
}

/* ---- Sharing: a shared module is a counted module without handles -------- */

void wasm_shared_module_delete(wasm_shared_module_t *shared) {
  if (shared) wr__module_release((wr__module *)shared);
}

wasm_shared_module_t *wasm_module_share(const wasm_module_t *module) {
  return module ? (wasm_shared_module_t *)wr__module_retain(wr__api_module_of(module)) : NULL;
}

wasm_module_t *wasm_module_obtain(wasm_store_t *store, const wasm_shared_module_t *shared) {
  const wr__module *module = (const wr__module *)shared;
  /* Types are numbered by engine: a module of another engine means nothing here. */
  if (!store || !shared || module->engine != wr__api_store(store)->engine) return NULL;
  return wr__api_module_handle(wr__module_retain(module));
}

/* ---- Serialising: a header, then the binary ------------------------------ */

static const char serial_magic[8] = {'w', 'r', 'm', 'o', 'd', 'u', 'l', '1'};

void wasm_module_serialize(const wasm_module_t *module, wasm_byte_vec_t *out) {
  const wr__module *m = wr__api_module_of(module);
  size_t total;
  wasm_byte_vec_new_empty(out);
  if (__builtin_add_overflow(m->size, sizeof serial_magic, &total)) return;
  wasm_byte_vec_new_uninitialized(out, total);
  if (!out->size) return;
  memcpy(out->data, serial_magic, sizeof serial_magic);
  memcpy(out->data + sizeof serial_magic, m->bytes, m->size);
}

wasm_module_t *wasm_module_deserialize(wasm_store_t *store, const wasm_byte_vec_t *bytes) {
  if (!store || !bytes || bytes->size < sizeof serial_magic) return NULL;
  if (memcmp(bytes->data, serial_magic, sizeof serial_magic)) return NULL;
  wasm_byte_vec_t binary = {bytes->size - sizeof serial_magic, bytes->data + sizeof serial_magic};
  return wasm_module_new(store, &binary);
}
