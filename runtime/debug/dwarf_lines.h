/* Line tables of DWARF 2 to 5, as LLVM writes them for native code, and modules carry them for
 * their own. Nothing in them is trusted to be in bounds. */
#ifndef WR__DWARF_LINES_H
#define WR__DWARF_LINES_H

#include "base/base.h"

/* What tables are made of; data NULL where there is none. */
typedef struct wr__dwarf_sections {
  wr__span line, str, line_str;
} wr__dwarf_sections;

/* From this address on, code is of that line, to the next row's. */
typedef struct wr__dwarf_row {
  uint64_t address;
  uint32_t line;
  uint32_t unit;         /* counted from 0 */
  uint32_t file;         /* of the unit */
  wr__span folder, name; /* of the file; size 0: not known */
  bool is_end;           /* no row: a sequence of code ends here */
} wr__dwarf_row;

/* wr__dwarf_lines_read: calls row for each row, in order, for as long as it says true.
 * Errors  WR_MALFORMED: what follows is not understood; WR_OUT_OF_MEMORY, also where row said
 * false. */
wr_status wr__dwarf_lines_read(const wr__dwarf_sections *sections,
                               bool (*row)(void *context, const wr__dwarf_row *row), void *context);

#endif
