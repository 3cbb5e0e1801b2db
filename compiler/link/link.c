/* The writer of images: lays out what objects hold, resolves every relocation, and adds the tables.
 *
 * Nothing is left for the loader to resolve: an undefined symbol, a relocation that is not known, a
 * distance that does not fit, or data that would have to be writable fails the compile.
 * Order in an image: header, function and body tables, read-only data, code, line table, places. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile.h"
#include "image/layout.h"
#include "image/module_hash.h"
#include "config/engine.h"

typedef struct object {
  const uint8_t *data;
  size_t size;
  const Elf64_Ehdr *header;
  const Elf64_Shdr *sections;
  const Elf64_Sym *symbols;
  uint32_t symbol_count;
  const char *strings;
  uint64_t *placed; /* by section: image offset + 1; 0: not in the image */
} object;

typedef struct symbol {
  const char *name;
  uint64_t offset;
} symbol;

typedef struct linker {
  const wr__module *module;
  const wr__machine *machine;
  uint32_t flags;
  const char *cpu;
  const wr__batch *batch;
  wr_error *error;
  object *objects;
  size_t object_count;
  symbol *symbols; /* a hash table */
  size_t symbol_size;
  uint8_t *image;
  uint64_t at; /* of what comes next */
  uint64_t funcs_offset, bodies_offset, text_offset, text_end, lines_offset, places_offset,
      loops_offset;
  uint32_t loops_count;
  wr__line_rows rows;
  wr__place_row *places;
  size_t place_count;
} linker;

static wr_status fail(linker *k, const char *what, const char *name) {
  return wr__fail(k->error, WR_UNSUPPORTED, WR_NO_OFFSET, "the code cannot be linked: %s %s", what,
                  name);
}

static uint64_t align_up(uint64_t value, uint64_t align) {
  return (value + align - 1) & ~(align - 1);
}

static uint64_t text_align(const linker *k) {
  return k->machine->machine == WR__IMAGE_MACHINE_AARCH64 ? WR__IMAGE_ALIGN : 4096;
}

/* ---- Objects: LLVM's own, so their structure is taken as it is. */

static const char *section_name(const object *o, const Elf64_Shdr *section) {
  const Elf64_Shdr *names = &o->sections[o->header->e_shstrndx];
  return (const char *)o->data + names->sh_offset + section->sh_name;
}

static wr_status open_object(linker *k, object *o, const wr__object_bytes *bytes) {
  o->data = bytes->data;
  o->size = bytes->size;
  o->header = (const Elf64_Ehdr *)(const void *)o->data;
  o->sections = (const Elf64_Shdr *)(const void *)(o->data + o->header->e_shoff);
  o->placed = wr__alloc_array(o->header->e_shnum, sizeof *o->placed);
  if (!o->placed) return wr__fail_oom(k->error);
  for (uint32_t i = 0; i < o->header->e_shnum; i++) {
    const Elf64_Shdr *s = &o->sections[i];
    if (s->sh_type != SHT_SYMTAB) continue;
    o->symbols = (const Elf64_Sym *)(const void *)(o->data + s->sh_offset);
    o->symbol_count = (uint32_t)(s->sh_size / sizeof *o->symbols);
    o->strings = (const char *)o->data + o->sections[s->sh_link].sh_offset;
  }
  return WR_OK;
}

static bool is_wanted(const object *o, const Elf64_Shdr *s, bool code) {
  if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_ALLOC) || !s->sh_size) return false;
  if (!strncmp(section_name(o, s), ".eh_frame", 9)) return false;
  return !!(s->sh_flags & SHF_EXECINSTR) == code;
}

static wr_status place_sections(linker *k, bool code) {
  for (size_t n = 0; n < k->object_count; n++) {
    object *o = &k->objects[n];
    for (uint32_t i = 0; i < o->header->e_shnum; i++) {
      const Elf64_Shdr *s = &o->sections[i];
      bool writable = s->sh_flags & SHF_WRITE && s->sh_flags & SHF_ALLOC && s->sh_size;
      if (writable) return fail(k, "writable data in", section_name(o, s));
      if (!is_wanted(o, s, code)) continue;
      k->at = align_up(k->at, s->sh_addralign ? s->sh_addralign : 1);
      o->placed[i] = k->at + 1;
      k->at += s->sh_size;
    }
  }
  return k->at > INT32_MAX ? fail(k, "an image above", "2 GiB") : WR_OK;
}

