/* Native code for debuggers and profilers: names, lines and frames of an image that is mapped.
 *
 * gdb learns of it through the interface that it has for compilers at run time: an ELF file in
 * memory without code, of symbols, a line table and call frame information. perf reads a dump file
 * (`perf inject --jit`) and a map of names. Lines are those of the source where the module's DWARF
 * has them; else the file is "wasm", and lines are module offsets, as in backtraces. */
#ifndef WR__DEBUG_H
#define WR__DEBUG_H

#include "base/buffer.h"
#include "image/image.h"
#include "debug/source.h"

/* A function's code. Names end with a NUL. */
typedef struct wr__debug_symbol {
  uint32_t start, size; /* image offsets */
  uint32_t func_index;  /* WR_NO_INDEX: of no function */
  const char *name;
} wr__debug_symbol;

typedef struct wr__debug_symbols {
  wr__debug_symbol *all; /* by start */
  uint32_t count;
  uint32_t imported; /* functions before the first that has code */
  char *names;       /* what they point into */
  wr__source source; /* of the module */
} wr__debug_symbols;

/* False when out of memory. */
bool wr__debug_symbols_make(const wr__module *module, const wr__image *image,
                            wr__debug_symbols *out);
void wr__debug_symbols_free(wr__debug_symbols *symbols);

/* The line that code of this line of the image is shown with, and its file's name. */
uint32_t wr__debug_line(const wr__image *image, const wr__debug_symbols *symbols, uint32_t line,
                        uint32_t *file);
/* file is from wr__debug_line: WR_NO_INDEX is "wasm". */
const char *wr__debug_file(const wr__debug_symbols *symbols, uint32_t file);

/* wr__debug_register: tells gdb, and writes for perf, where `directory` is not NULL: jit-PID.dump
 * there, and /tmp/perf-PID.map. What cannot be had is left out. wr__debug_unregister takes back
 * what gdb was told. */
void wr__debug_register(const wr__module *module, const wr__image *image, const char *directory);
void wr__debug_unregister(const wr__image *image);

/* elf.c: the file for gdb, malloc'ed; NULL when out of memory. */
uint8_t *wr__debug_elf(const wr__image *image, const wr__debug_symbols *symbols, size_t *size);

/* frames.c: the contents of .debug_frame for all code, and of .eh_frame with .eh_frame_hdr
 * behind it for one function, as if they stood after its code in steps of 8 bytes; the size of the
 * latter. */
void wr__debug_frames(const wr__image *image, const wr__debug_symbols *symbols, wr__buffer *out);
size_t wr__debug_unwinding(const wr__image *image, const wr__debug_symbol *symbol, wr__buffer *out);

#endif
