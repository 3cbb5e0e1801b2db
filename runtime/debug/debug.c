/* Names of native functions, and registering them with gdb and perf. */
#include "debug/debug.h"

#include <stdio.h>
#include <stdlib.h>

#include "image/lines.h"
#include "platform/file.h"
#include "platform/process.h"
#include "platform/thread.h"

/* ---- Names */

static int compare_starts(const void *a, const void *b) {
  uint32_t x = ((const wr__debug_symbol *)a)->start, y = ((const wr__debug_symbol *)b)->start;
  return x < y ? -1 : x > y;
}

typedef struct naming {
  const wr__module *module;
  wr__debug_symbol *by_index;
  wr__buffer text;
} naming;

/* A name's place in the text is kept as its offset until the text is whole. Line ends would break
 * the map for perf. */
static void note_name(void *context, uint32_t func_index, wr__span name) {
  naming *n = context;
  if (func_index < n->module->imported_funcs || func_index >= n->module->func_count) return;
  wr__debug_symbol *symbol = &n->by_index[func_index - n->module->imported_funcs];
  if (symbol->name) return;
  symbol->name = (const char *)(uintptr_t)(n->text.size + 1);
  wr__buffer_bytes(&n->text, name.data, name.size);
  wr__buffer_bytes(&n->text, "", 1);
}

static void note_missing(naming *n) {
  const wr__module *m = n->module;
  for (uint32_t i = 0; i < m->export_count; i++)
    if (m->exports[i].kind == WR_EXTERN_FUNC) note_name(n, m->exports[i].index, m->exports[i].name);
  for (uint32_t i = m->imported_funcs; i < m->func_count; i++) {
    char number[24];
    int length = snprintf(number, sizeof number, "func%u", i);
    note_name(n, i, (wr__span){(const uint8_t *)number, (size_t)length});
  }
}

/* What enters native code is shared by all functions of a type. */
static const char wrapper_name[] = "wasm entry";

/* Sorts, drops what is twice, and gives each the room up to the next. How many are left. */
static uint32_t order_symbols(wr__debug_symbol *all, uint32_t count, uint32_t end) {
  uint32_t kept = 0;
  if (count) qsort(all, count, sizeof *all, compare_starts);
  for (uint32_t i = 0; i < count; i++)
    if (!kept || all[kept - 1].start != all[i].start) all[kept++] = all[i];
  for (uint32_t i = 0; i < kept; i++)
    all[i].size = (i + 1 < kept ? all[i + 1].start : end) - all[i].start;
  return kept;
}

bool wr__debug_symbols_make(const wr__module *module, const wr__image *image,
                            wr__debug_symbols *out) {
  uint32_t count = image->header->func_count;
  uint64_t end = image->header->text_offset + image->header->text_bytes;
  naming n = {.module = module, .by_index = wr__alloc_array((size_t)count * 2, sizeof *n.by_index)};
  if (!n.by_index) return false;
  wr__module_visit_names(module, note_name, &n);
  note_missing(&n);
  if (n.text.failed) {
    free(n.by_index);
    free(n.text.data);
    return false;
  }
  for (size_t i = 0; i < n.text.size; i++)
    if (n.text.data[i] && n.text.data[i] < ' ') n.text.data[i] = '?';
  for (uint32_t i = 0; i < count; i++) {
    wr__debug_symbol *s = &n.by_index[i];
    s->start = image->funcs[i].code;
    s->func_index = module->imported_funcs + i;
    s->name = (const char *)n.text.data + (uintptr_t)s->name - 1;
    n.by_index[count + i] = (wr__debug_symbol){
        .start = image->funcs[i].wrapper, .func_index = WR_NO_INDEX, .name = wrapper_name};
  }
  *out = (wr__debug_symbols){n.by_index,
                             order_symbols(n.by_index, 2 * count, (uint32_t)end),
                             module->imported_funcs,
                             (char *)n.text.data,
                             {0}};
  return true;
}

void wr__debug_symbols_free(wr__debug_symbols *symbols) {
  wr__source_free(&symbols->source);
  free(symbols->all);
  free(symbols->names);
}

uint32_t wr__debug_line(const wr__image *image, const wr__debug_symbols *symbols, uint32_t line,
                        uint32_t *file) {
  uint32_t offset = wr__image_line_offset(image, line);
  const wr__source_row *row = wr__source_at(&symbols->source, offset);
  *file = row ? row->file : WR_NO_INDEX;
  return row ? row->line : offset;
}

const char *wr__debug_file(const wr__debug_symbols *symbols, uint32_t file) {
  return file == WR_NO_INDEX ? "wasm" : symbols->source.files[file];
}

