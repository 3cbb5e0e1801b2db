/* What the files of wasi:filesystem share. Operations return 0 or an errno of the host. */
#ifndef WR__WASI_P2_FILES_H
#define WR__WASI_P2_FILES_H

#include "abi.h"

/* descriptor-flags */
enum {
  WR__P2_READ = 1,
  WR__P2_WRITE = 2,
  WR__P2_FILE_SYNC = 4,
  WR__P2_DATA_SYNC = 8,
  WR__P2_REQUESTED_WRITE_SYNC = 16,
  WR__P2_MUTATE_DIRECTORY = 32,
};
/* open-flags */
enum { WR__P2_CREATE = 1, WR__P2_DIRECTORY = 2, WR__P2_EXCLUSIVE = 4, WR__P2_TRUNCATE = 8 };

/* filesystem's error-code */
uint32_t wr__p2_file_error(int error);
/* descriptor-type */
uint8_t wr__p2_file_type(mode_t mode);
/* The same for what host/readdir.c tells. */
uint8_t wr__p2_entry_type(uint8_t filetype);

/* A path in a directory that has these rights. */
int wr__p2_place(wr__op *op, const wr__p2_descriptor *dir, uint64_t rights, wr__p2_text path,
                 wr__place *out);
int wr__p2_open_at(wr__op *op, const wr__p2_descriptor *dir, bool follow, wr__p2_text path,
                   uint32_t open_flags, uint32_t flags, wr__p2_descriptor **out);
int wr__p2_input_at(wr__op *op, const wr__p2_descriptor *file, uint64_t offset, wr__p2_input **out);
int wr__p2_output_at(wr__op *op, const wr__p2_descriptor *file, uint64_t offset, bool appends,
                     wr__p2_output **out);
/* At an offset: at most *size bytes. */
int wr__p2_file_read(wr__op *op, const wr__p2_descriptor *file, uint8_t *bytes, size_t *size,
                     uint64_t offset);
int wr__p2_file_write(wr__op *op, const wr__p2_descriptor *file, const uint8_t *bytes, size_t *size,
                      uint64_t offset);
uint32_t wr__p2_get_flags(const wr__desc *desc);
/* Two numbers that are the same for the same file only. */
void wr__p2_metadata_hash(const struct stat *st, uint64_t out[2]);
int wr__p2_read_directory(wr__op *op, const wr__p2_descriptor *dir, wr__p2_entries **out);

#endif