static void copy_sections(linker *k) {
  for (size_t n = 0; n < k->object_count; n++) {
    const object *o = &k->objects[n];
    for (uint32_t i = 0; i < o->header->e_shnum; i++)
      if (o->placed[i])
        memcpy(k->image + o->placed[i] - 1, o->data + o->sections[i].sh_offset,
               o->sections[i].sh_size);
  }
}

/* ---- Symbols */

static symbol *find_symbol(linker *k, const char *name) {
  size_t mask = k->symbol_size - 1;
  size_t at = wr__hash_bytes(name, strlen(name), 0) & mask;
  while (k->symbols[at].name && strcmp(k->symbols[at].name, name)) at = (at + 1) & mask;
  return &k->symbols[at];
}

static wr_status collect_symbols(linker *k) {
  size_t count = 0;
  for (size_t n = 0; n < k->object_count; n++) count += k->objects[n].symbol_count;
  k->symbol_size = 64;
  while (k->symbol_size < count * 2) k->symbol_size *= 2;
  k->symbols = wr__alloc_array(k->symbol_size, sizeof *k->symbols);
  if (!k->symbols) return wr__fail_oom(k->error);
  for (size_t n = 0; n < k->object_count; n++) {
    const object *o = &k->objects[n];
    for (uint32_t i = 0; i < o->symbol_count; i++) {
      const Elf64_Sym *s = &o->symbols[i];
      if (s->st_shndx == SHN_UNDEF || s->st_shndx >= SHN_LORESERVE || !o->placed[s->st_shndx])
        continue;
      if (ELF64_ST_BIND(s->st_info) == STB_LOCAL) continue;
      symbol *made = find_symbol(k, o->strings + s->st_name);
      made->name = o->strings + s->st_name;
      made->offset = o->placed[s->st_shndx] - 1 + s->st_value;
    }
  }
  return WR_OK;
}

static wr_status symbol_offset(linker *k, const object *o, uint32_t index, uint64_t *out) {
  const Elf64_Sym *s = &o->symbols[index];
  if (s->st_shndx != SHN_UNDEF && s->st_shndx < SHN_LORESERVE) {
    if (!o->placed[s->st_shndx])
      return fail(k, "a reference to", section_name(o, &o->sections[s->st_shndx]));
    *out = o->placed[s->st_shndx] - 1 + s->st_value;
    return WR_OK;
  }
  const symbol *found = find_symbol(k, o->strings + s->st_name);
  if (!found->name) return fail(k, "undefined symbol", o->strings + s->st_name);
  *out = found->offset;
  return WR_OK;
}

/* ---- Relocations */

static bool fits(int64_t value, unsigned bits) {
  int64_t limit = (int64_t)1 << (bits - 1);
  return value >= -limit && value < limit;
}

static bool write32(uint8_t *at, int64_t value) {
  int32_t narrow = (int32_t)value;
  memcpy(at, &narrow, 4);
  return fits(value, 32);
}

static void patch32(uint8_t *at, uint32_t mask, uint32_t bits) {
  uint32_t word;
  memcpy(&word, at, 4);
  word = (word & ~mask) | (bits & mask);
  memcpy(at, &word, 4);
}

/* Value and place are image offsets; only their distance, and their low 12 bits, may matter. */
static bool relocate_x86_64(uint8_t *at, uint32_t type, uint64_t value, uint64_t place) {
  switch (type) {
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
      return write32(at, (int64_t)(value - place));
    case R_X86_64_PC64:
      value -= place;
      memcpy(at, &value, 8);
      return true;
    default:
      return false;
  }
}

static bool relocate_aarch64(uint8_t *at, uint32_t type, uint64_t value, uint64_t place) {
  int64_t distance = (int64_t)(value - place);
  int64_t pages = (int64_t)((value & ~4095ull) - (place & ~4095ull)) >> 12;
  uint32_t low = (uint32_t)value & 4095;
  switch (type) {
    case R_AARCH64_CALL26:
    case R_AARCH64_JUMP26:
      patch32(at, 0x03ffffff, (uint32_t)(distance >> 2));
      return fits(distance, 28);
    case R_AARCH64_PREL32:
      return write32(at, distance);
    case R_AARCH64_PREL64:
      memcpy(at, &distance, 8);
      return true;
    case R_AARCH64_ADR_PREL_PG_HI21:
      patch32(at, 0x60ffffe0,
              (uint32_t)(pages & 3) << 29 | ((uint32_t)(pages >> 2) & 0x7ffff) << 5);
      return fits(pages, 21);
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC:
      patch32(at, 0xfff << 10, low << 10);
      return true;
    case R_AARCH64_LDST16_ABS_LO12_NC:
      patch32(at, 0xfff << 10, low >> 1 << 10);
      return true;
    case R_AARCH64_LDST32_ABS_LO12_NC:
      patch32(at, 0xfff << 10, low >> 2 << 10);
      return true;
    case R_AARCH64_LDST64_ABS_LO12_NC:
      patch32(at, 0xfff << 10, low >> 3 << 10);
      return true;
    case R_AARCH64_LDST128_ABS_LO12_NC:
      patch32(at, 0xfff << 10, low >> 4 << 10);
      return true;
    default:
      return false;
  }
}

