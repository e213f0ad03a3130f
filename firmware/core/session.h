/* Greeting and sessions: `open` and what it is answered with. */
#ifndef SESSION_H
#define SESSION_H

#include <stdint.h> /* fixed widths */

/* Answers an `open` body by the board's state; at most one in 250 ms. */
void answer_open(const uint8_t *body, uint8_t n);

#endif
