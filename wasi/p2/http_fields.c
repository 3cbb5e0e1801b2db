/* Header and trailer fields. Names compare without case and keep theirs; some are the server's or
 * the client's to set. Spec: wasi:http/types, fields; RFC 9110, 5. */
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void release(void *object) {
  wr__p2_fields *fields = object;
  for (uint32_t i = 0; i < fields->count; i++) {
    free(fields->list[i].name);
    free(fields->list[i].value);
  }
  free(fields->list);
}

wr__p2_fields *wr__p2_fields_new(wr__p2 *p2) {
  wr__p2_fields *fields = wr__p2_new(p2, WR__P2_FIELDS, sizeof *fields, false);
  if (fields) fields->base.release = release;
  return fields;
}

/* ---- what is allowed */

/* RFC 9110, 5.6.2: a token. */
static bool is_name(wr__p2_text name) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < name.size; i++) {
    char ch = name.bytes[i];
    bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
    if (!letter && (ch == 0 || !strchr(others, ch))) return false;
  }
  return name.size > 0;
}

/* RFC 9110, 5.5. */
static bool is_value(wr__p2_text value) {
  for (size_t i = 0; i < value.size; i++) {
    unsigned char ch = (unsigned char)value.bytes[i];
    if ((ch < ' ' && ch != '\t') || ch == 0x7f) return false;
  }
  return true;
}

static bool is_same(wr__p2_text name, const char *other, size_t size) {
  return name.size == size && strncasecmp(name.bytes, other, size) == 0;
}

/* Fields of a connection, which say nothing of the message. */
static bool is_forbidden(wr__p2_text name) {
  static const char *const names[] = {"connection",       "keep-alive",          "host",
                                      "proxy-connection", "proxy-authenticate",  "upgrade",
                                      "http2-settings",   "proxy-authorization", "te",
                                      "transfer-encoding"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (is_same(name, names[i], strlen(names[i]))) return true;
  return false;
}

static int check(const wr__p2_fields *fields, wr__p2_text name, wr__p2_text value) {
  if (!is_name(name) || !is_value(value)) return EINVAL;
  if (is_forbidden(name)) return EACCES;
  return fields->is_immutable ? EROFS : 0;
}

/* ---- changing */

static char *copy(const char *bytes, size_t size) {
  char *text = malloc(size + 1);
  if (!text) return NULL;
  memcpy(text, bytes, size);
  text[size] = 0;
  return text;
}

int wr__p2_fields_add(wr__p2_fields *fields, wr__p2_text name, wr__p2_text value) {
  /* Each costs beside its bytes. */
  size_t size = name.size + value.size + 32;
  if (size > WR__P2_MAX_FIELDS_SIZE - fields->size_bytes) return E2BIG;
  if (fields->count == fields->capacity) {
    uint32_t capacity = fields->capacity ? fields->capacity * 2 : 8;
    wr__p2_field *list = realloc(fields->list, capacity * sizeof *list);
    if (!list) return ENOMEM;
    fields->list = list;
    fields->capacity = capacity;
  }
  wr__p2_field field = {copy(name.bytes, name.size), name.size, copy(value.bytes, value.size),
                        value.size};
  if (!field.name || !field.value) {
    free(field.name);
    free(field.value);
    return ENOMEM;
  }
  fields->list[fields->count++] = field;
  fields->size_bytes += size;
  return 0;
}

int wr__p2_fields_append(wr__p2_fields *fields, wr__p2_text name, wr__p2_text value) {
  int error = check(fields, name, value);
  return error == 0 ? wr__p2_fields_add(fields, name, value) : error;
}

static void delete_name(wr__p2_fields *fields, wr__p2_text name) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < fields->count; i++) {
    wr__p2_field *field = &fields->list[i];
    if (is_same(name, field->name, field->name_size)) {
      fields->size_bytes -= field->name_size + field->value_size + 32;
      free(field->name);
      free(field->value);
    } else {
      fields->list[kept++] = *field;
    }
  }
  fields->count = kept;
}

wr__p2_text wr__p2_fields_get(const wr__p2_fields *fields, const char *name) {
  wr__p2_text text = {name, strlen(name)};
  for (uint32_t i = 0; i < fields->count; i++)
    if (is_same(text, fields->list[i].name, fields->list[i].name_size))
      return (wr__p2_text){fields->list[i].value, fields->list[i].value_size};
  return (wr__p2_text){NULL, 0};
}

/* ---- the functions */

