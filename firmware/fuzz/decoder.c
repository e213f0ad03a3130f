/* The core as a decoder, for comparison with protocol/ of the host. A body goes the whole way: line, frame, shape, in the states IDLE and BLANK;
 * what a refused one was counted as is its verdict. What an accepted one says is read back from the core's own readers: core/commands.c and
 * core/capture.c are compiled once more below, with a MAC that always fits, so that their inner functions can be called. */
#include <stdint.h>

#include "cbor_item.h" /* which fault it was */
#include "claim.h"     /* blank board */
#include "crc16.h"     /* frames */
#include "frame.h"     /* counters */
#include "messages.h"  /* message types */
#include "outside.h"   /* the board */
#include "records.h"   /* identity */
#include "run.h"       /* main loop */

static uint8_t always_fits(const void *m, const uint8_t *key, const char *aad, const uint8_t *sid) {
  (void)m;
  (void)key;
  (void)aad;
  (void)sid;
  return 1;
}

#define capture_read again_capture_read
#define capture_plan again_capture_plan
#define capture_run again_capture_run
#define capture_diagnostics again_capture_diagnostics
#define take_frame again_take_frame
#define seal again_seal
#define ACK_OK CAPTURE_ACK_OK
#define ACK_ARGUMENTS CAPTURE_ACK_ARGUMENTS
#define ACK_BUSY CAPTURE_ACK_BUSY
#define ACK_UNSUPPORTED CAPTURE_ACK_UNSUPPORTED
#define ACK_RATE CAPTURE_ACK_RATE
#define ACK_ABSENT CAPTURE_ACK_ABSENT
#define ACK_STORAGE CAPTURE_ACK_STORAGE
#include "../core/capture.c"
#undef ACK_OK
#undef ACK_ARGUMENTS
#undef ACK_BUSY
#undef ACK_UNSUPPORTED
#undef ACK_RATE
#undef ACK_ABSENT
#undef ACK_STORAGE
/* What the reader handed out last, for what a board of this image reads and does not keep. */
static uint8_t last_u8, last_n;
static const uint8_t *last_bytes, *before_last;
static uint8_t told_u8(uint8_t most) { return last_u8 = in_u8(most); }
static const uint8_t *told_bytes(uint8_t most, uint8_t *n) {
  last_bytes = in_bytes(most, n);
  last_n = *n;
  return last_bytes;
}
static const uint8_t *told_fixed(uint8_t n) {
  before_last = last_bytes;
  return last_bytes = in_fixed(n);
}
#define in_u8 told_u8
#define in_bytes told_bytes
#define in_fixed told_fixed
#define take_command again_take_command
#define in_hold again_in_hold
#define hold_beats again_hold_beats
#define mac0_check(m, key, aad, sid) always_fits(m, key, aad, sid)
#include "../core/commands.c"
#define take_provision again_take_provision
#define rotate_keys again_rotate_keys
#define wipe_keys again_wipe_keys
#define key_entropy again_key_entropy
#include "../core/provision.c"
#undef mac0_check
#undef in_u8
#undef in_bytes
#undef in_fixed

#define EXPORT(name) __attribute__((export_name(name)))

static uint8_t body[256], reply[512], values[256];
static uint32_t reply_n, values_n;

EXPORT("body") uint8_t *body_at(void) { return body; }
EXPORT("reply") uint8_t *reply_at(void) { return reply; }
EXPORT("values") uint8_t *values_at(void) { return values; }
EXPORT("replyLength") uint32_t reply_length(void) { return reply_n; }

void outside_sent(const uint8_t *frame, uint8_t n, uint8_t after_silence) {
  (void)after_silence;
  if (reply_n + n > sizeof reply) return;
  memcpy(reply + reply_n, frame, n);
  reply_n += n;
}
void outside_relay(uint8_t on) {
  if (on) __builtin_trap();
}
void outside_pause(void) { __builtin_trap(); }
uint16_t outside_sample(uint8_t channel, uint32_t k) { return (uint16_t)(channel + k); }
void outside_power_lost(void) { __builtin_trap(); }
void outside_restart(uint8_t cause) {
  (void)cause;
  __builtin_trap();
}
void outside_broken(const char *what) {
  (void)what;
  __builtin_trap();
}

