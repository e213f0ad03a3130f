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

/* x[0..32) -= q * tail, tail of n bytes in flash; returns the carry out of byte 31: 0 or -1 */
static int16_t take(uint8_t *x, int16_t q, const uint8_t *tail, uint8_t n) {
  int32_t carry = 0;
  for (uint8_t j = 0; j < 32; j++) {
    carry += x[j];
    if (j < n) carry -= (int32_t)q * flash_u8(tail + j);
    x[j] = (uint8_t)carry;
    carry >>= 8;
  }
  return (int16_t)carry;
}

void scalar_reduce(uint8_t r[32], uint8_t x[64]) {
  /* `above` is what stands over byte i: 0, or -1 after a subtraction that went below zero. Each step clears byte i and takes off at
   * most 255 * 2^129 at its foot, so the byte below can only be 255 when `above` is -1: q stays within -1..255. */
  int16_t above = 0;
  for (uint8_t i = 63; i >= 32; i--) {
    int16_t q = (int16_t)(x[i] + 256 * above);
    above = take(x + i - 32, q, tail16, 17);
  }
  int16_t q = (int16_t)((x[31] >> 4) + 16 * above);
  x[31] &= 15;
  above = take(x, q, order, 16);
  uint8_t mask = (uint8_t)above;
  uint16_t carry = 0;
  for (uint8_t j = 0; j < 32; j++) {
    carry += x[j] + (uint16_t)(flash_u8(&order[j]) & mask);
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

void scalar_halve(uint8_t x[32], const uint8_t *addend_in_flash) {
  uint8_t odd = (x[0] ^ flash_u8(addend_in_flash)) & 1, mask = (uint8_t)-odd;
  uint16_t t = 0;
  for (uint8_t i = 0; i < 32; i++) {
    t += (uint16_t)x[i] + flash_u8(addend_in_flash + i) + (flash_u8(&order[i]) & mask);
    x[i] = (uint8_t)t;
    t >>= 8;
  }
  for (uint8_t i = 0; i < 31; i++) x[i] = (uint8_t)(x[i] >> 1 | x[i + 1] << 7);
  x[31] >>= 1;
}
