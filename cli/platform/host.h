/* What the commands ask of the operating system beyond the C library. */
#ifndef WR__CLI_HOST_H
#define WR__CLI_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* wr__host_prepare: a closed standard stream is replaced by one that answers EBADF, so that no
 * file opened later takes its number; a write to a closed pipe gives EPIPE, not a signal; the first
 * process of a container ends by the signals that end any other, with status 128 and the signal's
 * number. */
void wr__host_prepare(void);

/* wr__host_colours: may standard error show colours? A terminal, and NO_COLOR is not set. */
bool wr__host_colours(void);

/* wr__host_terminal: is standard error a terminal? */
bool wr__host_terminal(void);

/* wr__host_reader_is_gone: is standard output a pipe or a socket that nobody reads any more? */
bool wr__host_reader_is_gone(void);

/* wr__host_seconds: a clock that only goes forward. */
double wr__host_seconds(void);

/* wr__host_check_file: true where path names something that can be read as a file; otherwise a
 * line of reason, with the nearest name in the same folder where there is a near one. */
bool wr__host_check_file(const char *path, char *reason, size_t reason_size);

/* wr__host_is_folder: is there a folder of this name? */
bool wr__host_is_folder(const char *path);

/* wr__host_is_beneath: can the file, or folder, be reached through the directory? Also where it has
 * another name that may lie there. */
bool wr__host_is_beneath(const char *file, const char *directory);

/* wr__host_become: this process becomes the program of that name that lies beside it, with these
 * arguments. Returns only if it cannot, with errno. */
void wr__host_become(const char *name, char *const arguments[]);

#endif
