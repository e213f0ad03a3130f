/* Signed records: seal, identity, event. One counter, one chain. */
#ifndef SIGNED_H
#define SIGNED_H

#include <stdint.h> /* fixed widths */

/* Signs the payload at TX_PAYLOAD that ends at `end`, notes it in the chain, and only then sends it. The record number must be open.
 * Returns 0 if the note could not be written: then nothing was sent. */
uint8_t record_sign(uint8_t *end, const char *aad);
/* Sends an identity under the record number that is open. */
uint8_t identity_send(uint8_t why, const uint8_t nonce[16]);
/* Takes a record number and sends an event with {1: number}, {1: 32 bytes}, or, both null, no entry. */
uint8_t event_send(uint8_t code, const uint32_t *number, const uint8_t *bytes);

#endif
