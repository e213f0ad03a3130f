/* Arithmetic modulo p = 2^255 - 19. The kernels work in 32-bit words with 64-bit sums; on AVR ports/avr/fe25519.S replaces them by bytes. */
#include "fe25519.h"

#include <string.h> /* memcpy */

typedef uint32_t words[8];

/* w + 38 * carry, twice: the second fold takes the overflow of the first, after which none is left. Negative carries take away. */
static void fold(fe r, words w, int64_t carry) {
  for (uint8_t pass = 0; pass < 2; pass++) {
    int64_t t = 38 * carry;
    for (uint8_t i = 0; i < 8; i++) {
      t += w[i];
      w[i] = (uint32_t)t;
      t >>= 32; /* arithmetic on every compiler in use */
    }
    carry = t;
  }
  memcpy(r, w, sizeof(words));
}

KERNEL void fe_mul(fe r, const fe a, const fe b, crypto_scratch *s) {
  words x, y;
  uint32_t product[16] = {0};
  memcpy(x, a, sizeof x);
  memcpy(y, b, sizeof y);
  for (uint8_t i = 0; i < 8; i++) {
    uint64_t t = 0;
    for (uint8_t j = 0; j < 8; j++) {
      t += (uint64_t)x[i] * y[j] + product[i + j]; /* at most (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1 */
      product[i + j] = (uint32_t)t;
      t >>= 32;
    }
    product[i + 8] = (uint32_t)t;
  }
  int64_t t = 0;
  for (uint8_t i = 0; i < 8; i++) {
    t += (int64_t)product[i] + (int64_t)38 * product[i + 8]; /* 2^256 = 38 */
    x[i] = (uint32_t)t;
    t >>= 32;
  }
  fold(r, x, t);
  (void)s; /* room of the assembly kernel */
}

KERNEL void fe_sq(fe r, const fe a, crypto_scratch *s) { fe_mul(r, a, a, s); }

/* a + sign * b */
static void sum(fe r, const fe a, const fe b, int64_t sign) {
  words x, y;
  memcpy(x, a, sizeof x);
  memcpy(y, b, sizeof y);
  int64_t t = 0;
  for (uint8_t i = 0; i < 8; i++) {
    t += (int64_t)x[i] + sign * y[i];
    x[i] = (uint32_t)t;
    t >>= 32;
  }
  fold(r, x, t);
}

KERNEL void fe_add(fe r, const fe a, const fe b) { sum(r, a, b, 1); }

KERNEL void fe_sub(fe r, const fe a, const fe b) { sum(r, a, b, -1); }

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
  }
  r[31] &= 127;
}