/* result<_, header-error>; what has no code there ends the guest. */
static void out_result(wr__p2_call *c, int error) {
  if (error == E2BIG || error == ENOMEM) {
    wr__p2_trap(c, "wasi:http/types.fields: too large");
    return;
  }
  wr__out_case(c, error ? 1 : 0);
  if (error) {
    wr__out_case(c, error == EINVAL ? 0 : error == EACCES ? 1 : 2);
    wr__out_end(c);
  }
  wr__out_end(c);
}

static void fields_constructor(wr__p2_call *c) { wr__out_new(c, wr__p2_fields_new(wr__p2_of(c))); }

static void fields_from_list(wr__p2_call *c) {
  wr__p2_fields *fields = wr__p2_fields_new(wr__p2_of(c));
  int error = fields ? 0 : E2BIG;
  uint32_t count = wr__in_list(c);
  for (uint32_t i = 0; i < count && error == 0; i++) {
    wr__p2_text name = wr__in_text(c), value = wr__in_text(c);
    error = wr__p2_fields_append(fields, name, value);
  }
  wr__in_list_end(c);
  if (error != 0) {
    if (fields) wr__p2_release(fields);
    out_result(c, error);
    return;
  }
  wr__out_ok(c);
  wr__out_object(c, fields);
  wr__out_end(c);
}

static void fields_get(wr__p2_call *c) {
  const wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_text name = wr__in_text(c);
  uint32_t count = 0;
  for (uint32_t i = 0; i < fields->count; i++)
    count += is_same(name, fields->list[i].name, fields->list[i].name_size);
  char *own = wr__p2_memory(c, name.size + 1); /* results may move what the argument lies in */
  memcpy(own, name.bytes, name.size);
  wr__p2_text kept = {own, name.size};
  wr__out_list(c, count);
  for (uint32_t i = 0; i < fields->count; i++)
    if (is_same(kept, fields->list[i].name, fields->list[i].name_size))
      wr__out_text(c, fields->list[i].value, fields->list[i].value_size);
  wr__out_list_end(c);
}

static void fields_has(wr__p2_call *c) {
  const wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_text name = wr__in_text(c);
  bool found = false;
  for (uint32_t i = 0; i < fields->count && !found; i++)
    found = is_same(name, fields->list[i].name, fields->list[i].name_size);
  wr__out_u8(c, found);
}

static void fields_set(wr__p2_call *c) {
  wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_text name = wr__in_text(c);
  uint32_t count = wr__in_list(c);
  int error = check(fields, name, (wr__p2_text){"", 0});
  if (error == 0) delete_name(fields, name);
  for (uint32_t i = 0; i < count && error == 0; i++)
    error = wr__p2_fields_append(fields, name, wr__in_text(c));
  wr__in_list_end(c);
  out_result(c, error);
}

static void fields_delete(wr__p2_call *c) {
  wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_text name = wr__in_text(c);
  int error = check(fields, name, (wr__p2_text){"", 0});
  if (error == 0) delete_name(fields, name);
  out_result(c, error);
}

static void fields_append(wr__p2_call *c) {
  wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_text name = wr__in_text(c), value = wr__in_text(c);
  out_result(c, wr__p2_fields_append(fields, name, value));
}

static void fields_entries(wr__p2_call *c) {
  const wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__out_list(c, fields->count);
  for (uint32_t i = 0; i < fields->count; i++) {
    wr__out_text(c, fields->list[i].name, fields->list[i].name_size);
    wr__out_text(c, fields->list[i].value, fields->list[i].value_size);
  }
  wr__out_list_end(c);
}

static void fields_clone(wr__p2_call *c) {
  const wr__p2_fields *fields = wr__in_object(c, WR__P2_FIELDS);
  wr__p2_fields *clone = wr__p2_fields_new(wr__p2_of(c));
  for (uint32_t i = 0; clone && i < fields->count; i++) {
    const wr__p2_field *field = &fields->list[i];
    wr__p2_text name = {field->name, field->name_size}, value = {field->value, field->value_size};
    if (wr__p2_fields_add(clone, name, value) == 0) continue;
    wr__p2_release(clone);
    clone = NULL;
  }
  wr__out_new(c, clone);
}

static const wr__p2_function functions[] = {
    {"[constructor]fields", fields_constructor}, {"[static]fields.from-list", fields_from_list},
    {"[method]fields.get", fields_get},          {"[method]fields.has", fields_has},
    {"[method]fields.set", fields_set},          {"[method]fields.delete", fields_delete},
    {"[method]fields.append", fields_append},    {"[method]fields.entries", fields_entries},
    {"[method]fields.clone", fields_clone},
};
static const wr__p2_resource resources[] = {{"fields"}};
WR__P2_INTERFACE(wr__p2_http_fields, "wasi:http/types", functions, resources);
