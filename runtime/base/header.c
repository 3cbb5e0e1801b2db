/* The header of a binary module, and the beginnings of files that are often taken for one. */
#include "base/header.h"

#include <stdbool.h>
#include <string.h>

#define NOT_A_MODULE "magic header not detected: not a WebAssembly module"

static const struct beginning {
  const char *bytes;
  size_t offset, size;
  const char *message;
} beginnings[] = {
    {"\177ELF", 0, 4, NOT_A_MODULE ", but a native program or library (ELF)"},
    {"MZ", 0, 2, NOT_A_MODULE ", but a Windows program"},
    {"#!", 0, 2, NOT_A_MODULE ", but a script"},
    {"!<arch>\n", 0, 8, NOT_A_MODULE ", but an archive (ar); link it to a module first"},
    {"BC\xc0\xde", 0, 4, NOT_A_MODULE ", but LLVM bitcode; link it to a module first"},
    {"\x1f\x8b", 0, 2, NOT_A_MODULE ", but compressed data (gzip); unpack it first"},
    {"BZh", 0, 3, NOT_A_MODULE ", but compressed data (bzip2); unpack it first"},
    {"\xfd"
     "7zXZ",
     0, 5, NOT_A_MODULE ", but compressed data (xz); unpack it first"},
    {"\x28\xb5\x2f\xfd", 0, 4, NOT_A_MODULE ", but compressed data (zstd); unpack it first"},
    {"PK\3\4", 0, 4, NOT_A_MODULE ", but an archive (zip); unpack it first"},
    {"ustar", 257, 5, NOT_A_MODULE ", but an archive (tar); unpack it first"},
};

enum { TEXT_SAMPLE = 512 };

static bool is_text(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size && i < TEXT_SAMPLE; i++) {
    if (bytes[i] == 0x7f || (bytes[i] < 0x20 && !strchr("\t\n\f\r", bytes[i])) || bytes[i] == 0)
      return false;
  }
  return true;
}

/* Less than a header, or another file's. */
static const char *explain_magic(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    const struct beginning *b = &beginnings[i];
    if (size >= b->offset + b->size && memcmp(bytes + b->offset, b->bytes, b->size) == 0)
      return b->message;
  }
  return is_text(bytes, size) ? NOT_A_MODULE ", but text; a module in the text format begins with ("
                              : NOT_A_MODULE;
}

const char *wr__header_check(const uint8_t *bytes, size_t size, size_t *at) {
  static const uint8_t magic[4] = {0, 'a', 's', 'm'}, version[4] = {1, 0, 0, 0};
  size_t known = size < sizeof magic ? size : sizeof magic;
  *at = 0;
  if (size == 0) return "unexpected end: the file is empty";
  if (memcmp(bytes, magic, known) != 0) {
    if (size >= sizeof magic) return explain_magic(bytes, size);
    *at = size;
    return "unexpected end: not a WebAssembly module";
  }
  *at = size;
  if (size < WR__HEADER_BYTES) return "unexpected end";
  *at = sizeof magic;
  if (memcmp(bytes + 4, version, sizeof version) == 0) return NULL;
  /* A component's layer is 1 where a module's is 0 (Spec component-model/Binary). */
  return bytes[6] == 1 && bytes[7] == 0
             ? "unknown binary version: this is a component, where a module is wanted"
             : "unknown binary version";
}
