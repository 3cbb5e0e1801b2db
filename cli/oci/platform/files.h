/* Files and folders of the host, as the OCI runtime uses them. Failures leave errno. */
#ifndef WR__OCI_FILES_H
#define WR__OCI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* wr__oci_read_file: a whole file of at most `limit_bytes`, freed by the caller, with a zero behind
 * its end that does not count. */
bool wr__oci_read_file(const char *path, size_t limit_bytes, char **out, size_t *size_bytes);
/* wr__oci_write_file: a new file, for this user alone. */
bool wr__oci_write_file(const char *path, const char *text, size_t size_bytes);
bool wr__oci_is_file(const char *path);
/* wr__oci_read_trusted: a file that belongs to root or to this user, that no other may write, and
 * that is not a link. The caller frees the text. */
typedef enum wr__oci_trust {
  WR__OCI_READ,
  WR__OCI_UNREADABLE, /* errno says why */
  WR__OCI_UNTRUSTED,
  WR__OCI_LINK,
} wr__oci_trust;
wr__oci_trust wr__oci_read_trusted(const char *path, char **out, size_t *size_bytes);
/* wr__oci_replace_file: a file's new content, whole or not at all; it keeps its owner and mode, and
 * a link stays one. A new file has mode 0644, and the folders above it are made with 0755. */
bool wr__oci_replace_file(const char *path, const char *text, size_t size_bytes);
bool wr__oci_remove_file(const char *path);
/* wr__oci_real_path: freed by the caller, or NULL. */
char *wr__oci_real_path(const char *path);
char *wr__oci_current_folder(void);

/* wr__oci_make_locked_folder: makes a folder, those above it too, and locks it. A descriptor, or -1
 * with errno, EWOULDBLOCK where another process has it locked. */
int wr__oci_make_locked_folder(const char *path, bool *existed);
/* wr__oci_make_folders: a folder and those above it. */
bool wr__oci_make_folders(const char *path);
/* wr__oci_remove_tree: a folder of files. */
void wr__oci_remove_tree(const char *path);
/* wr__oci_remove_empty: a folder and those above it as far as they are empty, below `top`. */
void wr__oci_remove_empty(const char *path, const char *top);

/* wr__oci_read_head: the first bytes of an open file; how many there were. */
size_t wr__oci_read_head(int fd, char *out, size_t size_bytes);
/* wr__oci_map: a file's bytes for reading, or NULL where it has none. */
const void *wr__oci_map(int fd, size_t *size_bytes);
void wr__oci_close(int fd);

uint64_t wr__oci_random(void);

#endif
