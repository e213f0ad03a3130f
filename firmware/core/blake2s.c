/* BLAKE2s-256 by RFC 7693. The compression is a kernel: ports/avr/blake2s.S replaces it on AVR. */
#include "blake2s.h"

#include "crypto.h"       /* KERNEL */
#include "crypto_flash.h" /* sigma stays in flash */

#include <string.h> /* memcpy, memset */

/* RFC 7693, 2.6. Not static: the assembly kernel reads it too. */
const uint32_t blake2s_iv[8] IN_FLASH = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                       0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

/* RFC 7693, 2.7; two message indices a byte, the one used first in the low half. */
static const uint8_t sigma[10][8] IN_FLASH = {
    {0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE}, {0xAE, 0x84, 0xF9, 0x6D, 0xC1, 0x20, 0x7B, 0x35},
    {0x8B, 0x0C, 0x25, 0xDF, 0xEA, 0x63, 0x17, 0x49}, {0x97, 0x13, 0xCD, 0xEB, 0x62, 0xA5, 0x04, 0x8F},
    {0x09, 0x75, 0x42, 0xFA, 0x1E, 0xCB, 0x86, 0xD3}, {0xC2, 0xA6, 0xB0, 0x38, 0xD4, 0x57, 0xEF, 0x91},
    {0x5C, 0xF1, 0xDE, 0xA4, 0x70, 0x36, 0x29, 0xB8}, {0xBD, 0xE7, 0x1C, 0x93, 0x05, 0x4F, 0x68, 0xA2},
    {0xF6, 0x9E, 0x3B, 0x80, 0x2C, 0x7D, 0x41, 0x5A}, {0x2A, 0x48, 0x67, 0x51, 0xBF, 0xE9, 0xC3, 0x0D}};

static uint32_t rotr(uint32_t x, uint8_t n) { return x >> n | x << (32 - n); }

static uint32_t message_word(const uint8_t *block, uint8_t i) {
  uint32_t word;
  memcpy(&word, block + 4 * i, 4);
  return word;
}

/* RFC 7693, 3.1 */
static void mix(uint32_t *v, uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint32_t x, uint32_t y) {
  v[a] += v[b] + x;
  v[d] = rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = rotr(v[b] ^ v[c], 7);
}

/* RFC 7693, 3.2 */
KERNEL void blake2s_compress(blake2s_value *value, const uint8_t block[64], uint8_t last) {
  uint32_t v[16];
  for (uint8_t i = 0; i < 8; i++) {
    v[i] = value->h[i];
    v[i + 8] = flash_u32(&blake2s_iv[i]);
  }
  v[12] ^= value->t;
  if (last) v[14] = ~v[14];
  for (uint8_t r = 0; r < 10; r++) {
    for (uint8_t i = 0; i < 8; i++) {
      uint8_t pair = flash_u8(&sigma[r][i]);
      uint32_t x = message_word(block, pair & 15), y = message_word(block, pair >> 4);
      uint8_t k = i & 3;
      if (i < 4)
        mix(v, k, k + 4, k + 8, k + 12, x, y);
      else
        mix(v, k, 4 + ((k + 1) & 3), 8 + ((k + 2) & 3), 12 + ((k + 3) & 3), x, y);
    }
  }
  for (uint8_t i = 0; i < 8; i++) value->h[i] ^= v[i] ^ v[i + 8];
}

void blake2s_init(blake2s_value *v) {
  flash_copy(v->h, blake2s_iv, 32);
  v->h[0] ^= 0x01010020; /* digest length 32, no key, fanout 1, depth 1 (RFC 7693, 2.5) */
  v->t = 0;
  v->fill = 0;
}

void blake2s_update(blake2s_state *s, const uint8_t *p, uint16_t n) {
  if (n == 0) return;
  uint8_t room = 64 - s->v.fill;
  if (n > room && s->v.fill > 0) {
    memcpy(s->buf + s->v.fill, p, room);
    p += room;
    n -= room;
    s->v.t += 64;
    blake2s_compress(&s->v, s->buf, 0);
    s->v.fill = 0;
  }
  if (s->v.fill == 0) {
    /* a block goes only when more bytes follow it: the last one needs its flag */
    while (n > 64) {
      s->v.t += 64;
      blake2s_compress(&s->v, p, 0);
      p += 64;
      n -= 64;
    }
  }
  memcpy(s->buf + s->v.fill, p, n);
  s->v.fill += (uint8_t)n;
}

void blake2s_final(blake2s_state *s, uint8_t out[32]) {
  s->v.t += s->v.fill;
  memset(s->buf + s->v.fill, 0, 64 - s->v.fill);
  blake2s_compress(&s->v, s->buf, 0xFF);
  memcpy(out, s->v.h, 32);
}
