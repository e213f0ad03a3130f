/* General pins and one bus, commands 8 to 10. An output falls back to what it was after a reset, an input, when its hold runs out. */
#ifndef PINS_H
#define PINS_H

#include <stdint.h> /* fixed widths */

#include "port.h" /* whether the board does them */

#define WATCH_MOST 8
#define BUS_MOST 32
enum { PIN_INPUT, PIN_PULLED_UP, PIN_OUTPUT, PIN_PWM, PIN_SERVO, PIN_ANALOG };

/* pin-set: pin, mode, value, hold; pin-watch: pins, n, value = period; bus: mode = bus, pin = address, bytes, n, value = bytes to read. */
typedef struct {
  uint8_t pin, mode, n;
  uint16_t value;
  union {
    uint32_t hold_ms;
    uint8_t pins[WATCH_MOST];
    const uint8_t *bytes;
  };
} pin_request;

void pins_read(uint8_t op, pin_request *m);
/* Returns an ack code; a watch's period goes to results[0], bytes of the bus to overlay.capture.bd. */
uint8_t pins_run(uint8_t op, const pin_request *m, uint32_t *results);

#if BOARD_IO

/* Below the overlay, because holds outlive captures and signatures; not cleared by the start-up code. */
typedef struct {
  volatile uint16_t pulse;  /* of the servo in ticks, 0 = none */
  volatile uint8_t dropped; /* the pin let go last, until it is noted */
  uint8_t watched;          /* pins watched */
  uint8_t pins[WATCH_MOST];
  uint16_t beats, last;              /* period, and beat of the last report */
  uint32_t n, seq;                   /* of the watch command; of the next report */
  volatile uint16_t left[BOARD_PINS]; /* beats until an output is let go, 0 = no output */
} pin_ram;
extern pin_ram pin_state;

/* Number in event 3 that names a pin and not a relay. */
#define DROPPED_PIN 0x100

void pins_start(void);
/* From the time base's interrupt. */
void pins_beat(void);
/* Notes an event for an output that was let go. */
void pins_note(void);
/* Sends a report if one is due. */
void pins_report(void);

/* What the board description says of a pin: offset of its port's registers << 4 | bit. */
#define PIN_NOT_FREE 0xFF
uint8_t pin_place(uint8_t pin);

/* ---- the port's side ---- */
void port_pins_start(void);
/* Makes a free pin what `mode` says; the time base's interrupt is off. Returns 0 if the pin cannot do it, and changes nothing then. */
uint8_t port_pin(uint8_t pin, uint8_t mode, uint16_t value);
/* 0 or 1, or a conversion if the pin was made an analog input. */
uint16_t port_pin_read(uint8_t pin);

#endif
#endif