/* Boots a board that has an identity, or a claim and no identity. */
EXPORT("boot") uint8_t boot(uint8_t known) {
  static const uint8_t claim[12] = {'K', 'Z', 'C', 'L', 1, 2, 0, 0, 9, 8, 7, 6};
  uint8_t bytes[32];
  vb_power_on();
  memset(vb_flash, 0xFF, sizeof vb_flash);
  memset(vb.eeprom, 0xFF, sizeof vb.eeprom);
  for (uint8_t k = 0; k < 32; k++) bytes[k] = (uint8_t)(k * 5 + 1);
  if (!known) {
    uint8_t *page = vb_flash + BOARD_CLAIM_AT;
    memcpy(page, claim, 12);
    memcpy(page + 12, bytes, 32);
    uint16_t crc = crc16(0xFFFF, page, 44);
    page[44] = (uint8_t)(crc >> 8);
    page[45] = (uint8_t)crc;
  } else {
    for (uint8_t at = 0; at < IDENTITY_BYTES; at += 4) identity_put(EE_IDENTITY_A, at, bytes, 4);
    identity_commit();
  }
  vb_power_on();
  run_start(0);
  vb_settle();
  board.state = known ? STATE_IDLE : board.state;
  return board.state;
}

static void line(uint32_t n) {
  static uint8_t framed[264];
  uint16_t crc = 0xFFFF;
  uint32_t code = 0, out = 1;
  for (uint32_t k = 0; k < n; k++) crc = crc16_add(crc, body[k]);
  for (uint32_t k = 0; k < n + 2; k++) {
    uint8_t byte = k < n ? body[k] : k == n ? (uint8_t)(crc >> 8) : (uint8_t)crc;
    if (byte) framed[out++] = byte;
    if (byte == 0) {
      framed[code] = (uint8_t)(out - code);
      code = out++;
    }
  }
  framed[code] = (uint8_t)(out - code);
  framed[out++] = 0;
  vb_receive(framed, out, vb.now);
}

enum { ACCEPTED, AS_CBOR, AS_SHAPE, OTHERWISE };

/* The body on the line, as the board counts it. `dr` of a provisioning is the one that the board waits for. */
EXPORT("judge") uint8_t judge(uint32_t n) {
  memset((void *)&rx_counts, 0, sizeof rx_counts);
  reply_n = 0;
  session.bad_macs = session.deaf = 0;
  vb_advance(BOARD_HZ); /* every rate limit is over */
  vb.event = 1;
  line(n);
  do run_once();
  while (vb.in_count || rx.ready);
  line_wait();
  if (rx_counts.cbor) return AS_CBOR;
  if (rx_counts.shape) return AS_SHAPE;
  return rx_counts.overlong || rx_counts.short_ || rx_counts.crc || rx_counts.cobs ? OTHERWISE : ACCEPTED;
}

/* A stop in a capture whose record and lock are given. 3: it was right and ended the capture. */
EXPORT("judgeStop") uint8_t judge_stop(uint32_t n, uint32_t rec) {
  capture_state *c = &overlay.capture;
  uint32_t kept = chain.rec;
  memset((void *)&rx_counts, 0, sizeof rx_counts);
  memcpy(c->lock, values, 16);
  chain.rec = rec;
  stream.done = 0;
  take_stop(c, body, (uint8_t)n);
  chain.rec = kept;
  if (rx_counts.cbor) return AS_CBOR;
  if (rx_counts.shape) return AS_SHAPE;
  return stream.done ? OTHERWISE : ACCEPTED;
}

