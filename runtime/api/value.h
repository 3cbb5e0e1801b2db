/* Values between the embedder and slots. Spec: exec/runtime, values; embedding. */
#ifndef WR__API_VALUE_H
#define WR__API_VALUE_H

#include "api/handles.h"

/* Does a reference (WR__NULL_REF: null) belong to a type? A function belongs to externref too: any
 * host value may be one. */
bool wr__api_ref_matches(wr__store *store, wr__ref bits, wr_valtype type);
/* The reference of a handle (NULL: null); false where it is no value, or of another store. */
bool wr__api_ref_bits(wr__store *store, const wasm_ref_t *ref, wr__ref *bits);
/* Both together: the bits of a handle that must be of a type. */
bool wr__api_ref_of_type(wr__store *store, const wasm_ref_t *ref, wr_valtype type, wr__ref *bits);

/* Into slots (two for v128); false where the value is not of the type. */
bool wr__api_val_to_slots(wr__store *store, const wr_val *val, wr_valtype type, uint64_t *slots);
/* Out of slots, with an owned handle where it is a reference; false when out of memory. */
bool wr__api_val_from_slots(wr__store *store, const uint64_t *slots, wr_valtype type, wr_val *out);

/* The same for wasm.h's values, of types that it can express. */
bool wr__api_plain_to_slots(wr__store *store, const wasm_val_t *val, wr_valtype type,
                            uint64_t *slots);
bool wr__api_plain_from_slots(wr__store *store, const uint64_t *slots, wr_valtype type,
                              wasm_val_t *out);

/* The canonical record of a function type in an engine; NULL where it is no type there, or when out
 * of memory, with *error telling which. */
const wr__deftype *wr__api_deftype_of(wr__engine *engine, const wasm_functype_t *type,
                                      wr_error *error);
/* Is it a value type of the engine's? */
bool wr__api_valtype_is_known(const wr__engine *engine, wr_valtype type);

#endif
