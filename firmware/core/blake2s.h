/* BLAKE2s-256 (RFC 7693), unkeyed, no parameters: the hash of captures, record chain and firmware. */
#ifndef BLAKE2S_H
#define BLAKE2S_H

#include <stdint.h> /* word sizes of the algorithm */

/* 101 bytes on AVR. The work vector of a compression is not part of it: hashes take turns, so the AVR kernel keeps one for all of them at
 * `blake2s_work` (16 words, core/overlay.h), and the stack stays flat while a capture streams. */
typedef struct {
  uint32_t h[8]; /* chaining value */
  uint32_t t;    /* bytes compressed so far; messages end below 2^32 bytes, so the counter's upper word is 0 (RFC 7693, 3.2) */
  uint8_t fill;  /* bytes in buf, 0..64 */
} blake2s_value;

typedef struct blake2s_state {
  blake2s_value v;
  uint8_t buf[64]; /* bytes that do not yet fill a block, or the last block, which is kept until it is known to be the last */
} blake2s_state;

void blake2s_init(blake2s_value *v);

/* Adds n bytes. Blocks that lie whole in the input are compressed in place; only the edges are copied. */
void blake2s_update(blake2s_state *s, const uint8_t *p, uint16_t n);

/* Writes the digest and leaves the state unusable until the next init. */
void blake2s_final(blake2s_state *s, uint8_t out[32]);

extern const uint32_t blake2s_iv[8];

/* Kernel: one compression of 64 bytes into v->h; v->t must already count them. `last` is 0xFF for the last block, else 0. */
void blake2s_compress(blake2s_value *value, const uint8_t block[64], uint8_t last);

#endif
