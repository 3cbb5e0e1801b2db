/* The emitter's selection tables, made by generate.py from the families of shapes that it lists:
 * patterns, how they combine, their branches and selects. */
#include "interp/emit_internal.h"

#include "patterns.inc"
