/* What the commands of a script share: the session that they run in, what it knows by name, and
 * the steps that several commands take. */
#ifndef SPECTEST_COMMANDS_H
#define SPECTEST_COMMANDS_H

#include "session.h"

/* A module, a component or an instance under the name that the script gave it. */
typedef struct named {
  const script *source; /* of the identifier */
  size_t id;            /* its token; 0 where it has none */
  wasm_module_t *module;
  wasm_instance_t *instance;
  /* NULL: it waits for a feature. */
  wr_component_t *component;
  wr_component_instance_t *component_instance;
  bool is_component; /* an instance of one */
  /* Of an instance that another thread shares with us: its exports, as externals of our store. */
  wasm_extern_t **shared;
  char **shared_names;
  size_t *shared_sizes;
  size_t shared_count;
} named;

typedef struct named_list {
  named *items;
  size_t count, capacity;
} named_list;

typedef struct session {
  const settings *options;
  report_file *file;
  const script *script;
  wasm_engine_t *engine;
  wasm_store_t *store;
  wr_linker_t *linker;
  wr_component_linker_t *component_linker;
  named_list modules, components, instances;
  bool has_current;       /* the last instance is the one meant where none is named */
  struct worker *workers; /* threads.c: those not waited for yet */
  unsigned input_depth;
  uint64_t end_ns; /* of the monotonic clock: when the script has taken too long */
  /* Where the running command stands, for reports. */
  unsigned line;
  char command[32];
} session;

#define FAIL(s, ...) report_fail((s)->file, (s)->line, (s)->command, __VA_ARGS__)

/* session.c */
static inline void session_pass(session *s) { s->file->counts.passed++; }
bool session_open(session *s, const settings *options, report_file *file, const script *source,
                  wasm_engine_t *engine);
void session_close(session *s);
/* Runs the commands from token `first` up to `end`. */
void session_run_commands(session *s, size_t first, size_t end);

/* names.c. NULL where there is none, or no memory. */
named *names_add(named_list *list, const script *source, size_t id);
/* The entry that the identifier token names, the last one for a token that is none. */
named *names_find(const session *s, const named_list *list, size_t token);
named *names_current(session *s, size_t token);
/* A new handle. */
wasm_extern_t *names_export(const named *instance, const char *name, size_t size);
void names_free(named_list *list);

/* modules.c. Forms are named by the token of their parenthesis. */
wr_status modules_load(session *s, size_t open, wasm_module_t **out, wr_error *error);
wr_status modules_load_text(session *s, size_t first, size_t last, wasm_module_t **out,
                            wr_error *error);
/* On failure text, of size bytes, says why. */
wr_status modules_instantiate(session *s, const wasm_module_t *module, wasm_instance_t **out,
                              char *text, size_t size);
/* Makes a module known and, unless it is only a definition, an instance of it. Takes the module. */
void modules_add(session *s, wasm_module_t *module, size_t id, bool definition);

/* actions.c */
typedef struct outcome {
  wr_status status;
  char text[512]; /* of a failure */
  wr_val *results;
  size_t result_count;
  char *component_result; /* a component's, as text */
} outcome;

void action_run(session *s, size_t open, outcome *out);
void action_free(outcome *o);
/* The trap's message, without its NUL, into buffer. */
void action_trap_text(const wasm_trap_t *trap, char *buffer, size_t size);

/* threads.c: waits for all threads and takes over what they found. */
void threads_join_all(session *s);

/* The commands of the language, each given the token of its form's parenthesis. */
void command_action(session *s, size_t open);
void command_assert_exception(session *s, size_t open);
void command_assert_invalid(session *s, size_t open);
void command_assert_malformed(session *s, size_t open);
void command_assert_return(session *s, size_t open);
void command_assert_trap(session *s, size_t open);
void command_assert_unlinkable(session *s, size_t open);
void command_module(session *s, size_t open);
void command_module_instance(session *s, size_t open);
void command_register(session *s, size_t open);
void command_thread(session *s, size_t open);
void command_wait(session *s, size_t open);

#endif