static wr_status relocate_section(linker *k, const object *o, const Elf64_Shdr *table) {
  uint64_t base = o->placed[table->sh_info] - 1;
  const Elf64_Rela *rela = (const Elf64_Rela *)(const void *)(o->data + table->sh_offset);
  for (size_t i = 0; i < table->sh_size / sizeof *rela; i++) {
    uint64_t value, place = base + rela[i].r_offset;
    WR_TRY(symbol_offset(k, o, (uint32_t)ELF64_R_SYM(rela[i].r_info), &value));
    value += (uint64_t)rela[i].r_addend;
    uint32_t type = (uint32_t)ELF64_R_TYPE(rela[i].r_info);
    bool done = k->machine->machine == WR__IMAGE_MACHINE_X86_64
                    ? relocate_x86_64(k->image + place, type, value, place)
                    : relocate_aarch64(k->image + place, type, value, place);
    char number[24];
    snprintf(number, sizeof number, "%u", type);
    if (!done) return fail(k, "relocation", number);
  }
  return WR_OK;
}

static wr_status relocate_all(linker *k) {
  for (size_t n = 0; n < k->object_count; n++) {
    const object *o = &k->objects[n];
    for (uint32_t i = 0; i < o->header->e_shnum; i++) {
      const Elf64_Shdr *s = &o->sections[i];
      if (s->sh_type == SHT_RELA && o->placed[s->sh_info]) WR_TRY(relocate_section(k, o, s));
    }
  }
  return WR_OK;
}

/* ---- Lines */

/* The rows of an object: its .debug_line with the addresses in it resolved. */
static wr_status object_lines(linker *k, const object *o) {
  for (uint32_t i = 0; i < o->header->e_shnum; i++) {
    const Elf64_Shdr *table = &o->sections[i];
    if (table->sh_type != SHT_RELA) continue;
    const Elf64_Shdr *s = &o->sections[table->sh_info];
    if (strcmp(section_name(o, s), ".debug_line")) continue;
    uint8_t *copy = malloc(s->sh_size);
    if (!copy) return wr__fail_oom(k->error);
    memcpy(copy, o->data + s->sh_offset, s->sh_size);
    const Elf64_Rela *rela = (const Elf64_Rela *)(const void *)(o->data + table->sh_offset);
    wr_status status = WR_OK;
    for (size_t r = 0; r < table->sh_size / sizeof *rela && status == WR_OK; r++) {
      uint32_t type = (uint32_t)ELF64_R_TYPE(rela[r].r_info);
      if (type != R_X86_64_64 && type != R_AARCH64_ABS64) continue;
      uint64_t value;
      status = symbol_offset(k, o, (uint32_t)ELF64_R_SYM(rela[r].r_info), &value);
      value += (uint64_t)rela[r].r_addend;
      memcpy(copy + rela[r].r_offset, &value, 8);
    }
    if (status == WR_OK) status = wr__lines_decode(copy, s->sh_size, &k->rows, k->error);
    free(copy);
    return status;
  }
  return WR_OK;
}

static wr_status collect_lines(linker *k) {
  for (size_t n = 0; n < k->object_count; n++) WR_TRY(object_lines(k, &k->objects[n]));
  wr__lines_tidy(&k->rows);
  return WR_OK;
}

/* ---- The image */

static wr_status write_funcs(linker *k) {
  const wr__module *m = k->module;
  wr__image_func *funcs = (wr__image_func *)(void *)(k->image + k->funcs_offset);
  for (uint32_t i = m->imported_funcs; i < m->func_count; i++) {
    char name[WR__MAX_PARAMS + WR__MAX_RESULTS + 16];
    snprintf(name, sizeof name, "f%u", i);
    const symbol *code = find_symbol(k, name);
    name[0] = 'w', name[1] = '.';
    wr__type_signature(m->funcs[i].type, name + 2, sizeof name - 2);
    const symbol *wrapper = find_symbol(k, name);
    if (!wr__batch_has(k->batch, i)) continue;
    if (!code->name || !wrapper->name) return fail(k, "no code for", name);
    funcs[i - m->imported_funcs] =
        (wr__image_func){(uint32_t)code->offset, (uint32_t)wrapper->offset};
  }
  return WR_OK;
}

