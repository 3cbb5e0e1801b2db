/* Component types. A type is one immutable node that lives as long as the component that decoded
 * it; the parts of a type are pointers to other nodes, so types are acyclic graphs that share
 * parts.
 *
 * A node has an identity and a structure. The identity (its address) is what an import, an export
 * or a definition introduced, and what names are given to; the structure is `canon`: two value or
 * function types are equal if and only if their canon pointers are, resources included. Value types
 * have their canonical layout (size, alignment, flat form) in the node.
 * Spec: component-model/Explainer, type definitions; component-model/CanonicalABI. */
#ifndef WR__COMPONENT_TYPES_H
#define WR__COMPONENT_TYPES_H

#include "base/base.h"

/* Implementation limits. */
enum {
  WR__CTYPE_MAX_DEPTH = 100,      /* types inside types */
  WR__CTYPE_MAX_WEIGHT = 1000000, /* parts of a type, shared ones counted each time */
  WR__CTYPE_MAX_SIZE = 1 << 28,   /* bytes of an element, as the specification says */
  WR__CTYPE_MAX_FLAT = 16,        /* CanonicalABI: MAX_FLAT_PARAMS */
};

typedef enum wr__ctype_kind {
  /* value types */
  WR__CTYPE_BOOL,
  WR__CTYPE_S8,
  WR__CTYPE_U8,
  WR__CTYPE_S16,
  WR__CTYPE_U16,
  WR__CTYPE_S32,
  WR__CTYPE_U32,
  WR__CTYPE_S64,
  WR__CTYPE_U64,
  WR__CTYPE_F32,
  WR__CTYPE_F64,
  WR__CTYPE_CHAR,
  WR__CTYPE_STRING,
  WR__CTYPE_RECORD,  /* fields: name, type, offset */
  WR__CTYPE_TUPLE,   /* fields without names */
  WR__CTYPE_VARIANT, /* fields: the cases, type NULL without payload */
  WR__CTYPE_ENUM,    /* fields: the cases */
  WR__CTYPE_OPTION,  /* fields: the cases none and some */
  WR__CTYPE_RESULT,  /* fields: the cases ok and error, type NULL without payload */
  WR__CTYPE_FLAGS,   /* fields: the labels */
  WR__CTYPE_LIST,    /* element */
  WR__CTYPE_OWN,     /* element: a node of kind RESOURCE */
  WR__CTYPE_BORROW,  /* the same */
  /* the others */
  WR__CTYPE_RESOURCE,  /* resource */
  WR__CTYPE_FUNC,      /* fields: parameters; element: the result or NULL */
  WR__CTYPE_INSTANCE,  /* scope: exports */
  WR__CTYPE_COMPONENT, /* scope: imports, exports */
  WR__CTYPE_MODULE,    /* module: a core module's imports and exports */
} wr__ctype_kind;

static inline bool wr__ctype_is_value(uint8_t kind) { return kind < WR__CTYPE_RESOURCE; }

typedef struct wr_component_type wr_component_type;
typedef struct wr__resource wr__resource;

/* A resource type's identity. Two handles are of the same resource if and only if these pointers
 * are equal. An instance of a component binds each slot of its component to a resource of the
 * store. */
struct wr__resource {
  /* The place in wr__component.resources of the component whose types mention it; WR_NO_INDEX for a
   * resource that is bound by a component type or an instance type. */
  uint32_t slot;
  bool is_local; /* defined by that component with a representation, not imported */
  /* internal: the scope that it was made in, and whether an import of it made it */
  bool is_imported;
  uint32_t scope_id;
};

/* A field of a record, a case, a label, a parameter. */
typedef struct wr__cfield {
  wr__span name; /* into the component's bytes */
  const wr_component_type *type;
  uint32_t offset; /* records and tuples: bytes from the start */
} wr__cfield;

/* What an import, an export or an entry of an index space is. */
typedef enum wr__sort {
  WR__SORT_CORE_FUNC,
  WR__SORT_CORE_TABLE,
  WR__SORT_CORE_MEMORY,
  WR__SORT_CORE_GLOBAL,
  WR__SORT_CORE_TAG,
  WR__SORT_CORE_TYPE,
  WR__SORT_CORE_MODULE,
  WR__SORT_CORE_INSTANCE,
  WR__SORT_FUNC,
  WR__SORT_VALUE,
  WR__SORT_TYPE,
  WR__SORT_COMPONENT,
  WR__SORT_INSTANCE,
  WR__SORT_COUNT
} wr__sort;

