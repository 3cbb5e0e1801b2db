/* Files inside a container's root, seen from outside. */
#ifndef WR__OCI_INSIDE_H
#define WR__OCI_INSIDE_H

/* wr__oci_open_inside: opens a regular file for reading. Links are followed as if root were "/", so
 * nothing outside it is reached; path "" is root itself, where that is a file. -1 with errno. */
int wr__oci_open_inside(const char *root, const char *path);

#endif
