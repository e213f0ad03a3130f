/* Commands 8 to 10 by protocol/kz1.cddl: general pins, their watch, one I2C transaction. Their shape is checked on every board; what they
 * do exists where BOARD_IO is set (caps.flags bits 1 and 2). */
#include "pins.h"

#include "cbor.h"     /* readers */
#include "commands.h" /* hold */
#include "cose.h"     /* reports carry a MAC */
#include "messages.h" /* report */
#include "state.h"    /* session */

#include <string.h> /* memset */

enum { OP_PIN_SET = 8, OP_PIN_WATCH, OP_BUS };
enum { ACK_OK, ACK_ARGUMENTS, ACK_BUSY, ACK_UNSUPPORTED, ACK_RATE, ACK_ABSENT };

static uint16_t in_u16(void) {
  uint32_t value = in_u32();
  if (value > 0xFFFF) in_misfit();
  return (uint16_t)value;
}

void pins_read(uint8_t op, pin_request *m) {
  if (op == OP_PIN_SET) {
    in_array(4);
    m->pin = in_u8(255);
    m->mode = in_u8(5);
    m->value = in_u16();
    m->hold_ms = in_hold();
  } else if (op == OP_PIN_WATCH) {
    in_array(2);
    uint32_t pins = in_head(CBOR_ARRAY);
    if (pins > WATCH_MOST) in_misfit();
    m->n = 0;
    while (!in_bad() && m->n < (uint8_t)pins) m->pins[m->n++] = in_u8(255);
    m->value = in_u16();
  } else {
    in_array(4);
    m->mode = in_u8(255);
    m->pin = in_u8(127);
    m->bytes = in_bytes(BUS_MOST, &m->n);
    m->value = in_u8(BUS_MOST);
  }
}

#if BOARD_IO

static const uint8_t places[] IN_FLASH = BOARD_PIN_PLACES;
static const uint16_t most[] IN_FLASH = {0, 0, 1, 255, 2600, 0};
#define SERVO_LEAST 400

uint8_t pin_place(uint8_t pin) { return pin < sizeof places ? flash_u8(&places[pin]) : PIN_NOT_FREE; }

static pin_ram *watch(void) {
  pin_ram *w = &pin_state;
  BY_REGISTER(w);
  return w;
}

static uint8_t is_free(uint8_t pin) { return pin_place(pin) != PIN_NOT_FREE; }

void pins_start(void) {
  memset(&pin_state, 0, sizeof pin_state);
  port_pins_start();
}

static uint8_t pin_set(const pin_request *m) {
  uint8_t mode = m->mode, drives = mode >= PIN_OUTPUT && mode <= PIN_SERVO;
  if (!is_free(m->pin) || drives != (m->hold_ms != 0) || m->value > flash_u16(&most[mode])) return ACK_ARGUMENTS;
  if (mode == PIN_SERVO && m->value && m->value < SERVO_LEAST) return ACK_ARGUMENTS;
  uint16_t beats = drives ? hold_beats(m->hold_ms) : 0;
  uint8_t was = port_lock(), possible = port_pin(m->pin, mode, m->value);
  if (possible) pin_state.left[m->pin] = beats;
  port_unlock(was);
  return possible ? ACK_OK : ACK_UNSUPPORTED;
}

/* The main loop changes pins with interrupts off, so the two never meet. */
void pins_beat(void) {
  volatile uint16_t *left = pin_state.left + BOARD_PINS;
  for (uint8_t pin = BOARD_PINS; pin--;) {
    uint16_t beats = *--left;
    if (beats == 0 || (*left = beats - 1)) continue;
    port_pin(pin, PIN_INPUT, 0);
    pin_state.dropped = pin;
  }
}

/* Pin 0 belongs to the line and is never free, so 0 says none. */
void pins_note(void) {
  uint8_t pin = pin_state.dropped;
  if (pin == 0) return;
  pin_state.dropped = 0;
  event_note(EVENT_DEAD_MAN, DROPPED_PIN | pin);
}

/* A watch that is refused ends the one before it, too. */
static uint8_t pin_watch(const pin_request *m, uint32_t *results) {
  pin_ram *w = watch();
  w->watched = 0;
  for (uint8_t k = 0; k < m->n; k++) {
    w->pins[k] = m->pins[k];
    if (!is_free(m->pins[k])) return ACK_ARGUMENTS;
  }
  w->n = session.n;
  w->seq = 0;
  w->last = port_beat();
  w->beats = hold_beats(m->value);
  results[0] = (uint16_t)(w->beats * 33 - w->beats / 4); /* 32.768 ms a beat */
  w->watched = m->n;
  session.ack_count = 1;
  return ACK_OK;
}

void pins_report(void) {
  pin_ram *w = watch();
  uint16_t now = port_beat();
  if (w->watched == 0 || (uint16_t)(now - w->last) < w->beats) return;
  w->last = now;
  out_to(talk_payload());
  out_message(5, MT_REPORT);
  out_u32(&w->n);
  out_u32(&w->seq);
  w->seq++;
  ticks48 at;
  port_ticks(&at);
  out_ticks(&at);
  out_head(CBOR_ARRAY, w->watched);
  for (uint8_t k = 0; k < w->watched; k++) {
    uint32_t value = port_pin_read(w->pins[k]);
    out_u32(&value);
  }
  talk_send(mac0_close(out_end(), session.key, aad_report, session.sid), 0);
}

static uint8_t bus(const pin_request *m) {
  if (m->mode || (m->n == 0 && m->value == 0)) return ACK_ARGUMENTS;
  if (!port_bus(m->pin, m->bytes, m->n, overlay.capture.bd, (uint8_t)m->value)) return ACK_ABSENT;
  session.ack_count = ACK_IS_BYTES | (uint8_t)m->value;
  return ACK_OK;
}

uint8_t pins_run(uint8_t op, const pin_request *m, uint32_t *results) {
  if (op == OP_PIN_SET) return pin_set(m);
  if (op == OP_PIN_WATCH) return pin_watch(m, results);
  return bus(m);
}

#else

uint8_t pins_run(uint8_t op, const pin_request *m, uint32_t *results) {
  (void)op;
  (void)m;
  (void)results;
  return ACK_UNSUPPORTED;
}

#endif
