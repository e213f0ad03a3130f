/* 48-bit ticks from a 16-bit timer and its overflow interrupt, which also counts down the relays' dead-man. */
#include "timebase.h"

#include "port.h" /* ticks48 */
#include "led.h"   /* blinking */
#include "pins.h"  /* dead-man */
#include "relay.h" /* dead-man */
#include "sleep.h" /* wakes the main loop */
#include "timer.h" /* which timer */

#include <avr/interrupt.h> /* vectors, cli */
#include <avr/io.h>        /* registers */

volatile uint32_t timebase_overflows;
volatile uint8_t timebase_alive;

void timebase_start(void) {
  TB_TCCRA = 0;
  TB_TCCRB = 0;
  TB_TCCRC = 0;
  TB_TCNT = 0;
  TB_OCRA = 0xFFFF;
  TB_OCRB = 0x7FFF;
  TB_TIFR = (1 << ICF1) | (1 << OCF1B) | (1 << OCF1A) | (1 << TOV1);
  TB_TIMSK = 1 << TOIE1;
  TB_TCCRB = (BOARD_TACHO << ICNC1) | (1 << ICES1) | (1 << CS11); /* captures rising edges; of a shaft only those that last 4 cycles */
}

ISR(TB_OVF_vect) {
  timebase_overflows++;
  sei(); /* the rest may wait for a conversion; it does not meet itself before the next beat */
  timebase_alive = 1;
  port_event = 1; /* the main loop turns at least once a beat */
  relay_beat();
#if BOARD_IO
  pins_beat();
#endif
  led_beat();
}

uint16_t timebase_low(void) { return TB_TCNT; }

void port_ticks(ticks48 *t) {
  uint8_t sreg = SREG;
  cli();
  uint16_t low = TB_TCNT;
  uint32_t high = timebase_overflows;
  /* an overflow that waits for its interrupt: the low word was read after it if it is small */
  if ((TB_TIFR & (1 << TOV1)) && low < 0x8000) high++;
  SREG = sreg;
  t->lo = low;
  t->hi = high;
}

uint16_t port_beat(void) {
  uint8_t sreg = SREG;
  cli();
  uint16_t beat = (uint16_t)timebase_overflows;
  SREG = sreg;
  return beat;
}
