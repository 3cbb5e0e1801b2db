/* The command line of an OCI runtime: global options, a command, its options, operands. What is not
 * known here is kept for the base runtime. */
#ifndef WR__OCI_LINE_H
#define WR__OCI_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct wr__oci;

/* Words of a command line, borrowed. */
typedef struct wr__oci_words {
  const char **items;
  size_t count;
  size_t capacity;
} wr__oci_words;

typedef struct wr__oci_line {
  char **all;            /* everything after the program's name, NULL at the end */
  wr__oci_words globals; /* the global options, without ours */
  wr__oci_words quiet;   /* those without the log's */
  const char *command;   /* or NULL */
  char **rest;           /* what follows the command, NULL at the end */
  const char *root;      /* --root, or NULL; and so on */
  const char *log;
  const char *log_format;
  const char *settings; /* --wasmrun-settings */
  bool wants_help;
  bool wants_version;
} wr__oci_line;

/* A command's options and operands. */
typedef struct wr__oci_operands {
  wr__oci_words words;    /* the options, without --bundle, --process and --preserve-fds */
  wr__oci_words operands; /* the id, and in `exec` the command */
  const char *bundle;     /* or NULL; and so on */
  const char *process;
  const char *cwd;
  const char *pid_file;
  const char *config; /* crun's: another name for config.json */
  unsigned preserve_fds;
} wr__oci_operands;

void wr__oci_words_add(struct wr__oci *oci, wr__oci_words *words, const char *word);

/* wr__oci_line_parse: argv without the program's name, into oci->line. */
void wr__oci_line_parse(struct wr__oci *oci, char **argv);

/* wr__oci_operands_parse: what follows the command. */
void wr__oci_operands_parse(struct wr__oci *oci, wr__oci_operands *out);

/* wr__oci_id_is_valid: letters, digits and _ + - . as runc has it. */
bool wr__oci_id_is_valid(const char *id);

#endif
