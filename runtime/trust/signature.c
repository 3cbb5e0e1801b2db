/* Signing, and checking what was signed. */
#include "trust/signature.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_BYTES == 64, "Ed25519's sizes");
_Static_assert(WR__HASH_BYTES <= crypto_generichash_BYTES_MAX, "a hash of BLAKE2b");
/* The signed part of the head is what follows key and signature. */
enum { SIGNED_FROM = 96 };
_Static_assert(offsetof(wr__signature_head, version) == SIGNED_FROM, "no gap in the head");

static uint64_t chunks_of(uint64_t size) {
  return size / WR__CHUNK_BYTES + (size % WR__CHUNK_BYTES != 0);
}

void wr__hash_spans(const wr__span *spans, size_t count, uint8_t out[WR__HASH_BYTES]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, WR__HASH_BYTES);
  for (size_t i = 0; i < count; i++)
    if (spans[i].size) crypto_generichash_update(&state, spans[i].data, spans[i].size);
  crypto_generichash_final(&state, out, WR__HASH_BYTES);
}

/* The hashes of the chunks of several spans, taken as one; calls use(context, hash) for each until
 * it returns false. */
typedef bool (*use_hash)(void *context, const uint8_t hash[WR__HASH_BYTES]);

static bool hash_chunks(const wr__span *spans, uint32_t count, use_hash use, void *context) {
  crypto_generichash_state state;
  uint8_t hash[WR__HASH_BYTES];
  size_t filled = 0;
  crypto_generichash_init(&state, NULL, 0, WR__HASH_BYTES);
  for (uint32_t i = 0; i < count; i++) {
    for (size_t at = 0; at < spans[i].size;) {
      size_t piece = spans[i].size - at;
      if (piece > WR__CHUNK_BYTES - filled) piece = WR__CHUNK_BYTES - filled;
      crypto_generichash_update(&state, spans[i].data + at, piece);
      at += piece;
      filled += piece;
      if (filled < WR__CHUNK_BYTES) continue;
      crypto_generichash_final(&state, hash, sizeof hash);
      if (!use(context, hash)) return false;
      crypto_generichash_init(&state, NULL, 0, WR__HASH_BYTES);
      filled = 0;
    }
  }
  if (!filled) return true;
  crypto_generichash_final(&state, hash, sizeof hash);
  return use(context, hash);
}

/* What the key signs. */
static void make_root(const uint8_t *signature, size_t size, uint8_t root[WR__HASH_BYTES]) {
  wr__span spans[] = {{(const uint8_t *)WR__SIGNATURE_CONTEXT, sizeof WR__SIGNATURE_CONTEXT},
                      {signature + SIGNED_FROM, size - SIGNED_FROM - WR__SECTIONS_TAIL_BYTES}};
  wr__hash_spans(spans, WR_ARRAY_COUNT(spans), root);
}

/* ---- Signing */

static bool append_hash(void *context, const uint8_t hash[WR__HASH_BYTES]) {
  uint8_t **at = context;
  memcpy(*at, hash, WR__HASH_BYTES);
  *at += WR__HASH_BYTES;
  return true;
}

