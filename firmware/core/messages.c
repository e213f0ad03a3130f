/* Writers of kz1's messages, member by member in the order of protocol/kz1.cddl. */
#include "messages.h"

#include "claim.h"   /* cid */
#include "frame.h"   /* counters */
#include "pins.h"    /* what is watched */
#include "records.h" /* chain, keys */
#include "state.h"   /* session */

const char fw_name[] IN_FLASH = BOARD_FW_NAME;
const char chip_name[] IN_FLASH = BOARD_CHIP;
uint8_t firmware_digest[16];
uint32_t sign_ms;

static void out_number(uint32_t value) { out_u32(&value); }

uint8_t *write_ready(uint8_t *p, uint8_t cause) {
  out_to(p);
  out_message(4, MT_READY);
  out_u8(VERSION_LEAST);
  out_u8(VERSION_MOST);
  out_u8(cause);
  return out_end();
}

uint8_t *write_bare(uint8_t *p, uint8_t why) {
  out_to(p);
  out_message(5, MT_BARE);
  out_u8(VERSION_MOST);
  out_u8(why);
  out_text(chip_name);
  out_text(fw_name);
  return out_end();
}

uint8_t *write_pong(uint8_t *p, const uint32_t *n, const ticks48 *rx_at, const ticks48 *tx_at) {
  out_to(p);
  out_message(5, MT_PONG);
  out_u32(n);
  out_ticks(rx_at);
  out_ticks(tx_at);
  out_number(rx_bad());
  return out_end();
}

uint8_t *write_busy(uint8_t *p, const uint32_t *rec, uint8_t doing, uint32_t left_ms) {
  out_to(p);
  out_message(4, MT_BUSY);
  out_u32(rec);
  out_u8(doing);
  out_number(left_ms > 0xFFFF ? 0xFFFF : (uint16_t)left_ms);
  return out_end();
}

static void out_firmware(void) {
  out_text(fw_name);
  out_bytes(firmware_digest, 16);
}

uint8_t *write_blank(uint8_t *p, const uint8_t dr[16]) {
  uint8_t cid[4];
  claim_cid(cid);
  out_to(p);
  out_message(7, MT_BLANK);
  out_u8(VERSION_MOST);
  out_text(chip_name);
  out_firmware();
  out_bytes(cid, 4);
  out_bytes(dr, 16);
  return out_end();
}

uint8_t *write_hello(uint8_t *p, uint8_t hmin, uint8_t hmax, const uint8_t hn[16], const uint8_t dn[8]) {
  uint8_t kid[8];
  identity_read(IDENTITY_PUBLIC, kid, 8);
  out_to(p);
  out_message(11, MT_HELLO);
  out_u8(VERSION_MOST);
  out_head(CBOR_ARRAY, 4);
  out_u8(hmin);
  out_u8(hmax);
  out_u8(VERSION_LEAST);
  out_u8(VERSION_MOST);
  out_bytes(kid, 8);
  out_u32(&chain.rec);
  out_bytes(hn, 16);
  out_bytes(dn, 8);
  out_firmware();
  out_number(BOARD_HZ);
  out_head(CBOR_ARRAY, 9);
  out_u8(BOARD_CAPS_CHANS);
  out_number(BOARD_RATE_MAX);
  out_u8(BOARD_FRAME_U10);
  out_u8(0); /* sealing: one seal a capture */
  out_u8(BOARD_CAPS_ENCS);
  out_u8(BOARD_BODY);
  out_u32(&sign_ms);
  out_u8(BOARD_IO ? 6 : 0); /* flags: no commands while capturing or signing; pins; bus */
  out_u8(BOARD_RELAYS);
  return out_end();
}

uint8_t *write_ack(uint8_t *p, const uint32_t *results) {
  uint8_t count = session.ack_count;
  out_to(p);
  out_message(4, MT_ACK);
  out_u32(&session.n);
  out_u8(session.ack_code);
#if BOARD_IO
  if (count & ACK_IS_BYTES) {
    out_bytes(overlay.capture.bd, count & (uint8_t)~ACK_IS_BYTES);
    return out_end();
  }
#endif
  out_head(CBOR_ARRAY, count);
  while (count--) out_u32(results++);
  return out_end();
}

