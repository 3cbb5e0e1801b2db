/* Programs for WASI preview 1 as guests: the Common Gateway Interface (RFC 3875), as WAGI has it:
 * the request in variables and on standard input, the answer on standard output. */
#ifndef WR__SERVE_CGI_H
#define WR__SERVE_CGI_H

#include "exchange.h"

/* wr__cgi_run: a fresh instance of the exchange's app, from its start to its end. */
void wr__cgi_run(wr__exchange *x);

/* wr__cgi_variables: calls give for each variable of the request. False if it returned false. */
typedef bool (*wr__variable_fn)(void *context, const char *name, const char *value);
bool wr__cgi_variables(const wr__exchange *x, wr__variable_fn give, void *context);

/* The head of an answer as a guest writes it, and the answer that it makes. */
typedef struct wr__cgi_head {
  int status;
  wr__bytes fields; /* "name: value\r\n" each; own */
  int64_t length;   /* -1: not said */
} wr__cgi_head;

/* wr__cgi_head_end: where in text[size] the head ends, its empty line included; 0: not yet. */
size_t wr__cgi_head_end(const char *text, size_t size);
/* wr__cgi_head_parse: NULL, or what is wrong; head->fields is to be freed in both cases. */
const char *wr__cgi_head_parse(const char *text, size_t size, wr__cgi_head *head);

#endif
