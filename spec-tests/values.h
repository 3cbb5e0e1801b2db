/* Values as scripts write them: arguments, expected results, and how both are shown. */
#ifndef SPECTEST_VALUES_H
#define SPECTEST_VALUES_H

#include "script.h"

typedef enum expect_kind {
  EXPECT_LANES, /* a number or a vector, lane by lane */
  EXPECT_NULL,  /* (ref.null …) */
  EXPECT_HOST,  /* (ref.extern n) or (ref.host n) */
  EXPECT_REF,   /* any reference that is not null */
  EXPECT_KIND,  /* a reference of one kind */
  EXPECT_EQ,    /* (ref.eq): i31, structure or array */
} expect_kind;

typedef enum lane_kind { LANE_BITS, LANE_NAN_CANONICAL, LANE_NAN_ARITHMETIC } lane_kind;

/* One expected result, without `either`. */
typedef struct expectation {
  expect_kind kind;
  wr_valtype type; /* lanes: of the value */
  unsigned lanes, lane_bytes;
  bool is_float;
  uint64_t bits[16];
  uint8_t lane_kinds[16]; /* lane_kind */
  uintptr_t host;
  wr_refkind ref_kind;
} expectation;

/* values_parse_arg: the constant form at the token. References are made in the store.
 * False where it is no constant. */
bool values_parse_arg(const script *s, size_t token, wasm_store_t *store, wr_val *out);
/* values_parse_expectation: the result pattern at the token. */
bool values_parse_expectation(const script *s, size_t token, expectation *out);
bool values_match(const expectation *expected, const wr_val *value);
/* Appends a value as scripts write it to buffer[size], which is a string. */
void values_show(const wr_val *value, char *buffer, size_t size);

#endif