/* ---- gdb. The names, and the order of the fields, are gdb's. */

typedef struct jit_entry {
  struct jit_entry *next, *prev;
  const uint8_t *symfile;
  uint64_t symfile_size;
  const wr__image *image; /* ours */
} jit_entry;

typedef struct jit_descriptor {
  uint32_t version, action;
  jit_entry *relevant, *first;
} jit_descriptor;

enum { JIT_REGISTER = 1, JIT_UNREGISTER = 2 };

void __jit_debug_register_code(void);
extern jit_descriptor __jit_debug_descriptor;

/* Weak: another compiler in this process may have them too, and then they are shared. */
__attribute__((weak, visibility("default"))) jit_descriptor __jit_debug_descriptor = {.version = 1};
/* gdb has a breakpoint here. */
__attribute__((weak, noinline, visibility("default"))) void __jit_debug_register_code(void) {
  __asm__ volatile("" ::: "memory");
}

static wr__mutex lock = WR__MUTEX_INIT;

static void tell_gdb(const wr__image *image, const wr__debug_symbols *symbols) {
  size_t size;
  uint8_t *file = wr__debug_elf(image, symbols, &size);
  jit_entry *entry = file ? calloc(1, sizeof *entry) : NULL;
  if (!entry) {
    free(file);
    return;
  }
  *entry = (jit_entry){.symfile = file, .symfile_size = size, .image = image};
  wr__mutex_lock(&lock);
  entry->next = __jit_debug_descriptor.first;
  if (entry->next) entry->next->prev = entry;
  __jit_debug_descriptor.first = __jit_debug_descriptor.relevant = entry;
  __jit_debug_descriptor.action = JIT_REGISTER;
  __jit_debug_register_code();
  wr__mutex_unlock(&lock);
}

static jit_entry *find_entry(const wr__image *image) {
  jit_entry *entry = __jit_debug_descriptor.first;
  while (entry && entry->image != image) entry = entry->next;
  return entry;
}

void wr__debug_unregister(const wr__image *image) {
  wr__mutex_lock(&lock);
  jit_entry *entry = find_entry(image);
  if (entry) {
    if (entry->prev) entry->prev->next = entry->next;
    if (!entry->prev) __jit_debug_descriptor.first = entry->next;
    if (entry->next) entry->next->prev = entry->prev;
    __jit_debug_descriptor.relevant = entry;
    __jit_debug_descriptor.action = JIT_UNREGISTER;
    __jit_debug_register_code();
    free((void *)(uintptr_t)entry->symfile);
    free(entry);
  }
  wr__mutex_unlock(&lock);
}

/* ---- perf. Spec: the kernel's tools/perf/Documentation/jitdump-specification.txt. */

enum { JIT_CODE_LOAD = 0, JIT_CODE_DEBUG_INFO = 2, JIT_CODE_UNWINDING_INFO = 4, DUMP_VERSION = 1 };
#define DUMP_MAGIC 0x4a695444u

typedef struct dump_header {
  uint32_t magic, version, total_size, machine, padding, process;
  uint64_t time_ns, flags;
} dump_header;

typedef struct dump_record {
  uint32_t id, total_size;
  uint64_t time_ns;
} dump_record;

typedef struct dump_load {
  dump_record record;
  uint32_t process, thread;
  uint64_t address, code_address, code_size, index;
} dump_load;

typedef struct dump_lines {
  dump_record record;
  uint64_t code_address, count;
} dump_lines;

typedef struct dump_line {
  uint64_t address;
  uint32_t line, discriminator;
} dump_line;

/* A function's lines come before its code. */
static void add_lines(wr__buffer *dump, const wr__image *image, const wr__debug_symbols *symbols,
                      const wr__debug_symbol *s) {
  size_t start = dump->size;
  dump_lines head = {.record = {JIT_CODE_DEBUG_INFO, 0, wr__monotonic_ns()},
                     .code_address = (uintptr_t)image->base + s->start};
  wr__buffer_bytes(dump, &head, sizeof head);
  wr__image_rows rows = wr__image_rows_at(image, s->start);
  while (wr__image_rows_next(&rows) && rows.row.pc < s->start + s->size) {
    if (rows.row.pc < s->start) continue;
    uint32_t file;
    dump_line line = {(uintptr_t)image->base + rows.row.pc,
                      wr__debug_line(image, symbols, rows.row.module_offset, &file), 0};
    const char *name = wr__debug_file(symbols, file);
    wr__buffer_bytes(dump, &line, sizeof line);
    wr__buffer_bytes(dump, name, strlen(name) + 1);
    head.count++;
  }
  head.record.total_size = (uint32_t)(dump->size - start);
  if (!head.count)
    dump->size = start;
  else if (!dump->failed)
    memcpy(dump->data + start, &head, sizeof head);
}

