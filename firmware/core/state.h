/* The board's states (docs/protocol.md, state machines) and what its parts share: the session, the line's small messages, pending work. */
#ifndef STATE_H
#define STATE_H

#include <stdint.h> /* fixed widths */

#include "cose.h" /* frames under a MAC or signature */
#include "port.h" /* ticks, sizes */

enum { STATE_BOOT, STATE_BARE, STATE_BLANK, STATE_KEYGEN, STATE_LOCKED, STATE_IDLE, STATE_CAPTURING, STATE_SIGNING, STATE_ERASING };
enum { BARE_NO_CLAIM, BARE_DAMAGED, BARE_SELFTEST };

typedef struct {
  uint8_t state;
  uint8_t bare_why;
  /* What `busy` says while the board cannot listen; `doing` 0: nothing. */
  uint8_t doing;
  uint32_t busy_rec;
  uint16_t busy_ms;   /* how long it takes in all */
  uint16_t busy_from; /* beat at which it began */
  uint16_t busy_last; /* beat of the last `busy` */
} board_state;
extern board_state board;

typedef struct {
  uint8_t key[32]; /* K_s; while the board is blank the first half holds the nonce of the last `blank` */
  uint8_t sid[8];
  uint32_t n;          /* last command taken */
  uint32_t ack_result; /* what it was answered, kept for a retransmission */
  uint8_t ack_code, ack_count;
  uint8_t bad_macs;     /* in a row */
  uint16_t macbad;      /* since the last seal */
  uint16_t deaf_from;   /* beat at which five in a row were counted */
  uint8_t deaf;
  uint32_t opens;       /* since boot */
  uint16_t open_beat;   /* of the last open that was answered */
} session_state;
extern session_state session;

/* ---- small messages: pong, busy, ready; they have a buffer of their own and keep a record in the TX buffer alive ---- */
uint8_t *small_body(void);
/* Closes the body and sends it as soon as the line is free; during a capture the capture's loop does that. */
void small_send(const uint8_t *end);
/* Sends what waits, if the line is free. Returns 1 if something was sent. */
uint8_t small_pump(void);
uint8_t small_waiting(void);
/* 1 if its buffer neither waits nor is on the line. */
uint8_t small_free(void);

/* Waits until the line is free. */
void line_wait(void);
/* Waits until the TX buffer may be overwritten; returns where a payload goes. */
uint8_t *talk_payload(void);
/* Sends a frame from the TX buffer; `is_record`: it is the signed record of the newest number, which may be asked for again. */
void talk_send(closed_frame frame, uint8_t is_record);
/* Sends the TX buffer's frame again if it still holds that record; returns 0 if it does not. */
uint8_t talk_resend(const uint32_t *record);
void talk_forget(void);

void busy_begin(uint8_t doing, uint32_t rec, uint16_t ms);
void busy_end(void);

/* ---- frames that need no session ---- */
/* Whether a body begins as that message: an array of `items`, the message type first; all types are below 24. */
uint8_t frame_is(const uint8_t *body, uint8_t n, uint8_t items, uint8_t mt);
/* `n` of a ping or open is at least 2: frame_is came first. */
void answer_ping(const uint8_t *body, uint8_t n);

/* ---- events wait until a session exists and nothing else is going on ---- */
void event_note(uint8_t code, uint16_t number);
void events_send(void);

/* Credited noise bits of the key, if it was born since the start; 0 is the honest answer afterwards. */
uint16_t key_entropy(void);

#endif
