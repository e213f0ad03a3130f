/* The last edge of the shaft, ready for the converter's interrupt. */
#include "port.h" /* whether this image has a tacho */

#if BOARD_TACHO

#include "overlay.h"    /* plan */
#include "tacho.h"      /* what its value means */
#include "tacho_slot.h" /* where it stands */

#include <avr/io.h> /* registers */

#define NO_EDGE 2

/* Eight bits of the tick must reach four scans far, so that a host cannot take one edge for another. */
void tacho_start(void) {
  const capture_state *plan = &overlay.capture;
  uint16_t scan = (uint16_t)plan->period * plan->channels;
  uint8_t shift = 2;
  if (plan->enc == 2)
    for (uint16_t reach = 256; reach < scan; reach <<= 1) shift++;
  overlay.stream.part.tacho.shift = shift;
  TACHO_LOW = NO_EDGE;
  TACHO_HIGH = 0;
  for (uint8_t k = 0; k < plan->channels; k++)
    if (plan->chans[k] == BOARD_TACHO_CHANNEL) watermark_on();
}

void tacho_edge(uint16_t tick) {
  for (uint8_t shift = overlay.stream.part.tacho.shift; shift > 2; shift--) tick >>= 1;
  TACHO_LOW = ((uint8_t)tick & 0xFC) | ((TACHO_LOW & 3) ^ 3);
  TACHO_HIGH = (uint8_t)(tick >> 8);
}

#endif
