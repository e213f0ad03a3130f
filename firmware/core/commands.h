/* Commands under a MAC: what a host or an owner may ask. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h> /* fixed widths */

/* Work that follows an acknowledgement and takes long. */
enum { JOB_NONE, JOB_CAPTURE, JOB_IDENTIFY, JOB_ROTATE, JOB_WIPE };
/* Reads a hold of 0..600,000 ms. */
uint32_t in_hold(void);
/* A hold in beats of 65,536 ticks, rounded up: at 2 MHz, 16 beats are 524.288 ms. */
uint16_t hold_beats(uint32_t ms);
/* Takes a COSE_Mac0 body in the state IDLE; returns the job it asks for. What the job needs of the body stands in overlay.capture by then:
 * the plan, an identity's nonce in `chal`, a rotation's `hr` in `bd`. */
uint8_t take_command(const uint8_t *body, uint8_t n);

#endif
