/* Key derivations of docs/protocol.md. Nothing secret crosses the wire: hr and dr are nonces, the rest is HMAC and hash. */
#include "provision.h"

#include "claim.h"    /* K_claim */
#include "cose.h"     /* MAC of provision */
#include "ed25519.h"  /* public key */
#include "frame.h"    /* counters */
#include "hmac.h"     /* derivations */
#include "messages.h" /* shape */
#include "noise.h"    /* secret bits */
#include "records.h"  /* where keys live */
#include "sha512.h"   /* seed */
#include "signed.h"   /* identity, events */
#include "stack.h"    /* key generation is deep */
#include "state.h"    /* states */

#include <string.h> /* memcpy */

static const char label_pair[] IN_FLASH = "kz1 pair";
static const char label_admin[] IN_FLASH = "kz1 admin";
static const char label_seed[] IN_FLASH = "kz1 seed";

enum { BORN, ROTATED, ASKED };

#define LABEL(text) {(const uint8_t *)(text), sizeof(text) - 1, 1}

/* 32 bytes that no capture needs now; used up before the stack may grow over them. */
#define NOISE overlay.capture.chain

static uint16_t ent; /* of the key that exists, if it was born in this run; else 0 */

uint16_t key_entropy(void) { return ent; }

static void put_secret(uint16_t copy, uint8_t offset, uint8_t *bytes) {
  identity_put(copy, offset, bytes, 32);
  wipe(bytes, 64);
}

/* HMAC(key, label ‖ hr ‖ nonce)[0..32) into an identity copy. */
static void derive(uint16_t copy, uint8_t offset, const uint8_t key[32], const char *label, uint8_t label_n, const uint8_t hr[32],
                   const uint8_t *nonce, uint8_t nonce_n) {
  uint8_t tag[64];
  piece pieces[3] = {{(const uint8_t *)label, label_n, 1}, {hr, 32, 0}, {nonce, nonce_n, 0}};
  hmac_sha512(tag, key, pieces, 3, &overlay.talk.scratch);
  put_secret(copy, offset, tag);
}

/* Seed = SHA-512("kz1 seed" ‖ secret ‖ hr ‖ noise)[0..32), then its public key: here the stack is deepest. */
static void make_seed(uint16_t copy, const uint8_t secret[32], const uint8_t hr[32]) {
  uint8_t hash[64], pk[32];
  piece pieces[4] = {LABEL(label_seed), {secret, 32, 0}, {hr, 32, 0}, {NOISE, 32, 0}};
  sha512_pieces(hash, pieces, 4, &overlay.talk.scratch);
  wipe(NOISE, 32);
  stack_deep_begin();
  ed25519_public(pk, hash, &overlay.talk.scratch);
  stack_deep_end();
  identity_put(copy, IDENTITY_PUBLIC, pk, 32);
  put_secret(copy, IDENTITY_SEED, hash);
}

/* Returns 0 if the noise failed its tests and nobody accepted that. */
static uint8_t collect(void) {
  busy_begin(DOING_KEYS, 0, NOISE_MS + sign_ms + 2000);
  ent = noise_collect(NOISE);
  return ent || (claim_kind() != CLAIM_NONE && (claim_flags() & CLAIM_FLAG_WEAK_ENTROPY));
}

static uint8_t make_identity(const uint8_t hr[32], const uint8_t dr[16]) {
  uint8_t claim[32];
  if (!collect()) return 0;
  records_forget(); /* slots of an earlier owner */
  claim_cid(claim);
  identity_put(EE_IDENTITY_A, IDENTITY_CID, claim, 4);
  claim_key(claim);
  derive(EE_IDENTITY_A, IDENTITY_PAIR, claim, label_pair, sizeof label_pair - 1, hr, dr, 16);
  derive(EE_IDENTITY_A, IDENTITY_ADMIN, claim, label_admin, sizeof label_admin - 1, hr, dr, 16);
  make_seed(EE_IDENTITY_A, claim, hr);
  wipe(claim, sizeof claim);
  uint8_t kept = identity_commit();
  busy_end();
  return kept;
}

/* Apart, so that the key's bytes are gone before the stack is at its deepest. */
static __attribute__((noinline)) uint8_t claim_fits(const mac0 *envelope) {
  uint8_t key[32];
  claim_key(key);
  uint8_t fits = mac0_check(envelope, key, aad_claim, 0);
  wipe(key, sizeof key);
  return fits;
}

void take_provision(const uint8_t *body, uint8_t n) {
  mac0 envelope;
  if (!mac0_read(body, n, &envelope)) return;
  in_from(envelope.payload, envelope.n);
  in_array(3);
  if (in_u8(255) != MT_PROVISION) in_misfit();
  const uint8_t *dr = in_fixed(16), *hr = in_fixed(32);
  if (!in_done()) return;
  if (session.opens == 0 || !equal_ct(dr, session.key, 16)) {
    rx_count(&rx_counts.seq);
    return;
  }
  if (!claim_fits(&envelope)) {
    rx_count(&rx_counts.macbad);
    return;
  }
  board.state = STATE_KEYGEN;
  if (!make_identity(hr, session.key)) {
    busy_end();
    board.state = STATE_BARE;
    board.bare_why = ent ? BARE_DAMAGED : BARE_SELFTEST;
    return;
  }
  board.state = STATE_LOCKED;
  if (!record_open() || !identity_send(BORN, session.key)) event_note(EVENT_STORAGE, ee_fault_at);
  led_blink_twice();
}

void rotate_keys(void) {
  uint8_t secret[32], pk[32], cid[4], *hr = overlay.capture.bd;
  board.state = STATE_KEYGEN;
  uint8_t kept_hr[32];
  memcpy(kept_hr, hr, 32);
  if (!collect()) {
    busy_end();
    board.state = STATE_IDLE;
    event_note(EVENT_SELFTEST, 0);
    return;
  }
  identity_read(IDENTITY_CID, cid, 4);
  identity_put(EE_IDENTITY_B, IDENTITY_CID, cid, 4);
  identity_read(IDENTITY_ADMIN, secret, 32);
  identity_put(EE_IDENTITY_B, IDENTITY_ADMIN, secret, 32);
  derive(EE_IDENTITY_B, IDENTITY_PAIR, secret, label_pair, sizeof label_pair - 1, kept_hr, session.sid, 8);
  identity_read(IDENTITY_SEED, secret, 32);
  make_seed(EE_IDENTITY_B, secret, kept_hr);
  wipe(secret, sizeof secret);
  uint8_t staged = identity_stage();
  busy_end();
  board.state = STATE_IDLE;
  for (uint8_t i = 0; i < 32; i++) pk[i] = ee_read(EE_IDENTITY_B + IDENTITY_PUBLIC + i);
  if (staged && event_send(EVENT_ROTATED, 0, pk) && identity_promote()) {
    line_wait();
    if (record_open()) identity_send(ROTATED, kept_hr);
  } else
    event_note(EVENT_STORAGE, ee_fault_at);
  board.state = STATE_LOCKED; /* the next session is under the new pair key */
}

void wipe_keys(void) {
  records_wipe_begin();
  event_send(EVENT_WIPED, 0, 0);
  line_wait();
  board.state = STATE_ERASING;
  busy_begin(DOING_ERASING, chain.rec, 3500);
  records_erase();
  busy_end();
  wipe(&session, sizeof session);
  board.state = STATE_BARE;
  board.bare_why = BARE_NO_CLAIM;
}
