/* The firmware's cryptography alone on an ATmega328P. The test writes operands into `io` and an operation into `command`; GPIOR0 is 1 while
 * the operation runs, so that cycles are counted between two writes; every yield of the signer writes GPIOR1. */
#include <avr/io.h>

#include "blake2s.h"
#include "crc16.h"
#include "ed25519.h"
#include "ed25519_point.h"
#include "ed25519_scalar.h"
#include "hmac.h"
#include "sha512.h"

#include <string.h>

void cobs_stuff(uint8_t *code, uint8_t n);
void comb25519_load(fe q[3], uint8_t entry);

volatile uint8_t command;
uint8_t io[448];
static crypto_scratch scratch;
uint32_t blake2s_work[16];
static blake2s_state *const state = (blake2s_state *)&scratch; /* never live together here, and the stack needs the room */

void ed25519_yield(void) { GPIOR1 = 1; }

static void run(uint8_t op) {
  piece message = {io + 130, (uint16_t)(io[128] | io[129] << 8), 0};
  GPIOR0 = 1;
  switch (op) {
    case 'b': /* BLAKE2s of io[130..), length in io[128..129] */
      blake2s_init(&state->v);
      blake2s_update(state, message.p, message.n);
      blake2s_final(state, io);
      break;
    case 'w': /* a window of a capture: 32 frames of one length */
      blake2s_init(&state->v);
      for (uint8_t i = 0; i < 32; i++) blake2s_update(state, message.p, message.n);
      blake2s_final(state, io);
      break;
    case 'B': blake2s_compress((blake2s_value *)io, io + 192, io[191]); break;
    case 'h': sha512_pieces(io, &message, 1, &scratch); break;
    case 'H': sha512_compress((crypto_scratch *)io); break;
    case 'm': hmac_sha512(io, io + 64, &message, 1, &scratch); break;
    case 'k': ed25519_public(io, io + 64, &scratch); break;
    case 's': ed25519_sign(io, io + 64, io + 96, &message, 1, &scratch); break;
    case '*': fe_mul(io, io + 32, io + 64, &scratch); break;
    case '2': fe_sq(io, io + 32, &scratch); break;
    case '+': fe_add(io, io + 32, io + 64); break;
    case '-': fe_sub(io, io + 32, io + 64); break;
    case 'i':
      memcpy(scratch.point, io, 256);
      point_affine(&scratch);
      memcpy(io, scratch.point, 256);
      break;
    case 'c': comb25519_load((fe *)io, io[128]); break;
    case 'r': scalar_reduce(io, io + 64); break;
    case 'a': scalar_muladd(io, io + 32, io + 64, io + 96); break;
    case 'C': { /* CRC of a message, most significant byte first */
      uint16_t crc = crc16(0xFFFF, message.p, io[128]);
      io[0] = (uint8_t)(crc >> 8);
      io[1] = (uint8_t)crc;
      break;
    }
    case 'Z': cobs_stuff(io + 129, io[128]); break;
    case '=': io[0] = equal_ct(io + 64, io + 128, 64); break;
    default: break;
  }
  GPIOR0 = 0;
}

int main(void) {
  for (;;) {
    uint8_t op;
    while ((op = command) == 0) {
    }
    run(op);
    command = 0;
  }
}
