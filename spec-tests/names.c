/* What a script calls by identifiers: its modules and instances, and what instances export. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

named *names_add(named_list *list, const script *source, size_t id) {
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 16;
    named *grown = realloc(list->items, capacity * sizeof *grown);
    if (!grown) return NULL;
    list->items = grown;
    list->capacity = capacity;
  }
  named *item = &list->items[list->count++];
  *item = (named){.source = source, .id = id};
  return item;
}

/* The entry that the identifier token names, the last one for a token that is none. */
named *names_find(const session *s, const named_list *list, size_t token) {
  bool is_id = s->script->tokens[token].kind == WR_TEXT_ID;
  for (size_t i = list->count; i-- > 0;) {
    named *item = &list->items[i];
    if (!is_id || (item->id && script_same_id(s->script, token, item->source, item->id)))
      return item;
  }
  return NULL;
}

void names_free(named_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    named *item = &list->items[i];
    wasm_module_delete(item->module);
    wasm_instance_delete(item->instance);
    wr_component_instance_delete(item->component_instance);
    wr_component_delete(item->component);
    for (size_t j = 0; j < item->shared_count; j++) {
      wasm_extern_delete(item->shared[j]);
      free(item->shared_names[j]);
    }
    free(item->shared);
    free(item->shared_names);
    free(item->shared_sizes);
  }
  free(list->items);
}

wasm_extern_t *names_export(const named *instance, const char *name, size_t size) {
  if (instance->instance) return wr_instance_export(instance->instance, name, size);
  for (size_t i = 0; i < instance->shared_count; i++)
    if (instance->shared_sizes[i] == size && !memcmp(instance->shared_names[i], name, size))
      return wasm_extern_copy(instance->shared[i]);
  return NULL;
}

named *names_current(session *s, size_t token) {
  bool is_id = s->script->tokens[token].kind == WR_TEXT_ID;
  if (!is_id && !s->has_current) return NULL;
  return names_find(s, &s->instances, token);
}
