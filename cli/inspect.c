/* `wasmrun inspect`: what a module holds, for people or as JSON. Both forms are made from the
 * same facts of the public API. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "run.h"
#include "suggest.h"

enum { TYPE_SIZE = 512, NAME_SIZE = 256 };

static const char *const kind_names[] = {"func", "table", "memory", "global", "tag"};

/* ---- Types as text ----------------------------------------------------------------- */

typedef struct text {
  char *at;
  size_t left;
} text;

static void __attribute__((format(printf, 2, 3))) put(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int length = vsnprintf(t->at, t->left, format, args);
  va_end(args);
  if (length < 0) return;
  size_t used = (size_t)length < t->left ? (size_t)length : t->left - 1;
  t->at += used;
  t->left -= used;
}

static void put_types(text *t, const wr_valtype *types, size_t count) {
  put(t, "[");
  for (size_t i = 0; i < count && t->left > 1; i++) {
    char name[64];
    put(t, "%s%s", i ? " " : "", wr_valtype_name(types[i], name, sizeof name));
  }
  put(t, "]");
}

static void put_limits(text *t, const wr_limits *limits) {
  put(t, "%" PRIu64 "..", limits->min);
  if (limits->has_max) put(t, "%" PRIu64, limits->max);
  if (limits->is64) put(t, " i64");
  if (limits->shared) put(t, " shared");
}

/* "[i32] -> [f64]", "1..16 pages", "mut i32", … */
static const char *type_text(const wr_externtype *type, char *buffer) {
  text t = {buffer, TYPE_SIZE};
  char name[64];
  buffer[0] = '\0';
  switch (type->kind) {
    case WR_EXTERN_FUNC:
      put_types(&t, type->params, type->param_count);
      put(&t, " -> ");
      put_types(&t, type->results, type->result_count);
      break;
    case WR_EXTERN_TABLE:
      put(&t, "%s ", wr_valtype_name(type->valtype, name, sizeof name));
      put_limits(&t, &type->limits);
      break;
    case WR_EXTERN_MEMORY:
      put_limits(&t, &type->limits);
      put(&t, type->page_size_log2 == 0 ? " bytes" : " pages");
      break;
    case WR_EXTERN_GLOBAL:
      put(&t, "%s%s", type->is_mutable ? "mut " : "",
          wr_valtype_name(type->valtype, name, sizeof name));
      break;
    case WR_EXTERN_TAG:
      put_types(&t, type->params, type->param_count);
      break;
  }
  return buffer;
}

static const char *name_text(const char *name, size_t size, char *buffer) {
  if (!name) return "";
  wr_text_escape(name, size, buffer, NAME_SIZE);
  return buffer;
}

/* ---- For people ---------------------------------------------------------------------- */

static void print_sections(const wasm_module_t *module) {
  puts("Sections:");
  puts("      offset       size    count  name");
  for (size_t i = 0; i < wr_module_section_count(module); i++) {
    wr_section section = wr_module_section(module, i);
    char name[NAME_SIZE], count[16] = "";
    if (section.id != 0 && section.id != 8)
      snprintf(count, sizeof count, "%" PRIu32, section.count);
    printf("  0x%08" PRIx64 " %10" PRIu64 " %8s  %s%s\n", section.offset, section.size_bytes, count,
           section.id == 0 ? "custom " : "", name_text(section.name, section.name_size, name));
  }
}

static void print_imports(const wasm_module_t *module) {
  size_t count = wr_module_import_count(module);
  printf("\nImports: %zu\n", count);
  for (size_t i = 0; i < count; i++) {
    wr_import import = wr_module_import(module, i);
    char from[NAME_SIZE], name[NAME_SIZE], type[TYPE_SIZE];
    printf("  %-6s %s.%s  %s\n", kind_names[import.type.kind],
           name_text(import.module, import.module_size, from),
           name_text(import.name, import.name_size, name), type_text(&import.type, type));
  }
}

