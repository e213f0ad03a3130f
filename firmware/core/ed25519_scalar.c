/* Scalars by bytes, from the top: 2^256 = -16 (L - 2^252) mod L, so a byte above 2^256 is replaced by a product 17 bytes long. */
#include "ed25519_scalar.h"

#include "crypto.h"       /* wipe */
#include "crypto_flash.h" /* constants */

#include <string.h> /* memcpy */

/* L */
static const uint8_t order[32] IN_FLASH = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
                                           0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0,    0,    0,    0,    0,    0,
                                           0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
/* 16 (L - 2^252) */
static const uint8_t tail16[17] IN_FLASH = {0xD0, 0x3E, 0x5D, 0xCF, 0xA5, 0x31, 0x26, 0x81, 0x65,
                                            0xCD, 0x79, 0x2F, 0xEA, 0x9D, 0xEF, 0x4D, 0x01};

/* x[0..32) -= (q + 256 above) * tail, with n bytes of tail in flash and above 0, 1 or 0xFF for -1. Returns what stands over byte 31
 * afterwards, in the same form. All sums are unsigned, the carry 3 too large: a compiler extends signs by skipping instructions. */
static uint8_t take(uint8_t *x, uint8_t q, uint8_t above, const uint8_t *tail, uint8_t n) {
  uint8_t negative = (uint8_t)-(above >> 7), positive = (uint8_t)-(above & 1) & (uint8_t)~negative;
  uint8_t carry = 3, plus = 0;
  uint16_t minus = 0;
  for (uint8_t j = 0; j < 32; j++) {
    uint8_t t = j < n ? flash_u8(tail + j) : 0;
    uint16_t product = (uint16_t)q * t;
    uint16_t sum = (uint16_t)(0x300 - 3 + x[j] + carry + plus - (uint8_t)product - minus);
    x[j] = (uint8_t)sum;
    carry = (uint8_t)(sum >> 8);
    minus = (uint16_t)((product >> 8) + (t & positive));
    plus = t & negative;
  }
  return (uint8_t)(carry - 3);
}

void scalar_reduce(uint8_t r[32], uint8_t x[64]) {
  /* Each step clears byte i and takes off at most 2^8 2^129 at its foot. What then stands over the byte below is 0, or -1 when that took
   * it below zero, or 1 when giving that back carried. */
  uint8_t above = 0;
  for (uint8_t i = 63; i >= 32; i--) above = take(x + i - 32, x[i], above, tail16, 17);
  /* the rest in units of 2^252, -1 to 16; the remainder is above -16 (L - 2^252), so one L at most is missing */
  uint8_t q = (uint8_t)(x[31] >> 4 | above << 4);
  x[31] &= 15;
  above = take(x, q, (uint8_t)-(above >> 7), order, 16);
  uint16_t carry = 0;
  for (uint8_t j = 0; j < 32; j++) {
    carry += x[j] + (uint16_t)(flash_u8(&order[j]) & above);
    r[j] = (uint8_t)carry;
    carry >>= 8;
  }
  wipe(x, 64);
}

void scalar_muladd(uint8_t r[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]) {
  uint8_t x[64];
  memcpy(x, c, 32);
  for (uint8_t i = 0; i < 32; i++) {
    uint16_t t = 0;
    for (uint8_t j = 0; j < 32; j++) {
      t = (uint16_t)(t + x[i + j] + (uint16_t)a[i] * b[j]);
      x[i + j] = (uint8_t)t;
      t >>= 8;
    }
    x[i + 32] = (uint8_t)t;
  }
  scalar_reduce(r, x);
}
