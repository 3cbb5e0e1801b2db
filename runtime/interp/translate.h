/* Translator: a visitor of the walker that turns one body into register code. */
#ifndef WR__TRANSLATE_H
#define WR__TRANSLATE_H

#include "interp/code.h"
#include "module/module.h"

/* A translator is made once for a module, and used for many functions, by one thread at a time. */
typedef struct wr__translator wr__translator;
wr__translator *wr__translator_new(const wr__module *module); /* NULL when out of memory */
void wr__translator_free(wr__translator *translator);
/* How many bytes it keeps for the next function, about. */
size_t wr__translator_memory(const wr__translator *translator);

/* wr__translate: the code of a defined function; `guarded` says that memory 0 needs no checks.
 * NULL when out of memory or when its frame or code would be too large, or when *interrupt became
 * non-zero (NULL: nothing interrupts), for a body of megabytes takes a while. The caller frees it
 * with wr__code_free. */
wr__code *wr__translate(wr__translator *translator, uint32_t func_index, bool guarded,
                        uint32_t options, const _Atomic uint32_t *interrupt);
void wr__code_free(wr__code *code);

#endif
