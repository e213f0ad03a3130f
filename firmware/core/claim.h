/* The claim page: one page of program memory that the flasher writes, so that only whoever flashed the board can give it keys. */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdint.h> /* fixed widths */

enum { CLAIM_NONE, CLAIM_BURNT, CLAIM_VALID };
#define CLAIM_FLAG_BURNT 1
#define CLAIM_FLAG_WEAK_ENTROPY 2

/* What stands there. A page that is neither burnt nor whole is none. */
uint8_t claim_kind(void);
uint8_t claim_flags(void);
void claim_cid(uint8_t cid[4]);
void claim_key(uint8_t key[32]);
/* Index of the baud rate the flasher chose, by the page's table; 0xFF if the page does not say. */
uint8_t claim_baud(void);

#endif
