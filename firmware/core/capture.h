/* A capture: plan, frames, windows, marks, seal. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h> /* fixed widths */

/* Reads the arguments of a capture command. */
void capture_read(void);
/* Checks what was read; returns an ack code. */
uint8_t capture_plan(void);
/* Samples, streams, seals. The record is open and its ack is on the line. */
void capture_run(void);
/* [clipped samples, glitches, missed triggers, lost samples] of the last capture; a glitch is a frame from a part with a FIFO that was
 * discarded because a sample in it could not be right. */
uint8_t capture_diagnostics(uint32_t *results);

#endif
