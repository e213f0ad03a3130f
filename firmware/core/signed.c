/* Persist, then speak: a record that was sent is in the EEPROM, so a power cut never gives two records with one `prev`. */
#include "signed.h"

#include "cose.h"     /* COSE_Sign1 */
#include "messages.h" /* payloads */
#include "records.h"  /* chain and keys */
#include "stack.h"    /* the signer's stack is the deepest */
#include "state.h"    /* busy, events */

uint8_t record_sign(uint8_t *end, const char *aad) {
  uint8_t before = board.state, prev[32], keys[64];
  board.state = STATE_SIGNING;
  busy_begin(DOING_SIGNING, chain.rec, sign_ms);
  /* prev of the next record: first 16 bytes of H(3, payload) */
  const uint8_t domain = 3;
  blake2s_init(&overlay.talk.hash.v);
  blake2s_update(&overlay.talk.hash, &domain, 1);
  blake2s_update(&overlay.talk.hash, TX_PAYLOAD, (uint16_t)(end - TX_PAYLOAD));
  blake2s_final(&overlay.talk.hash, prev);
  identity_read(IDENTITY_SEED, keys, 64);
  stack_deep_begin();
  closed_frame frame = sign1_close(end, keys, aad);
  wipe(keys, 32);
  stack_deep_end();
  busy_end();
  uint8_t kept = record_close(prev);
  board.state = before;
  if (!kept) {
    event_note(EVENT_STORAGE, ee_fault_at);
    return 0;
  }
  talk_send(frame, 1);
  return 1;
}

uint8_t identity_send(uint8_t why, const uint8_t nonce[16]) {
  return record_sign(write_identity(talk_payload(), why, nonce), aad_identity);
}

uint8_t event_send(uint8_t code, const uint32_t *number, const uint8_t *bytes) {
  return record_open() && record_sign(write_event(talk_payload(), code, number, bytes), aad_event);
}

/* One waiting event a code; a storm of one kind costs one signature. */
static uint8_t waiting;
static uint16_t numbers[EVENT_STORAGE]; /* the later codes carry none */
static uint16_t bad_macs_beat;
static uint8_t bad_macs_told;
#define BEATS_10_MIN ((uint16_t)(600UL * BOARD_HZ / 65536))

void event_note(uint8_t code, uint16_t number) {
  waiting |= (uint8_t)(1 << (code - 1));
  if (code <= EVENT_STORAGE) numbers[code - 1] = number;
}

void events_send(void) {
  for (uint8_t code = 1; waiting && code <= EVENT_CANARY; code++) {
    uint8_t bit = (uint8_t)(1 << (code - 1));
    if (!(waiting & bit)) continue;
    if (code == EVENT_BAD_MACS) {
      if (bad_macs_told && (uint16_t)(port_beat() - bad_macs_beat) < BEATS_10_MIN) continue;
      bad_macs_told = 1;
      bad_macs_beat = port_beat();
    }
    if (!ee_allowed()) return;
    waiting &= (uint8_t)~bit;
    uint32_t number = code > EVENT_STORAGE ? 0 : numbers[code - 1];
    event_send(code, code > EVENT_STORAGE ? 0 : &number, 0);
    return;
  }
}
