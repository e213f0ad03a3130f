/* Keys: born under a claim, rotated and wiped under the owner's key. */
#ifndef PROVISION_H
#define PROVISION_H

#include <stdint.h> /* fixed widths */

/* Takes a COSE_Mac0 body in the state BLANK; makes keys and sends the first identity if it is a right `provision`. */
void take_provision(const uint8_t *body, uint8_t n);
/* `hr` stands in overlay.capture.bd. */
void rotate_keys(void);
void wipe_keys(void);

#endif
