/* Types: canonical defined types and the relations between types.
 *
 * A wr_valtype (wasmrun.h) is 32 bits. Every defined type (function, structure,
 * array) has one canonical record per engine: recursion groups are hashed and compared
 * as the specification's iso-recursive equality asks, so equal types of different modules
 * are one record, and equality is pointer (or number) equality. Records never move and live as
 * long as the engine.
 * Spec: valid/conventions (rolling, unrolling, defined types), valid/matching. */
#ifndef WR__TYPES_H
#define WR__TYPES_H

#include "base/base.h"

#define WR__NO_TYPE UINT32_MAX
#define WR__NEAR_SUPERTYPES 6
/* The type of what unreachable code pops. Spec: appendix/algorithm, Bot. */
#define WR__BOT ((wr_valtype)0)
/* Packed storage types of fields, by their binary code. */
#define WR__I8 ((wr_valtype)0x78)
#define WR__I16 ((wr_valtype)0x77)

typedef enum wr__comp { WR__COMP_FUNC, WR__COMP_STRUCT, WR__COMP_ARRAY } wr__comp;

typedef struct wr__field {
  wr_valtype type; /* a value type, WR__I8 or WR__I16 */
  bool is_mutable;
  uint32_t offset; /* bytes from the start of the object; arrays: of the first element */
} wr__field;

typedef struct wr__deftype {
  uint32_t id;  /* canonical number: heap type WR_HEAP_DEFINED + id */
  uint8_t comp; /* wr__comp */
  bool is_final;
  uint32_t depth;          /* number of supertypes above */
  uint32_t super_id;       /* WR__NO_TYPE where there is none */
  const uint32_t *display; /* display[0..depth]: ids from the root to this type itself */
  uint32_t near_display[WR__NEAR_SUPERTYPES]; /* its beginning, then WR__NO_TYPE: for native code */
  /* function */
  uint32_t param_count, result_count;
  uint32_t param_slots, result_slots; /* in 8-byte slots, v128 takes two */
  const wr_valtype *params, *results;
  /* structure, array (one field, whose size is element_size_bytes) */
  uint32_t field_count;
  const wr__field *fields;
  uint32_t size_bytes;         /* of the whole object (structure), of the header (array) */
  uint32_t element_size_bytes; /* array: 1, 2, 4, 8, 16 */
  const uint8_t *ref_map;      /* internal to types/: NULL, or field_count flags: is a reference */
  /* internal to types/ */
  uint32_t group_start, group_size;
} wr__deftype;

typedef struct wr__typereg wr__typereg;

wr__typereg *wr__typereg_new(void);
void wr__typereg_delete(wr__typereg *reg);

/* wr__type_get: the record of a canonical number. Lock-free, any thread. */
const wr__deftype *wr__type_get(const wr__typereg *reg, uint32_t id);
/* wr__type_find: the same for a number from outside, which may be nobody's: then NULL. */
const wr__deftype *wr__type_find(const wr__typereg *reg, uint32_t id);
/* wr__type_records: the records of the numbers below *count, by number; others may follow, which
 * this table lacks. Lives as long as the engine. Any thread. */
const wr__deftype *const *wr__type_records(const wr__typereg *reg, uint32_t *count);

/* wr__type_func: the canonical record of [params] -> [results] that is final and has no
 * supertype, alone in its group; for host functions. NULL when out of memory. */
const wr__deftype *wr__type_func(wr__typereg *reg, const wr_valtype *params, uint32_t param_count,
                                 const wr_valtype *results, uint32_t result_count);

/* A recursion group as decoded, before it is canonical. Types in it name members of their own
 * group as heap type WR_HEAP_DEFINED + WR__GROUP_BASE + position, all others by canonical number.
 */
#define WR__GROUP_BASE 0x800000u
typedef struct wr__subtype_decl {
  uint8_t comp;
  bool is_final;
  uint32_t super_id; /* as above, without WR_HEAP_DEFINED: canonical, WR__GROUP_BASE + position, or
                        none */
  uint32_t param_count, result_count;
  const wr_valtype *params, *results;
  uint32_t field_count;
  const wr__field *fields; /* offsets unset */
} wr__subtype_decl;

/* wr__type_intern: the canonical records of a group's members, in out[count].
 * Errors WR_OUT_OF_MEMORY. Threads any. The validity of supertypes is checked by the caller
 * (wr__type_super_valid) afterwards. */
wr_status wr__type_intern(wr__typereg *reg, const wr__subtype_decl *group, uint32_t count,
                          const wr__deftype **out);

/* Does the declared supertype fit: not final, of the same kind, and matched by the type's
 * structure? Spec: valid/types, sub types. */
bool wr__type_super_valid(const wr__typereg *reg, const wr__deftype *type);

/* Subtyping. Spec: valid/matching. */
bool wr__heaptype_matches(const wr__typereg *reg, uint32_t sub, uint32_t super);
bool wr__valtype_matches_slow(const wr__typereg *reg, wr_valtype sub, wr_valtype super);
static inline bool wr__valtype_matches(const wr__typereg *reg, wr_valtype sub, wr_valtype super) {
  return sub == super || sub == WR__BOT || wr__valtype_matches_slow(reg, sub, super);
}
/* Is defined type sub_id the same as, or declared below, super? Constant time. */
static inline bool wr__deftype_matches(const wr__deftype *sub, const wr__deftype *super) {
  return sub == super || (sub->depth > super->depth && sub->display[super->depth] == super->id);
}

/* The top of the hierarchy that a heap type stands in: WR_HEAP_ANY, FUNC, EXTERN or EXN. */
uint32_t wr__heaptype_top(const wr__typereg *reg, uint32_t heap);
/* The bottom: WR_HEAP_NONE, NOFUNC, NOEXTERN, NOEXN. */
uint32_t wr__heaptype_bottom(const wr__typereg *reg, uint32_t heap);

static inline bool wr__valtype_is_defaultable(wr_valtype t) { return (t & 0xff) != WR_REF; }
/* Slots in a frame. */
static inline uint32_t wr__valtype_slots(wr_valtype t) { return t == WR_V128 ? 2 : 1; }
/* Bytes in a structure, array or memory: 1 2 4 8 16. */
uint32_t wr__storage_size(wr_valtype t);

#endif
