/* Order of checks: shape, number, MAC, meaning. A frame that fails one of the first three is counted and not answered. */
#include "commands.h"

#include "capture.h"  /* plan */
#include "cose.h"     /* MACs */
#include "frame.h"    /* counters */
#include "messages.h" /* ack */
#include "pins.h"     /* general I/O */
#include "records.h"  /* chain, admin key */
#include "selftest.h" /* known answers */
#include "stack.h"    /* free stack */
#include "state.h"    /* session */

#include <string.h> /* memcpy */

enum { ACK_OK, ACK_ARGUMENTS, ACK_BUSY, ACK_UNSUPPORTED, ACK_RATE, ACK_ABSENT, ACK_STORAGE, ACK_SELFTEST, ACK_REFUSED, ACK_GONE };
enum { OP_CAPTURE = 1, OP_RELAY, OP_IDENTIFY, OP_STATUS, OP_SELFTEST, OP_SENSOR, OP_RESEND, OP_PIN_SET, OP_PIN_WATCH, OP_BUS, OP_DIAGNOSTICS };
#define MOST_RESULTS 10
#define BAD_MACS_MOST 5


/* A command whose shape is right; byte strings point into the receive buffer. */
typedef struct {
  uint32_t n;
  uint8_t op;
  union {
    struct {
      uint8_t relay, on;
      uint32_t hold_ms;
    } relay;
    uint32_t rec;
    pin_request pin;
  };
} command;

uint32_t in_hold(void) {
  uint32_t ms = in_u32();
  if (ms > 600000) in_misfit();
  return ms;
}

uint16_t hold_beats(uint32_t ms) { return (uint16_t)(ms * (BOARD_HZ / 1000) / 65536 + 1); }

static void read_arguments(command *m) {
  uint8_t n;
  switch (m->op) {
    case OP_CAPTURE:
      capture_read();
      break;
    case OP_RELAY:
      in_array(3);
      m->relay.relay = in_u8(255);
      m->relay.on = in_bool();
      m->relay.hold_ms = in_hold();
      break;
    case OP_IDENTIFY:
      in_array(1);
      in_copy(overlay.capture.chal, 16);
      break;
    case OP_SENSOR:
      in_array(2);
      in_u8(255);
      in_bytes(32, &n);
      break;
    case OP_RESEND:
      in_array(1);
      m->rec = in_u32();
      break;
    case OP_PIN_SET:
    case OP_PIN_WATCH:
    case OP_BUS:
      pins_read(m->op, &m->pin);
      break;
    default: /* status, selftest, diagnostics */
      in_array(0);
  }
}

static uint8_t read_command(command *m) {
  m->n = in_u32();
  m->op = in_u8(OP_DIAGNOSTICS);
  if (m->op == 0) in_misfit();
  if (!in_bad()) read_arguments(m);
  return in_done();
}

static void send_ack(const uint32_t *results) {
  uint8_t *end = write_ack(talk_payload(), results);
  talk_send(mac0_close(end, session.key, aad_ack, session.sid), 0);
}

/* ---- the operations: each returns an ack code and says how many results there are ---- */

static uint8_t do_status(uint32_t *results) {
  uint32_t hold = 0;
  uint8_t relays = 0;
  for (uint8_t k = 0; k < BOARD_RELAYS; k++) {
    if (!relay_on(k)) continue;
    relays |= (uint8_t)(1 << k);
    uint32_t ms = (uint32_t)relay_beats_left(k) * (65536UL * 1000 / BOARD_HZ);
    if (hold == 0 || ms < hold) hold = ms;
  }
  results[0] = vcc_mv();
  results[1] = stack_lowest_free();
  results[2] = rx_bad();
  results[3] = rx_counts.macbad;
  results[4] = rx_counts.line;
  results[5] = chain.boot;
  results[6] = board.state;
  results[7] = relays;
  results[8] = hold;
  results[9] = stream.late;
  return 10;
}

static uint8_t do_relay(const command *m) {
  if (m->relay.relay >= BOARD_RELAYS || (m->relay.on != 0) != (m->relay.hold_ms != 0)) return ACK_ARGUMENTS;
  if (m->relay.on && vcc_mv() < BOARD_VCC_MIN_MV) return ACK_REFUSED;
  relay_set(m->relay.relay, m->relay.on, m->relay.on ? hold_beats(m->relay.hold_ms) : 0);
  return ACK_OK;
}

/* Takes the next record number for a job; its ack is [rec]. */
static uint8_t open_record(uint32_t *results, uint8_t *job, uint8_t wanted) {
  if (!record_open()) {
    event_note(EVENT_STORAGE, ee_fault_at);
    return ACK_STORAGE;
  }
  results[0] = chain.rec;
  session.ack_count = 1;
  *job = wanted;
  return ACK_OK;
}

