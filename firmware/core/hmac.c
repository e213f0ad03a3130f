/* HMAC-SHA-512 by RFC 2104. */
#include "hmac.h"

#include "sha512.h" /* the hash under it */

#include <string.h> /* memset */

/* Begins a hash with one whole block: the key, zero-filled, XOR the pad byte (RFC 2104, 2). */
static void begin_padded(crypto_scratch *s, const uint8_t key[32], uint8_t pad) {
  sha512_begin(s);
  memset(s->block, pad, 128);
  for (uint8_t i = 0; i < 32; i++) s->block[i ^ 7] ^= key[i];
  s->total = 128;
  sha512_compress(s);
}

void hmac_sha512(uint8_t tag[64], const uint8_t key[32], const piece *pieces, uint8_t count, crypto_scratch *s) {
  begin_padded(s, key, 0x36);
  sha512_add_pieces(s, pieces, count);
  sha512_end(tag, s);
  begin_padded(s, key, 0x5C);
  sha512_add(s, tag, 64, 0);
  sha512_end(tag, s);
}
