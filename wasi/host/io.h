/* Reading and writing a descriptor of any kind. */
#ifndef WR__WASI_IO_H
#define WR__WASI_IO_H

#include "host.h"

/* What is still to be moved; consumed from the front. */
typedef struct wr__transfer {
  struct iovec *iov;
  uint32_t count;
  size_t left; /* bytes */
} wr__transfer;

/* Blocks as the descriptor's flags say, until something was read (0: the end). */
int wr__io_read(wr__op *op, wr__desc *desc, wr__transfer *t, size_t *done);
int wr__io_write(wr__op *op, wr__desc *desc, wr__transfer *t, size_t *done);

/* At a position of a file, at most INT64_MAX, which its own position has nothing to do with. */
int wr__io_read_at(wr__op *op, const wr__desc *desc, wr__transfer *t, uint64_t offset,
                   size_t *done);
int wr__io_write_at(wr__op *op, const wr__desc *desc, wr__transfer *t, uint64_t offset,
                    size_t *done);

/* At the end of a file, wherever that is then. */
int wr__io_append(wr__op *op, const wr__desc *desc, wr__transfer *t, size_t *done);

/* Takes what was moved off the front. */
void wr__io_advance(wr__transfer *t, size_t size);

#endif
