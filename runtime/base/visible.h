/* Which characters a person sees as they are. */
#ifndef WR__VISIBLE_H
#define WR__VISIBLE_H

#include "base/base.h"

/* wr__is_visible: false for controls, formats (bidirectional ones among them), separators, blanks
 * other than the space, and code points without a meaning. */
bool wr__is_visible(uint32_t code);

#endif
