/* Frames of the line: COBS(body ‖ CRC) ‖ 0x00. A body of at most 251 bytes is one COBS block, so it is stuffed where it stands. */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h> /* fixed widths */

#include "blake2s.h" /* the key of a stop */
#include "board.h"   /* BOARD_BODY: longest body taken */
#include "port.h"    /* ticks48 */

/* Closes a body that stands at `body` with one free byte in front and three behind. Returns the bytes to send, beginning at body − 1. */
uint8_t frame_close(uint8_t *body, uint8_t n);

/* Kernel: replaces the zeros of n bytes behind `code` by distances (COBS). */
void cobs_stuff(uint8_t *code, uint8_t n);

/* What a receiver counts. Every counter saturates. */
typedef struct {
  uint16_t overlong, cobs, short_, crc, cbor, shape, busy, seq, macbad, line;
} rx_counters;
void rx_count(volatile uint16_t *counter);
/* Everything the line or the framing spoilt, for `pong`. */
uint16_t rx_bad(void);

#define RX_BYTES (BOARD_BODY + 2) /* body and CRC */

/* The receiver: bytes come from an interrupt, one complete frame waits for the main loop. */
typedef struct {
  volatile uint8_t ready; /* length with CRC of the frame that waits, 0 = none; while it waits nothing is stored */
  uint8_t n;              /* bytes stored */
  uint8_t run;            /* bytes left in the COBS run */
  uint8_t pending_zero;   /* the run ends with a zero if another follows */
  uint8_t skip;           /* drop to the next 0x00: 1 = too long, 2 = the buffer was not free */
  uint8_t begun;          /* a byte of this frame was seen */
  uint16_t at_low;        /* when the 0x00 of the waiting frame arrived: low word of the tick, */
  uint8_t at_beat;        /* and low byte of the count of beats */
  rx_counters counts;
  union {
    uint8_t bytes[RX_BYTES];
    struct {
      uint32_t stop_message[8]; /* 26 bytes with CRC at the most */
      blake2s_state stop_hash;  /* of the key in it */
    };
  };
} receiver;
extern receiver rx;
#define rx_counts rx.counts

/* The body that waits, or 0. A frame with a false CRC is counted and dropped here. */
uint8_t rx_take(const uint8_t **body);
void rx_release(void);

static inline __attribute__((always_inline)) void rx_saturate(volatile uint16_t *counter) {
  uint16_t was = *counter;
  if (was != 0xFFFF) *counter = was + 1;
}

static inline __attribute__((always_inline)) void rx_store(receiver *r, uint8_t byte) {
  if (r->n == RX_BYTES)
    r->skip = 1;
  else
    r->bytes[r->n++] = byte;
}

/* One byte from the line. Returns 1 if it completed a frame. Inlined into the interrupt. */
static inline __attribute__((always_inline)) uint8_t rx_byte(uint8_t byte) {
  receiver *r = &rx;
  BY_REGISTER(r);
  if (byte) {
    if (r->skip) return 0;
    if (r->ready) {
      r->skip = 2;
      return 0;
    }
    r->begun = 1;
    if (r->run) {
      r->run--;
      rx_store(r, byte);
    } else {
      if (r->pending_zero) rx_store(r, 0);
      r->run = byte - 1;
      r->pending_zero = byte != 0xFF;
    }
    return 0;
  }
  uint8_t complete = 0;
  volatile uint16_t *fault = 0;
  if (r->skip)
    fault = r->skip == 1 ? &r->counts.overlong : &r->counts.busy;
  else if (r->begun) {
    if (r->run)
      fault = &r->counts.cobs;
    else if (r->n < 3)
      fault = &r->counts.short_;
    else {
      r->ready = r->n;
      complete = 1;
    }
  }
  if (fault) rx_saturate(fault);
  r->skip = r->begun = r->run = r->pending_zero = r->n = 0;
  return complete;
}

#endif
