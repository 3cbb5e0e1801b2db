/* A script file: its text, its tokens, and which parenthesis closes which. */
#ifndef SPECTEST_SCRIPT_H
#define SPECTEST_SCRIPT_H

#include "wasmrun.h"

typedef struct script_token {
  wr_text_kind kind;
  size_t offset, size;
  size_t match; /* an opening parenthesis: the token that closes it */
} script_token;

typedef struct script {
  char *path;
  char *text;
  size_t size;
  script_token *tokens; /* the last one is WR_TEXT_END */
  size_t token_count;
} script;

/* script_open: reads a file. False, with a message for people, where that fails. */
bool script_open(script *s, const char *path, char *message, size_t message_size);
void script_close(script *s);

/* The line of a place in the text, from 1. */
unsigned script_line(const script *s, size_t offset);
/* Is the token this word? */
bool script_is_word(const script *s, size_t token, const char *word);
/* Is the token `(` and the next one this word? */
bool script_is_form(const script *s, size_t token, const char *word);
/* A string token's bytes; the caller frees them. NULL where it is no string. */
char *script_string(const script *s, size_t token, size_t *size);
/* Does the identifier token have this name? */
bool script_same_id(const script *s, size_t token, const script *other, size_t other_token);

#endif
