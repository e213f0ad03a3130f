/* SHA-512 (FIPS 180-4) of a message given as pieces. */
#ifndef SHA512_H
#define SHA512_H

#include "crypto.h" /* piece, crypto_scratch */

/* Hash of the pieces one after the other. */
void sha512_pieces(uint8_t out[64], const piece *pieces, uint8_t count, crypto_scratch *s);

/* The same in steps, for callers that put something in front of a caller's pieces. `sha512_end` wipes the scratch. */
void sha512_begin(crypto_scratch *s);
void sha512_add(crypto_scratch *s, const uint8_t *p, uint16_t n, uint8_t in_flash);
void sha512_add_pieces(crypto_scratch *s, const piece *pieces, uint8_t count);
void sha512_end(uint8_t out[64], crypto_scratch *s);

extern const uint64_t sha512_round_constants[80];

/* Kernel: compresses s->block (little-endian words) into s->state; block and slide are used up. */
void sha512_compress(crypto_scratch *s);

#endif
