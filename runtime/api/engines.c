/* The records of the engines that are in this library. */
#include "api/engines.h"

#include "interp/interp.h"
#include "native/native.h"
#include "tier/tier.h"

const wr__engine_ops *const wr__engines[] = {
#define ENGINE(name) &wr__##name##_engine,
#include "config/engines.def"
#undef ENGINE
    NULL};
