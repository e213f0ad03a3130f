/* Inputs are the bytes 0, 1, 2 ... made by a loop, answers are eight bytes of a digest: no key-like constant stands in the image. */
#include "selftest.h"

#include "cose.h"     /* TX buffer as working place */
#include "ed25519.h"  /* signer */
#include "messages.h" /* sign_ms */
#include "records.h"  /* storage */
#include "sha512.h"   /* hash */
#include "stack.h"    /* depth of the signer */

#include <string.h> /* memcpy */

/* First 8 bytes of SHA-512 and BLAKE2s-256 of the bytes 0..31, and of BLAKE2s-256 of the Ed25519 signature over those bytes by the key whose
 * seed they are. test/firmware recomputes all three with another implementation. */
static const uint8_t answers[3][8] IN_FLASH = {
    {0x3D, 0x94, 0xEE, 0xA4, 0x9C, 0x58, 0x0A, 0xEF},
    {0x05, 0x82, 0x56, 0x07, 0xD7, 0xFD, 0xF2, 0xD8},
    {0x1D, 0xBF, 0xFA, 0x91, 0x19, 0xA2, 0x4B, 0x16},
};

static uint8_t answer_right(uint8_t which, const uint8_t *digest) {
  uint8_t differ = 0;
  for (uint8_t i = 0; i < 8; i++) differ |= digest[i] ^ flash_u8(&answers[which][i]);
  return differ == 0;
}

static void blake2s_of(uint8_t out[32], const uint8_t *p, uint8_t n) {
  blake2s_init(&overlay.talk.hash.v);
  blake2s_update(&overlay.talk.hash, p, n);
  blake2s_final(&overlay.talk.hash, out);
}

uint8_t selftest(void) {
  uint8_t passed = 0, digest[64];
  uint8_t *seed = overlay.talk.tx, *pk = seed + 32, *signature = seed + 64;
  piece message = {seed, 32, 0};
  ticks48 from, to;
  for (uint8_t i = 0; i < 32; i++) seed[i] = i;
  sha512_pieces(digest, &message, 1, &overlay.talk.scratch);
  if (answer_right(0, digest)) passed |= TEST_SHA512;
  blake2s_of(digest, seed, 32);
  if (answer_right(1, digest)) passed |= TEST_BLAKE2S;
  stack_deep_begin();
  ed25519_public(pk, seed, &overlay.talk.scratch);
  port_ticks(&from);
  ed25519_sign(signature, seed, pk, &message, 1, &overlay.talk.scratch);
  port_ticks(&to);
  stack_deep_end(); /* restarts the board if a canary was hit */
  passed |= TEST_CANARY;
  blake2s_of(digest, signature, 64);
  if (answer_right(2, digest)) passed |= TEST_ED25519;
  if (identity_readable()) passed |= TEST_EEPROM;
  /* Longest message: two more SHA-512 blocks in each of the two hashes, and the interrupts of a busy line. */
  uint32_t ticks = (to.hi - from.hi) * 65536UL + to.lo - from.lo;
  sign_ms = ticks / (BOARD_HZ / 1000) * 9 / 8 + 20;
  return passed;
}