/* Those that lowering could make; NULL: only counts. */
static uint32_t write_loops(linker *k, wr__image_loop *out) {
  uint32_t count = 0;
  for (uint32_t i = 0; k->batch && i < k->batch->count; i++) {
    const wr__image_want *want = &k->batch->wants[i];
    char name[WR__MAX_PARAMS + WR__MAX_RESULTS + 16];
    snprintf(name, sizeof name, "x%u.%u", want->func_index, want->loop);
    const symbol *code = want->loop ? find_symbol(k, name) : NULL;
    if (!code || !code->name) continue;
    name[0] = 'y', name[1] = '.';
    wr__type_signature(k->module->funcs[want->func_index].type, name + 2, sizeof name - 2);
    uint32_t wrapper = (uint32_t)find_symbol(k, name)->offset;
    if (out)
      out[count] = (wr__image_loop){want->func_index, want->loop, (uint32_t)code->offset, wrapper};
    count++;
  }
  return count;
}

static void write_bodies(linker *k) {
  const wr__module *m = k->module;
  wr__image_body *bodies = (wr__image_body *)(void *)(k->image + k->bodies_offset);
  for (uint32_t i = m->imported_funcs; i < m->func_count; i++)
    *bodies++ = (wr__image_body){m->funcs[i].code_offset, m->funcs[i].code_size};
}

static void write_header(linker *k, uint64_t image_bytes) {
  wr__image_header *h = (wr__image_header *)(void *)(k->image + WR__IMAGE_HEADER_OFFSET);
  *h = (wr__image_header){.magic = WR__IMAGE_MAGIC,
                          .version = WR__IMAGE_VERSION,
                          .header_bytes = sizeof *h,
                          .image_bytes = image_bytes,
                          .machine = k->machine->machine,
                          .flags = k->flags,
                          .cpu_features = k->machine->cpu_features,
                          .module_bytes = k->module->size,
                          .module_hash = wr__image_module_hash(k->module->bytes, k->module->size),
                          .func_count = k->module->func_count - k->module->imported_funcs,
                          .funcs_offset = (uint32_t)k->funcs_offset,
                          .lines_count = (uint32_t)k->rows.count,
                          .lines_offset = (uint32_t)k->lines_offset,
                          .text_offset = k->text_offset,
                          .text_bytes = k->text_end - k->text_offset,
                          .layout = wr__image_layout(),
                          .wasm_features = k->module->engine->config.features,
                          .bodies_offset = (uint32_t)k->bodies_offset,
                          .places_count = (uint32_t)k->place_count,
                          .places_offset = (uint32_t)k->places_offset,
                          .loops_count = k->loops_count,
                          .loops_offset = (uint32_t)k->loops_offset};
  snprintf(h->cpu, sizeof h->cpu, "%s", k->cpu);
}

/* An ELF header, segments and a .text section, so that objdump reads an extracted image. */
static void write_elf(linker *k, uint64_t image_bytes) {
  static const char names[] = "\0.text\0.shstrtab";
  enum { PHDRS = 64, SHDRS = PHDRS + 3 * 56, NAMES = SHDRS + 3 * 64 };
  _Static_assert(NAMES + sizeof names <= WR__IMAGE_HEADER_OFFSET, "ELF headers fit");
  Elf64_Ehdr e = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                  .e_type = ET_DYN,
                  .e_machine = (uint16_t)k->machine->machine,
                  .e_version = EV_CURRENT,
                  .e_phoff = PHDRS,
                  .e_shoff = SHDRS,
                  .e_ehsize = 64,
                  .e_phentsize = 56,
                  .e_phnum = 3,
                  .e_shentsize = 64,
                  .e_shnum = 3,
                  .e_shstrndx = 2};
  uint64_t starts[] = {0, k->text_offset, align_up(k->text_end, text_align(k)), image_bytes};
  memcpy(k->image, &e, sizeof e);
  for (int i = 0; i < 3; i++) {
    uint64_t size = (i == 1 ? k->text_end : starts[i + 1]) - starts[i];
    Elf64_Phdr p = {.p_type = PT_LOAD,
                    .p_flags = i == 1 ? PF_R | PF_X : PF_R,
                    .p_offset = starts[i],
                    .p_vaddr = starts[i],
                    .p_paddr = starts[i],
                    .p_filesz = size,
                    .p_memsz = size,
                    .p_align = text_align(k)};
    memcpy(k->image + PHDRS + i * 56, &p, sizeof p);
  }
  Elf64_Shdr s[3] = {{0},
                     {.sh_name = 1,
                      .sh_type = SHT_PROGBITS,
                      .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                      .sh_addr = k->text_offset,
                      .sh_offset = k->text_offset,
                      .sh_size = k->text_end - k->text_offset,
                      .sh_addralign = 16},
                     {.sh_name = 7,
                      .sh_type = SHT_STRTAB,
                      .sh_offset = NAMES,
                      .sh_size = sizeof names,
                      .sh_addralign = 1}};
  memcpy(k->image + SHDRS, s, sizeof s);
  memcpy(k->image + NAMES, names, sizeof names);
}

