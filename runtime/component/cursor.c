/* Values that the host reads and writes, one after the other in the order of their type. A step
 * that does not fit the type ends the call with a trap; steps behind it do nothing. */
#include <stdlib.h>

#include "component/run.h"

/* ---- Frames */

static void push(wr__ccursor *cursor, wr__cframe frame) { cursor->frames[cursor->depth++] = frame; }

static void begin(wr_component_call_t *call, wr__cframe frame) {
  call->cursor.cx = &call->cx;
  call->cursor.depth = 0;
  push(&call->cursor, frame);
}

void wr__ccursor_params(wr_component_call_t *call, wr__cplace place) {
  const wr_component_type *type = call->type;
  begin(call, (wr__cframe){.type = type, .count = type->field_count, .next = place});
}

void wr__ccursor_value(wr_component_call_t *call, const wr_component_type *type, wr__cplace place) {
  begin(call, (wr__cframe){.only = type, .count = type != NULL, .next = place});
}

/* Leaves records that are through; the frame that is then innermost. */
static wr__cframe *settle(wr__ccursor *cursor) {
  while (cursor->frames[cursor->depth - 1].is_inner &&
         cursor->frames[cursor->depth - 1].index == cursor->frames[cursor->depth - 1].count)
    cursor->depth--;
  return &cursor->frames[cursor->depth - 1];
}

/* The next value that is no record or tuple; NULL: there is none here. */
static const wr_component_type *next_value(wr__ccursor *cursor, wr__cplace *place) {
  wr__cframe *frame = settle(cursor);
  for (;;) {
    if (frame->index == frame->count) return NULL;
    const wr_component_type *type = !frame->type ? frame->only
                                    : frame->type->kind == WR__CTYPE_LIST
                                        ? frame->type->element
                                        : frame->type->fields[frame->index].type;
    *place = wr__cplace_next(type, &frame->next);
    frame->index++;
    if (type->kind != WR__CTYPE_RECORD && type->kind != WR__CTYPE_TUPLE) return type;
    push(cursor,
         (wr__cframe){.type = type, .count = type->field_count, .next = *place, .is_inner = true});
    frame = &cursor->frames[cursor->depth - 1];
  }
}

/* ---- Steps */

static void fail_step(wr_component_call_t *call, const char *step, const wr_component_type *type) {
  call->status = wr__ctrap(call->world, "%s: the host %s %s where the type has %s%s",
                           call->func->name ? call->func->name : "a function",
                           call->is_reading ? "reads" : "writes", step, type ? "a " : "no value",
                           type ? wr__ctype_kind_name(type->kind) : "");
}

/* The next value, if the call still stands and the value is of one of the kinds (a bit for each).
 */
static const wr_component_type *step(wr_component_call_t *call, const char *what, uint64_t kinds,
                                     wr__cplace *place) {
  if (call->status != WR_OK) return NULL;
  const wr_component_type *type = next_value(&call->cursor, place);
  if (type && kinds >> type->kind & 1) return type;
  fail_step(call, what, type);
  return NULL;
}

#define KIND(name) (UINT64_C(1) << WR__CTYPE_##name)

static uint64_t kinds_of_size(uint32_t size) {
  switch (size) {
    case 1:
      return KIND(BOOL) | KIND(S8) | KIND(U8) | KIND(FLAGS);
    case 2:
      return KIND(S16) | KIND(U16) | KIND(FLAGS);
    case 4:
      return KIND(S32) | KIND(U32) | KIND(CHAR) | KIND(FLAGS);
    default:
      return KIND(S64) | KIND(U64);
  }
}

static uint64_t read_scalar(wr_component_call_t *call, const char *what, uint64_t kinds,
                            uint32_t size) {
  wr__cplace place;
  uint64_t value = 0;
  if (call->status == WR_OK && !call->is_reading) fail_step(call, "nothing more, but reads", NULL);
  const wr_component_type *type = step(call, what, kinds, &place);
  if (!type) return 0;
  if (type->size_bytes != size)
    fail_step(call, what, type);
  else
    call->status = wr__cload_scalar(&call->cx, type, place, &value);
  return value;
}