static uint8_t run_command(const command *m, uint32_t *results, uint8_t *job) {
  uint8_t code;
  switch (m->op) {
    case OP_CAPTURE:
      code = capture_plan();
      return code ? code : open_record(results, job, JOB_CAPTURE);
    case OP_RELAY:
      code = do_relay(m);
      if (code == ACK_OK) {
        results[0] = m->relay.on;
        session.ack_count = 1;
      }
      return code;
    case OP_IDENTIFY:
      return open_record(results, job, JOB_IDENTIFY);
    case OP_STATUS:
      session.ack_count = do_status(results);
      return ACK_OK;
    case OP_SELFTEST:
      results[0] = selftest();
      session.ack_count = 1;
      return ACK_OK;
    case OP_DIAGNOSTICS:
      session.ack_count = capture_diagnostics(results);
      return ACK_OK;
    case OP_PIN_SET:
    case OP_PIN_WATCH:
    case OP_BUS:
      return pins_run(m->op, &m->pin, results);
    case OP_RESEND:
      return ACK_GONE; /* unless the record itself can be the answer */
    default:
      return ACK_UNSUPPORTED;
  }
}

/* Numbers rise by one. The last number again is a retransmission: same answer, no second act. Returns 0 if it must be dropped. */
static uint8_t number_fits(uint32_t n) {
  if (n == session.n + 1 || (n == session.n && n != 0)) return 1;
  rx_count(&rx_counts.seq);
  return 0;
}

static uint8_t mac_fits(const mac0 *envelope, const uint8_t key[32], const char *aad) {
  if (session.deaf) {
    if ((uint16_t)(port_beat() - session.deaf_from) < BEATS_1_S) return 0;
    session.deaf = session.bad_macs = 0;
  }
  if (mac0_check(envelope, key, aad, session.sid)) {
    session.bad_macs = 0;
    return 1;
  }
  rx_count(&rx_counts.macbad);
  if (session.macbad != 0xFFFF) session.macbad++;
  if (++session.bad_macs == BAD_MACS_MOST) {
    session.deaf = 1;
    session.deaf_from = port_beat();
    event_note(EVENT_BAD_MACS, session.macbad);
  }
  return 0;
}

/* `rotates` or wipes. */
static uint8_t take_admin(const mac0 *envelope, uint8_t rotates) {
  uint8_t key[32];
  uint32_t n = in_u32();
  const uint8_t *hr = rotates ? in_fixed(32) : 0;
  if (!in_done() || !number_fits(n)) return JOB_NONE;
  identity_read(IDENTITY_ADMIN, key, 32);
  uint8_t fits = mac_fits(envelope, key, aad_admin);
  wipe(key, sizeof key);
  if (!fits) return JOB_NONE;
  uint8_t is_new = n != session.n;
  if (is_new) {
    session.n = n;
    session.ack_code = ee_allowed() ? ACK_OK : ACK_STORAGE;
    session.ack_count = 0;
  }
  send_ack(0);
  if (session.ack_code || !is_new) return JOB_NONE;
  if (hr) memcpy(overlay.capture.bd, hr, 32);
  return hr ? JOB_ROTATE : JOB_WIPE;
}

uint8_t take_command(const uint8_t *body, uint8_t n) {
  mac0 envelope;
  if (!mac0_read(body, n, &envelope)) return JOB_NONE;
  in_from(envelope.payload, envelope.n);
  uint8_t items = (uint8_t)in_head(CBOR_ARRAY), mt = in_u8(255), rotates = mt == MT_ROTATE;
  if (rotates || mt == MT_WIPE) {
    if (items != (rotates ? 3 : 2)) in_misfit();
    return take_admin(&envelope, rotates);
  }
  if (mt != MT_COMMAND || items != 4) in_misfit();
  command m;
  if (!read_command(&m) || !number_fits(m.n) || !mac_fits(&envelope, session.key, aad_command)) return JOB_NONE;
  uint8_t job = JOB_NONE;
  uint32_t results[MOST_RESULTS];
  results[0] = session.ack_result;
  if (m.n != session.n) {
    session.n = m.n;
    session.ack_count = 0;
    session.ack_code = run_command(&m, results, &job);
    session.ack_result = results[0];
  } else if (m.op == OP_STATUS || m.op == OP_DIAGNOSTICS) /* only looks: the answer is made again */
    run_command(&m, results, &job);
  if (m.op == OP_RESEND && talk_resend(&m.rec)) return JOB_NONE;
  send_ack(results);
  return job;
}
