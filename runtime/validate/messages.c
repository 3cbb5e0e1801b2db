/* What the walker says when a body is wrong: the official suite's words first, then what was
 * found. Nothing here runs for a valid module. */
#include <stdarg.h>
#include <stdio.h>

#include "validate/internal.h"

void wr__walker_report(wr__walker *w, wr_status status, const uint8_t *at, const char *format,
                       ...) {
  if (!w->error) return;
  char message[sizeof w->error->message];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  (void)wr__fail(w->error, status, (uint64_t)(at - w->module->bytes), "%s", message);
  w->error->func_index = w->func_index;
}

char *wr__walker_type_name(const wr__module *module, wr_valtype type, char *buffer, size_t size) {
  uint32_t heap = wr_valtype_heap(type);
  if (type == WR__BOT) {
    snprintf(buffer, size, "any");
    return buffer;
  }
  if (!wr_valtype_is_ref(type) || heap < WR_HEAP_DEFINED)
    return wr_valtype_name(type, buffer, size);
  for (uint32_t i = 0; i < module->type_count; i++) {
    if (!module->types[i] || module->types[i]->id != heap - WR_HEAP_DEFINED) continue;
    snprintf(buffer, size, "(ref %s%u)", (type & 0xff) == WR_REF_NULL ? "null " : "", i);
    return buffer;
  }
  return wr_valtype_name(type, buffer, size);
}

/* Appends "t1 t2 …" as far as there is room. */
static void append_types(const wr__module *module, char *text, size_t size, const wr_valtype *types,
                         uint32_t count) {
  size_t used = strlen(text);
  for (uint32_t i = 0; i < count && used + 48 < size; i++) {
    char name[40];
    wr__walker_type_name(module, types[i], name, sizeof name);
    used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", name);
  }
}

static const char *op_text_at(const wr__walker *w) {
  const uint8_t *p = w->module->bytes + w->instr_offset;
  if (p >= w->end) return "";
  wr__page page = wr__page_of_prefix(*p);
  uint32_t code = *p++;
  if (page != WR__PAGE_CORE && wr__leb_u32(&p, w->end, &code) != WR__LEB_OK) return "";
  wr__op op = wr__op_lookup(page, code);
  return op == WR__OP_NONE ? "" : wr__opinfos[op].text;
}

void wr__walker_report_operands(wr__walker *w, const char *who, const wr_valtype *need,
                                uint32_t count, bool need_all) {
  if (!w->error) return;
  char needed[160] = "", found[160] = "";
  append_types(w->module, needed, sizeof needed, need, count);
  uint32_t there = w->stack_count - wr__walker_top(w)->height;
  uint32_t shown = need_all || there < count ? there : count;
  append_types(w->module, found, sizeof found, w->stack + (w->stack_count - shown), shown);
  const char *text = op_text_at(w);
  (void)wr__walker_invalid(w, "type mismatch: %s requires [%s] but stack has [%s]%s%s%s", who,
                           needed, found, *text ? " (" : "", text, *text ? ")" : "");
}

void wr__walker_report_operand(wr__walker *w, const char *need) {
  if (!w->error) return;
  char found[64] = "";
  uint32_t there = w->stack_count - wr__walker_top(w)->height;
  if (there) append_types(w->module, found, sizeof found, w->stack + (w->stack_count - 1), 1);
  (void)wr__walker_invalid(w, "type mismatch: instruction requires [%s] but stack has [%s] (%s)",
                           need, found, op_text_at(w));
}
