/* Timer 1, free-running at prescaler 8: the one clock of the board. It is never stopped or written after start. */
#ifndef TIMEBASE_H
#define TIMEBASE_H

#include <stdint.h> /* fixed widths */

void timebase_start(void);
/* Low word now; interrupts must be off (the timer's TEMP register is shared). */
uint16_t timebase_low(void);

/* Liveness, for the watchdog: the overflow interrupt runs. */
extern volatile uint8_t timebase_alive;

#endif
