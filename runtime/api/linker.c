/* Linking by name: a hash table from (module, name) to externals.
 *
 * Open addressing with linear probing; entries are only added or replaced, so a probe ends at
 * the first empty place. */
#include <stdio.h>
#include <stdlib.h>

#include "api/module.h"
#include "api/trap.h"

typedef struct definition {
  char *names; /* the module's name, then the external's */
  size_t module_size, name_size;
  uint64_t hash;
  wasm_extern_t *external;
} definition;

struct wr_linker {
  wasm_store_t *store;
  definition *table; /* capacity places; empty ones have no external */
  size_t count, capacity;
};

wr_linker_t *wr_linker_new(wasm_store_t *store) {
  wr_linker_t *linker = store ? calloc(1, sizeof *linker) : NULL;
  if (linker) linker->store = store;
  return linker;
}

wasm_store_t *wr_linker_store(const wr_linker_t *linker) { return linker->store; }

void wr_linker_delete(wr_linker_t *linker) {
  if (!linker) return;
  for (size_t i = 0; i < linker->capacity; i++) {
    free(linker->table[i].names);
    wasm_extern_delete(linker->table[i].external);
  }
  free(linker->table);
  free(linker);
}

static uint64_t hash_names(const char *module, size_t module_size, const char *name,
                           size_t name_size) {
  return wr__hash_bytes(name, name_size, wr__hash_bytes(module, module_size, module_size));
}

static bool is_definition(const definition *d, uint64_t hash, const char *module,
                          size_t module_size, const char *name, size_t name_size) {
  return d->hash == hash && d->module_size == module_size && d->name_size == name_size &&
         (!module_size || !memcmp(d->names, module, module_size)) &&
         (!name_size || !memcmp(d->names + module_size, name, name_size));
}

/* The place of a definition, or the empty one where it belongs. There is always an empty one. */
static definition *find_place(definition *table, size_t capacity, uint64_t hash, const char *module,
                              size_t module_size, const char *name, size_t name_size) {
  size_t at = (size_t)hash & (capacity - 1);
  while (table[at].external &&
         !is_definition(&table[at], hash, module, module_size, name, name_size))
    at = (at + 1) & (capacity - 1);
  return &table[at];
}

/* Keeps a quarter of the places empty. */
static bool reserve_place(wr_linker_t *linker) {
  if (linker->count + 1 <= linker->capacity - linker->capacity / 4 && linker->capacity) return true;
  size_t capacity = linker->capacity ? linker->capacity * 2 : 64;
  definition *table = wr__alloc_array(capacity, sizeof *table);
  if (!table) return false;
  for (size_t i = 0; i < linker->capacity; i++) {
    const definition *d = &linker->table[i];
    if (d->external)
      *find_place(table, capacity, d->hash, d->names, d->module_size, d->names + d->module_size,
                  d->name_size) = *d;
  }
  free(linker->table);
  linker->table = table;
  linker->capacity = capacity;
  return true;
}

static char *join_names(const char *module, size_t module_size, const char *name,
                        size_t name_size) {
  size_t total;
  if (__builtin_add_overflow(module_size, name_size, &total)) return NULL;
  char *names = malloc(total ? total : 1);
  if (names && module_size) memcpy(names, module, module_size);
  if (names && name_size) memcpy(names + module_size, name, name_size);
  return names;
}

wr_status wr_linker_define(wr_linker_t *linker, const char *module, size_t module_size,
                           const char *name, size_t name_size, const wasm_extern_t *external) {
  if (!linker || !external || external->ref.store != wr__api_store(linker->store))
    return WR_BAD_ARGUMENT;
  if (!reserve_place(linker)) return WR_OUT_OF_MEMORY;
  wasm_extern_t *copy = wasm_extern_copy(external);
  if (!copy) return WR_OUT_OF_MEMORY;
  uint64_t hash = hash_names(module, module_size, name, name_size);
  definition *place =
      find_place(linker->table, linker->capacity, hash, module, module_size, name, name_size);
  if (place->external) {
    wasm_extern_delete(place->external);
    place->external = copy;
    return WR_OK;
  }
  char *names = join_names(module, module_size, name, name_size);
  if (!names) {
    wasm_extern_delete(copy);
    return WR_OUT_OF_MEMORY;
  }
  *place = (definition){names, module_size, name_size, hash, copy};
  linker->count++;
  return WR_OK;
}

wr_status wr_linker_define_instance(wr_linker_t *linker, const char *module, size_t module_size,
                                    const wasm_instance_t *instance) {
  if (!linker || !instance || instance->ref.store != wr__api_store(linker->store))
    return WR_BAD_ARGUMENT;
  wr__instance *i = instance->ref.of.instance;
  for (uint32_t e = 0; e < i->module->export_count; e++) {
    const wr__export *from = &i->module->exports[e];
    wr__extern external = wr__instance_extern(i, (wr_externkind)from->kind, from->index);
    wasm_extern_t *handle = wr__api_handle_of_extern(instance->ref.store, &external);
    if (!handle) return WR_OUT_OF_MEMORY;
    wr_status status = wr_linker_define(linker, module, module_size, (const char *)from->name.data,
                                        from->name.size, handle);
    wasm_extern_delete(handle);
    WR_TRY(status);
  }
  return WR_OK;
}

static wasm_extern_t *find_definition(const wr_linker_t *linker, const char *module,
                                      size_t module_size, const char *name, size_t name_size) {
  if (!linker || !linker->capacity) return NULL;
  uint64_t hash = hash_names(module, module_size, name, name_size);
  return find_place(linker->table, linker->capacity, hash, module, module_size, name, name_size)
      ->external;
}

wasm_extern_t *wr_linker_get(const wr_linker_t *linker, const char *module, size_t module_size,
                             const char *name, size_t name_size) {
  return wasm_extern_copy(find_definition(linker, module, module_size, name, name_size));
}

/* ---- Instantiating ------------------------------------------------------- */

/* At most this much of a name goes into a message. */
static int shown_size(size_t size) { return size < 80 ? (int)size : 80; }

static wr_status fail_missing(const wr_import *import, wr_error *error) {
  char type[160];
  wr_externtype_name(&import->type, type, sizeof type);
  return wr__fail(error, WR_UNLINKABLE, WR_NO_OFFSET, "unknown import: \"%.*s\" \"%.*s\", %s",
                  shown_size(import->module_size), import->module, shown_size(import->name_size),
                  import->name, type);
}

wr_status wr_linker_instantiate(wr_linker_t *linker, const wasm_module_t *module,
                                wasm_instance_t **out, wasm_trap_t **trap, wr_error *error) {
  if (!linker || !module || !out)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "linker, module or out is missing");
  size_t count = wr_module_import_count(module);
  wasm_extern_t **imports = wr__alloc_array(count, sizeof *imports);
  if (!imports) return wr__fail_oom(error);
  wr_status status = WR_OK;
  for (size_t i = 0; i < count && status == WR_OK; i++) {
    wr_import import = wr_module_import(module, i);
    imports[i] =
        find_definition(linker, import.module, import.module_size, import.name, import.name_size);
    if (!imports[i]) status = fail_missing(&import, error);
  }
  if (status == WR_OK)
    status = wr_instance_new(linker->store, module, imports, count, out, trap, error);
  free(imports);
  return status;
}