static void print_exports(const wasm_module_t *module) {
  size_t count = wr_module_export_count(module);
  printf("\nExports: %zu\n", count);
  for (size_t i = 0; i < count; i++) {
    wr_export export = wr_module_export(module, i);
    char name[NAME_SIZE], type[TYPE_SIZE];
    printf("  %-6s %s  %s\n", kind_names[export.type.kind],
           name_text(export.name, export.name_size, name), type_text(&export.type, type));
  }
}

static void print_functions(const wasm_module_t *module) {
  uint32_t count = wr_module_func_count(module);
  printf("\nFunctions: %" PRIu32 "\n", count);
  puts("   index      offset       size  name");
  for (uint32_t i = 0; i < count; i++) {
    wr_func_info func = wr_module_func(module, i);
    char name[NAME_SIZE], type[TYPE_SIZE];
    name_text(func.name, func.name_size, name);
    printf("%8" PRIu32 "  ", i);
    if (func.imported) {
      printf("%21s", "imported");
    } else {
      printf("0x%08" PRIx64 " %10" PRIu64, func.code_offset, func.code_size_bytes);
    }
    printf("  %s  %s\n", func.name ? name : "-", type_text(&func.type, type));
  }
}

static void print_summary(const wr__parsed *parsed, const wasm_module_t *module,
                          const wr__native_view *native) {
  size_t size_bytes = 0;
  wr_module_bytes(module, &size_bytes);
  char path[NAME_SIZE];
  printf("%s: %zu bytes, %" PRIu32 " functions\n\n",
         name_text(parsed->operands[0], strlen(parsed->operands[0]), path), size_bytes,
         wr_module_func_count(module));
  print_sections(module);
  print_imports(module);
  print_exports(module);
  wr__native_print(native);
  if (wr__option_last(parsed, WR__OPTION_FUNCTIONS)) print_functions(module);
}

/* ---- JSON ------------------------------------------------------------------------------ */

/* A name as a JSON string; names that are not UTF-8 (custom sections may hold such) escaped. */
static json_t *json_name(const char *name, size_t size) {
  char printable[NAME_SIZE];
  if (!name) return json_null();
  json_t *string = json_stringn(name, size);
  return string ? string : json_string(name_text(name, size, printable));
}

static json_t *json_types(const wr_valtype *types, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++) {
    char name[64];
    json_array_append_new(array, json_string(wr_valtype_name(types[i], name, sizeof name)));
  }
  return array;
}

/* 64-bit unsigned numbers beyond what JSON readers take are given as text. */
static json_t *json_u64(uint64_t number) {
  char digits[24];
  if (number <= UINT64_C(1) << 53) return json_integer((json_int_t)number);
  snprintf(digits, sizeof digits, "%" PRIu64, number);
  return json_string(digits);
}

static void add_limits(json_t *object, const wr_limits *limits) {
  json_object_set_new(object, "min", json_u64(limits->min));
  if (limits->has_max) json_object_set_new(object, "max", json_u64(limits->max));
  json_object_set_new(object, "address", json_string(limits->is64 ? "i64" : "i32"));
  json_object_set_new(object, "shared", json_boolean(limits->shared));
}

static void add_type(json_t *object, const wr_externtype *type) {
  char name[64];
  json_object_set_new(object, "kind", json_string(kind_names[type->kind]));
  if (type->kind == WR_EXTERN_FUNC || type->kind == WR_EXTERN_TAG)
    json_object_set_new(object, "params", json_types(type->params, type->param_count));
  if (type->kind == WR_EXTERN_FUNC)
    json_object_set_new(object, "results", json_types(type->results, type->result_count));
  if (type->kind == WR_EXTERN_GLOBAL || type->kind == WR_EXTERN_TABLE)
    json_object_set_new(object, "type",
                        json_string(wr_valtype_name(type->valtype, name, sizeof name)));
  if (type->kind == WR_EXTERN_GLOBAL)
    json_object_set_new(object, "mutable", json_boolean(type->is_mutable));
  if (type->kind == WR_EXTERN_MEMORY)
    json_object_set_new(object, "page_size_bytes", json_u64(UINT64_C(1) << type->page_size_log2));
  if (type->kind == WR_EXTERN_MEMORY || type->kind == WR_EXTERN_TABLE)
    add_limits(object, &type->limits);
}

