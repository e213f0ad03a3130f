/* Why the board started. */
#ifndef RESET_H
#define RESET_H

#include <stdint.h> /* fixed widths */

#define CAUSE_OF_WATCHDOG 3

uint8_t reset_cause(void);
/* Writes the cause of a reset that is about to come. */
void reset_note(uint8_t cause);

#endif