/* An import or export by name. `type` is of kind FUNC, INSTANCE, COMPONENT or MODULE as the sort
 * says; for WR__SORT_TYPE it is the type itself that is imported or exported. */
typedef struct wr__cextern {
  wr__span name;
  uint8_t sort; /* wr__sort: FUNC, TYPE, COMPONENT, INSTANCE or CORE_MODULE */
  const wr_component_type *type;
} wr__cextern;

/* A resource that a scope binds, and where it is: names to follow from the imports or exports. */
typedef struct wr__cbound {
  const wr__resource *resource;
  const wr__span *path;
  uint32_t depth;
} wr__cbound;

/* The interface of an instance type (exports only) or a component type. */
typedef struct wr__cscope {
  const wr__cextern *imports, *exports;
  uint32_t import_count, export_count;
  const wr__cbound *imported, *defined; /* resources: parameters; made by each instance */
  uint32_t imported_count, defined_count;
  const uint32_t *export_order; /* export numbers in the order of their names, for searches */
} wr__cscope;

/* An import or export of a core module type. */
typedef struct wr__core_extern {
  wr__span module, name; /* module: imports */
  wr_externtype type;
} wr__core_extern;

typedef struct wr__core_scope {
  const wr__core_extern *imports, *exports;
  uint32_t import_count, export_count;
  const uint32_t *import_order, *export_order; /* numbers in the order of names */
} wr__core_scope;

struct wr_component_type {
  uint8_t kind; /* wr__ctype_kind */
  /* Value types, in 32-bit memories. Spec: CanonicalABI, alignment and element size. */
  uint8_t alignment;           /* bytes: 1, 2, 4, 8 */
  uint8_t discriminant_size;   /* variants of all kinds: 1, 2, 4 */
  bool has_borrow, has_memory; /* a borrow inside; a list or string inside */
  bool is_open; /* internal: mentions a resource or a node that an import introduced */
  uint8_t depth;
  uint32_t weight; /* parts, shared ones counted each time */
  uint32_t size_bytes;
  uint32_t payload_offset; /* variants of all kinds */
  uint32_t flat_count;     /* core values of the flat form, saturated */
  /* The flat form, if flat_count <= 16: WR_I32, WR_I64, WR_F32, WR_F64. */
  uint8_t flat[WR__CTYPE_MAX_FLAT];
  const wr_component_type *canon;
  const wr_component_type *element;
  const wr__cfield *fields;
  uint32_t field_count;
  const wr__resource *resource;
  const wr__cscope *scope;
  const wr__core_scope *module;
};

/* The core function type of a function type. Spec: CanonicalABI, flattening. */
typedef struct wr__flat_func {
  uint8_t params[WR__CTYPE_MAX_FLAT + 1], results[1];
  uint32_t param_count, result_count;
  bool params_in_memory;  /* one pointer instead of all parameters */
  bool results_in_memory; /* lift: the result is a pointer; lower: the last parameter is one */
} wr__flat_func;

/* wr__ctype_flatten: the core type of `func`, lifted (what canon lift takes) or lowered (what canon
 * lower gives). */
void wr__ctype_flatten(const wr_component_type *func, bool is_lower, wr__flat_func *out);

/* wr__ctype_equal: are two value or function types the same? */
static inline bool wr__ctype_equal(const wr_component_type *a, const wr_component_type *b) {
  return a->canon == b->canon;
}

/* wr__cspan_compare: by bytes, as memcmp; a shorter one that another begins with comes first. */
int wr__cspan_compare(wr__span a, wr__span b);

/* A list of structures with a name each, and their numbers in the order of the names. */
typedef struct wr__cnamed {
  const void *items;
  size_t item_bytes, name_at; /* of a structure, and where its name is in it */
  const uint32_t *order;
  uint32_t count;
} wr__cnamed;
#define WR__CNAMED(items, member, order, count) \
  ((wr__cnamed){items, sizeof *(items),         \
                (size_t)((const char *)&(items)->member - (const char *)(items)), order, count})
/* wr__cname_find: the structure of that name, or NULL. */
const void *wr__cname_find(const wr__cnamed *list, wr__span name);

/* wr__cscope_export: the export of that name, or NULL. */
const wr__cextern *wr__cscope_export(const wr__cscope *scope, wr__span name);

/* wr__ctype_kind_name: "record", "u32", "resource", … */
const char *wr__ctype_kind_name(uint8_t kind);
const char *wr__sort_name(uint8_t sort);

#endif
