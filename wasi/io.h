/* Reading and writing a descriptor of any kind. */
#ifndef WR__WASI_IO_H
#define WR__WASI_IO_H

#include "wasi.h"

/* What is still to be moved; consumed from the front. */
typedef struct wr__transfer {
  struct iovec *iov;
  uint32_t count;
  size_t left; /* bytes */
} wr__transfer;

/* Blocks as the descriptor's flags say, until something was read (0: the end). */
uint32_t wr__io_read(wr__call *call, wr__desc *desc, wr__transfer *t, size_t *done);
uint32_t wr__io_write(wr__call *call, wr__desc *desc, wr__transfer *t, size_t *done);

/* Takes what was moved off the front. */
void wr__io_advance(wr__transfer *t, size_t size);

#endif
