/* The pin is written in relay_set, after a checked MAC, and in relay_safe; the dead-man in the interrupt calls relay_safe's half of it. */
#include "relay.h"

#include "port.h" /* relay functions */

#include <avr/interrupt.h> /* cli */
#include <avr/io.h>        /* registers */

#if BOARD_RELAYS != 1
#error "one relay is what the boards described so far have"
#endif

static volatile uint16_t beats_left;
static volatile uint8_t dropped;

static inline void write_pin(uint8_t on) {
  if (on == BOARD_RELAY0_HIGH)
    BOARD_RELAY0_PORT |= 1 << BOARD_RELAY0_BIT;
  else
    BOARD_RELAY0_PORT &= (uint8_t)~(1 << BOARD_RELAY0_BIT);
}

void relay_start(void) {
  relay_safe();
  BOARD_RELAY0_DDR |= 1 << BOARD_RELAY0_BIT;
}

void relay_set(uint8_t relay, uint8_t on, uint16_t beats) {
  (void)relay;
  uint8_t sreg = SREG;
  cli();
  beats_left = on ? beats : 0;
  write_pin(on ? 1 : BOARD_RELAY0_SAFE);
  SREG = sreg;
}

void relay_safe(void) {
  beats_left = 0;
  write_pin(BOARD_RELAY0_SAFE);
}

void relay_beat(void) {
  if (beats_left == 0 || --beats_left) return;
  relay_safe();
  dropped = 1;
}

uint8_t relay_on(uint8_t relay) {
  (void)relay;
  return relay_beats_left(0) != 0;
}

uint16_t relay_beats_left(uint8_t relay) {
  (void)relay;
  uint8_t sreg = SREG;
  cli();
  uint16_t left = beats_left;
  SREG = sreg;
  return left;
}

uint8_t relay_dropped(void) {
  uint8_t now = dropped;
  if (now) dropped = 0;
  return now;
}