typedef struct dump_unwinding {
  dump_record record;
  uint64_t size, header_size, mapped_size;
} dump_unwinding;

/* Unwind tables come before the code too. They are not in this process's memory. */
static void add_unwinding(wr__buffer *dump, const wr__image *image, const wr__debug_symbol *s) {
  size_t start = dump->size;
  dump_unwinding head = {.record = {JIT_CODE_UNWINDING_INFO, 0, wr__monotonic_ns()}};
  wr__buffer_bytes(dump, &head, sizeof head);
  head.header_size = wr__debug_unwinding(image, s, dump);
  head.size = dump->size - start - sizeof head;
  head.record.total_size = (uint32_t)(dump->size - start);
  if (!dump->failed) memcpy(dump->data + start, &head, sizeof head);
}

static void add_load(wr__buffer *dump, const wr__image *image, const wr__debug_symbol *s,
                     uint64_t index) {
  size_t name = strlen(s->name) + 1;
  uint64_t address = (uintptr_t)image->base + s->start;
  dump_load load = {
      .record = {JIT_CODE_LOAD, (uint32_t)(sizeof load + name + s->size), wr__monotonic_ns()},
      .process = wr__process_id(),
      .thread = wr__process_id(),
      .address = address,
      .code_address = address,
      .code_size = s->size,
      .index = index};
  wr__buffer_bytes(dump, &load, sizeof load);
  wr__buffer_bytes(dump, s->name, name);
  wr__buffer_bytes(dump, image->base + s->start, s->size);
}

static wr__buffer make_dump(const wr__image *image, const wr__debug_symbols *symbols) {
  static _Atomic uint64_t index;
  wr__buffer dump = {0};
  for (uint32_t i = 0; i < symbols->count; i++) {
    add_lines(&dump, image, symbols, &symbols->all[i]);
    add_unwinding(&dump, image, &symbols->all[i]);
    add_load(&dump, image, &symbols->all[i], atomic_fetch_add(&index, 1));
  }
  return dump;
}

static wr__buffer make_map(const wr__image *image, const wr__debug_symbols *symbols) {
  wr__buffer map = {0};
  for (uint32_t i = 0; i < symbols->count; i++) {
    const wr__debug_symbol *s = &symbols->all[i];
    char place[48];
    int length = snprintf(place, sizeof place, "%llx %x ",
                          (unsigned long long)(uintptr_t)image->base + s->start, s->size);
    wr__buffer_bytes(&map, place, (size_t)length);
    wr__buffer_bytes(&map, s->name, strlen(s->name));
    wr__buffer_bytes(&map, "\n", 1);
  }
  return map;
}

/* What other images of this process wrote stays; what an earlier process of this number left goes.
 */
static void write_out(const char *path, const dump_header *header, wr__buffer bytes) {
  static bool started[2];
  bool *first = &started[header != NULL];
  wr__span spans[] = {{(const uint8_t *)header, header && !*first ? sizeof *header : 0},
                      {bytes.data, bytes.size}};
  if (!bytes.failed && wr__file_append(path, spans, WR_ARRAY_COUNT(spans), !*first, header != NULL))
    *first = true;
  free(bytes.data);
}

static void tell_perf(const wr__image *image, const wr__debug_symbols *symbols,
                      const char *directory) {
  char path[4096];
  uint32_t process = wr__process_id();
  dump_header header = {.magic = DUMP_MAGIC,
                        .version = DUMP_VERSION,
                        .total_size = sizeof header,
                        .machine = image->header->machine,
                        .process = process,
                        .time_ns = wr__monotonic_ns()};
  wr__mutex_lock(&lock);
  if ((size_t)snprintf(path, sizeof path, "%s/jit-%u.dump", directory, process) < sizeof path)
    write_out(path, &header, make_dump(image, symbols));
  snprintf(path, sizeof path, "/tmp/perf-%u.map", process);
  write_out(path, NULL, make_map(image, symbols));
  wr__mutex_unlock(&lock);
}

void wr__debug_register(const wr__module *module, const wr__image *image, const char *directory) {
  wr__debug_symbols symbols;
  if (!wr__debug_symbols_make(module, image, &symbols)) return;
  (void)wr__source_read(module, &symbols.source); /* without memory for it: none */
  tell_gdb(image, &symbols);
  if (directory) tell_perf(image, &symbols, directory);
  wr__debug_symbols_free(&symbols);
}
