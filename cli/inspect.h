/* What `wasmrun inspect` says of native code in a file; jansson's types are in the header that
 * inspect.c includes. */
#ifndef WR__CLI_INSPECT_H
#define WR__CLI_INSPECT_H

#include <jansson.h>

#include "commands.h"

/* A file's native code and what is thought of it. False, and the reason is reported. */
typedef struct wr__native_view {
  char *data; /* the file */
  size_t size;
  wr_native_info info;
  const char *trust; /* "trusted", … ; static storage */
} wr__native_view;
bool wr__native_view_open(const char *path, wr__native_view *out);
void wr__native_view_close(wr__native_view *view);

void wr__native_print(const wr__native_view *view);
/* An array of images, and the signature, into the object. */
void wr__native_add_json(json_t *object, const wr__native_view *view);
/* wr__native_extract: writes the ELF image for a target to output. An exit status. */
int wr__native_extract(const wr__native_view *view, const char *path, const char *target,
                       const char *output);

/* wr__component_show: what a component imports, exports and holds. An exit status. */
int wr__component_show(wasm_engine_t *engine, const char *path, bool as_json);

#endif
