/* Signatures over a module and its native images: Ed25519 over the root of the BLAKE2b hashes of
 * 1 MiB chunks. A file with images for several targets is checked for the module and the one image
 * that will run: the hashes of the others are covered, their bytes are not read. */
#ifndef WR__SIGNATURE_H
#define WR__SIGNATURE_H

#include "trust/keys.h"
#include "image/section.h"

/* wr__sign: the contents of the signature section; *out is malloc'ed. Errors WR_OUT_OF_MEMORY. */
wr_status wr__sign(wr__span module, const wr__span *images, uint32_t image_count,
                   const wr__signing_key *key, uint8_t **out, size_t *out_size, wr_error *error);

/* Who says to have signed; false where the section is not a signature of this version. */
bool wr__signature_key(wr__span signature, wr__public_key *out);

/* wr__signature_check: are the module and image `index` what the holder of the key signed? NULL,
 * or what is wrong; static storage. Reads all of both. Whether the key is trusted is another
 * question. */
const char *wr__signature_check(const wr__sections *sections, uint32_t index);

/* BLAKE2b-256 of several spans, one after the other. */
void wr__hash_spans(const wr__span *spans, size_t count, uint8_t out[WR__HASH_BYTES]);

#endif
