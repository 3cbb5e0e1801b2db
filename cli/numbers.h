/* Sizes, times and WebAssembly values as a person writes and reads them. */
#ifndef WR__CLI_NUMBERS_H
#define WR__CLI_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasmrun.h"

/* wr__size_parse: "65536", "64K", "1.5M", "4GiB" (powers of 1024) as bytes. */
bool wr__size_parse(const char *text, uint64_t *out);

/* wr__time_parse: "2", "2s", "500ms", "10us", "1.5m", "1h" as nanoseconds, not 0. */
bool wr__time_parse(const char *text, uint64_t *out);

/* wr__value_parse: a value of the type: decimal or 0x… integers, signed or unsigned; floats as
 * strtod takes them, "nan:0x…" for a payload; a v128 as 32 hexadecimal digits after 0x, the
 * highest lane first; "null" for a reference that may be null, a number for an externref. */
bool wr__value_parse(const char *text, wr_valtype type, wasm_store_t *store, wr_val *out);

/* wr__value_print: "i32:-1", "f64:0.1", "v128:0x…", "funcref:null": type and value; floats in
 * the fewest digits that read back the same. At most size bytes with the NUL. */
void wr__value_print(const wr_val *value, char *buffer, size_t size);

#endif
