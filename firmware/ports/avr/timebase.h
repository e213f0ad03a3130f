/* A 16-bit timer, free-running at prescaler 8: the one clock of the board. It is never stopped or written after start. */
#ifndef TIMEBASE_H
#define TIMEBASE_H

#include <avr/io.h> /* the timer */
#include <stdint.h> /* fixed widths */

#include "timer.h" /* which timer */

extern volatile uint32_t timebase_overflows;

void timebase_start(void);
/* Low word now; interrupts must be off (the timer's TEMP register is shared). */
uint16_t timebase_low(void);
/* Low word and low byte of the beats now, in few cycles; interrupts must be off. */
static inline void timebase_latch(uint16_t *low, uint8_t *beat) {
  uint16_t now = TB_TCNT;
  uint8_t beats = *(volatile uint8_t *)&timebase_overflows; /* little-endian; a volatile word would be read whole */
  if ((TB_TIFR & (1 << TOV1)) && now < 0x8000) beats++;
  *low = now;
  *beat = beats;
}

/* Liveness, for the watchdog: the overflow interrupt runs. */
extern volatile uint8_t timebase_alive;

#endif
