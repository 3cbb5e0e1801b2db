/* Code that is mapped from files, and files in memory. */
#ifndef WR__PLATFORM_CODE_H
#define WR__PLATFORM_CODE_H

#include "base/base.h"

/* Maps a part of a file that does not change to read, and a part of that, in whole pages, to read
 * and execute; never to write. The pages stay the file's, shared and clean. NULL where the offset
 * is no page's, the file system allows no execution, or the host refuses. */
void *wr__code_map(int fd, uint64_t offset, size_t size, size_t text_offset, size_t text_size);
/* Bytes, or a file, as a file in memory that nobody can change any more; -1 where it cannot be had.
 */
int wr__memory_file(const uint8_t *bytes, size_t size);
int wr__file_copy(int fd, uint64_t size);
/* Another descriptor of the same file; -1 where there is none. */
int wr__file_duplicate(int fd);
void wr__code_unmap(void *base, size_t size);

#endif
