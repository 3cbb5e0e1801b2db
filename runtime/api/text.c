/* The text format through the public interface. */
#include <stdlib.h>

#include "text/parser.h"

static wr_status give_bytes(const wr__buffer *bytes, wasm_byte_vec_t *out, wr_error *error) {
  wasm_byte_vec_t vec;
  wasm_byte_vec_new_uninitialized(&vec, bytes->size);
  if (bytes->size && !vec.data) return wr__fail_oom(error);
  if (bytes->size) memcpy(vec.data, bytes->data, bytes->size);
  *out = vec;
  return WR_OK;
}

wr_status wr_text_to_binary(const char *text, size_t size_bytes, wasm_byte_vec_t *out,
                            wr_error *error) {
  wr__buffer bytes = {0};
  wr_status status = wr__text_parse(text, size_bytes, &bytes, error);
  if (status == WR_OK) status = give_bytes(&bytes, out, error);
  wr__buffer_free(&bytes);
  return status;
}

wr_status wr_binary_print(const void *bytes, size_t size_bytes, const wr_print_options *options,
                          wr_text_write write, void *context, wr_error *error) {
  return wr__text_print(bytes, size_bytes, options, write, context, error);
}

static bool keep_text(void *buffer, const char *text, size_t size) {
  wr__buffer_bytes(buffer, text, size);
  return true;
}

wr_status wr_binary_to_text(const void *bytes, size_t size_bytes, const wr_print_options *options,
                            wasm_byte_vec_t *out, wr_error *error) {
  wr__buffer text = {0};
  wr_status status = wr__text_print(bytes, size_bytes, options, keep_text, &text, error);
  if (status == WR_OK && text.failed) status = wr__fail_oom(error);
  if (status == WR_OK) status = give_bytes(&text, out, error);
  wr__buffer_free(&text);
  return status;
}

wr_status wr_text_next(const char *text, size_t size_bytes, size_t *at, wr_text_token *token,
                       wr_error *error) {
  if (size_bytes >= UINT32_MAX)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "text of more than 4 GiB");
  wr__lexer lexer = {
      .text = text, .size = (uint32_t)size_bytes, .at = (uint32_t)*at, .error = error};
  static const uint8_t kinds[] = {
      [WR__TOK_END] = WR_TEXT_END,      [WR__TOK_OPEN] = WR_TEXT_OPEN,
      [WR__TOK_CLOSE] = WR_TEXT_CLOSE,  [WR__TOK_STRING] = WR_TEXT_STRING,
      [WR__TOK_ID] = WR_TEXT_ID,        [WR__TOK_WORD] = WR_TEXT_WORD,
      [WR__TOK_NAT] = WR_TEXT_NUMBER,   [WR__TOK_INT] = WR_TEXT_NUMBER,
      [WR__TOK_FLOAT] = WR_TEXT_NUMBER, [WR__TOK_RESERVED] = WR_TEXT_WORD};
  wr__token found;
  WR_TRY(wr__lex_next(&lexer, &found));
  *token = (wr_text_token){(wr_text_kind)kinds[found.kind], found.offset, found.size};
  *at = lexer.at;
  return WR_OK;
}

wr_status wr_text_string(const char *token, size_t size_bytes, uint8_t *out, size_t *out_size) {
  wr_text_token found;
  size_t at = 0;
  wr_status status = wr_text_next(token, size_bytes, &at, &found, NULL);
  if (status != WR_OK || found.kind != WR_TEXT_STRING || found.size_bytes != size_bytes)
    return WR_BAD_ARGUMENT;
  *out_size = wr__string_decode(token, size_bytes, out);
  return WR_OK;
}

bool wr_text_number(const char *token, size_t size_bytes, wr_valtype type, uint64_t *bits) {
  wr__tok kind = wr__number_kind(token, size_bytes);
  if (kind == WR__TOK_RESERVED) return false;
  if (type == WR_F32 || type == WR_F64)
    return wr__number_float(token, size_bytes, type == WR_F32 ? 4 : 8, bits);
  unsigned width = type == WR_I32 ? 32 : type == WR_I64 ? 64 : type == 0x77 ? 16 : 8;
  return kind != WR__TOK_FLOAT && wr__number_int(token, size_bytes, width, bits);
}