static json_t *json_sections(const wasm_module_t *module) {
  json_t *array = json_array();
  for (size_t i = 0; i < wr_module_section_count(module); i++) {
    wr_section section = wr_module_section(module, i);
    json_t *object = json_object();
    json_object_set_new(object, "id", json_integer(section.id));
    json_object_set_new(object, "name", json_name(section.name, section.name_size));
    json_object_set_new(object, "offset", json_u64(section.offset));
    json_object_set_new(object, "size_bytes", json_u64(section.size_bytes));
    json_object_set_new(object, "count", json_integer(section.count));
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_imports(const wasm_module_t *module) {
  json_t *array = json_array();
  for (size_t i = 0; i < wr_module_import_count(module); i++) {
    wr_import import = wr_module_import(module, i);
    json_t *object = json_object();
    json_object_set_new(object, "module", json_name(import.module, import.module_size));
    json_object_set_new(object, "name", json_name(import.name, import.name_size));
    add_type(object, &import.type);
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_exports(const wasm_module_t *module) {
  json_t *array = json_array();
  for (size_t i = 0; i < wr_module_export_count(module); i++) {
    wr_export export = wr_module_export(module, i);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_name(export.name, export.name_size));
    add_type(object, &export.type);
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_functions(const wasm_module_t *module) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < wr_module_func_count(module); i++) {
    wr_func_info func = wr_module_func(module, i);
    json_t *object = json_object();
    json_object_set_new(object, "index", json_integer(i));
    json_object_set_new(object, "name", json_name(func.name, func.name_size));
    json_object_set_new(object, "imported", json_boolean(func.imported));
    add_type(object, &func.type);
    if (!func.imported) {
      json_object_set_new(object, "offset", json_u64(func.code_offset));
      json_object_set_new(object, "size_bytes", json_u64(func.code_size_bytes));
    }
    json_array_append_new(array, object);
  }
  return array;
}

/* The text is ASCII; of that, DEL is the one control that jansson leaves in strings. */
static int write_ascii(const char *text, size_t size, void *file) {
  for (size_t i = 0; i < size; i++) {
    if (text[i] == 0x7f) {
      fputs("\\u007f", file);
    } else {
      fputc(text[i], file);
    }
  }
  return ferror(file) ? -1 : 0;
}

static int print_json(const wr__parsed *parsed, const wasm_module_t *module,
                      const wr__native_view *native) {
  size_t size_bytes = 0;
  wr_module_bytes(module, &size_bytes);
  json_t *root = json_object();
  json_object_set_new(root, "file", json_name(parsed->operands[0], strlen(parsed->operands[0])));
  json_object_set_new(root, "size_bytes", json_u64(size_bytes));
  json_object_set_new(root, "function_count", json_integer(wr_module_func_count(module)));
  json_object_set_new(root, "sections", json_sections(module));
  json_object_set_new(root, "imports", json_imports(module));
  json_object_set_new(root, "exports", json_exports(module));
  wr__native_add_json(root, native);
  if (wr__option_last(parsed, WR__OPTION_FUNCTIONS))
    json_object_set_new(root, "functions", json_functions(module));
  int result = json_dump_callback(root, write_ascii, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
  putchar('\n');
  json_decref(root);
  if (result == 0 || ferror(stdout)) return WR__EXIT_OK; /* the flush reports a bad stream */
  wr__report("out of memory");
  return WR__EXIT_FAILED;
}

/* ---- One function's instructions ---------------------------------------------------------- */

static void write_text(void *file, const char *data, size_t size_bytes) {
  fwrite(data, 1, size_bytes, file);
}

static bool is_number(const char *name) {
  size_t digits = strspn(name, "0123456789");
  return digits > 0 && name[digits] == '\0';
}

/* The function's index from its number or its name; what comes nearest goes to near. */
static bool find_function(const wasm_module_t *module, const char *name, uint32_t *out,
                          char *near) {
  uint32_t count = wr_module_func_count(module);
  near[0] = '\0';
  if (is_number(name)) {
    unsigned long long number = strtoull(name, NULL, 10);
    *out = (uint32_t)number;
    return number < count;
  }
  size_t best = SIZE_MAX;
  for (uint32_t i = 0; i < count; i++) {
    wr_func_info func = wr_module_func(module, i);
    if (!func.name) continue;
    if (func.name_size == strlen(name) && memcmp(func.name, name, func.name_size) == 0) {
      *out = i;
      return true;
    }
    char candidate[NAME_SIZE];
    const char *known = name_text(func.name, func.name_size, candidate);
    size_t distance = wr__edit_distance(name, known);
    if (distance >= best || !wr__suggest(name, &known, 1)) continue;
    best = distance;
    strcpy(near, candidate);
  }
  return false;
}

static int print_function(const wr__parsed *parsed, const wasm_module_t *module, const char *name) {
  uint32_t index;
  char near[NAME_SIZE];
  if (!find_function(module, name, &index, near)) {
    wr__report("%s: no function '%s'%s%s%s", parsed->operands[0], name,
               near[0] ? "; did you mean '" : "", near, near[0] ? "'?" : "");
    return WR__EXIT_FAILED;
  }
  wr_func_info func = wr_module_func(module, index);
  if (func.imported) {
    wr__report("%s: function '%s' is imported: it has no instructions", parsed->operands[0], name);
    return WR__EXIT_FAILED;
  }
  char text_name[NAME_SIZE], type[TYPE_SIZE];
  printf("function %" PRIu32 " %s  %s  at 0x%" PRIx64 ", %" PRIu64 " bytes\n", index,
         name_text(func.name, func.name_size, text_name), type_text(&func.type, type),
         func.code_offset, func.code_size_bytes);
  if (wr_module_disassemble(module, index, write_text, stdout) == WR_OK) return WR__EXIT_OK;
  wr__report("%s: cannot disassemble function %" PRIu32, parsed->operands[0], index);
  return WR__EXIT_FAILED;
}

static int show(const wr__parsed *parsed, const wasm_module_t *module,
                const wr__native_view *native) {
  const char *function = wr__option_last(parsed, WR__OPTION_FUNCTION);
  const char *target = wr__option_last(parsed, WR__OPTION_EXTRACT);
  if (function) return print_function(parsed, module, function);
  if (target)
    return wr__native_extract(native, parsed->operands[0], target,
                              wr__option_last(parsed, WR__OPTION_OUTPUT));
  if (wr__option_last(parsed, WR__OPTION_JSON)) return print_json(parsed, module, native);
  print_summary(parsed, module, native);
  return WR__EXIT_OK;
}

int wr__command_inspect(const wr__parsed *parsed) {
  int exit_status;
  if (parsed->operand_count != 1) {
    wr__report("inspect: one module at a time");
    return WR__EXIT_USAGE;
  }
  wasm_engine_t *engine = wr__engine_from_options(parsed, &exit_status);
  if (!engine) return exit_status;
  if (wr__run_is_component(parsed->operands[0])) {
    exit_status = wr__component_show(engine, parsed->operands[0],
                                     wr__option_last(parsed, WR__OPTION_JSON) != NULL);
    wasm_engine_delete(engine);
    return wr__flush_output(exit_status);
  }
  wasm_module_t *module = wr__load_module(engine, parsed->operands[0]);
  wr__native_view native = {.data = NULL};
  exit_status = WR__EXIT_FAILED;
  if (module && wr__native_view_open(parsed->operands[0], &native))
    exit_status = show(parsed, module, &native);
  wr__native_view_close(&native);
  if (module) wasm_module_delete(module);
  wasm_engine_delete(engine);
  return wr__flush_output(exit_status);
}
