/* The process in a container and its kernel. */
#ifndef WR__OCI_PLATFORM_GUEST_H
#define WR__OCI_PLATFORM_GUEST_H

#include <stddef.h>

/* wr__oci_guest_settings: the sealed bytes behind the descriptor whose number is `number`, one
 * higher, where they begin with `magic`; NULL where there are none. Closes both descriptors. Freed
 * by the caller. */
char *wr__oci_guest_settings(const char *number, const char *magic, size_t magic_size,
                             size_t *size_bytes);

/* wr__oci_guest_show: makes tools show the module's command line and name, not the program's. Moves
 * the texts of argv. */
void wr__oci_guest_show(char **argv);

char **wr__oci_guest_environment(void);
/* wr__oci_guest_folder: the working directory; freed by the caller. */
char *wr__oci_guest_folder(void);
/* wr__oci_guest_root_folders: calls visit with the path of each folder in "/". */
void wr__oci_guest_root_folders(void (*visit)(void *context, const char *path), void *context);

/* wr__oci_guest_end_by_signals: SIGTERM, SIGINT and SIGQUIT end the process with 128 and their
 * number, at once; the first of them, after wr__oci_guest_awaits_stop, only ends what is read from
 * wr__oci_guest_stop_fd (-1: there is none). */
void wr__oci_guest_end_by_signals(void);
int wr__oci_guest_stop_fd(void);
void wr__oci_guest_awaits_stop(void *unused);

#endif
