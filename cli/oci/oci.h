/* The OCI runtime, `wasmrun oci` or `wasmrun-oci`: containers whose process is a WebAssembly module
 * are adapted and then run by the installed runc or crun; all others go there as they are.
 * docs/containers.md is for users. */
#ifndef WR__OCI_H
#define WR__OCI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "line.h"
#include "wasmrun.h"

/* What the host's settings say (docs/containers.md, "Settings"). */
typedef struct wr__oci_settings {
  const char *runtime; /* the base runtime, or NULL: the first of runc and crun */
  const char *program; /* what runs in the container, or NULL: wasmrun-oci beside this program */
  const char *state;   /* the folder of records, or NULL */
  json_t *options;     /* options of `wasmrun run` for every module, or NULL */
  wr_public_key *keys; /* keys[key_count]: by whom native code must be signed */
  size_t key_count;
} wr__oci_settings;

/* One call of the runtime. Everything that it allocates lives until the call is over. */
typedef struct wr__oci {
  wr__oci_line line;
  wr__oci_settings settings;
  const char *base; /* the base runtime's path, once it was looked for */
  struct wr__oci_block *blocks;
} wr__oci;

enum {
  WR__OCI_FAILED = 1,        /* the status of a command that failed */
  WR__OCI_EXEC_FAILED = 255, /* that of `exec`, whose other statuses are the process's */
};

/* The name in argv[0] by which the process inside a container knows itself: a descriptor of its
 * program, followed by one of its settings. */
#define WR__OCI_FD_FOLDER "/proc/self/fd/"

/* wr__oci_main: a whole call; argv[0] is the program's name. Returns the exit status, or does not
 * return where the base runtime takes over. */
int wr__oci_main(int argc, char **argv);

/* wr__oci_guest_main: the process in a container. False where this process is none. */
bool wr__oci_guest_main(int argc, char **argv, int *exit_status);

/* wr__oci_settings_load: the host's settings. False and the reason is reported. */
bool wr__oci_settings_load(wr__oci *oci);

/* wr__oci_hook: a hook of the bundle, told the bundle that was given. */
int wr__oci_hook(wr__oci *oci);

/* The commands that are more than a call of the base runtime. */
int wr__oci_create(wr__oci *oci);
int wr__oci_exec(wr__oci *oci);
int wr__oci_state(wr__oci *oci);
int wr__oci_delete(wr__oci *oci);
int wr__oci_features(wr__oci *oci);

/* ---- Texts and messages (context.c) --------------------------------------------------------- */