uint8_t wr_in_u8(wr_component_call_t *call) {
  return (uint8_t)read_scalar(call, "8 bits", kinds_of_size(1), 1);
}
uint16_t wr_in_u16(wr_component_call_t *call) {
  return (uint16_t)read_scalar(call, "16 bits", kinds_of_size(2), 2);
}
uint32_t wr_in_u32(wr_component_call_t *call) {
  return (uint32_t)read_scalar(call, "32 bits", kinds_of_size(4), 4);
}
uint64_t wr_in_u64(wr_component_call_t *call) {
  return read_scalar(call, "64 bits", kinds_of_size(8), 8);
}
float wr_in_f32(wr_component_call_t *call) {
  uint32_t bits = (uint32_t)read_scalar(call, "f32", KIND(F32), 4);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
double wr_in_f64(wr_component_call_t *call) {
  uint64_t bits = read_scalar(call, "f64", KIND(F64), 8);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Room for a converted string, which lives as long as the call. */
static uint8_t *keep_text(wr_component_call_t *call, size_t size) {
  uint8_t *text = malloc(size ? size : 1);
  if (text &&
      wr__grow32(&call->texts, &call->text_capacity, call->text_count + 1, sizeof *call->texts))
    return call->texts[call->text_count++] = text;
  free(text);
  call->status = wr__ctrap_oom(call->world);
  return NULL;
}

static const char *read_string(wr_component_call_t *call, wr__cplace place, size_t *size_bytes) {
  wr__cstring string;
  call->status = wr__cstring_load(&call->cx, place, &string);
  if (call->status != WR_OK) return "";
  if (string.encoding == 0) {
    *size_bytes = string.size_bytes;
    return string.size_bytes ? (const char *)call->cx.memory->base + string.pointer : "";
  }
  uint8_t *text = keep_text(call, (size_t)string.size_bytes * 2);
  if (!text) return "";
  *size_bytes = wr__cstring_utf8(&string, text);
  return (const char *)text;
}

static bool is_byte(const wr_component_type *type) {
  return type->kind == WR__CTYPE_U8 || type->kind == WR__CTYPE_S8;
}

const char *wr_in_text(wr_component_call_t *call, size_t *size_bytes) {
  wr__cplace place;
  uint32_t pointer, length;
  *size_bytes = 0;
  const wr_component_type *type = step(call, "text", KIND(STRING) | KIND(LIST), &place);
  if (!type) return "";
  if (type->kind == WR__CTYPE_STRING) return read_string(call, place, size_bytes);
  if (!is_byte(type->element)) {
    fail_step(call, "text", type);
    return "";
  }
  call->status = wr__cload_list(&call->cx, type, place, &pointer, &length);
  if (call->status != WR_OK || !length) return "";
  *size_bytes = length;
  return (const char *)call->cx.memory->base + pointer;
}

/* Is it a resource of the host's, with this function? */
static bool is_of(wr_component_call_t *call, const wr_component_type *type, wr_resource_drop drop) {
  const wr__rresource *resource = call->cx.instance->resources[type->element->resource->slot];
  if (!resource->owner && resource->drop == drop) return true;
  call->status = wr__ctrap(call->world, "%s: a resource of another kind than the host %s",
                           call->func->name ? call->func->name : "a function",
                           call->is_reading ? "reads" : "writes");
  return false;
}

void *wr_in_handle(wr_component_call_t *call, wr_resource_drop drop) {
  wr__cplace place;
  uintptr_t rep = 0;
  const wr_component_type *type = step(call, "a handle", KIND(OWN) | KIND(BORROW), &place);
  if (!type) return NULL;
  if (!is_of(call, type, drop)) return NULL;
  uint32_t index = (uint32_t)wr__cload(&call->cx, place, 4);
  call->status = wr__clift_handle(&call->cx, type, index, &rep);
  return call->status == WR_OK ? (void *)rep : NULL;
}

static void open_case(wr_component_call_t *call, const wr_component_type *type, wr__cplace place,
                      uint32_t index) {
  if (type->kind == WR__CTYPE_ENUM) return;
  const wr_component_type *payload = type->fields[index].type;
  push(&call->cursor,
       (wr__cframe){
           .only = payload, .count = payload != NULL, .next = wr__cplace_payload(type, place)});
}

#define CASES (KIND(VARIANT) | KIND(ENUM) | KIND(OPTION) | KIND(RESULT))

uint32_t wr_in_case(wr_component_call_t *call) {
  wr__cplace place;
  uint32_t index = 0;
  const wr_component_type *type = step(call, "a case", CASES, &place);
  if (!type) return 0;
  call->status = wr__cload_case(&call->cx, type, place, &index);
  if (call->status != WR_OK) return 0;
  open_case(call, type, place, index);
  return index;
}

uint32_t wr_in_list(wr_component_call_t *call) {
  wr__cplace place;
  uint32_t pointer, length = 0;
  const wr_component_type *type = step(call, "a list", KIND(LIST), &place);
  if (!type) return 0;
  call->status = wr__cload_list(&call->cx, type, place, &pointer, &length);
  if (call->status != WR_OK) return 0;
  push(&call->cursor, (wr__cframe){.type = type, .count = length, .next = {NULL, pointer}});
  return length;
}

/* Closes a case or a list. What is read may be left unread; what is written must be whole. */
static void close_frame(wr_component_call_t *call, bool is_list) {
  if (call->status != WR_OK) return;
  wr__ccursor *cursor = &call->cursor;
  while (call->is_reading && cursor->frames[cursor->depth - 1].is_inner) cursor->depth--;
  const wr__cframe *frame = settle(cursor);
  bool fits = cursor->depth > 1 && !frame->is_inner && (frame->type != NULL) == is_list;
  if (!fits)
    fail_step(call, is_list ? "the end of a list" : "the end of a case", NULL);
  else if (!call->is_reading && frame->index < frame->count)
    fail_step(call, "an end too early,", NULL);
  else
    cursor->depth--;
}

void wr_in_end(wr_component_call_t *call) { close_frame(call, false); }
void wr_in_list_end(wr_component_call_t *call) { close_frame(call, true); }

void wr__ccursor_drop(wr_component_call_t *call) {
  wr__cplace place;
  const wr_component_type *type = step(call, "a handle", KIND(OWN) | KIND(BORROW), &place);
  if (!type) return;
  const wr__rresource *resource = call->cx.instance->resources[type->element->resource->slot];
  uint32_t index = (uint32_t)wr__cload(&call->cx, place, 4);
  uintptr_t rep;
  call->status = wr__clift_handle(&call->cx, type, index, &rep);
  if (call->status == WR_OK && type->kind == WR__CTYPE_OWN)
    call->status = wr__rresource_destroy(call->cx.instance, resource, rep);
}

/* ---- Writing */

/* The first value that a host's function writes: its result. */
static void start_writing(wr_component_call_t *call) {
  if (!call->is_reading || call->status != WR_OK) return;
  call->is_reading = false;
  if (call->is_host) wr__ccursor_value(call, call->type->element, call->result_place);
}

static uint64_t sign_extended(uint8_t kind, uint64_t value) {
  if (kind == WR__CTYPE_S8) return (uint32_t)(int8_t)value;
  if (kind == WR__CTYPE_S16) return (uint32_t)(int16_t)value;
  if (kind == WR__CTYPE_BOOL) return value != 0;
  return value;
}

static void write_scalar(wr_component_call_t *call, const char *what, uint64_t kinds, uint32_t size,
                         uint64_t value) {
  wr__cplace place;
  start_writing(call);
  const wr_component_type *type = step(call, what, kinds, &place);
  if (!type) return;
  bool is_bad_char =
      type->kind == WR__CTYPE_CHAR && (value > 0x10ffff || (value >= 0xd800 && value < 0xe000));
  if (type->size_bytes != size)
    fail_step(call, what, type);
  else if (is_bad_char)
    fail_step(call, "no scalar value", type);
  else
    wr__cstore(&call->cx, place, size, sign_extended(type->kind, value));
}

void wr_out_u8(wr_component_call_t *call, uint8_t value) {
  write_scalar(call, "8 bits", kinds_of_size(1), 1, value);
}
void wr_out_u16(wr_component_call_t *call, uint16_t value) {
  write_scalar(call, "16 bits", kinds_of_size(2), 2, value);
}
void wr_out_u32(wr_component_call_t *call, uint32_t value) {
  write_scalar(call, "32 bits", kinds_of_size(4), 4, value);
}
void wr_out_u64(wr_component_call_t *call, uint64_t value) {
  write_scalar(call, "64 bits", kinds_of_size(8), 8, value);
}
void wr_out_f32(wr_component_call_t *call, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  write_scalar(call, "f32", KIND(F32), 4, bits);
}
void wr_out_f64(wr_component_call_t *call, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  write_scalar(call, "f64", KIND(F64), 8, bits);
}

static void write_bytes(wr_component_call_t *call, const wr_component_type *type, wr__cplace place,
                        const void *bytes, size_t size) {
  uint32_t pointer;
  call->status = size > UINT32_MAX
                     ? wr__ctrap(call->world, "list is too long")
                     : wr__cstore_list(&call->cx, type, place, (uint32_t)size, &pointer);
  if (call->status == WR_OK && size) memcpy(call->cx.memory->base + pointer, bytes, size);
}

void wr_out_text(wr_component_call_t *call, const void *bytes, size_t size_bytes) {
  wr__cplace place;
  start_writing(call);
  const wr_component_type *type = step(call, "text", KIND(STRING) | KIND(LIST), &place);
  if (!type) return;
  if (type->kind == WR__CTYPE_LIST && is_byte(type->element)) {
    write_bytes(call, type, place, bytes, size_bytes);
  } else if (type->kind == WR__CTYPE_LIST) {
    fail_step(call, "text", type);
  } else if (size_bytes >= 1u << 28 || !wr__utf8_valid(bytes, size_bytes)) {
    fail_step(call, "no UTF-8, or too much of it,", type);
  } else {
    wr__cstring string = {.bytes = bytes, .size_bytes = (uint32_t)size_bytes};
    call->status = wr__cstring_store(&call->cx, &string, place);
  }
}

void wr_out_handle(wr_component_call_t *call, wr_resource_drop drop, void *value) {
  wr__cplace place;
  uint32_t index;
  start_writing(call);
  const wr_component_type *type = step(call, "a handle", KIND(OWN) | KIND(BORROW), &place);
  if (!type || !is_of(call, type, drop)) return;
  call->status = wr__clower_handle(&call->cx, type, (uintptr_t)value, &index);
  if (call->status == WR_OK) wr__cstore(&call->cx, place, 4, index);
}

void wr_out_case(wr_component_call_t *call, uint32_t index) {
  wr__cplace place;
  start_writing(call);
  const wr_component_type *type = step(call, "a case", CASES, &place);
  if (!type) return;
  if (index >= type->field_count) {
    fail_step(call, "a case that is none", type);
    return;
  }
  wr__cstore_case(&call->cx, type, place, index);
  open_case(call, type, place, index);
}

void wr_out_end(wr_component_call_t *call) { close_frame(call, false); }

void wr_out_list(wr_component_call_t *call, uint32_t count) {
  wr__cplace place;
  uint32_t pointer;
  start_writing(call);
  const wr_component_type *type = step(call, "a list", KIND(LIST), &place);
  if (!type) return;
  call->status = wr__cstore_list(&call->cx, type, place, count, &pointer);
  if (call->status == WR_OK)
    push(&call->cursor, (wr__cframe){.type = type, .count = count, .next = {NULL, pointer}});
}

void wr_out_list_end(wr_component_call_t *call) { close_frame(call, true); }

/* ---- The whole */

wr_status wr__ccall_written(wr_component_call_t *call) {
  if (call->is_host) start_writing(call);
  const wr__cframe *frame = settle(&call->cursor);
  if (call->cursor.depth == 1 && frame->index == frame->count) return WR_OK;
  return wr__ctrap(call->world, "%s: the host has not written the whole %s",
                   call->func->name ? call->func->name : "a function",
                   call->is_host ? "result" : "list of arguments");
}

void wr__ccall_close(wr_component_call_t *call) {
  for (uint32_t i = 0; i < call->text_count; i++) free(call->texts[i]);
  free(call->texts);
}

wr_caller *wr_component_caller(wr_component_call_t *call) {
  return (wr_caller *)&call->world->store->exec;
}

wr_status wr_component_call_status(const wr_component_call_t *call) { return call->status; }
