/* Types of components in words, as WIT writes them. */
#ifndef WR__COMPONENT_DESCRIBE_H
#define WR__COMPONENT_DESCRIBE_H

#include "base/buffer.h"
#include "component/component.h"

/* wr__component_describe: what a component imports and exports and the core modules inside, a line
 * each thing, to write. Long lines are cut off, and so is what is behind a million lines. Errors
 * WR_OUT_OF_MEMORY. */
wr_status wr__component_describe(const wr__component *component, wr_write_fn write, void *context);

#endif
