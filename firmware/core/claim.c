/* Layout: "KZCL", version 1, baud index, flags, 0, cid 4, K_claim 32, CRC-16 over the 44 bytes in front of it, big-endian. Burning keeps
 * the first six bytes, sets the flag and zeroes the rest. */
#include "claim.h"

#include "crc16.h" /* check of the page */
#include "port.h"  /* program memory */

#define AT_VERSION 4
#define AT_BAUD 5
#define AT_FLAGS 6
#define AT_CID 8
#define AT_KEY 12
#define AT_CRC 44

static uint8_t page(uint8_t at) { return program_byte(BOARD_CLAIM_AT + at); }

static uint8_t magic_right(void) {
  return page(0) == 'K' && page(1) == 'Z' && page(2) == 'C' && page(3) == 'L' && page(AT_VERSION) == 1;
}

uint8_t claim_flags(void) { return page(AT_FLAGS); }

uint8_t claim_kind(void) {
  if (!magic_right()) return CLAIM_NONE;
  if (claim_flags() & CLAIM_FLAG_BURNT) return CLAIM_BURNT;
  uint16_t crc = 0xFFFF;
  for (uint8_t i = 0; i < AT_CRC + 2; i++) crc = crc16_add(crc, page(i));
  return crc == 0 ? CLAIM_VALID : CLAIM_NONE;
}

void claim_cid(uint8_t cid[4]) {
  for (uint8_t i = 0; i < 4; i++) cid[i] = page(AT_CID + i);
}

void claim_key(uint8_t key[32]) {
  for (uint8_t i = 0; i < 32; i++) key[i] = page(AT_KEY + i);
}

uint8_t claim_baud(void) { return magic_right() ? page(AT_BAUD) : 0xFF; }
