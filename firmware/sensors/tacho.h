/* Pulses of a shaft on the time base's capture pin, reported in a slot of the converter's rotation: the slot's own conversion is thrown away,
 * and its value says when the last edge was.
 *
 *   bits 0, 1   1 or 2, changing with each edge, so that an edge is seen whatever its tick, and two in one scan are noticed
 *   bits above  tick of the last edge, from bit `shift` up (begin.cfg): 8 bits in ten-bit encoding, 14 in 16-bit encoding
 *
 * The tick is latched by the hardware, so its worth does not depend on when the slot is. Pair of host/emulate/sensors/tacho.ts. */
#ifndef TACHO_H
#define TACHO_H

#include <stdint.h> /* fixed widths */

/* In overlay.stream: lives while a capture runs. */
typedef struct {
  uint8_t shift; /* lowest bit of the tick that is sent */
} tacho_state;

/* Before the first conversion. */
void tacho_start(void);
/* From the capture interrupt. */
void tacho_edge(uint16_t tick);

#endif
