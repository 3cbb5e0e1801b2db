/* Where a place in the binary stands in the text that it was made from: the text is parsed once
 * more, now with notes of what wrote which bytes. Only errors ask for it, so nobody else pays. */
#include "text/parser.h"

static wr_status add_place(wr__parser *p, wr__text_section section, size_t offset, uint32_t token) {
  if (!wr__grow32(&p->places, &p->place_capacity, p->place_count + 1, sizeof *p->places))
    return wr__parse_oom(p);
  p->places[p->place_count++] = (wr__place){(uint8_t)section, offset, token};
  return WR_OK;
}

wr_status wr__place_instr(wr__parser *p, uint32_t token) {
  bool in_body = p->placing && p->out == &p->body && p->func_index != WR_NO_INDEX;
  return in_body ? add_place(p, WR__SECTION_CODE, p->body.size, token) : WR_OK;
}

void wr__place_body(wr__parser *p, uint32_t first) {
  size_t start = p->sections[WR__SECTION_CODE].bytes.size - p->body.size;
  for (uint32_t i = first; i < p->place_count; i++) p->places[i].offset += start;
}

wr_status wr__place_field(wr__parser *p, wr_status (*parse)(wr__parser *p)) {
  if (!p->placing) return parse(p);
  size_t before[WR__SECTION_COUNT];
  uint32_t token = p->at;
  for (int i = 0; i < WR__SECTION_COUNT; i++) before[i] = p->sections[i].bytes.size;
  WR_TRY(parse(p));
  for (int i = 0; i < WR__SECTION_COUNT; i++)
    if (p->sections[i].bytes.size != before[i])
      WR_TRY(add_place(p, (wr__text_section)i, before[i], token));
  return WR_OK;
}

/* The token that wrote the byte, or what is nearest before it; WR_NO_INDEX where there is none. */
static uint32_t find_token(const wr__parser *p, uint64_t offset) {
  size_t best = 0;
  uint32_t token = WR_NO_INDEX;
  for (uint32_t i = 0; i < p->place_count; i++) {
    const wr__place *place = &p->places[i];
    size_t at = p->section_starts[place->section] + place->offset;
    if (at > offset || at < best) continue;
    best = at;
    token = place->token;
  }
  return token;
}

void wr_text_locate(const char *text, size_t size_bytes, wr_error *error) {
  if (!error || error->offset == WR_NO_OFFSET) return;
  wr_error found = *error;
  wr__buffer binary = {0};
  wr__parser p = {.placing = true};
  if (wr__parser_run(&p, text, size_bytes, &binary, NULL) == WR_OK) {
    uint32_t token = find_token(&p, error->offset);
    if (token != WR_NO_INDEX) {
      wr__text_fail(&found, error->status, text, size_bytes, p.tokens[token].offset, "%s",
                    error->message);
      found.func_index = error->func_index;
      *error = found;
    }
  }
  wr__parser_free(&p);
  wr__buffer_free(&binary);
}
