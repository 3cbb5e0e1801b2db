/* Definitions of the host, by the names of interfaces. They lie in the store's world of components,
 * so that instances outlive the linker. */
#ifndef WR__COMPONENT_LINK_H
#define WR__COMPONENT_LINK_H

#include "component/run.h"

typedef struct wr__cdefinition {
  const char *interface, *name; /* interface: "" for what is imported by itself */
  bool is_func;
  wr__cfunc func;
  wr__rresource resource;
} wr__cdefinition;

struct wr_component_linker {
  wr__cworld *world;
  wr__cdefinition **definitions;
  uint32_t count, capacity;
};

/* A new definition, which comes before earlier ones of the name; NULL: out of memory. */
wr__cdefinition *wr__clinker_define(wr_component_linker_t *linker, const char *interface,
                                    const char *name);

/* What the component's imports take. Errors  WR_UNLINKABLE, with interface and name. */
wr_status wr__clink(const wr_component_linker_t *linker, const wr__component *component,
                    wr__cexports *out, wr_error *error);

/* Is an interface of the one name good for an import or a search of the other? */
bool wr__cinterface_matches(wr__span wanted, wr__span given);

#endif
