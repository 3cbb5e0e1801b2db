/* The commands, and what they share. Each takes a parsed command line and returns the exit
 * status of the process. */
#ifndef WR__CLI_COMMANDS_H
#define WR__CLI_COMMANDS_H

#include <stdio.h>

#include "options.h"
#include "report.h"
#include "wasmrun.h"

int wr__command_run(const wr__parsed *parsed);
int wr__command_validate(const wr__parsed *parsed);
int wr__command_inspect(const wr__parsed *parsed);
int wr__command_compile(const wr__parsed *parsed);
int wr__command_serve(const wr__parsed *parsed);
int wr__command_key(const wr__parsed *parsed);
int wr__command_cache(const wr__parsed *parsed);
int wr__command_wat2wasm(const wr__parsed *parsed);
int wr__command_wasm2wat(const wr__parsed *parsed);
int wr__command_completion(const wr__parsed *parsed);
int wr__command_help(const wr__parsed *parsed);

/* `run` in a container: what it is granted beside what options grant, and the keys that its host
 * trusts. Nothing of the user's is asked for trust, and the module's file, which the guest may be
 * able to change, is read once. */
typedef struct wr__container {
  wr_status (*grant)(wr_wasi_t *wasi, wr_error *error);
  const wr_public_key *keys; /* keys[key_count] */
  size_t key_count;
} wr__container;
int wr__run_in(const wr__parsed *parsed, const wr__container *container);

/* The commit that the program was built from; main.c sets it. */
extern const char *wr__commit;

/* wr__main: the whole program. */
int wr__main(int argc, char **argv);

/* wr__help_print: the help of one command; of wasmrun as a whole for `run` without a name. */
void wr__help_print(FILE *out, wr__command_id command);
void wr__help_print_all(FILE *out);
/* wr__help_print_man: the manual page. */
void wr__help_print_man(FILE *out);
/* wr__completion_print: false for an unknown shell. */
bool wr__completion_print(FILE *out, const char *shell);

/* wr__engine_from_options: an engine as the options say. NULL, and the reason is reported and
 * *exit_status set, where one of them is wrong. */
wasm_engine_t *wr__engine_from_options(const wr__parsed *parsed, int *exit_status);
/* wr__engine_in: the same for a container, or NULL. copy_files: the guest may be able to change
 * files of modules. */
wasm_engine_t *wr__engine_in(const wr__parsed *parsed, const wr__container *container,
                             bool copy_files, int *exit_status);

/* wr__load_module: the module in a file ("-" is standard input), or NULL and the reason is
 * reported. */
wasm_module_t *wr__load_module(wasm_engine_t *engine, const char *path);
/* wr__load_to_run: the same; with --engine compile it is compiled, or comes from the cache. */
wasm_module_t *wr__load_to_run(const wr__parsed *parsed, wasm_engine_t *engine, const char *path);
/* The same of a component. */
wr_component_t *wr__load_component_to_run(const wr__parsed *parsed, wasm_engine_t *engine,
                                          const char *path);

/* wr__check_word: false, and reported, if the first operand of `run` without its name is neither a
 * file nor, as it seems, meant as one. */
bool wr__check_word(const wr__parsed *parsed);

/* wr__check_module_file: true where path can be read as a file; else the reason is reported. */
bool wr__check_module_file(const char *path);

/* wr__read_file: a whole file ("-" is standard input), freed by the caller; false and the
 * reason is reported. */
bool wr__read_file(const char *path, char **data, size_t *size);

/* wr__word_of: the number of a word among those of an option's row ("auto|interp|native"), or -1,
 * which is reported. */
int wr__word_of(wr__option_id id, const char *text);

/* wr__write_file: writes beside the file and renames, so that no half is left ("-" is standard
 * output). False and the reason is reported. */
bool wr__write_file(const char *path, const void *data, size_t size);

/* wr__flush_output: the status, or WR__EXIT_FAILED with a report where standard output did not
 * take everything. */
int wr__flush_output(int exit_status);

#endif
