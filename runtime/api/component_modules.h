/* How the core modules of a component are opened, and relieved of native code. */
#ifndef WR__API_COMPONENT_MODULES_H
#define WR__API_COMPONENT_MODULES_H

#include "component/component.h"
#include "image/compiler.h"

enum { WR__MOST_SHARED_MODULES = 64 };

/* The state of an opener: the distinct modules of a component so far. What is there twice is opened
 * once. */
typedef struct wr__component_modules {
  const wr_compile_options *options; /* NULL: native code is used, but not made */
  wr__module *distinct[WR__MOST_SHARED_MODULES];
  uint32_t count;
} wr__component_modules;

wr__module_opener wr__component_modules_opener(wr__component_modules *modules);

/* The bytes of a component without native code. Errors WR_NOT_FOUND: there is none; as
 * wr__component_rewrite. */
wr_status wr__component_strip(wr__span component, wasm_byte_vec_t *out, wr_error *error);

#endif
