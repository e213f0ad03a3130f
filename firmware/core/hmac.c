/* HMAC-SHA-512 by RFC 2104. */
#include "hmac.h"

#include "sha512.h" /* the hash under it */

/* Hashes one 128-byte block: the key, zero-filled, XOR the pad byte (RFC 2104, 2). */
static void add_pad(crypto_scratch *s, const uint8_t key[32], uint8_t pad) {
  uint8_t byte;
  for (uint8_t i = 0; i < 128; i++) {
    byte = i < 32 ? key[i] ^ pad : pad;
    sha512_add(s, &byte, 1, 0);
  }
  wipe(&byte, 1);
}

void hmac_sha512(uint8_t tag[64], const uint8_t key[32], const piece *pieces, uint8_t count, crypto_scratch *s) {
  sha512_begin(s);
  add_pad(s, key, 0x36);
  sha512_add_pieces(s, pieces, count);
  sha512_end(tag, s);
  sha512_begin(s);
  add_pad(s, key, 0x5C);
  sha512_add(s, tag, 64, 0);
  sha512_end(tag, s);
}