/* What a refused body is by the rule of docs/protocol.md: the payload of a right envelope is judged by itself. */
EXPORT("fault") uint8_t fault(uint32_t n) {
  static const uint8_t sign1[] = {0xD2, 0x84, 0x43, 0xA1, 0x01, 0x32, 0xA1, 0x04, 0x48};
  mac0 envelope;
  const uint8_t *p = body;
  uint8_t kid_end = sizeof sign1 + 8;
  if (mac0_read(body, (uint8_t)n, &envelope)) {
    p = envelope.payload;
    n = envelope.n;
  } else if (n > kid_end && !memcmp(body, sign1, sizeof sign1)) { /* a board's own message, sent back to it */
    in_from(body + kid_end, (uint8_t)(n - kid_end));
    envelope.payload = in_bytes(255, &envelope.n);
    in_fixed(64);
    if (in_done()) {
      p = envelope.payload;
      n = envelope.n;
    }
  }
  return cbor_item(p, n) ? AS_SHAPE : AS_CBOR;
}

EXPORT("item") uint8_t item_of_profile(uint32_t n) { return cbor_item(body, n); }

static void put(uint32_t value) {
  for (uint8_t k = 0; k < 4; k++, value >>= 8) values[values_n++] = (uint8_t)value;
}

static void put_bytes(const uint8_t *bytes, uint8_t n) {
  memcpy(values + values_n, bytes, n);
  values_n += n;
}

/* What a command says; returns how many bytes of `values` tell it: numbers of four bytes, least first, and byte strings. */
EXPORT("command") uint32_t command_values(uint32_t n) {
  mac0 envelope;
  command m;
  const capture_state *c = &overlay.capture;
  values_n = 0;
  if (!mac0_read(body, (uint8_t)n, &envelope)) return 0;
  in_from(envelope.payload, envelope.n);
  in_array(4);
  in_u8(MT_COMMAND);
  memset(&m, 0, sizeof m);
  if (!read_command(&m)) return 0;
  put(m.n);
  put(m.op);
  if (m.op == OP_CAPTURE) {
    put(c->count);
    put(c->period);
    put(c->div);
    put(c->channels);
    put_bytes(c->chans, c->channels);
    put(c->enc);
    put(c->win);
    put(c->sign);
    put_bytes(c->chal, 16);
    put_bytes(c->lock, 16);
  } else if (m.op == OP_RELAY) {
    put(m.relay.relay);
    put(m.relay.on);
    put(m.relay.hold_ms);
  } else if (m.op == OP_IDENTIFY)
    put_bytes(c->chal, 16);
  else if (m.op == OP_SENSOR) {
    put(last_u8);
    put(last_n);
    put_bytes(last_bytes, last_n);
  } else if (m.op == OP_RESEND)
    put(m.rec);
  else if (m.op == OP_PIN_SET) {
    put(m.pin.pin);
    put(m.pin.mode);
    put(m.pin.value);
    put(m.pin.hold_ms);
  } else if (m.op == OP_PIN_WATCH) {
    put(m.pin.n);
    put_bytes(m.pin.pins, m.pin.n);
    put(m.pin.value);
  } else if (m.op == OP_BUS) {
    put(m.pin.mode);
    put(m.pin.pin);
    put(m.pin.n);
    put_bytes(m.pin.bytes, m.pin.n);
    put(m.pin.value);
  }
  return values_n;
}

/* An owner's order with the number it must have: 3 rotate, whose `hr` stands in `values` then; 4 wipe. */
EXPORT("admin") uint8_t admin(uint32_t n, uint32_t number) {
  session.n = number - 1;
  uint8_t job = again_take_command(body, (uint8_t)n);
  memcpy(values, overlay.capture.bd, 32);
  line_wait();
  reply_n = 0;
  return job;
}

/* `dr` and `hr` of a provisioning stand in `values` then; the keys are not made, because `dr` is not the one that the board waits for. */
EXPORT("provision") uint32_t provision(uint32_t n) {
  values_n = 0;
  last_bytes = before_last = 0;
  session.opens = 0;
  again_take_provision(body, (uint8_t)n);
  if (!before_last) return 0;
  put_bytes(before_last, 16);
  put_bytes(last_bytes, 32);
  return values_n;
}
