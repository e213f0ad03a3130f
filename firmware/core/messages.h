/* One writer a message the board sends. Each writes a payload from `p` and returns the place behind it; what a message says about the
 * board's own state (chain, session, capture) it takes from there. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "cbor.h"    /* writers and readers */
#include "overlay.h" /* capture facts */

enum {
  MT_OPEN = 0, MT_BEGIN = 1, MT_DATA = 2, MT_SEAL = 3, MT_EVENT = 4, MT_MARK = 5, MT_HELLO = 6, MT_IDENTITY = 7, MT_PING = 8,
  MT_PONG = 9, MT_BUSY = 10, MT_READY = 11, MT_COMMAND = 16, MT_ACK = 17, MT_STOP = 18, MT_REPORT = 19, MT_BARE = 30, MT_BLANK = 31,
  MT_PROVISION = 32, MT_ROTATE = 33, MT_WIPE = 34
};
enum { DOING_SIGNING = 1, DOING_KEYS = 2, DOING_ERASING = 3 };
enum { END_COMPLETE, END_STOPPED, END_OVERRUN, END_SENSOR, END_STORAGE };
enum { EVENT_BAD_MACS = 1, EVENT_RESET, EVENT_DEAD_MAN, EVENT_ROTATED, EVENT_WIPED, EVENT_STORAGE, EVENT_SELFTEST, EVENT_CANARY };
enum { ENC_S16 = 1, ENC_U10 = 2, ENC_FIFO_S16 = 3, ENC_FIFO_U10 = 4 };
/* Odd encodings have two bytes a sample; those of a FIFO carry its level. */
#if BOARD_FIFO
#define IS_FIFO(enc) ((enc) > ENC_U10)
#else
#define IS_FIFO(enc) 0
#endif
enum { CAUSE_POWER, CAUSE_EXTERNAL, CAUSE_BROWNOUT, CAUSE_WATCHDOG, CAUSE_SOFTWARE, CAUSE_UNKNOWN };
#define VERSION_LEAST 1
#define VERSION_MOST 1

extern const char fw_name[], chip_name[];
/* Facts measured at boot. The watchdog ends a signature long before its time needs more than the 16 bits of the wire. */
extern uint8_t firmware_digest[16];
extern uint32_t sign_ms;

uint8_t *write_ready(uint8_t *p, uint8_t cause);
uint8_t *write_bare(uint8_t *p, uint8_t why);
uint8_t *write_pong(uint8_t *p, const uint32_t *n, const ticks48 *rx_at, const ticks48 *tx_at);
uint8_t *write_busy(uint8_t *p, const uint32_t *rec, uint8_t doing, uint32_t left_ms);
uint8_t *write_blank(uint8_t *p, const uint8_t dr[16]);
uint8_t *write_hello(uint8_t *p, uint8_t hmin, uint8_t hmax, const uint8_t hn[16], const uint8_t dn[8]);
uint8_t *write_ack(uint8_t *p, const uint32_t *results);
/* In session.ack_count: the answer is so many bytes of overlay.capture.bd. */
#define ACK_IS_BYTES 0x80
/* cfg is for the driver to choose. */
uint8_t *write_begin(uint8_t *p, const uint8_t *cfg, uint8_t cfg_n);
/* Head of a data frame, written in front of its payload; returns its first byte. */
uint8_t *back_data(uint8_t *payload, const stream_facts *facts, uint8_t bytes);
/* The digest's 32 bytes end the message and are left for the caller to fill. */
uint8_t *write_mark(uint8_t *p, const uint32_t *w);
uint8_t *write_seal(uint8_t *p, const ticks48 *t1);
uint8_t *write_identity(uint8_t *p, uint8_t why, const uint8_t nonce[16]);
/* Event with at most one entry {1: bytes} or {1: number}; both null: none. */
uint8_t *write_event(uint8_t *p, uint8_t code, const uint32_t *number, const uint8_t *bytes);

#endif
