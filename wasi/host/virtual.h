/* Files that a directory has for the guest without having them on the host. */
#ifndef WR__WASI_VIRTUAL_H
#define WR__WASI_VIRTUAL_H

#include "host.h"

/* wr__virtual_added: the file that the embedder added at this path of a preopened directory, as a
 * new descriptor. for_use: the embedder is told. ENOENT: there is none. */
int wr__virtual_added(const wr_wasi_t *wasi, const wr__desc *dir, const char *path, bool for_use,
                      wr__desc **out);

void wr__virtual_delete(struct wr__added *added);

#endif
