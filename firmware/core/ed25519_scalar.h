/* Integers modulo the group order L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, 5.1), little-endian. */
#ifndef ED25519_SCALAR_H
#define ED25519_SCALAR_H

#include <stdint.h> /* bytes */

/* r = x mod L for any 512-bit x, which is used up. */
void scalar_reduce(uint8_t r[32], uint8_t x[64]);

/* r = (a * b + c) mod L for any 256-bit a, b, c with a * b + c < 2^512. r may stand on an operand. */
void scalar_muladd(uint8_t r[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]);

#endif
