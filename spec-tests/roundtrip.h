/* The round trip: a module printed as text and parsed again is the same module. */
#ifndef SPECTEST_ROUNDTRIP_H
#define SPECTEST_ROUNDTRIP_H

#include "wasmrun.h"

/* roundtrip_check: prints the module flat and folded, with names and without, and parses each. The
 * result must have the same sections, custom ones aside. is_normal says that the bytes come from
 * our own parser; other encoders may write numbers longer or groups otherwise, so their modules are
 * first brought into our form by one trip, and must then be valid still. False with a message. */
bool roundtrip_check(wasm_engine_t *engine, const wasm_byte_vec_t *module, bool is_normal,
                     char *message, size_t message_size);

#endif
