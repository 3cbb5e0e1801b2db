/* Processes: the base runtime's, this one, and one without rights. */
#ifndef WR__OCI_PROCESS_H
#define WR__OCI_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* wr__oci_is_program: a file that can be executed; else errno. */
bool wr__oci_is_program(const char *path);
bool wr__oci_is_self(const char *path);
/* wr__oci_own_path: of this program; freed by the caller. */
char *wr__oci_own_path(void);
/* wr__oci_user_config: the folder of the user's configuration, freed by the caller; NULL for root.
 */
char *wr__oci_user_config(void);
/* wr__oci_runtime_folder: where state that ends with the machine lives: /run, or the user's. */
const char *wr__oci_runtime_folder(void);

/* wr__oci_become: executes a program in place of this one; a reason where that fails. */
const char *wr__oci_become(char **argv);
const char *wr__oci_become_as(const char *path, char **argv);
/* wr__oci_run: executes a program and waits for it; its exit status, or 128 and its signal. With
 * `forward`, signals that this process gets go on to it. */
int wr__oci_run(char **argv, bool forward);
/* wr__oci_capture: the same with its standard output in *out, freed by the caller, NULL where it
 * cannot be started. Its messages are shown or dropped. */
int wr__oci_capture(char **argv, bool show_errors, char **out, size_t *size_bytes);

/* wr__oci_fork_without_rights: calls work(context) in a process of its own that has no rights,
 * little time and memory, and its standard error in a pipe. */
bool wr__oci_fork_without_rights(int (*work)(void *context), void *context, int *pid, int *pipe_fd);
/* wr__oci_join: what it returned, with its standard error as text. */
int wr__oci_join(int pid, int pipe_fd, char *text, size_t text_size);

/* wr__oci_count_listeners: sockets that were handed to this process from descriptor 3 on. */
unsigned wr__oci_count_listeners(void);
void wr__oci_forget_listeners(void);
/* wr__oci_reserve: takes these numbers, so that no file gets them by chance. */
bool wr__oci_reserve(int first, int count);

#endif
