/* From bytes or a file to a module, with its native code where it carries some that is trusted and
 * fits. */
#ifndef WR__OPEN_H
#define WR__OPEN_H

#include "module/module.h"

/* wr__open_bytes: a module from bytes, which are taken on success (on failure they stay the
 * caller's). Native code that comes with it and is not used, with the reason in
 * wr__native_refusal, is no failure. Errors as wr__module_decode. */
wr_status wr__open_bytes(wr__engine *engine, const uint8_t *bytes, size_t size,
                         wr__bytes_owner owner, wr__module **out, wr_error *error);

/* wr__open_guarded: a module with native code straight from an open file, if only this user and
 * root can change it and a trusted key signed it; NULL otherwise, and then its bytes are to be
 * read. */
wr__module *wr__open_guarded(wr__engine *engine, int fd);

#endif
