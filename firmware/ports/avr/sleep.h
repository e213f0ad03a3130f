/* Rest of the main loop. */
#ifndef SLEEP_H
#define SLEEP_H

#include <stdint.h> /* fixed widths */

/* Set by every interrupt that gives the main loop something to do. */
extern volatile uint8_t port_event;

#endif
