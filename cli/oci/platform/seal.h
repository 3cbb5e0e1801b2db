/* Descriptors that can be read and executed in a container, and written to by nobody. Each is put
 * at a number of the caller's choice and survives exec. Failures leave errno. */
#ifndef WR__OCI_SEAL_H
#define WR__OCI_SEAL_H

#include <stdbool.h>
#include <stddef.h>

/* wr__oci_seal_program: an executable file. Through a mount of its own, which is no part of any
 * namespace and has nothing to write to: pages are shared with all others that run the file.
 * `empty` is a folder that is made for it. Where such mounts are not to be had, a copy in memory.
 */
bool wr__oci_seal_program(const char *path, const char *empty, int at);

/* wr__oci_seal_bytes: a file in memory, read from its beginning. */
bool wr__oci_seal_bytes(const void *bytes, size_t size_bytes, int at);

#endif
