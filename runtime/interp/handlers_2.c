/* A quarter of the generated handlers; cut in four so that they compile side by side. */
#include "interp/machine.h"

#include "handlers_2.inc"
