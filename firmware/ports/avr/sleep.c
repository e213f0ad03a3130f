/* Idle sleep between interrupts. `sei; sleep` stand back to back, so no interrupt fits between the check and the rest. */
#include "sleep.h"

#include "port.h" /* port_idle */

#include <avr/interrupt.h> /* cli, sei */
#include <avr/io.h>        /* status register */
#include <avr/sleep.h>     /* idle mode */

volatile uint8_t port_event;

uint8_t port_lock(void) {
  uint8_t was = SREG;
  cli();
  return was;
}

void port_unlock(uint8_t was) { SREG = was; }

void port_idle(void) {
  set_sleep_mode(SLEEP_MODE_IDLE);
  sleep_enable();
  for (;;) {
    cli();
    if (port_event) break;
    sei();
    sleep_cpu(); /* most interrupts move one byte or one sample and are nothing to the main loop: back to sleep */
  }
  port_event = 0;
  sei();
  sleep_disable();
}
