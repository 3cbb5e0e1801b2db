/* Changes of engines' configurations, as texts: from a file's content to another. */
#ifndef WR__OCI_INSTALL_H
#define WR__OCI_INSTALL_H

#include "oci.h"

/* The name of the copy that is kept of a file is the file's with this behind it. */
#define WR__OCI_COPY_SUFFIX ".before-wasmrun"
enum { WR__OCI_CONFIG_LIMIT_BYTES = 4 << 20 };

/* A change in the making. Texts live as long as the call. */
typedef struct wr__oci_change {
  const char *path;    /* of the configuration */
  const char *runtime; /* the path of wasmrun-oci */
  const char *before;  /* the file's content, or NULL: there is none */
  size_t before_size;
  const char *after; /* what it is to be; NULL: no file */
  size_t after_size;
  const char *note; /* something to say beside, or NULL */
} wr__oci_change;

/* Makes `after` from `before`: install adds the runtime to a file that has not got it, else what an
 * installation added is taken out. False, and the reason is reported: the file is not understood.
 */
typedef bool (*wr__oci_edit)(wr__oci *oci, wr__oci_change *change, bool install);

bool wr__oci_edit_containerd(wr__oci *oci, wr__oci_change *change, bool install);
bool wr__oci_edit_docker(wr__oci *oci, wr__oci_change *change, bool install);
bool wr__oci_edit_podman(wr__oci *oci, wr__oci_change *change, bool install);
bool wr__oci_edit_crio(wr__oci *oci, wr__oci_change *change, bool install);

/* wr__oci_install: `install ENGINE` and `uninstall ENGINE`. */
int wr__oci_install(wr__oci *oci);

#endif
