/* How much stack was never used, and the canaries below it. A signature made on an overflowed stack is silently wrong, so this is watched. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h> /* fixed widths */

/* Once at boot. */
void stack_start(void);
/* Before and after work that uses the talk overlay with a deep stack: the stream's buffers are dead and become stack. */
void stack_deep_begin(void);
void stack_deep_end(void);
/* Lowest number of free bytes seen since boot. */
uint16_t stack_lowest_free(void);
/* Restarts the board if a canary was overwritten: relays safe, nothing sent. */
void stack_check(void);

#endif
