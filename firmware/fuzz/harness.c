/* Keys, snapshots, and the watch. */
#include "harness.h"

#include "claim.h"        /* page */
#include "cose.h"         /* external_aad */
#include "crc16.h"        /* frames */
#include "frame.h"        /* receiver */
#include "hmac.h"         /* right MACs */
#include "messages.h"     /* message types */
#include "quick_signer.h" /* after the boot */
#include "records.h"      /* identity */
#include "run.h"          /* main loop */
#include "state.h"        /* session */

#include <setjmp.h> /* the end of a run, from wherever the core waits */
#include <stdio.h>  /* what is broken */
#include <stdlib.h> /* abort */
#include <string.h> /* memcmp */

uint8_t harness_seed[32], harness_public[32], harness_pair[32], harness_admin[32], harness_claim[32];
uint8_t (*harness_step)(void);
uint8_t harness_authorised;
const uint8_t *harness_may_switch;
uint32_t harness_pongs, harness_acks, harness_records, harness_frames, harness_last_pong;

static jmp_buf over;
static struct {
  uint8_t *core;
  virtual_board board;
} snapshots[AT_KINDS];
static uint8_t in_run;

void broken(const char *what) {
  fprintf(stderr, "BROKEN: %s\n", what);
  abort();
}

void outside_broken(const char *what) { broken(what); }

/* ---- the watch ---- */

void outside_relay(uint8_t on) {
  if (in_run && on && !(harness_may_switch ? *harness_may_switch : harness_authorised)) broken("a relay was switched on without a valid MAC");
}

static void no_secret(const uint8_t *body, uint32_t n) {
  const uint8_t *secrets[4] = {harness_seed, harness_pair, harness_admin, harness_claim};
  for (uint8_t k = 0; k < 4; k++)
    for (uint32_t at = 0; at + 8 <= n; at++) {
      /* by hand: a fuzzer learns what it sees compared by memcmp, and would send it to have it echoed */
      uint8_t differ = 0;
      for (uint8_t i = 0; i < 8; i++) differ |= body[at + i] ^ secrets[k][i];
      if (differ == 0) broken("a key was sent");
    }
}

/* Every frame the board sends is one COBS block with a right CRC, one item, and nothing that needs a MAC it was not given. */
void outside_sent(const uint8_t *frame, uint8_t n, uint8_t after_silence) {
  (void)after_silence;
  harness_frames++;
  if (n < 6 || frame[n - 1] != 0) broken("not a frame");
  uint8_t body[256];
  uint32_t at = 0, out = 0;
  while (at < n - 1u) {
    uint8_t code = frame[at++];
    if (code == 0 || at + code - 1u > n - 1u) broken("bad COBS");
    for (uint8_t k = 1; k < code; k++) {
      if (frame[at] == 0) broken("a zero inside a frame");
      body[out++] = frame[at++];
    }
    if (at < n - 1u) body[out++] = 0;
  }
  if (crc16(0xFFFF, body, (uint8_t)out) != 0) broken("bad CRC");
  out -= 2;
  no_secret(body, out);
  if (body[0] == 0xD1) {
    /* 17([h'a10107', {}, payload, tag]): ack is under the session's key, and only an asked board acknowledges */
    uint8_t is_ack = out > 10 && (body[8] == 0x84 ? body[9] == MT_ACK : body[9] == 0x84 && body[10] == MT_ACK);
    if (is_ack) {
      harness_acks++;
      if (in_run && !harness_authorised && !quick_mac) broken("an acknowledgement without a valid MAC");
    }
  } else if (body[0] == 0xD2)
    harness_records++;
  else if (body[0] == 0x85 && body[1] == MT_PONG) {
    harness_pongs++;
    harness_last_pong = body[2];
  }
}

uint16_t outside_sample(uint8_t channel, uint32_t k) { return (uint16_t)(k * 37 + channel * 300); }

void outside_power_lost(void) { longjmp(over, 2); }

void outside_restart(uint8_t cause) {
  (void)cause;
  if (in_run) broken("the board restarted");
  longjmp(over, 3);
}

void outside_pause(void) {
  if (!in_run) {
    vb.until = UINT64_MAX;
    return;
  }
  if (!harness_step || !harness_step()) longjmp(over, 1);
}

/* ---- a host ---- */

void send_line(const uint8_t *bytes, uint32_t n) { vb_receive(bytes, n, vb.now); }

void send_body(const uint8_t *body, uint32_t n) {
  uint8_t plain[304], line[320];
  if (n > 300) n = 300;
  memcpy(plain, body, n);
  uint16_t crc = 0xFFFF;
  for (uint32_t k = 0; k < n; k++) crc = crc16_add(crc, plain[k]);
  plain[n] = (uint8_t)(crc >> 8);
  plain[n + 1] = (uint8_t)crc;
  uint32_t code = 0, out = 1;
  for (uint32_t k = 0; k < n + 2; k++) {
    if (plain[k]) line[out++] = plain[k];
    if (plain[k] == 0 || out - code == 255) {
      line[code] = (uint8_t)(out - code);
      code = out++;
    }
  }
  line[code] = (uint8_t)(out - code);
  line[out++] = 0;
  send_line(line, out);
}

