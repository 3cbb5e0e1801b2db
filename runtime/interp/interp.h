/* The interpreter as an engine. */
#ifndef WR__INTERP_H
#define WR__INTERP_H

#include "engine/engine.h"

extern const wr__engine_ops wr__interp_engine;

/* Was the function, which the interpreter runs, called in its instance before? */
bool wr__interp_is_known(const wr__func *func);

#endif
