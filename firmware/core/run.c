/* Interrupts move bytes; this loop does the rest; nothing else runs. */
#include "run.h"

#include "capture.h"   /* job */
#include "claim.h"     /* blank or not */
#include "commands.h"  /* frames under a MAC */
#include "frame.h"     /* receiver */
#include "messages.h"  /* ready */
#include "pins.h"      /* holds, reports */
#include "provision.h" /* keys */
#include "records.h"   /* EEPROM */
#include "selftest.h"  /* known answers */
#include "session.h"   /* open */
#include "signed.h"    /* identity */
#include "stack.h"     /* paint, canary */
#include "state.h"     /* states */

/* fwd: BLAKE2s-256/16 over [0, hashEnd) with the claim page read as 0xFF. */
static void digest_firmware(void) {
  uint8_t bytes[64], out[32];
  blake2s_init(&overlay.talk.hash.v);
  for (uint32_t at = 0; at < BOARD_HASH_END; at += sizeof bytes) {
    for (uint8_t i = 0; i < sizeof bytes; i++) {
      uint32_t a = at + i;
      bytes[i] = a >= BOARD_CLAIM_AT && a < BOARD_CLAIM_AT + BOARD_PAGE ? 0xFF : program_byte((uint16_t)a);
    }
    blake2s_update(&overlay.talk.hash, bytes, sizeof bytes);
    port_alive();
  }
  blake2s_final(&overlay.talk.hash, out);
  for (uint8_t i = 0; i < 16; i++) firmware_digest[i] = out[i];
}

/* A whole claim with another id than the identity's means that somebody else flashed this board. */
static uint8_t owner_changed(void) {
  uint8_t cid[4], mine[4];
  claim_cid(cid);
  identity_read(IDENTITY_CID, mine, 4);
  return !equal_ct(cid, mine, 4);
}

static void settle_state(uint8_t passed) {
  uint8_t identity = identity_start(), claim = claim_kind();
  if (identity == IDENTITY_GOOD && claim == CLAIM_VALID && owner_changed()) {
    records_erase();
    identity = IDENTITY_NONE;
  }
  if (passed != TEST_ALL) {
    board.state = STATE_BARE;
    board.bare_why = BARE_SELFTEST;
  } else if (identity == IDENTITY_GOOD)
    board.state = STATE_LOCKED;
  else if (claim == CLAIM_VALID)
    board.state = STATE_BLANK;
  else {
    board.state = STATE_BARE;
    board.bare_why = identity == IDENTITY_DAMAGED ? BARE_DAMAGED : BARE_NO_CLAIM;
  }
}

void run_start(uint8_t cause) {
  board.state = STATE_BOOT;
  stack_start();
  uint8_t counted = records_start();
  digest_firmware();
  settle_state(selftest());
  if (!counted) event_note(EVENT_STORAGE, ee_fault_at);
  if (cause == RESTART_CANARY) {
    event_note(EVENT_CANARY, 0);
    cause = CAUSE_SOFTWARE;
  } else if (cause == CAUSE_BROWNOUT || cause == CAUSE_WATCHDOG)
    event_note(EVENT_RESET, cause);
  small_send(write_ready(small_body(), cause));
}

/* Once a second while a relay is on: below the supply at which the chip is specified for its clock, nothing stays switched on. */
static void watch_supply(void) {
  static uint16_t last;
  uint16_t now = port_beat();
  if (!relay_on(0) || (uint16_t)(now - last) < BEATS_1_S) return;
  last = now;
  if (!ee_allowed()) relay_safe();
}

static void note_dead_man(void) {
  uint8_t dropped = relay_dropped();
  for (uint8_t k = 0; k < BOARD_RELAYS; k++)
    if (dropped & (1 << k)) event_note(EVENT_DEAD_MAN, k);
#if BOARD_IO
  pins_note();
#endif
}

static void do_job(uint8_t job) {
  switch (job) {
    case JOB_CAPTURE:
#if BOARD_IO
      pin_state.watched = 0; /* a report would take the seal's buffer, and the converter is the capture's */
#endif
      capture_run();
      break;
    case JOB_IDENTIFY:
      line_wait();
      identity_send(2, overlay.capture.chal);
      led_blink_twice();
      break;
    case JOB_ROTATE:
      rotate_keys();
      break;
    case JOB_WIPE:
      wipe_keys();
      break;
    default:
      break;
  }
}

/* Which frames a state takes; everything else is dropped, counted, and not answered. */
static uint8_t take_frame(const uint8_t *body, uint8_t n) {
  if (frame_is(body, n, 4, MT_OPEN))
    answer_open(body, n);
  else if (frame_is(body, n, 2, MT_PING))
    answer_ping(body, n);
  else if (frame_is(body, n, 3, MT_STOP))
    rx_count(&rx_counts.busy);
  else if (body[0] != 0xD1)
    rx_count(&rx_counts.shape);
  else if (board.state == STATE_IDLE)
    return take_command(body, n);
  else if (board.state == STATE_BLANK)
    take_provision(body, n);
  else
    rx_count(&rx_counts.busy);
  return JOB_NONE;
}

void run_once(void) {
  const uint8_t *body;
  port_alive();
  stack_check();
  note_dead_man();
  watch_supply();
  uint8_t n = rx_take(&body);
  if (n) {
    uint8_t job = take_frame(body, n);
    rx_release();
    do_job(job);
  } else if (board.state == STATE_IDLE) {
    events_send();
#if BOARD_IO
    pins_report();
#endif
  }
  small_pump();
  port_idle();
}