void send_mac0(const uint8_t *payload, uint32_t n, const uint8_t *key, uint8_t tag, const char *aad, const uint8_t *sid) {
  static const uint8_t envelope[] = {0xD1, 0x84, 0x43, 0xA1, 0x01, 0x07, 0xA0};
  static const uint8_t structure[] = {0x84, 0x64, 'M', 'A', 'C', '0', 0x43, 0xA1, 0x01, 0x07};
  uint8_t body[300], middle[40], *p = body, *m = middle;
  if (n > 200) n = 200;
  memcpy(p, envelope, sizeof envelope);
  p += sizeof envelope;
  uint8_t *head = p;
  if (n < 24)
    *p++ = (uint8_t)(0x40 | n);
  else {
    *p++ = 0x58;
    *p++ = (uint8_t)n;
  }
  uint32_t aad_n = (uint32_t)strlen(aad), head_n = (uint32_t)(p - head);
  *m++ = (uint8_t)(0x40 | (aad_n + (sid ? 8 : 0)));
  memcpy(m, aad, aad_n);
  m += aad_n;
  if (sid) {
    memcpy(m, sid, 8);
    m += 8;
  }
  memcpy(m, head, head_n);
  m += head_n;
  memcpy(p, payload, n);
  p += n;
  *p++ = 0x58;
  *p++ = 64;
  if (key) {
    static crypto_scratch scratch;
    piece pieces[3] = {{structure, sizeof structure, 0}, {middle, (uint16_t)(m - middle), 0}, {payload, (uint16_t)n, 0}};
    hmac_sha512(p, key, pieces, 3, &scratch);
  } else
    memset(p, tag, 64);
  p += 64;
  send_body(body, (uint32_t)(p - body));
}

/* ---- states ---- */

static void keep(uint8_t state) {
  if (!snapshots[state].core) snapshots[state].core = malloc(core_bytes());
  core_save(snapshots[state].core);
  snapshots[state].board = vb;
}

static void known_bytes(uint8_t *to, uint8_t n, uint8_t from) {
  for (uint8_t k = 0; k < n; k++) to[k] = (uint8_t)(from + k * 7);
}

static void write_claim(void) {
  uint8_t *page = vb_flash + BOARD_CLAIM_AT;
  static const uint8_t head[12] = {'K', 'Z', 'C', 'L', 1, 2, 0, 0, 9, 8, 7, 6};
  memcpy(page, head, 12);
  memcpy(page + 12, harness_claim, 32);
  uint16_t crc = crc16(0xFFFF, page, 44);
  page[44] = (uint8_t)(crc >> 8);
  page[45] = (uint8_t)crc;
}

static void write_identity_record(void) {
  uint8_t cid[4] = {9, 8, 7, 6};
  identity_put(EE_IDENTITY_A, IDENTITY_CID, cid, 4);
  identity_put(EE_IDENTITY_A, IDENTITY_SEED, harness_seed, 32);
  identity_put(EE_IDENTITY_A, IDENTITY_PUBLIC, harness_public, 32);
  identity_put(EE_IDENTITY_A, IDENTITY_PAIR, harness_pair, 32);
  identity_put(EE_IDENTITY_A, IDENTITY_ADMIN, harness_admin, 32);
  if (!identity_commit() || !record_open()) broken("the identity was not kept");
}

static void boot(uint8_t expected) {
  vb_power_on();
  vb_boot(0);
  vb_settle();
  if (board.state != expected) broken("the board booted into another state");
}

void harness_start(void) {
  known_bytes(harness_seed, 32, 0x11);
  known_bytes(harness_public, 32, 0x42);
  known_bytes(harness_pair, 32, 0x83);
  known_bytes(harness_admin, 32, 0xC4);
  known_bytes(harness_claim, 32, 0x35);
  memset(vb_flash, 0xFF, sizeof vb_flash);
  memset(vb.eeprom, 0xFF, sizeof vb.eeprom);
  boot(STATE_BARE);
  keep(AT_BARE);
  write_claim();
  boot(STATE_BLANK);
  static const uint8_t open[22] = {0x84, 0, 1, 1, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  send_body(open, 21);
  vb_settle();
  keep(AT_BLANK);
  write_identity_record();
  boot(STATE_LOCKED);
  keep(AT_LOCKED);
  send_body(open, 21);
  vb_settle();
  if (board.state != STATE_IDLE) broken("no session");
  vb_advance(BOARD_HZ);
  keep(AT_IDLE);
  quick_signer = 1;
}

static void restore(uint8_t state) {
  core_restore(snapshots[state].core);
  vb = snapshots[state].board;
  harness_authorised = 0;
  harness_pongs = harness_acks = harness_records = harness_frames = 0;
}

void harness_run(uint8_t state) {
  restore(state);
  in_run = 1;
  vb.until = vb.now;
  if (setjmp(over) == 0)
    for (;;) run_once();
  in_run = 0;
}

uint8_t harness_keys_stand(uint8_t state) {
  const uint8_t *was = snapshots[state].board.eeprom;
  return !memcmp(was, vb.eeprom, EE_SLOTS) && !memcmp(was + EE_IDENTITY_A, vb.eeprom + EE_IDENTITY_A, VB_EEPROM_BYTES - EE_IDENTITY_A);
}

uint8_t harness_call(void (*what)(void)) {
  in_run = 2;
  harness_step = 0;
  int how = setjmp(over);
  if (how == 0) what();
  in_run = 0;
  return how != 0;
}
