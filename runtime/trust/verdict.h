/* Remembered checks: that the file with this identity carries a valid signature by this key. Kept
 * in a folder that only the user can write, and only for files that only the user or root can
 * change; whether the key is trusted is asked anew each time. */
#ifndef WR__VERDICT_H
#define WR__VERDICT_H

#include "trust/keys.h"
#include "platform/file.h"

/* image_index: which image of the file was checked, with the module. */
bool wr__verdict_find(const char *folder, const wr__file_id *id, const wr__public_key *key,
                      uint32_t image_index);
/* Failing to keep it is no failure: the next run checks again. */
void wr__verdict_keep(const char *folder, const wr__file_id *id, const wr__public_key *key,
                      uint32_t image_index);

#endif
