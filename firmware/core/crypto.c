/* The two small things every cryptographic file needs. */
#include "crypto.h"

uint8_t equal_ct(const uint8_t *a, const uint8_t *b, uint8_t n) {
  uint8_t differ = 0;
  while (n--) differ |= *a++ ^ *b++;
  /* 0 gives 0x100 >> 8 = 1, everything else at most 0xFF >> 8 = 0 without a branch */
  return (uint8_t)(((uint16_t)0x100 - differ) >> 8);
}

void wipe(void *p, uint16_t n) {
  volatile uint8_t *bytes = p;
  while (n--) *bytes++ = 0;
}
