/* Grants of a WASI program as people write them, on the command line and in files. */
#ifndef WR__CLI_GRANTS_H
#define WR__CLI_GRANTS_H

#include "wasmrun.h"

/* HOST[::GUEST][:ro|:rw], of which a copy is to be freed. */
typedef struct wr__directory {
  char *host;
  const char *guest;
  unsigned flags;
} wr__directory;

/* wr__directory_read: false when out of memory. */
bool wr__directory_read(const char *value, wr__directory *out);

/* wr__grant_dir: HOST[::GUEST][:ro|:rw]. */
wr_status wr__grant_dir(wr_wasi_t *wasi, const char *value, wr_error *error);
/* wr__grant_env: NAME=VALUE, or NAME for the value that is set here. */
wr_status wr__grant_env(wr_wasi_t *wasi, const char *value, wr_error *error);
/* wr__grant_net: ACTION=TARGET[,TARGET...][,ACTION=...]. */
wr_status wr__grant_net(wr_wasi_t *wasi, const char *value, wr_error *error);

#endif
