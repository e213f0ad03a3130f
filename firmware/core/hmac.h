/* HMAC-SHA-512 (RFC 2104, RFC 4231) with 32-byte keys: commands, acknowledgements and key derivation. */
#ifndef HMAC_H
#define HMAC_H

#include "crypto.h" /* piece, crypto_scratch */

/* tag = HMAC(key, pieces). The key pads are hashed each time: keeping them as midstates would cost 128 bytes a key. */
void hmac_sha512(uint8_t tag[64], const uint8_t key[32], const piece *pieces, uint8_t count, crypto_scratch *s);

#endif
