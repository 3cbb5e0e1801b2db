/* The first eight bytes of a binary module, and what a file seems to be that begins otherwise. */
#ifndef WR__BASE_HEADER_H
#define WR__BASE_HEADER_H

#include <stddef.h>
#include <stdint.h>

enum { WR__HEADER_BYTES = 8 };

/* wr__header_check: NULL for the header of a module, which WR__HEADER_BYTES bytes begin with. Else
 * the message, which begins with the specification's words, and in *at the byte that it is about.
 * Spec binary/modules: magic, version. */
const char *wr__header_check(const uint8_t *bytes, size_t size, size_t *at);

#endif
