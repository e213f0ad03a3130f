/* The field of 2^255 - 19: 32 bytes, little-endian, any value below 2^256 (only `fe_canonical` gives the smallest one). Results may
 * stand on operands. Nothing branches or addresses by a value. */
#ifndef FE25519_H
#define FE25519_H

#include "crypto.h" /* crypto_scratch holds the double-width product */

typedef uint8_t fe[32];

/* Kernels. The exact representative is part of the contract, so that C and assembly can be compared byte for byte: the plain result,
 * folded twice by 2^256 = 38. */
void fe_mul(fe r, const fe a, const fe b, crypto_scratch *s);
void fe_sq(fe r, const fe a, crypto_scratch *s);
void fe_add(fe r, const fe a, const fe b);
void fe_sub(fe r, const fe a, const fe b);

/* Brings r below p. */
void fe_canonical(fe r);

#endif
