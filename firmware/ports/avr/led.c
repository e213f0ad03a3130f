/* Two blinks of about 0.26 s, counted in beats by the time base's interrupt. */
#include "led.h"

#include "port.h" /* led_blink_twice */

#include <avr/io.h> /* registers */

#define BEATS_A_PHASE 8
static volatile uint8_t beats_left;

void led_start(void) {
  BOARD_LED_PORT &= (uint8_t)~(1 << BOARD_LED_BIT);
  BOARD_LED_DDR |= 1 << BOARD_LED_BIT;
}

void led_blink_twice(void) { beats_left = 4 * BEATS_A_PHASE; }

void led_beat(void) {
  if (beats_left == 0) return;
  uint8_t phase = --beats_left / BEATS_A_PHASE; /* 3, 2, 1, 0: on, off, on, off */
  if (phase & 1)
    BOARD_LED_PORT |= 1 << BOARD_LED_BIT;
  else
    BOARD_LED_PORT &= (uint8_t)~(1 << BOARD_LED_BIT);
}
