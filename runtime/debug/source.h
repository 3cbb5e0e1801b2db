/* Which line of a program's source an instruction of a module comes from, as the module's own DWARF
 * says: for debuggers. */
#ifndef WR__SOURCE_H
#define WR__SOURCE_H

#include "module/module.h"

/* From this module offset on. */
typedef struct wr__source_row {
  uint32_t offset;
  uint32_t file; /* of the list; WR_NO_INDEX: of no source from here on */
  uint32_t line;
} wr__source_row;

typedef struct wr__source {
  wr__source_row *rows; /* by offset */
  size_t count, capacity;
  char **files; /* folder and name */
  size_t file_count, file_capacity;
} wr__source;

/* All rows; none where the module has no DWARF, or where it is not understood. False: out of
 * memory. */
bool wr__source_read(const wr__module *module, wr__source *out);
void wr__source_free(wr__source *source);
/* NULL: of no source that is known. */
const wr__source_row *wr__source_at(const wr__source *source, uint32_t offset);

#endif
