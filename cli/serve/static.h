/* Files of a folder as answers. */
#ifndef WR__SERVE_STATIC_H
#define WR__SERVE_STATIC_H

#include "exchange.h"

/* wr__static_serve: answers with a file of the route's folder. The loop's thread. */
void wr__static_serve(wr__exchange *x);

/* wr__static_type: the media type of a name, by its ending. */
const char *wr__static_type(const char *name);

#endif