static wr_status lay_out(linker *k) {
  k->funcs_offset = align_up(WR__IMAGE_HEADER_OFFSET + sizeof(wr__image_header), 16);
  uint32_t funcs = k->module->func_count - k->module->imported_funcs;
  k->bodies_offset = k->funcs_offset + (uint64_t)funcs * sizeof(wr__image_func);
  k->at = k->bodies_offset + (uint64_t)funcs * sizeof(wr__image_body);
  WR_TRY(place_sections(k, false));
  k->text_offset = k->at = align_up(k->at, text_align(k));
  WR_TRY(place_sections(k, true));
  k->text_end = k->at;
  return WR_OK;
}

static wr_status build_image(linker *k, const wr__object_bytes *objects, wr__object_bytes *out) {
  WR_TRY(lay_out(k));
  WR_TRY(collect_symbols(k));
  WR_TRY(collect_lines(k));
  WR_TRY(wr__places_collect(objects, k->object_count, &k->rows, &k->places, &k->place_count,
                            k->error));
  k->lines_offset = align_up(k->text_end, text_align(k));
  k->places_offset = align_up(k->lines_offset + wr__lines_encode(&k->rows, NULL), 4);
  k->loops_offset =
      align_up(k->places_offset + wr__places_encode(k->places, k->place_count, NULL), 4);
  k->loops_count = write_loops(k, NULL);
  uint64_t size = k->loops_offset + k->loops_count * sizeof(wr__image_loop);
  k->image = calloc(1, size);
  if (!k->image) return wr__fail_oom(k->error);
  if (k->machine->machine == WR__IMAGE_MACHINE_X86_64)
    memset(k->image + k->text_offset, 0xcc, k->text_end - k->text_offset);
  copy_sections(k);
  WR_TRY(relocate_all(k));
  WR_TRY(write_funcs(k));
  write_bodies(k);
  write_loops(k, (wr__image_loop *)(void *)(k->image + k->loops_offset));
  wr__lines_encode(&k->rows, k->image + k->lines_offset);
  wr__places_encode(k->places, k->place_count, k->image + k->places_offset);
  write_header(k, size);
  write_elf(k, size);
  out->data = k->image;
  out->size = size;
  k->image = NULL;
  return WR_OK;
}

wr_status wr__link_image(const wr__module *module, const wr__facts *facts,
                         const wr__compile_options *options, const wr__machine *machine,
                         const wr__object_bytes *objects, size_t object_count,
                         wr__object_bytes *out, wr_error *error) {
  linker k = {.module = module, .machine = machine, .error = error, .object_count = object_count};
  k.flags = wr__compile_flags(module, options, facts->handlers);
  if (options->batch) k.flags |= WR__IMAGE_PARTIAL;
  k.cpu = options->cpu ? options->cpu : "";
  k.batch = options->batch;
  k.objects = wr__alloc_array(object_count, sizeof *k.objects);
  wr_status status = k.objects ? WR_OK : wr__fail_oom(error);
  for (size_t i = 0; i < object_count && status == WR_OK; i++)
    status = open_object(&k, &k.objects[i], &objects[i]);
  if (status == WR_OK) status = build_image(&k, objects, out);
  for (size_t i = 0; k.objects && i < object_count; i++) free(k.objects[i].placed);
  free(k.objects);
  free(k.symbols);
  free(k.rows.rows);
  free(k.places);
  free(k.image);
  return status;
}
