/* Giving up rights: for a process that only computes on what it has. */
#ifndef WR__OCI_CONFINE_H
#define WR__OCI_CONFINE_H

/* wr__oci_confine: from now on this process is nobody, may use a minute of processor time, and has
 * of the kernel only memory, and reading and writing of what is open. */
void wr__oci_confine(void);

#endif
