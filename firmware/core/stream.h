/* Where conversions become frames: the part of a capture that runs in the converter's interrupt. */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h> /* fixed widths */

#include "board.h" /* samples in a frame */

#define STREAM_FRAMES 3
/* Longest head of a data frame: array 1, mt 1, rec 5, i 3, dt 5, gap 5, enc 1, tag 2, byte string 2 = 25; one COBS code byte in front. */
#if BOARD_FIFO
#define STREAM_PAYLOAD_AT 27 /* and the level of a FIFO, 1 */
#else
#define STREAM_PAYLOAD_AT 26
#endif
#define STREAM_PAYLOAD_BYTES BOARD_FRAME_BYTES
typedef struct {
  uint8_t bytes[STREAM_PAYLOAD_AT + STREAM_PAYLOAD_BYTES + 3]; /* head right-aligned | payload | CRC, 0x00 */
} stream_frame;

typedef struct {
  uint32_t trigger; /* number of the frame's first conversion since the first of the capture */
  uint32_t gap;     /* conversions lost before it */
  uint8_t n;        /* samples in the frame */
#if BOARD_FIFO
  uint8_t level; /* entries that stood in the FIFO besides; `trigger` is the tick then */
#endif
} stream_facts;

/* Shared with the interrupt. `at` and `left` belong to the interrupt alone; `full` is written by it; what is taken back is changed
 * with interrupts off. */
typedef struct {
  uint8_t *at;      /* next payload byte */
  uint8_t left;     /* conversions until the frame is full */
  uint8_t is_s16;   /* 1: two bytes a sample, 0: ten bits */
#if BOARD_FIFO
  uint8_t spoilt;   /* a sample of the frame being filled cannot be right */
#endif
  uint8_t fill;     /* index of the frame being filled */
  uint8_t full;     /* frames filled since the start, modulo 256 */
  uint8_t freed;    /* frames sent since the start, modulo 256 */
  uint8_t sent;     /* frames of the line accounted for, as tx_sent counts */
  uint8_t lined[2]; /* what the line was given and has not sent, oldest first */
  uint8_t marking;  /* the mark's buffer is taken: written, waiting or on the line */
  uint8_t done;     /* the last frame is full, or stopped: no more conversions */
  uint8_t frame_n;  /* samples in every frame but the last */
  uint8_t last_n;   /* samples in the last frame */
  uint8_t n;        /* samples of the frame being filled */
  uint16_t period;
  uint16_t lead;    /* ticks from a trigger to its interrupt, at the least */
  uint16_t expect;  /* low word of the tick that triggers the frame's last conversion, if none is missed */
  uint16_t late;    /* worst ticks between an interrupt and its earliest time */
  uint32_t trigger; /* first conversion of the frame being filled */
  uint32_t gap;     /* conversions lost since the last frame that was kept */
  uint16_t to_come; /* frames still to come, the one being filled included */
  uint16_t missed;  /* triggers that started no conversion */
#if BOARD_FIFO
  uint16_t glitches; /* frames discarded because a sample in them could not be right */
#endif
  stream_facts facts[STREAM_FRAMES];
} stream_state;
extern volatile stream_state stream;

/* Prepares the samples that overlay.capture asks for, in some hundred cycles. The low word of the tick of trigger 0 has to be added to
 * `stream.expect` once it is known. */
void stream_start(uint8_t frame_n, uint16_t period, uint16_t lead);

enum { LINED_NOTHING, LINED_DATA, LINED_MARK, LINED_OTHER };
/* Notes what the line is given next: before it is given, because an interrupt that drains a FIFO (3 ms) may come in between and find a short
 * frame sent already. */
void stream_line(uint8_t what);
/* Takes back the buffers of what the line has sent: by the main loop, and by the interrupt, which may not wait for a hash to end. */
void stream_take_back(void);

/* Conversions lost since the last frame that was kept; the interrupt may be about to change it. */
uint32_t stream_gap(void);

/* Called by the converter's interrupt when `left` came to 0; `now` is the low word of the tick at its entry. Keeps the frame, or discards
 * it whole when no buffer is free or a trigger was missed. Returns 1 if conversions must stop. */
uint8_t stream_frame_full(uint16_t now);

#endif
