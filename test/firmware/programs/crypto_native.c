/* The firmware's cryptography as a filter: requests on stdin, answers on stdout, both plain bytes, so that one process serves a whole
 * batch. A request is an operation byte, a little-endian length and that many bytes; a message starts with its number of pieces and their
 * lengths. */
#include "blake2s.h"
#include "ed25519.h"
#include "ed25519_point.h"
#include "ed25519_scalar.h"
#include "hmac.h"
#include "sha512.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t request[70000];
static crypto_scratch scratch;

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

/* Each piece gets memory of its own, so that a sanitizer sees a read beyond it. */
static uint8_t pieces_of(const uint8_t *p, piece *pieces) {
  uint8_t count = p[0];
  const uint8_t *data = p + 1 + 2 * count;
  for (uint8_t i = 0; i < count; i++) {
    uint16_t n = u16(p + 1 + 2 * i);
    uint8_t *own = malloc(n ? n : 1);
    memcpy(own, data, n);
    pieces[i] = (piece){own, n, 0};
    data += n;
  }
  return count;
}

static void drop(piece *pieces, uint8_t count) {
  while (count--) free((void *)pieces[count].p);
}

int main(void) {
  uint8_t head[3], out[192];
  piece pieces[16];
  while (fread(head, 1, 3, stdin) == 3) {
    uint16_t n = u16(head + 1);
    size_t length = 0;
    if (fread(request, 1, n, stdin) != n) return 2;
    switch (head[0]) {
      case 'b': { /* BLAKE2s */
        uint8_t count = pieces_of(request, pieces);
        blake2s_state state;
        blake2s_init(&state.v);
        for (uint8_t i = 0; i < count; i++) blake2s_update(&state, pieces[i].p, pieces[i].n);
        blake2s_final(&state, out);
        drop(pieces, count);
        length = 32;
        break;
      }
      case 'B': { /* one compression: chaining value, counter, flag, block */
        blake2s_value state;
        memcpy(state.h, request, 32);
        memcpy(&state.t, request + 32, 4);
        blake2s_compress(&state, request + 37, request[36]);
        memcpy(out, state.h, 32);
        length = 32;
        break;
      }
      case 'h': { /* SHA-512 */
        uint8_t count = pieces_of(request, pieces);
        sha512_pieces(out, pieces, count, &scratch);
        drop(pieces, count);
        length = 64;
        break;
      }
      case 'H': /* one compression: state, block */
        memcpy(scratch.state, request, 64);
        memcpy(scratch.block, request + 64, 128);
        sha512_compress(&scratch);
        memcpy(out, scratch.state, 64);
        length = 64;
        break;
      case 'm': { /* HMAC */
        uint8_t count = pieces_of(request + 32, pieces);
        hmac_sha512(out, request, pieces, count, &scratch);
        drop(pieces, count);
        length = 64;
        break;
      }
      case 'k':
        ed25519_public(out, request, &scratch);
        length = 32;
        break;
      case 's': {
        uint8_t count = pieces_of(request + 64, pieces);
        ed25519_sign(out, request, request + 32, pieces, count, &scratch);
        drop(pieces, count);
        length = 64;
        break;
      }
      case 'f': /* a, b: product, square, sum, difference */
        fe_mul(out, request, request + 32, &scratch);
        fe_sq(out + 32, request, &scratch);
        fe_add(out + 64, request, request + 32);
        fe_sub(out + 96, request, request + 32);
        length = 128;
        break;
      case 'i': { /* inverse, smallest representative */
        fe *point = scratch.point;
        memset(point, 0, sizeof scratch.point);
        point[X][0] = 1;
        memcpy(point[Y], request, 32);
        memcpy(point[Z], request, 32);
        point_affine(&scratch);
        memcpy(out, point[X], 32);
        memcpy(out + 32, request, 32);
        fe_canonical(out + 32);
        length = 64;
        break;
      }
      case 'r':
        scalar_reduce(out, request);
        length = 32;
        break;
      case 'a':
        scalar_muladd(out, request, request + 32, request + 64);
        length = 32;
        break;
      case '=':
        out[0] = equal_ct(request, request + n / 2, (uint8_t)(n / 2));
        length = 1;
        break;
      default:
        return 3;
    }
    if (fwrite(out, 1, length, stdout) != length) return 4;
  }
  return 0;
}
