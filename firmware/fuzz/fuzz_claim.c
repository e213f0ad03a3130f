/* The claim page, any bytes: a page is a claim only if magic, version and CRC are right and it is not burnt, by a second reading. */
#include "claim.h" /* what is tested */
#include "harness.h"

#include <stdlib.h> /* size_t */
#include <string.h> /* memcpy */

static uint16_t crc_of(const uint8_t *p, uint32_t n) {
  uint16_t crc = 0xFFFF;
  while (n--) {
    crc ^= (uint16_t)(*p++ << 8);
    for (uint8_t bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > 129) return -1;
  uint8_t *page = vb_flash + BOARD_CLAIM_AT, cid[4], key[32];
  memset(page, 0xFF, BOARD_PAGE);
  memcpy(page, data + 1, size - 1);
  if (data[0] & 1) memcpy(page, "KZCL\1", 5);
  if (data[0] & 2) {
    uint16_t crc = crc_of(page, 44);
    page[44] = (uint8_t)(crc >> 8);
    page[45] = (uint8_t)crc;
  }
  uint8_t magic = !memcmp(page, "KZCL\1", 5), burnt = page[6] & 1;
  uint16_t stored = (uint16_t)(page[44] << 8 | page[45]);
  uint8_t expected = !magic ? CLAIM_NONE : burnt ? CLAIM_BURNT : crc_of(page, 44) == stored ? CLAIM_VALID : CLAIM_NONE;
  if (claim_kind() != expected) broken("the page is taken for something else");
  if (claim_baud() != (magic ? page[5] : 0xFF)) broken("the baud index");
  claim_cid(cid);
  claim_key(key);
  if (memcmp(cid, page + 8, 4) || memcmp(key, page + 12, 32)) broken("cid or key");
  return 0;
}
