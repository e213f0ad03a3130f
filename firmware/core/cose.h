/* COSE (RFC 9052) as kz1 uses it: COSE_Mac0 with HMAC-SHA-512, COSE_Sign1 with Ed25519, one fixed header each. */
#ifndef COSE_H
#define COSE_H

#include "crypto.h"  /* pieces, scratch */
#include "overlay.h" /* messages are enclosed in the TX buffer */

/* external_aad of the message kinds: ASCII in flash, for session messages followed by the session id. */
extern const char aad_hello[], aad_claim[], aad_identity[], aad_command[], aad_ack[], aad_admin[], aad_report[], aad_seal[], aad_event[];

typedef struct {
  const uint8_t *payload;
  uint8_t n;
  const uint8_t *tag; /* 64 bytes */
} mac0;

/* Splits a body; returns 0, and counts why, if it is no COSE_Mac0 with exactly our header. */
uint8_t mac0_read(const uint8_t *body, uint8_t n, mac0 *m);
/* 1 if the tag is right. sid may be null. */
uint8_t mac0_check(const mac0 *m, const uint8_t key[32], const char *aad, const uint8_t *sid);

/* Payloads are written from here; the envelope goes in front of and behind them. */
#define TX_PAYLOAD (overlay.talk.tx + TX_HEADROOM)

/* A frame that is ready for the line. */
typedef struct {
  const uint8_t *at;
  uint8_t n;
} closed_frame;

/* Encloses the payload that begins at TX_PAYLOAD and ends at `end`, and closes the frame. */
closed_frame mac0_close(uint8_t *end, const uint8_t key[32], const char *aad, const uint8_t *sid);
/* keys: seed and public key, one behind the other. */
closed_frame sign1_close(uint8_t *end, const uint8_t keys[64], const char *aad);

#endif
