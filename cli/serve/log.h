/* The access log, and lines about guests. Lines are whole, also when many threads write. */
#ifndef WR__SERVE_LOG_H
#define WR__SERVE_LOG_H

#include "exchange.h"

typedef struct wr__log wr__log;

typedef enum wr__log_format { WR__LOG_NONE, WR__LOG_TEXT, WR__LOG_JSON } wr__log_format;

/* wr__log_new: path NULL: standard error. NULL if the file cannot be opened. */
wr__log *wr__log_new(wr__log_format format, const char *path);
void wr__log_delete(wr__log *log);
/* wr__log_reopen: the file under its name, which may be another now. */
void wr__log_reopen(wr__log *log);
/* wr__log_access: a line for an exchange that ended. */
void wr__log_access(wr__log *log, const wr__exchange *x, int status, uint64_t duration_us);
/* wr__log_refused: a line for something that was no request. */
void wr__log_refused(wr__log *log, const wr__peer *peer, int status, const char *reason);
/* wr__log_guest: a line that a guest wrote on standard error. */
void wr__log_guest(wr__log *log, const wr__exchange *x, wr__slice line);
/* wr__log_failure: what went wrong in a guest, with its frames. */
void wr__log_failure(wr__log *log, const wr__exchange *x);
/* wr__log_lost: lines that could not be written: a full disk, a reader that does not keep up. */
uint64_t wr__log_lost(const wr__log *log);

#endif
