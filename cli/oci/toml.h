/* A scan of a TOML document: which tables and keys it has, and where. */
#ifndef WR__OCI_TOML_H
#define WR__OCI_TOML_H

#include <stdbool.h>
#include <stddef.h>

/* Between the parts of a path, which may hold dots themselves. */
#define WR__TOML_SEPARATOR "\x1f"

typedef enum wr__toml_kind {
  WR__TOML_TABLE,
  WR__TOML_TABLES /* [[...]] */,
  WR__TOML_VALUE
} wr__toml_kind;

typedef struct wr__toml_item {
  wr__toml_kind kind;
  const char *path;  /* of the table or the value, whole */
  const char *value; /* value[value_size], as it is written */
  size_t value_size;
  size_t line;
} wr__toml_item;

/* wr__toml_scan: calls visit for each header and each key, those of inline tables too, in order,
 * the outer value before what is in it. 0, or the line that is not understood. */
typedef void (*wr__toml_visit)(void *context, const wr__toml_item *item);
size_t wr__toml_scan(const char *text, size_t size, wr__toml_visit visit, void *context);

#endif
