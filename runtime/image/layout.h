/* One number for everything that native code knows of the runtime beyond the format: the rows of
 * layout.def, the order of helpers.def, and the heap's sizes of cells. Compiler and loader must
 * agree on it. */
#ifndef WR__IMAGE_LAYOUT_H
#define WR__IMAGE_LAYOUT_H

#include "base/base.h"

uint64_t wr__image_layout(void);

#endif
