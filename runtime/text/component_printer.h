/* The printer of components: its state and what its files share. Like the printer of modules it
 * reads bytes that need only be well-formed; indices may point anywhere. Every definition is
 * printed by itself, without sugar, so that the text parses to the same definitions in the same
 * order. Spec: component-model/Binary. */
#ifndef WR__TEXT_COMPONENT_PRINTER_H
#define WR__TEXT_COMPONENT_PRINTER_H

#include "text/component.h"
#include "text/printer.h"

typedef struct wr__cpscope wr__cpscope;
/* A component, a component type, an instance type or a module type. */
struct wr__cpscope {
  uint32_t counts[WR__TSORT_COUNT]; /* of what has been printed */
  /* Names by index space, taken as if they were a module's; and the printer of core types. A
   * sort's names are those of the space of the same number. Types have none. */
  wr__printer names, core_names, core;
};

typedef struct wr__cprinter {
  wr__printer p; /* bytes, output */
  wr__cpscope *scope;
  uint32_t depth;
} wr__cprinter;

/* ---- component_print.c -------------------------------------------------------------------- */

wr_status wr__cprint_enter(wr__cprinter *c, wr__cpscope *scope);
void wr__cprint_leave(wr__cprinter *c, wr__cpscope *scope, wr__cpscope *outer);
void wr__cprint_text(wr__cprinter *c, const char *text);
/* " $name (;index;)" or " (;index;)" of the next of a sort, and counts it. */
void wr__cprint_bind(wr__cprinter *c, uint8_t sort);
/* Reads an index; " $name" or " index". */
wr_status wr__cprint_idx(wr__cprinter *c, wr__cursor *at, uint8_t sort);
/* Reads a sort with its index: " (sort index)". */
wr_status wr__cprint_sortidx(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_core_sortidx(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_sort(wr__cprinter *c, wr__cursor *at, uint8_t *sort);
wr_status wr__cprint_core_sort(wr__cprinter *c, wr__cursor *at, uint8_t *sort);
/* "func" or "core func" */
void wr__cprint_sort_words(wr__cprinter *c, uint8_t sort);
/* Reads a name; " "name"". */
wr_status wr__cprint_name(wr__cprinter *c, wr__cursor *at);
/* The name of an import or export, with its attributes. */
wr_status wr__cprint_extern_name(wr__cprinter *c, wr__cursor *at);

/* ---- component_print_types.c -------------------------------------------------------------- */

wr_status wr__cprint_core_type(wr__cprinter *c, wr__cursor *at); /* (core type …) */
wr_status wr__cprint_type(wr__cprinter *c, wr__cursor *at);      /* (type …) */
wr_status wr__cprint_valtype(wr__cprinter *c, wr__cursor *at);
/* " (sort (type index))"; with bind it introduces the next of its sort. */
wr_status wr__cprint_externtype(wr__cprinter *c, wr__cursor *at, bool bind);
wr_status wr__cprint_resultlist(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_import(wr__cprinter *c, wr__cursor *at);

/* ---- component_print_defs.c --------------------------------------------------------------- */

wr_status wr__cprint_core_instance(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_instance(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_alias(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_canon(wr__cprinter *c, wr__cursor *at);
wr_status wr__cprint_export(wr__cprinter *c, wr__cursor *at);

#endif
