/* Options of other runtimes: what to write here instead. */
#ifndef WR__CLI_FOREIGN_H
#define WR__CLI_FOREIGN_H

/* wr__foreign_hint: for an option that wasmrun does not have, as it was written ("--fuel=5"), and
 * the word after it or NULL; NULL if it is no other runtime's either. */
const char *wr__foreign_hint(const char *option, const char *next);

#endif
