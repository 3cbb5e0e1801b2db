/* A component, decoded and valid: its definitions in order, with every index checked and every type
 * resolved. Immutable and counted; shared by threads. Nested components are part of their parent.
 *
 * Instantiation walks `defs` once. Each definition appends one entry to one index space (`sort`,
 * `index`), so that an array for each sort with counts[sort] entries holds an instance's index
 * spaces. Indices inside a definition are of entries that were defined before it.
 * Spec: component-model/Binary, component-model/Explainer. */
#ifndef WR__COMPONENT_H
#define WR__COMPONENT_H

#include <stdatomic.h>

#include "component/types.h"
#include "module/module.h"

typedef struct wr__component wr__component;

enum { WR__COMPONENT_MAX_NESTING = 100 };

typedef enum wr__def_kind {
  WR__DEF_CORE_MODULE,       /* of.module */
  WR__DEF_CORE_INSTANTIATE,  /* of.instantiate: index of a core module; core instances by name */
  WR__DEF_CORE_EXPORTS,      /* of.exports: a core instance of core items */
  WR__DEF_CORE_TYPE,         /* nothing to do */
  WR__DEF_COMPONENT,         /* of.component */
  WR__DEF_INSTANTIATE,       /* of.instantiate: index of a component; items by name */
  WR__DEF_EXPORTS,           /* of.exports: an instance of items */
  WR__DEF_ALIAS_EXPORT,      /* of.alias: index of an instance, name */
  WR__DEF_ALIAS_CORE_EXPORT, /* of.alias: index of a core instance, name */
  WR__DEF_ALIAS_OUTER,       /* of.outer: core module, core type, type or component */
  WR__DEF_TYPE,              /* of.type: nothing to do, but for a local resource (of.resource) */
  WR__DEF_RESOURCE,          /* of.resource */
  WR__DEF_LIFT,              /* of.canon */
  WR__DEF_LOWER,
  WR__DEF_RESOURCE_NEW,
  WR__DEF_RESOURCE_DROP,
  WR__DEF_RESOURCE_REP,
  WR__DEF_IMPORT, /* of.import */
  WR__DEF_EXPORT, /* of.export: an entry again, under a name */
} wr__def_kind;

/* A named item: an argument of an instantiation, an export of an instance. */
typedef struct wr__citem {
  wr__span name;
  uint8_t sort;   /* wr__sort */
  uint32_t index; /* in that index space */
} wr__citem;

/* A slot of the instance's resources, and where its resource is: names to follow from what the
 * definition makes (a type, or an instance whose exports are followed). */
typedef struct wr__cbind {
  uint32_t slot;
  uint32_t depth; /* 0: what the definition makes is the resource itself */
  const wr__span *path;
} wr__cbind;

typedef enum wr__encoding {
  WR__ENCODING_UTF8,
  WR__ENCODING_UTF16,
  WR__ENCODING_LATIN1_UTF16
} wr__encoding;

/* Options of canon lift and lower: indices of core items, or WR_NO_INDEX. */
typedef struct wr__canon_options {
  uint8_t encoding; /* wr__encoding */
  uint32_t memory, realloc, post_return;
} wr__canon_options;

typedef struct wr__def {
  uint8_t kind;    /* wr__def_kind */
  uint8_t sort;    /* wr__sort: of the index space that it appends to */
  uint32_t index;  /* its index there */
  uint64_t offset; /* bytes from the start of the outermost component: for messages */
  /* The type of what it defines: FUNC, INSTANCE, COMPONENT, MODULE, or the type of a type
   * definition; NULL for core items but modules. */
  const wr_component_type *type;
  /* IMPORT, INSTANTIATE, EXPORT: slots that get their resources here. */
  const wr__cbind *binds;
  uint32_t bind_count;
  union {
    uint32_t module;    /* in wr__component.modules */
    uint32_t component; /* in wr__component.components */
    struct {
      uint32_t index; /* of the core module or component in its index space */
      const wr__citem *args;
      uint32_t arg_count;
    } instantiate;
    struct {
      const wr__citem *items;
      uint32_t count;
    } exports;
    struct {
      uint32_t instance; /* in the (core) instance index space */
      wr__span name;
    } alias;
    struct {
      uint32_t count; /* of components outward; 0 is this one */
      uint32_t index; /* in the same sort's index space there */
    } outer;
    struct {
      uint32_t slot;
      uint32_t destructor; /* a core function's index or WR_NO_INDEX */
    } resource;
    struct {
      uint32_t func;                 /* LIFT: a core function's index; LOWER: a function's */
      const wr_component_type *type; /* LIFT, LOWER: the function type */
      const wr__resource *resource;  /* RESOURCE_*: slot says which */
      wr__canon_options options;
      const wr__deftype *core_type; /* of the core function that is lifted or made */
    } canon;
    struct {
      wr__span name;
    } import;
    struct {
      wr__span name;
      uint32_t index; /* of the exported item, in the index space of its sort */
    } export;
  } of;
} wr__def;

/* A core module inside. */
typedef struct wr__cmodule {
  uint64_t offset, size; /* its bytes, from the start of the outermost component */
  wr__module *module;    /* decoded and valid */
} wr__cmodule;

struct wr__component {
  _Atomic uint32_t ref_count;  /* of the outermost component; 0 in nested ones */
  const wr__component *parent; /* NULL for the outermost */
  wr__span bytes;              /* of this component, preamble included */
  uint64_t offset;             /* of these bytes, from the start of the outermost component */
  uint8_t bytes_owner;         /* wr__bytes_owner; of the outermost */
  wr__engine *engine;          /* counted by the outermost */

  const wr__def *defs;
  uint32_t def_count;
  uint32_t counts[WR__SORT_COUNT]; /* entries of each index space at the end */

  const wr__cmodule *modules;           /* that WR__DEF_CORE_MODULE defines, in order */
  wr__component *const *components;     /* that WR__DEF_COMPONENT defines, in order */
  const wr__resource *const *resources; /* by slot: local ones, imported ones, those of instances */
  uint32_t module_count, component_count, resource_count;

  /* Its own type, of kind COMPONENT: imports and exports by name. Each import is made by the
   * WR__DEF_IMPORT of the same order, each export by the WR__DEF_EXPORT of the same order. */
  const wr_component_type *type;

  struct wr__arena *arena; /* of the outermost: holds all of the above */
};

/* Opens a core module of a component: bytes is size bytes that live as long as the component. The
 * default (NULL) decodes and validates. */
typedef struct wr__module_opener {
  wr_status (*open)(void *context, wr__engine *engine, const uint8_t *bytes, size_t size,
                    wr__module **out, wr_error *error);
  void *context;
} wr__module_opener;

/* wr__component_decode: decode and validate a component and the core modules inside.
 * bytes   size bytes, taken as owner says; on failure they stay the caller's.
 * opener  how to open core modules; NULL for wr__module_decode.
 * out     counted; wr__component_release frees it.
 * error   may be NULL; offsets are from the start of bytes.
 * Errors  WR_MALFORMED, WR_INVALID, WR_UNSUPPORTED (a feature or limit, named), WR_OUT_OF_MEMORY.
 * Threads any. */
wr_status wr__component_decode(wr__engine *engine, const uint8_t *bytes, size_t size,
                               wr__bytes_owner owner, const wr__module_opener *opener,
                               wr__component **out, wr_error *error);
wr__component *wr__component_retain(wr__component *component);
void wr__component_release(wr__component *component);

/* wr__component_is: do the bytes begin as a component does, whatever its version? */
bool wr__component_is(const uint8_t *bytes, size_t size);

#endif
