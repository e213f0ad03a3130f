/* The RAM that changes owners. A board either talks (answers, signs, makes keys) or streams; the two never overlap in time, so their
 * buffers share one place. The stream's buffers reach further up, next to the stack: while the board signs they are dead, so a stack that
 * grows too deep meets them, and the canary below them, first. */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "blake2s.h" /* running digest of a window */
#include "crypto.h"  /* scratch of hashes and the signer */
#include "port.h"    /* ticks48 */
#if BOARD_FIFO
#include "parts.h" /* state of a part with a FIFO */
#endif
#include "stream.h" /* frames of a capture */

/* [0] COBS code | room for the head of an envelope | payload | tag or signature | CRC, 0x00. The longest message is a seal: 20 bytes in
 * front of its payload, 142 of payload, 66 of signature, 3 of framing. */
#define TX_HEADROOM 20
#define TX_BYTES 232

#define MARK_BYTES 48

/* A capture: what was asked, what the seal will say, and where its pipeline stands. Dead once the seal's payload stands in the TX buffer.
 * Small members come first: an AVR reaches 64 bytes from a register. */
typedef struct {
  uint32_t count;
  uint32_t most_lost; /* the capture ends when more is lost: 1 % of count */
  uint32_t period;
  uint8_t div, enc, win, channels, sign;
  /* from here to `link_due`: 0 at the start */
  uint32_t nf, ns, lost;
  uint32_t w;            /* window under way */
  uint8_t end;
  uint8_t next;          /* frame to be hashed next */
  uint8_t hashed;        /* frames hashed, modulo 256 */
  uint8_t in_window;     /* frames hashed in the window under way */
  uint8_t *ready;        /* a frame that is stuffed and waits for the line */
  uint8_t ready_n;
  uint8_t closing;       /* the frame hashed last ends its window, whose digest is still open */
  uint8_t ready_closes;  /* a mark follows it */
  uint8_t mark_n;        /* framed bytes of the mark */
  uint8_t mark_due;      /* the mark's last frame was sent: the mark is next */
  uint8_t link_due;      /* the chain has not taken `link` yet */
  ticks48 t0;
  uint16_t vcc_mv;
  uint8_t chans[8];
  uint8_t chal[16], lock[16];
  uint8_t bd[32];
  union {
    uint8_t link_bytes[65]; /* what the chain hashes next */
    struct {
      uint8_t link_domain, chain[32];
      uint8_t link[32]; /* digest of the last window */
    };
  };
} capture_state;

typedef struct {
  union {
    uint32_t blake2s_work[16]; /* first, where firmware/Makefile places the symbol of that name; every hash has it in front */
    struct {
      union {
        crypto_scratch scratch;
        struct {
          uint32_t hash_work[16];
          blake2s_state hash;
        };
      };
      uint8_t tx[TX_BYTES];
      uint8_t canary[4];
    } talk;
    struct {
      uint32_t hash_work[16];
      stream_frame frames[STREAM_FRAMES];
      blake2s_state hash; /* the window under way */
      union {
        uint8_t mark[MARK_BYTES];
        blake2s_value link_value; /* of the chain's step, while no mark waits for the line */
      };
#if BOARD_FIFO
      part_state part;
#endif
    } stream;
    struct {
      uint32_t hash_work[16];
      blake2s_state hash;
      uint8_t times_seen[256]; /* histogram of the intervals' low bytes */
    } noise;
  };
  capture_state capture;
  uint8_t canary[4];
} overlay_ram;

extern overlay_ram overlay;

#endif
