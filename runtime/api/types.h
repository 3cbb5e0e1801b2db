/* Type representations: what the embedder builds and reads types with. Values of their own, which
 * share nothing with engines and stores but the canonical numbers of defined types. */
#ifndef WR__API_TYPES_H
#define WR__API_TYPES_H

#include "base/base.h"
#include "types/types.h"

struct wasm_valtype_t {
  wr_valtype type;
};

/* The head of the four types below, and, with kind WR_KIND_OTHER, all of a type that wasm.h
 * cannot express. */
struct wasm_externtype_t {
  uint8_t kind; /* wasm_externkind_t or WR_KIND_OTHER */
};

struct wasm_functype_t {
  wasm_externtype_t head;
  wasm_valtype_vec_t params, results;
  wr_valtype *types; /* the same again: parameters, then results */
  uint32_t
      defined_type; /* the canonical number where it was read off an engine's, else WR_NO_INDEX:
                     * two types of the same structure may differ by their recursion groups */
};

struct wasm_globaltype_t {
  wasm_externtype_t head;
  wasm_mutability_t mutability;
  wasm_valtype_t content;
};

struct wasm_tabletype_t {
  wasm_externtype_t head;
  wasm_valtype_t element;
  wasm_limits_t limits;
};

struct wasm_memorytype_t {
  wasm_externtype_t head;
  wasm_limits_t limits;
};

/* Between full types and the kinds of wasm.h; WR_KIND_OTHER and WR__BOT where there is none. */
wasm_valkind_t wr__api_kind_of(wr_valtype type);
wr_valtype wr__api_valtype_of(wasm_valkind_t kind);

/* The limits in 32 bits; false where they do not fit. */
bool wr__api_limits_narrow(const wr_limits *from, wasm_limits_t *to);
wr_limits wr__api_limits_widen(const wasm_limits_t *limits);

/* The type as wasm.h has it; NULL when out of memory. */
wasm_externtype_t *wr__api_externtype_new(const wr_externtype *type);

/* Is every type of the function one of wasm.h's? */
bool wr__api_functype_is_plain(const wr__deftype *type);

/* Vectors whose making failed are told from empty ones, so that a function type never loses
 * parameters to a lack of memory. */
bool wr__api_valtype_vec_failed(const wasm_valtype_vec_t *vec);

#endif
