/* Ed25519 by RFC 8032, 5.1.5 and 5.1.6: fixed-base comb. */
#include "ed25519.h"

#include "board.h"          /* how large a table fits */
#if BOARD_COMB == 2
#include "comb25519_2.h" /* multiples of the base point */
#elif BOARD_COMB == 4
#include "comb25519_4.h" /* multiples of the base point */
#else
#include "comb25519.h" /* multiples of the base point */
#endif
#include "crypto_flash.h"   /* the comb's constants */
#include "ed25519_point.h"  /* curve */
#include "ed25519_scalar.h" /* arithmetic modulo L */
#include "sha512.h"         /* key expansion, nonce, challenge */

#include <string.h> /* memcpy, memset */

__attribute__((weak)) void ed25519_yield(void) {}

KERNEL void comb25519_load(fe q[3], uint8_t entry) {
  memset(q, 0, 3 * sizeof(fe));
  for (uint8_t i = 0; i < COMB_ENTRIES; i++) {
    uint8_t differ = i ^ entry;
    uint8_t mask = (uint8_t)(((uint16_t)differ - 1) >> 8); /* 0xFF only for the entry asked for */
    for (uint8_t j = 0; j < 3; j++)
      for (uint8_t k = 0; k < 32; k++) q[j][k] |= flash_u8(&comb25519[i][j][k]) & mask;
  }
}

static uint8_t bit(const uint8_t k[32], uint8_t i) { return k[i >> 3] >> (i & 7) & 1; }

/* out = encoding of k times the base point, k = sum over i of (2 digits_i - 1) 2^i. Comb with digits +-1 (Lim and Lee 1994; Hedabou, Pinel
 * and Bénéteau 2005): no column is zero and every column costs the same. */
static __attribute__((noinline)) void comb_multiply(uint8_t out[32], const uint8_t digits[32], crypto_scratch *s) {
  fe *p = s->point;
  memset(p, 0, sizeof s->point);
  p[Y][0] = 1;
  p[Z][0] = 1;
  for (uint8_t column = COMB_COLUMNS; column--;) {
    if (column != COMB_COLUMNS - 1) point_double(s);
    uint8_t at = column + COMB_COLUMNS * (COMB_WIDTH - 1);
    uint8_t negative = bit(digits, at) - 1; /* 0xFF if the top digit is -1: then the negative of the complement is added */
    uint8_t entry = 0;
    for (uint8_t tooth = COMB_WIDTH - 1; tooth--;) {
      at -= COMB_COLUMNS;
      entry = (uint8_t)(entry << 1 | bit(digits, at));
    }
    comb25519_load(p + Q0, (entry ^ negative) & (COMB_ENTRIES - 1));
    point_add(s, negative);
    ed25519_yield();
  }
  point_affine(s);
  ed25519_yield();
  memcpy(out, p[Y], 32);
  out[31] |= (uint8_t)(p[X][0] << 7);
}

/* out = encoding of k times the base point, for any k below 2^256. */
static void base_multiply(uint8_t out[32], const uint8_t k[32], crypto_scratch *s) {
  uint8_t digits[32];
  flash_copy(s->block, comb25519_recoding, 64);
  scalar_muladd(digits, k, s->block, s->block + 32); /* k / 2 + (2^d - 1) / 2 for d digits */
  comb_multiply(out, digits, s);
  wipe(digits, sizeof digits);
  wipe(s, sizeof *s);
}

/* h = clamped scalar ‖ prefix (RFC 8032, 5.1.5) */
static __attribute__((noinline)) void expand(uint8_t h[64], const uint8_t seed[32], crypto_scratch *s) {
  piece p = {seed, 32, 0};
  sha512_pieces(h, &p, 1, s);
  h[0] &= 248;
  h[31] = (uint8_t)((h[31] & 127) | 64);
}

/* r = SHA-512(first ‖ second ‖ msg) mod L; second may be 0. Apart, so that its 64 bytes are gone before the point multiplication. */
static __attribute__((noinline)) void hash_to_scalar(uint8_t r[32], const uint8_t first[32], const uint8_t *second,
                                                     const piece *msg, uint8_t count, crypto_scratch *s) {
  uint8_t wide[64];
  sha512_begin(s);
  sha512_add(s, first, 32, 0);
  if (second) sha512_add(s, second, 32, 0);
  sha512_add_pieces(s, msg, count);
  ed25519_yield();
  sha512_end(wide, s);
  scalar_reduce(r, wide);
  ed25519_yield();
}

void ed25519_public(uint8_t pk[32], const uint8_t seed[32], crypto_scratch *s) {
  uint8_t h[64];
  expand(h, seed, s);
  base_multiply(pk, h, s);
  wipe(h, sizeof h);
}

void ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pk[32], const piece *msg, uint8_t count, crypto_scratch *s) {
  uint8_t h[64]; /* scalar ‖ prefix, then scalar ‖ nonce */
  expand(h, seed, s);
  hash_to_scalar(h + 32, h + 32, 0, msg, count, s);
  base_multiply(sig, h + 32, s);
  hash_to_scalar(sig + 32, sig, pk, msg, count, s);
  scalar_muladd(sig + 32, sig + 32, h, h + 32);
  wipe(h, sizeof h);
}
