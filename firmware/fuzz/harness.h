/* What the targets share: a board with keys that the target knows, snapshots of it in each state, and the watch over what it does. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h> /* fixed widths */

#include "outside.h" /* the board */

extern uint8_t harness_seed[32], harness_public[32], harness_pair[32], harness_admin[32], harness_claim[32];

/* Answers a pause of virtual time: gives the board its next input and moves vb.until on, or returns 0: the run is over. */
extern uint8_t (*harness_step)(void);

enum { AT_BARE, AT_BLANK, AT_LOCKED, AT_IDLE, AT_KINDS };
/* Boots the board once for each state and keeps a snapshot. */
void harness_start(void);
/* Puts the board into a state, lets harness_step feed it, and returns when the run is over. */
void harness_run(uint8_t state);
/* 1 if settings, boot counter and identity are those of the snapshot. */
uint8_t harness_keys_stand(uint8_t state);
/* The same for one call into the core that comes back by itself; power may be lost in it. Returns 1 if the board lost power or restarted. */
uint8_t harness_call(void (*what)(void));

/* ---- what the board did in this run ---- */
/* A right MAC was sent: the relay may move from then on. */
extern uint8_t harness_authorised;
/* Where a target knows better: its answer counts instead. */
extern const uint8_t *harness_may_switch;
extern uint32_t harness_pongs, harness_acks, harness_records, harness_frames;
extern uint32_t harness_last_pong;

/* ---- what a host sends ---- */
void send_line(const uint8_t *bytes, uint32_t n);
/* Closes a body of at most 300 bytes with its CRC and sends it. */
void send_body(const uint8_t *body, uint32_t n);
/* Wraps a payload into COSE_Mac0 under `key`, or with 64 equal bytes as its tag where key is null; sends it. */
void send_mac0(const uint8_t *payload, uint32_t n, const uint8_t *key, uint8_t tag, const char *aad, const uint8_t *sid);

/* Stops the program: the board did what it must not. */
void broken(const char *what) __attribute__((noreturn));

#endif
