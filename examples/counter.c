/* A reactor: `_initialize` runs first, then whatever an embedder calls. */
#include <stdint.h>

static int32_t count;

__attribute__((constructor)) static void prepare(void) { count = 100; }

__attribute__((export_name("next"))) int32_t next(void) { return ++count; }
