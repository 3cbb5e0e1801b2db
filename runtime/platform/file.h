/* Files and folders, and who else can change them. */
#ifndef WR__PLATFORM_FILE_H
#define WR__PLATFORM_FILE_H

#include "base/base.h"

/* A file's bytes, read to its end; *mapped tells whether they are in pages (to be unmapped) or from
 * malloc. They are a copy: nothing that happens to the file later can change or remove them.
 * Errors WR_IO (with the system's reason), WR_OUT_OF_MEMORY. */
wr_status wr__file_read(const char *path, const uint8_t **data, size_t *size, bool *mapped,
                        wr_error *error);
void wr__file_free(const uint8_t *data, size_t size, bool mapped);
/* The same in two steps: a descriptor, -1 with *error filled in; it is read from where it stands.
 */
int wr__file_open(const char *path, wr_error *error);
wr_status wr__file_read_open(int fd, const char *path, const uint8_t **data, size_t *size,
                             bool *mapped, wr_error *error);
void wr__file_close(int fd);
/* Gives back the pages behind `size` of data that was read into pages. */
void wr__file_trim(const uint8_t *data, size_t size, size_t old_size);

/* ---- Files by who can change them (owned.c) */

/* Which contents an open regular file has: a change makes another id. */
typedef struct wr__file_id {
  uint64_t device, inode, size, changed_ns;
} wr__file_id;
bool wr__file_identify(int fd, wr__file_id *out);
/* Has the file been at rest for so long that a change from now on cannot leave its id the same? */
bool wr__file_is_settled(const wr__file_id *id);
/* Can only root and this user change the file or put another in its place, and is it on a file
 * system of this machine's own? Then it may be mapped, and a verdict on it may be kept. */
bool wr__file_is_guarded(int fd);
/* The file's pages, to be read and unmapped by wr__code_unmap; NULL where it cannot be mapped. */
const uint8_t *wr__file_map(int fd, size_t size);
/* The last bytes of a file of that size. */
bool wr__file_tail(int fd, uint64_t size, uint8_t *out, size_t count);

/* Who else may do what with a small file that is read by wr__file_read_closed. */
typedef enum wr__file_closure {
  WR__FILE_UNWRITABLE, /* others may not write it */
  WR__FILE_OWN,        /* and it is this user's or root's */
  WR__FILE_SECRET,     /* this user's, and nobody else may even read it */
} wr__file_closure;
/* A small file as text that ends with a NUL, malloc'ed. Errors WR_NOT_FOUND: there is none; WR_IO,
 * with the file and the reason, or what is wrong with its permissions. */
wr_status wr__file_read_closed(const char *path, wr__file_closure closure, char **out, size_t *size,
                               wr_error *error);
/* The same for a file of a private folder (wr__folder_is_private); neither may be a link.
 * WR_NOT_FOUND also if there is no folder. */
wr_status wr__file_read_private(const char *folder, const char *name, wr__file_closure closure,
                                char **out, size_t *size, wr_error *error);
/* Several spans as a file, whole or not at all: it is written without a name, or aside, and then
 * put in the place of what is there. Errors WR_IO. */
wr_status wr__file_replace(const char *path, const wr__span *spans, size_t count, unsigned mode,
                           wr_error *error);
/* Appends to a file of this user's; afresh: to a new one. executable: and maps its first page so,
 * which is how perf learns of a dump. */
bool wr__file_append(const char *path, const wr__span *spans, size_t count, bool afresh,
                     bool executable);
/* Makes a file's modification time now; the file, an empty one, where there is none. */
void wr__file_touch(const char *path);
void wr__file_remove(const char *path);
bool wr__file_exists(const char *path);

/* $XDG_CONFIG_HOME/wasmrun or $XDG_CACHE_HOME/wasmrun, with `name` below it ("" for itself); false
 * where the environment names no home. */
typedef enum wr__user_folder { WR__USER_CONFIG, WR__USER_CACHE } wr__user_folder;
bool wr__user_path(wr__user_folder folder, const char *name, char *path, size_t size);
/* Makes a folder, and those above it, where there are none. Errors WR_IO: it cannot be made, or is
 * not this user's alone. */
wr_status wr__folder_make_private(const char *path, wr_error *error);
/* Is it this user's folder, not a link, and closed to others? *there tells whether there is one. */
bool wr__folder_is_private(const char *path, bool *there);
/* Waits until no other process holds the folder; -1 where it cannot be had. */
int wr__folder_lock(const char *path);
void wr__folder_unlock(int lock);
/* Removes what wr__file_replace left there when its process was killed: it is gone, or that was a
 * day ago. */
void wr__folder_sweep(const char *path);
/* The regular files of a folder, in no order. *out is malloc'ed. */
typedef wr_cache_entry wr__folder_entry;
wr_status wr__folder_list(const char *path, wr__folder_entry **out, size_t *count, wr_error *error);

#endif