wr_status wr__sign(wr__span module, const wr__span *images, uint32_t image_count,
                   const wr__signing_key *key, uint8_t **out, size_t *out_size, wr_error *error) {
  uint64_t chunks = chunks_of(module.size);
  for (uint32_t i = 0; i < image_count; i++) chunks += chunks_of(images[i].size);
  wr__signature_head head = {.version = WR__SIGNATURE_VERSION,
                             .chunk_bytes = WR__CHUNK_BYTES,
                             .module_bytes = module.size,
                             .image_count = image_count};
  size_t size = sizeof head + image_count * sizeof(uint64_t) + chunks * WR__HASH_BYTES +
                WR__SECTIONS_TAIL_BYTES;
  uint8_t *section = malloc(size);
  if (!section || sodium_init() < 0) {
    free(section);
    return wr__fail_oom(error);
  }
  memcpy(head.key, key->public_key.bytes, sizeof head.key);
  uint8_t *at = section + sizeof head;
  memcpy(section, &head, sizeof head);
  for (uint32_t i = 0; i < image_count; i++, at += sizeof(uint64_t)) {
    uint64_t bytes = images[i].size;
    memcpy(at, &bytes, sizeof bytes);
  }
  hash_chunks(&module, 1, append_hash, &at);
  for (uint32_t i = 0; i < image_count; i++) hash_chunks(&images[i], 1, append_hash, &at);
  memcpy(at, WR__SIGNATURE_TAIL, WR__SECTIONS_TAIL_BYTES);
  uint8_t root[WR__HASH_BYTES];
  make_root(section, size, root);
  crypto_sign_detached(section + offsetof(wr__signature_head, signature), NULL, root, sizeof root,
                       key->secret);
  *out = section;
  *out_size = size;
  return WR_OK;
}

/* ---- Checking */

static bool read_head(wr__span signature, wr__signature_head *head) {
  if (signature.size < sizeof *head + WR__SECTIONS_TAIL_BYTES) return false;
  memcpy(head, signature.data, sizeof *head);
  return head->version == WR__SIGNATURE_VERSION && head->chunk_bytes == WR__CHUNK_BYTES;
}

bool wr__signature_key(wr__span signature, wr__public_key *out) {
  wr__signature_head head;
  if (!signature.data || !read_head(signature, &head)) return false;
  memcpy(out->bytes, head.key, sizeof out->bytes);
  return true;
}

/* Have the sections the sizes that were signed? Then every hash is inside the section. */
static bool sizes_agree(const wr__sections *s, const wr__signature_head *head) {
  if (head->module_bytes != s->module_bytes || head->image_count != s->image_count) return false;
  uint64_t chunks = chunks_of(s->module_bytes);
  for (uint32_t i = 0; i < s->image_count; i++) chunks += chunks_of(s->images[i].size);
  uint64_t size = sizeof *head + s->image_count * sizeof(uint64_t) + chunks * WR__HASH_BYTES +
                  WR__SECTIONS_TAIL_BYTES;
  if (s->signature.size != size) return false;
  for (uint32_t i = 0; i < s->image_count; i++) {
    uint64_t bytes;
    memcpy(&bytes, s->signature.data + sizeof *head + i * sizeof bytes, sizeof bytes);
    if (bytes != s->images[i].size) return false;
  }
  return true;
}

static bool compare_hash(void *context, const uint8_t hash[WR__HASH_BYTES]) {
  const uint8_t **at = context;
  bool same = memcmp(*at, hash, WR__HASH_BYTES) == 0;
  *at += WR__HASH_BYTES;
  return same;
}

static bool chunks_agree(const wr__sections *s, uint32_t index) {
  const uint8_t *at =
      s->signature.data + sizeof(wr__signature_head) + s->image_count * sizeof(uint64_t);
  if (!hash_chunks(s->module, s->module_span_count, compare_hash, &at)) return false;
  for (uint32_t i = 0; i < index; i++) at += chunks_of(s->images[i].size) * WR__HASH_BYTES;
  return hash_chunks(&s->images[index], 1, compare_hash, &at);
}

const char *wr__signature_check(const wr__sections *s, uint32_t index) {
  wr__signature_head head;
  uint8_t root[WR__HASH_BYTES];
  if (!s->signature.data) return "it is not signed";
  if (!read_head(s->signature, &head)) return "its signature is of another version";
  if (!sizes_agree(s, &head)) return "it was changed after it was signed";
  if (sodium_init() < 0) return "the signature cannot be checked";
  make_root(s->signature.data, s->signature.size, root);
  if (crypto_sign_verify_detached(head.signature, root, sizeof root, head.key) != 0)
    return "its signature is wrong";
  return chunks_agree(s, index) ? NULL : "it was changed after it was signed";
}
