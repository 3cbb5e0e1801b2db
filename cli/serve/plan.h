/* What the user wants served: the options of the command line and, if one is named, a file. */
#ifndef WR__SERVE_PLAN_H
#define WR__SERVE_PLAN_H

#include "../options.h"
#include "log.h"
#include "serve.h"
#include "site.h"

#define WR__MOST_FILES 256u

typedef struct wr__plan {
  const wr__parsed *parsed;
  wr__settings settings;
  char *addresses[WR__MOST_LISTENERS]; /* own */
  size_t address_count;
  char *metrics; /* own: an address; NULL: none */
  char *tls_cert, *tls_key;
  wr__log_format log_format;
  char *log_file;
  bool watch;
  wr__site *site;
  char *folder; /* own: of the file; relative names in it begin there */
} wr__plan;

/* wr__plan_read: false, and the reason is reported; the plan is to be freed in both cases. */
bool wr__plan_read(const wr__parsed *parsed, wr__plan *plan);
void wr__plan_free(wr__plan *plan);

/* wr__plan_set: one setting of the server, by its name. False, and the reason is reported. */
bool wr__plan_set(wr__plan *plan, const char *name, const char *value);
/* wr__plan_file: reads a configuration file. */
bool wr__plan_file(wr__plan *plan, const char *path);
/* wr__plan_beside: a name in a file of that folder: own; NULL when out of memory. */
char *wr__plan_beside(const wr__plan *plan, const char *path);

#endif
