/* Operations of native code that the interpreter does not share; helpers.def says what their slots
 * hold. Types are indices into the module's. */
#ifndef WR__IMAGE_OPERATIONS_H
#define WR__IMAGE_OPERATIONS_H

#include "store/store.h"

#define HELPER(name, signature)
#define OPERATION(name, function) \
  wr_trap_kind function(wr__instance *instance, uint64_t *slots, uint32_t a, uint32_t b);
#include "image/helpers.def"
#undef HELPER
#undef OPERATION

#endif
