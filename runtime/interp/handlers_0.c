/* A quarter of the generated handlers; cut in four so that they compile side by side. */
#include "interp/machine.h"

#ifndef WR_PORTABLE_DISPATCH
#include "handlers_0.inc"
#endif
