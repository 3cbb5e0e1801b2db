/* A session runs the commands of one script in one store. Threads of a script have sessions of
 * their own. */
#ifndef SPECTEST_SESSION_H
#define SPECTEST_SESSION_H

#include "report.h"
#include "script.h"

typedef enum spec_engine { SPEC_INTERP, SPEC_NATIVE, SPEC_COMPILE, SPEC_JIT } spec_engine;

typedef struct settings {
  spec_engine engine;
  char level; /* of optimisation, for native code */
  /* SPEC_NATIVE: modules go through files in this folder, signed by this key. */
  const char *folder;
  wr_signing_key *key;
  wr_bounds bounds;
  bool check_proofs;
  bool gc_stress;
  bool plain;             /* the interpreter without its optimisations */
  bool strict_messages;   /* another wording is a failure */
  bool round_trip;        /* print and parse every module that loads */
  bool print;             /* spectest's print functions print */
  double timeout_seconds; /* for a script */
} settings;

/* session_run_file: runs a script and fills in the outcome (its path is set already). */
void session_run_file(const settings *options, report_file *file);

/* host_define: defines the spectest module. */
bool host_define(wasm_store_t *store, wr_linker_t *linker, bool print);

#endif