/* wr__oci_alloc: zeroed memory for the call. Ends the process where there is none. */
void *wr__oci_alloc(wr__oci *oci, size_t size_bytes);
/* wr__oci_text: a formatted text for the call. */
const char *wr__oci_text(wr__oci *oci, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* wr__oci_adopt: memory from malloc that is to be freed with the call. */
void *wr__oci_adopt(wr__oci *oci, void *memory);
/* wr__oci_end: frees everything. */
void wr__oci_end(wr__oci *oci);

/* wr__oci_fail: one line on standard error, and in the --log file in the format asked for.
 * Returns the command's status of failure, as wr__oci_failure does. */
int wr__oci_failure(const wr__oci *oci);
int wr__oci_fail(wr__oci *oci, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- JSON (json.c) --------------------------------------------------------------------------- */

/* wr__oci_json_load: the object in a file, NULL and the reason is reported. Integers beyond 64 bits
 * signed, which jansson does not have, are kept exactly by wr__oci_json_dump. */
json_t *wr__oci_json_load(wr__oci *oci, const char *path);
/* wr__oci_json_parse: the same from bytes; `name` is for messages. */
json_t *wr__oci_json_parse(wr__oci *oci, const char *name, const char *text, size_t size_bytes);
const char *wr__oci_json_dump(wr__oci *oci, const json_t *json, size_t flags);

/* ---- The base runtime (base.c) ----------------------------------------------------------------
 */

/* wr__oci_find_base: its path, NULL and the reason is reported. */
const char *wr__oci_find_base(wr__oci *oci);
/* wr__oci_base_line: its command line: the global options, `command`, `words` and the operands. */
char **wr__oci_base_line(wr__oci *oci, const char *command, const wr__oci_words *words,
                         const wr__oci_words *operands);
/* wr__oci_quiet_line: the same for a question of wasmrun's own, whose answer is nobody's failure:
 * the engine takes the last line of the log for the reason. */
char **wr__oci_quiet_line(wr__oci *oci, const char *command, const wr__oci_words *words,
                          const wr__oci_words *operands);
/* wr__oci_pass: the base runtime takes this call over as it is. Returns where that fails. */
int wr__oci_pass(wr__oci *oci);

/* ---- Records of containers (record.c) -----------------------------------------------------------
 */

/* wr__oci_record_path: the folder of a container, whether it is there or not. NULL and the reason
 * is reported for an id that cannot be one. */
const char *wr__oci_record_path(wr__oci *oci, const char *id);
/* wr__oci_record_load: what is known of a wasm container, or NULL where nothing is. */
json_t *wr__oci_record_load(wr__oci *oci, const char *id);
/* wr__oci_record_begin: makes the folder. -1 and the reason is reported, or a descriptor that
 * keeps others away from it. */
int wr__oci_record_begin(wr__oci *oci, const char *id);
void wr__oci_record_remove(wr__oci *oci, const char *id);
/* wr__oci_container_exists: asks the base runtime, whose answer goes to *state where it is not
 * NULL. */
bool wr__oci_container_exists(wr__oci *oci, const char *id, json_t **state);

/* ---- Wasm or not (detect.c)
 * ----------------------------------------------------------------------- */

typedef enum wr__oci_kind { WR__OCI_NATIVE, WR__OCI_WASM, WR__OCI_BROKEN } wr__oci_kind;

/* How the container's files are seen from here. */
typedef struct wr__oci_view {
  const char *root;     /* its root folder */
  const char *bundle;   /* what relative sources of mounts are relative to */
  const json_t *mounts; /* not mounted yet; or NULL */
} wr__oci_view;

typedef struct wr__oci_program {
  const char *path; /* in the container */
  int fd;           /* open for reading, or -1 */
  size_t index;     /* of its name in the process's arguments */
} wr__oci_program;

/* wr__oci_detect: what a process is. BROKEN is reported: it should be a module, and is not there.
 */
wr__oci_kind wr__oci_detect(wr__oci *oci, const wr__oci_view *view, const json_t *process,
                            const json_t *annotations, wr__oci_program *program);

/* wr__oci_is_marked: whether annotations say that every process of the container is a module. */
bool wr__oci_is_marked(const json_t *annotations);

/* ---- Adapting (adapt.c, options.c) --------------------------------------------------------------
 */

/* wr__oci_adapt_config: the configuration with its paths made absolute, its hooks told of the
 * bundle that was given, and without what would make crun take the module for itself. */
bool wr__oci_adapt_config(wr__oci *oci, json_t *config, const char *bundle);
/* wr__oci_adapt_process: lets the program behind descriptor `fd` run the module. */
bool wr__oci_adapt_process(wr__oci *oci, json_t *process, const wr__oci_program *module, int fd);

/* wr__oci_option_fault: why this may not be given for a container; NULL where it is an option of
 * `wasmrun run` that may. */
const char *wr__oci_option_fault(wr__oci *oci, const char *name, const json_t *value);

/* wr__oci_option_annotations: the names of annotations that are options, as an array. */
json_t *wr__oci_option_annotations(void);

/* wr__oci_options: the options of `wasmrun run` that the host's settings and the annotations give.
 * False and the reason is reported for an annotation that is none. */
bool wr__oci_options(wr__oci *oci, const json_t *annotations, wr__oci_words *out);

/* ---- What goes into the container (package.c)
 * ------------------------------------------------------ */

/* wr__oci_package: puts the program and the settings into descriptors fd and fd + 1, which the base
 * runtime hands to the container. False and the reason is reported. */
bool wr__oci_package(wr__oci *oci, int fd, const char *module_path, const wr__oci_words *options);

/* ---- Checking (check.c)
 * --------------------------------------------------------------------------- */

/* A check of a module that is under way in a process without rights. */
typedef struct wr__oci_check {
  int pid;
  int pipe;
} wr__oci_check;

/* wr__oci_check_begin: begins to validate the program. */
bool wr__oci_check_begin(wr__oci *oci, const wr__oci_program *program, const wr__oci_words *options,
                         wr__oci_check *check);
/* wr__oci_check_end: waits for it. False and the reason is reported where the module is not valid.
 */
bool wr__oci_check_end(wr__oci *oci, wr__oci_check *check);

#endif
