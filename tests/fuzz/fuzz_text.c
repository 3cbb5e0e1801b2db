/* Text of any kind: parsing ends in a module or an error, and what parses prints, flat and folded,
 * as text that parses to the same bytes. Binary input goes to the printer directly. */
#include <stdlib.h>
#include <string.h>

#include "wasmrun.h"

static void check_print(const void *bytes, size_t size, bool is_ours) {
  for (int form = 0; form < 2; form++) {
    wr_print_options options = {.folded = form == 1};
    wasm_byte_vec_t text, again, third;
    wr_error error;
    if (wr_binary_to_text(bytes, size, &options, &text, &error) != WR_OK) {
      /* The parser checks no types: a block may end a try, or a limit be beyond the printer's. */
      continue;
    }
    wr_status status = wr_text_to_binary(text.data, text.size, &again, &error);
    wasm_byte_vec_delete(&text);
    if (status != WR_OK) {
      if (is_ours) abort();
      continue;
    }
    if (wr_binary_to_text(again.data, again.size, &options, &text, &error) == WR_OK) {
      if (wr_text_to_binary(text.data, text.size, &third, &error) != WR_OK) abort();
      if (third.size != again.size || memcmp(third.data, again.data, third.size)) abort();
      wasm_byte_vec_delete(&third);
      wasm_byte_vec_delete(&text);
    }
    wasm_byte_vec_delete(&again);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* The parser gets a copy without anything behind it, so that reading on is seen. */
  char *text = malloc(size ? size : 1);
  if (!text) return 0;
  memcpy(text, data, size);
  wasm_byte_vec_t binary;
  wr_error error;
  if (size >= 4 && !memcmp(data, "\0asm", 4)) {
    check_print(text, size, false);
  } else if (wr_text_to_binary(text, size, &binary, &error) == WR_OK) {
    check_print(binary.data, binary.size, true);
    wasm_byte_vec_delete(&binary);
  }
  free(text);
  return 0;
}
