/* Files, as the server uses them. */
#ifndef WR__SERVE_FILES_H
#define WR__SERVE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wr__file_info {
  uint64_t size;
  uint64_t modified_ns;
} wr__file_info;

/* wr__os_folder_open: a folder, or -1. */
int wr__os_folder_open(const char *path);
/* wr__os_file_open_beneath: a regular file beneath the folder, through no symbolic link that leads
 * out of it and no name that begins with a dot; -1: there is none. */
int wr__os_file_open_beneath(int folder, const char *path, wr__file_info *info);
/* wr__os_file_read: bytes, 0 at the end, -1. wr__os_file_write: all of it, or what there is room
 * for. */
int64_t wr__os_file_read(int file, void *data, size_t size);
bool wr__os_file_write(int file, const void *data, size_t size);
/* wr__os_file_writable: is there room within that time? */
bool wr__os_file_writable(int file, int patience_ms);
void wr__os_file_seek(int file, uint64_t offset);
/* wr__os_file_open_log: a file to append to, made if there is none; -1. */
int wr__os_file_open_log(const char *path);
/* wr__os_file_close: nothing for -1. */
void wr__os_file_close(int file);

#endif
