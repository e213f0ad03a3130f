/* Arithmetic modulo p = 2^255 - 19 on bytes. The kernels are replaced by ports/avr/fe25519.S on AVR. */
#include "fe25519.h"

#include "crypto_flash.h" /* the inversion program */
#include "ed25519.h"      /* ed25519_yield */

#include <string.h> /* memcpy */

/* r += 38 * carry, twice: the second fold takes the overflow of the first, after which none is left. */
static void fold(fe r, uint16_t carry) {
  for (uint8_t pass = 0; pass < 2; pass++) {
    uint16_t t = 38 * carry;
    for (uint8_t i = 0; i < 32; i++) {
      t += r[i];
      r[i] = (uint8_t)t;
      t >>= 8;
    }
    carry = t;
  }
}

/* product[64] to r, by 2^256 = 38 mod p */
static void reduce(fe r, const uint8_t *product) {
  uint16_t t = 0;
  for (uint8_t i = 0; i < 32; i++) {
    t += product[i] + (uint16_t)38 * product[i + 32];
    r[i] = (uint8_t)t;
    t >>= 8;
  }
  fold(r, t);
}

KERNEL void fe_mul(fe r, const fe a, const fe b, crypto_scratch *s) {
  uint8_t *product = s->field;
  memset(product, 0, 32);
  for (uint8_t i = 0; i < 32; i++) {
    uint8_t factor = a[i], *row = product + i;
    uint16_t t = 0;
    for (uint8_t j = 0; j < 32; j++) {
      t = (uint16_t)(t + row[j] + (uint16_t)factor * b[j]); /* at most 255 + 255 + 255 * 255 = 65,535 */
      row[j] = (uint8_t)t;
      t >>= 8;
    }
    row[32] = (uint8_t)t;
  }
  reduce(r, product);
}

KERNEL void fe_sq(fe r, const fe a, crypto_scratch *s) { fe_mul(r, a, a, s); }

KERNEL void fe_add(fe r, const fe a, const fe b) {
  uint16_t t = 0;
  for (uint8_t i = 0; i < 32; i++) {
    t += (uint16_t)a[i] + b[i];
    r[i] = (uint8_t)t;
    t >>= 8;
  }
  fold(r, t);
}

KERNEL void fe_sub(fe r, const fe a, const fe b) {
  int16_t t = 0;
  for (uint8_t i = 0; i < 32; i++) {
    t += (int16_t)a[i] - b[i];
    r[i] = (uint8_t)t;
    t >>= 8; /* arithmetic on every compiler in use: 0 or -1 remains */
  }
  for (uint8_t pass = 0; pass < 2; pass++) {
    t *= 38;
    for (uint8_t i = 0; i < 32; i++) {
      t += r[i];
      r[i] = (uint8_t)t;
      t >>= 8;
    }
  }
}

void fe_canonical(fe r) {
  /* 2^255 = 19: first the top bit is folded (below 2^255 + 19 afterwards), then p is taken off if r + 19 reaches 2^255 */
  for (uint8_t pass = 0; pass < 2; pass++) {
    uint16_t t = pass == 0 ? 0 : 19;
    for (uint8_t i = 0; i < 31; i++) t = (t + r[i]) >> 8;
    t = 19 * ((t + r[31]) >> 7);
    r[31] &= 127;
    for (uint8_t i = 0; i < 32; i++) {
      t += r[i];
      r[i] = (uint8_t)t;
      t >>= 8;
    }
    if (pass) r[31] &= 127;
  }
}

/* a^(p - 2), p - 2 = 2^255 - 21, as steps {squarings, slot to multiply with, slot to keep the result in}; slot 3 is a, 4 is none.
 * The exponent after each step stands beside it, 2^n - 1 written as <n>. */
static const uint8_t inversion[][3] IN_FLASH = {
    {1, 4, 0},   /* 2 */
    {2, 3, 1},   /* 9 */
    {0, 0, 0},   /* 11 */
    {1, 1, 1},   /* 31 = <5> */
    {5, 1, 1},   /* <10> */
    {10, 1, 2},  /* <20> */
    {20, 2, 4},  /* <40> */
    {10, 1, 1},  /* <50> */
    {50, 1, 2},  /* <100> */
    {100, 2, 4}, /* <200> */
    {50, 1, 4},  /* <250> */
    {5, 0, 4},   /* 2^255 - 21 */
};

void fe_invert(fe r, const fe a, fe slots[3], crypto_scratch *s) {
  memcpy(r, a, sizeof(fe));
  for (uint8_t i = 0; i < sizeof inversion / sizeof inversion[0]; i++) {
    for (uint8_t n = flash_u8(&inversion[i][0]); n; n--) {
      fe_sq(r, r, s);
      if ((n & 15) == 0) ed25519_yield();
    }
    uint8_t with = flash_u8(&inversion[i][1]), keep = flash_u8(&inversion[i][2]);
    if (with < 4) fe_mul(r, r, with == 3 ? a : slots[with], s);
    if (keep < 3) memcpy(slots[keep], r, sizeof(fe));
    ed25519_yield();
  }
}
