/* Translator: a visitor of the walker that turns one body into register code. */
#ifndef WR__TRANSLATE_H
#define WR__TRANSLATE_H

#include "interp/code.h"
#include "module/module.h"

/* wr__translate: the code of a defined function; `guarded` says that memory 0 needs no checks.
 * NULL when out of memory or when its frame would be too large. The caller frees it with
 * wr__code_free. */
wr__code *wr__translate(const wr__module *module, uint32_t func_index, bool guarded,
                        uint32_t options);
void wr__code_free(wr__code *code);

#endif
