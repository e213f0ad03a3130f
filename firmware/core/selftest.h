/* Known answers of the cryptography, computed on the board itself. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdint.h> /* fixed widths */

enum { TEST_SHA512 = 1, TEST_BLAKE2S = 2, TEST_ED25519 = 4, TEST_EEPROM = 8, TEST_CANARY = 16, TEST_ALL = 31 };
/* Bit mask of what passed. Measures the time of a signature into `sign_ms`. */
uint8_t selftest(void);

#endif