uint8_t *write_begin(uint8_t *p, const uint8_t *cfg, uint8_t cfg_n) {
  const capture_state *c = &overlay.capture;
  out_to(p);
  out_message(11, MT_BEGIN);
  out_u32(&chain.rec);
  out_bytes(session.sid, 8);
  out_u32(&chain.boot);
  out_ticks(&c->t0);
  out_head(CBOR_ARRAY, IS_FIFO(c->enc) ? 3 : 4);
  out_u8(IS_FIFO(c->enc)); /* timer clock: fs = hz / (period * div); or the sensor's own, with the rate asked in mHz */
  out_number(BOARD_HZ);
  out_u32(&c->period);
  if (!IS_FIFO(c->enc)) out_u8(c->div);
  out_head(CBOR_ARRAY, c->channels);
  for (uint8_t k = 0; k < c->channels; k++) out_u8(c->chans[k]);
  out_u8(c->enc);
  out_u32(&c->count);
  out_u8(c->win);
  out_bytes(cfg, cfg_n);
  return out_end();
}

uint8_t *back_data(uint8_t *payload, const stream_facts *facts, uint8_t bytes) {
  const capture_state *c = &overlay.capture;
  uint8_t *p = back_head(payload, CBOR_BYTES, bytes);
  if (c->enc & 1) p = back_head(p, CBOR_TAG, 77); /* RFC 8746: sint16, little-endian */
#if BOARD_FIFO
  if (IS_FIFO(c->enc)) p = back_head(p, CBOR_UINT, facts->level);
#endif
  p = back_head(p, CBOR_UINT, c->enc);
  p = back_u32(p, facts->gap);
  p = back_u32(p, IS_FIFO(c->enc) ? facts->trigger : facts->trigger * c->period);
  p = back_u32(p, c->nf);
  p = back_u32(p, chain.rec);
  p = back_head(p, CBOR_UINT, MT_DATA);
  return back_head(p, CBOR_ARRAY, IS_FIFO(c->enc) ? 8 : 7);
}

uint8_t *write_mark(uint8_t *p, const uint32_t *w) {
  out_to(p);
  out_message(4, MT_MARK);
  out_u32(&chain.rec);
  out_u32(w);
  out_head(CBOR_BYTES, 32);
  return out_end() + 32;
}

/* What every signed record begins with. */
static void out_record(uint8_t *p, uint8_t items, uint8_t mt) {
  out_to(p);
  out_message(items, mt);
  out_u32(&chain.rec);
  out_u32(&chain.boot);
  out_bytes(chain.prev, 16);
}

uint8_t *write_seal(uint8_t *p, const ticks48 *t1) {
  const capture_state *c = &overlay.capture;
  out_record(p, 13, MT_SEAL);
  out_bytes(c->chal, 16);
  out_u32(&c->nf);
  out_u32(&c->ns);
  out_ticks(t1);
  out_u32(&c->lost);
  out_u8(c->end);
  out_number(session.macbad);
  out_bytes(c->bd, 32);
  out_bytes(c->chain, 32);
  return out_end();
}

uint8_t *write_identity(uint8_t *p, uint8_t why, const uint8_t nonce[16]) {
  uint8_t pk[32], lock[16], lock_n = lock_bytes(lock);
  identity_read(IDENTITY_PUBLIC, pk, 32);
  out_record(p, 11, MT_IDENTITY);
  out_u8(why);
  out_bytes(pk, 32);
  out_bytes(nonce, 16);
  out_firmware();
  out_bytes(lock, lock_n);
  out_number(key_entropy());
  return out_end();
}

uint8_t *write_event(uint8_t *p, uint8_t code, const uint32_t *number, const uint8_t *bytes) {
  ticks48 now;
  port_ticks(&now);
  out_record(p, 7, MT_EVENT);
  out_ticks(&now);
  out_u8(code);
  uint8_t entries = bytes || number;
  out_head(CBOR_MAP, entries);
  uint8_t key = 1;
#if BOARD_IO
  uint32_t pin;
  if (code == EVENT_DEAD_MAN && (uint16_t)*number >= DROPPED_PIN) {
    key = 2;
    pin = (uint8_t)*number;
    number = &pin;
  }
#endif
  if (entries) out_u8(key);
  if (bytes) out_bytes(bytes, 32);
  if (number) out_u32(number);
  return out_end();
}
