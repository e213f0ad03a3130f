/* What the cryptographic files share: messages as pieces, the RAM they lend each other, and the kernels a port may replace. */
#ifndef CRYPTO_H
#define CRYPTO_H

#include <stdint.h> /* fixed widths: every size here is part of an algorithm */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "every board and host in use is little-endian; words are stored as they are");

/* One stretch of a message. A message is a list of pieces, so that a signed structure is never built in RAM. */
typedef struct {
  const uint8_t *p;
  uint16_t n;
  uint8_t in_flash; /* 1: p is a flash address (AVR); elsewhere flash is ordinary memory and this is ignored */
} piece;

/* Working RAM of SHA-512 and of the curve, lent by the caller for one call and holding nothing between calls. The two are never live
 * together, so they share it. Its bytes are wiped before a function returns. */
#define CRYPTO_SCRATCH_BYTES 384
typedef struct crypto_scratch {
  union {
    struct {
      uint8_t block[128]; /* 16 message words, little-endian; becomes the message schedule's ring */
      uint8_t slide[128]; /* working variables a..h, and room for them to slide */
      uint8_t state[64];  /* SHA-512 chaining value, 8 words, little-endian */
      uint32_t total;     /* message bytes so far */
    };
    struct {
      uint8_t field[128];   /* product, differences and middle product of one field multiplication */
      uint8_t point[8][32]; /* point under way, table entry, one element to spare (ed25519_point.h) */
    };
  };
} crypto_scratch;
_Static_assert(sizeof(crypto_scratch) == CRYPTO_SCRATCH_BYTES, "CRYPTO_SCRATCH_BYTES is what callers reserve");

/* A kernel: written here in C and, where a port has it in assembly, replaced by that at link time. Both give the same bytes. */
#define KERNEL __attribute__((weak, noinline))

/* 1 if n bytes are equal, else 0; the time depends on n only. */
uint8_t equal_ct(const uint8_t *a, const uint8_t *b, uint8_t n);

/* Zeroes n bytes in a way no compiler drops. */
void wipe(void *p, uint16_t n);

#endif
