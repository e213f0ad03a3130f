/* Idle sleep between interrupts. `sei; sleep` stand back to back, so no interrupt fits between the check and the rest. */
#include "sleep.h"

#include "port.h" /* port_idle */

#include <avr/interrupt.h> /* cli, sei */
#include <avr/sleep.h>     /* idle mode */

volatile uint8_t port_event;

void port_idle(void) {
  set_sleep_mode(SLEEP_MODE_IDLE);
  cli();
  if (port_event) {
    port_event = 0;
    sei();
    return;
  }
  sleep_enable();
  sei();
  sleep_cpu();
  sleep_disable();
}
