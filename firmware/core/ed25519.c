/* Ed25519 by RFC 8032, 5.1.5 and 5.1.6: extended twisted Edwards coordinates, fixed-base comb. */
#include "ed25519.h"

#include "comb25519.h"      /* multiples of the base point */
#include "crypto_flash.h"   /* the table's addend */
#include "ed25519_scalar.h" /* arithmetic modulo L */
#include "fe25519.h"        /* arithmetic modulo p */
#include "sha512.h"         /* key expansion, nonce, challenge */

#include <string.h> /* memcpy, memset */

/* A point (x : y : z), t = xy/z, and the room that the formulas use. */
typedef struct {
  fe x, y, z, t;
  fe q[3]; /* table entry y-x, y+x, 2dxy of an affine point; later slots of the inversion */
  fe spare;
} point;

__attribute__((weak)) void ed25519_yield(void) {}

/* dbl-2008-hwcd for a = -1, all four factors negated (products of two do not notice): t is wanted by the addition that follows. */
static void point_double(point *p, crypto_scratch *s) {
  fe_add(p->t, p->x, p->y);
  fe_sq(p->t, p->t, s);
  fe_sq(p->x, p->x, s);
  fe_sq(p->y, p->y, s);
  fe_sq(p->z, p->z, s);
  fe_add(p->z, p->z, p->z);
  fe_add(p->spare, p->x, p->y);   /* -H */
  fe_sub(p->t, p->spare, p->t);   /* -E */
  fe_sub(p->y, p->x, p->y);       /* -G */
  fe_add(p->z, p->z, p->y);       /* -F */
  fe_mul(p->x, p->t, p->z, s);
  fe_mul(p->z, p->z, p->y, s);
  fe_mul(p->y, p->y, p->spare, s);
  fe_mul(p->t, p->t, p->spare, s);
}

/* madd-2008-hwcd-3: p += q, complete for every pair of points. `more`: another addition follows and wants t. */
static void point_add(point *p, uint8_t more, crypto_scratch *s) {
  fe_sub(p->spare, p->y, p->x);
  fe_mul(p->spare, p->spare, p->q[0], s); /* A */
  fe_add(p->y, p->y, p->x);
  fe_mul(p->y, p->y, p->q[1], s); /* B */
  fe_mul(p->t, p->t, p->q[2], s); /* C */
  fe_sub(p->x, p->y, p->spare);   /* E */
  fe_add(p->y, p->y, p->spare);   /* H */
  fe_add(p->z, p->z, p->z);       /* D */
  fe_sub(p->spare, p->z, p->t);   /* F */
  fe_add(p->t, p->z, p->t);       /* G */
  fe_mul(p->z, p->spare, p->t, s);
  if (more) fe_mul(p->q[0], p->x, p->y, s);
  fe_mul(p->x, p->x, p->spare, s);
  fe_mul(p->y, p->y, p->t, s);
  if (more) memcpy(p->t, p->q[0], sizeof(fe));
}

KERNEL void comb25519_load(uint8_t q[96], uint8_t entry) {
  memset(q, 0, 96);
  for (uint8_t i = 0; i < COMB_BLOCKS * COMB_ENTRIES; i++) {
    uint8_t differ = i ^ entry;
    uint8_t mask = (uint8_t)(((uint16_t)differ - 1) >> 8); /* 0xFF only for the entry asked for */
    for (uint8_t j = 0; j < 96; j++) q[j] |= flash_u8(&comb25519[i][j]) & mask;
  }
}

/* q = the table point of a block, negated by mask `negative`: -(x, y) = (-x, y) swaps y-x with y+x and negates 2dxy. */
static void select_entry(fe q[3], uint8_t block, uint8_t index, uint8_t negative) {
  fe minus;
  comb25519_load(q[0], (uint8_t)(block * COMB_ENTRIES + index));
  memset(minus, 0, sizeof minus);
  fe_sub(minus, minus, q[2]);
  for (uint8_t i = 0; i < 32; i++) {
    uint8_t swap = (q[0][i] ^ q[1][i]) & negative;
    q[0][i] ^= swap;
    q[1][i] ^= swap;
    q[2][i] ^= (q[2][i] ^ minus[i]) & negative;
  }
}

static uint8_t bit(const uint8_t k[32], uint16_t i) { return i < 256 ? k[i >> 3] >> (i & 7) & 1 : 0; }

/* out = encoding of k times the base point, for any k below 2^255. Lim-Lee comb with digits +-1: after the recoding
 * k = sum over i of (2 k'_i - 1) 2^i, so no column is zero and every column costs the same. */
static void base_multiply(uint8_t out[32], const uint8_t k[32], crypto_scratch *s) {
  point p;
  uint8_t digits[32];
  memcpy(digits, k, 32);
  scalar_halve(digits, comb25519_addend);
  memset(&p, 0, sizeof p);
  p.y[0] = 1;
  p.z[0] = 1;
  for (uint8_t column = COMB_COLUMNS; column--;) {
    if (column != COMB_COLUMNS - 1) point_double(&p, s);
    for (uint8_t block = 0; block < COMB_BLOCKS; block++) {
      uint16_t at = (uint16_t)(column + COMB_COLUMNS * (block + COMB_BLOCKS * (COMB_WIDTH - 1)));
      uint8_t positive = (uint8_t)-bit(digits, at); /* 0xFF if the top digit is +1 */
      uint8_t index = 0;
      for (uint8_t tooth = COMB_WIDTH - 1; tooth--;) {
        at -= COMB_COLUMNS * COMB_BLOCKS;
        index = (uint8_t)(index << 1 | bit(digits, at));
      }
      index ^= (uint8_t)~positive & (COMB_ENTRIES - 1);
      select_entry(p.q, block, index, (uint8_t)~positive);
      point_add(&p, block + 1 < COMB_BLOCKS, s);
    }
    ed25519_yield();
  }
  fe_invert(p.t, p.z, p.q, s);
  fe_mul(p.x, p.x, p.t, s);
  fe_mul(p.y, p.y, p.t, s);
  fe_canonical(p.x);
  fe_canonical(p.y);
  memcpy(out, p.y, 32);
  out[31] |= (uint8_t)(p.x[0] << 7);
  wipe(&p, sizeof p);
  wipe(digits, sizeof digits);
  wipe(s, sizeof *s);
}

/* h = clamped scalar ‖ prefix (RFC 8032, 5.1.5) */
static void expand(uint8_t h[64], const uint8_t seed[32], crypto_scratch *s) {
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
  sha512_end(wide, s);
  scalar_reduce(r, wide);
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
