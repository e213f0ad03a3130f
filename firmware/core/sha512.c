/* SHA-512 by FIPS 180-4. The compression is a kernel: ports/avr/sha512.S replaces it on AVR, where 64-bit C is a library call a step. */
#include "sha512.h"

#include "crypto_flash.h" /* constants and pieces in flash */

#include <string.h> /* memcpy, memset */

/* FIPS 180-4, 5.3.5: fractions of the square roots of the first 8 primes */
static const uint64_t initial[8] IN_FLASH = {
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};

/* FIPS 180-4, 4.2.3: fractions of the cube roots of the first 80 primes. Not static: the assembly kernel reads them too. */
const uint64_t sha512_round_constants[80] IN_FLASH = {
    0x428A2F98D728AE22, 0x7137449123EF65CD, 0xB5C0FBCFEC4D3B2F, 0xE9B5DBA58189DBBC,
    0x3956C25BF348B538, 0x59F111F1B605D019, 0x923F82A4AF194F9B, 0xAB1C5ED5DA6D8118,
    0xD807AA98A3030242, 0x12835B0145706FBE, 0x243185BE4EE4B28C, 0x550C7DC3D5FFB4E2,
    0x72BE5D74F27B896F, 0x80DEB1FE3B1696B1, 0x9BDC06A725C71235, 0xC19BF174CF692694,
    0xE49B69C19EF14AD2, 0xEFBE4786384F25E3, 0x0FC19DC68B8CD5B5, 0x240CA1CC77AC9C65,
    0x2DE92C6F592B0275, 0x4A7484AA6EA6E483, 0x5CB0A9DCBD41FBD4, 0x76F988DA831153B5,
    0x983E5152EE66DFAB, 0xA831C66D2DB43210, 0xB00327C898FB213F, 0xBF597FC7BEEF0EE4,
    0xC6E00BF33DA88FC2, 0xD5A79147930AA725, 0x06CA6351E003826F, 0x142929670A0E6E70,
    0x27B70A8546D22FFC, 0x2E1B21385C26C926, 0x4D2C6DFC5AC42AED, 0x53380D139D95B3DF,
    0x650A73548BAF63DE, 0x766A0ABB3C77B2A8, 0x81C2C92E47EDAEE6, 0x92722C851482353B,
    0xA2BFE8A14CF10364, 0xA81A664BBC423001, 0xC24B8B70D0F89791, 0xC76C51A30654BE30,
    0xD192E819D6EF5218, 0xD69906245565A910, 0xF40E35855771202A, 0x106AA07032BBD1B8,
    0x19A4C116B8D2D0C8, 0x1E376C085141AB53, 0x2748774CDF8EEB99, 0x34B0BCB5E19B48A8,
    0x391C0CB3C5C95A63, 0x4ED8AA4AE3418ACB, 0x5B9CCA4F7763E373, 0x682E6FF3D6B2B8A3,
    0x748F82EE5DEFB2FC, 0x78A5636F43172F60, 0x84C87814A1F0AB72, 0x8CC702081A6439EC,
    0x90BEFFFA23631E28, 0xA4506CEBDE82BDE9, 0xBEF9A3F7B2C67915, 0xC67178F2E372532B,
    0xCA273ECEEA26619C, 0xD186B8C721C0C207, 0xEADA7DD6CDE0EB1E, 0xF57D4F7FEE6ED178,
    0x06F067AA72176FBA, 0x0A637DC5A2C898A6, 0x113F9804BEF90DAE, 0x1B710B35131C471B,
    0x28DB77F523047D84, 0x32CAAB7B40C72493, 0x3C9EBE0A15C9BEBC, 0x431D67C49C100D4C,
    0x4CC5D4BECB3E42B6, 0x597F299CFC657E2A, 0x5FCB6FAB3AD6FAEC, 0x6C44198C4A475817};

static uint64_t rotr(uint64_t x, uint8_t n) { return x >> n | x << (64 - n); }

/* FIPS 180-4, 6.4.2; the names are the standard's */
KERNEL void sha512_compress(crypto_scratch *s) {
  uint64_t v[8], w[16], state[8];
  memcpy(state, s->state, 64);
  memcpy(v, state, 64);
  memcpy(w, s->block, 128);
  for (uint8_t round = 0; round < 80; round++) {
    uint8_t i = round & 15;
    if (round >= 16) {
      uint64_t w1 = w[(i + 1) & 15], w14 = w[(i + 14) & 15];
      w[i] += (rotr(w1, 1) ^ rotr(w1, 8) ^ w1 >> 7) + w[(i + 9) & 15] + (rotr(w14, 19) ^ rotr(w14, 61) ^ w14 >> 6);
    }
    uint64_t a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
    uint64_t t1 = v[7] + (rotr(e, 14) ^ rotr(e, 18) ^ rotr(e, 41)) + ((e & f) ^ (~e & g)) +
                  flash_u64(&sha512_round_constants[round]) + w[i];
    uint64_t t2 = (rotr(a, 28) ^ rotr(a, 34) ^ rotr(a, 39)) + ((a & b) ^ (a & c) ^ (b & c));
    for (uint8_t j = 7; j > 0; j--) v[j] = v[j - 1];
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (uint8_t i = 0; i < 8; i++) state[i] += v[i];
  memcpy(s->state, state, 64);
  wipe(v, sizeof v);
  wipe(w, sizeof w);
}

void sha512_begin(crypto_scratch *s) {
  flash_copy(s->state, initial, 64);
  s->total = 0;
}

void sha512_add(crypto_scratch *s, const uint8_t *p, uint16_t n, uint8_t in_flash) {
  uint8_t fill = (uint8_t)s->total & 127;
  s->total += n;
  for (; n; n--, p++) {
    /* message words are big-endian (FIPS 180-4, 3.1), ours little-endian: byte k of a word goes to place 7 - k */
    s->block[fill ^ 7] = in_flash ? flash_u8(p) : *p;
    if (++fill == 128) {
      sha512_compress(s);
      fill = 0;
    }
  }
}

void sha512_add_pieces(crypto_scratch *s, const piece *pieces, uint8_t count) {
  for (; count; count--, pieces++) sha512_add(s, pieces->p, pieces->n, pieces->in_flash);
}

void sha512_end(uint8_t out[64], crypto_scratch *s) {
  uint8_t fill = (uint8_t)s->total & 127, byte = 0x80;
  for (;;) {
    s->block[fill++ ^ 7] = byte;
    byte = 0;
    if (fill == 112) break;
    if (fill == 128) {
      sha512_compress(s);
      fill = 0;
    }
  }
  /* FIPS 180-4, 5.1.2: the length in bits, in 16 bytes; ours stays below 2^32 */
  memset(s->block + 112, 0, 16);
  uint32_t bits = s->total << 3;
  memcpy(s->block + 120, &bits, 4);
  sha512_compress(s);
  for (uint8_t i = 0; i < 64; i++) out[i] = s->state[i ^ 7];
  wipe(s, sizeof *s);
}

void sha512_pieces(uint8_t out[64], const piece *pieces, uint8_t count, crypto_scratch *s) {
  sha512_begin(s);
  sha512_add_pieces(s, pieces, count);
  sha512_end(out, s);
}
