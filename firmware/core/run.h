/* The board's life: start, then one loop. */
#ifndef RUN_H
#define RUN_H

#include <stdint.h> /* fixed widths */

/* Everything between a running clock and `ready`. `cause` is one of `CAUSE_…`, or RESTART_CANARY. */
void run_start(uint8_t cause);
/* One turn of the loop: one frame, one event, or rest. */
void run_once(void);

#endif
