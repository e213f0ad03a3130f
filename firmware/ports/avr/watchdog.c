/* Fed by the main loop and the signer's yield, and only if the interrupts that ought to run have run since. For key noise the same timer
 * runs as an interrupt of nominally 16 ms. */
#include "watchdog.h"

#include "adc.h"      /* liveness */
#include "port.h"     /* noise, port_alive */
#include "reset.h"    /* reset record */
#include "sleep.h"    /* wake up */
#include "timebase.h" /* liveness, latch */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */
#include <avr/wdt.h>       /* wdr */

/* WDTCSR values: 1 s and 16 ms (datasheet table 10-2) */
#define ONE_SECOND ((1 << WDP2) | (1 << WDP1))
#define SHORTEST 0

static uint8_t on;
static volatile uint8_t latched, noisy;
static volatile uint16_t latch;

/* ATmegaBOOT of the old Nano was built without watchdog support: after a watchdog reset it is reset again for ever. It stands at 0x7800 and
 * leaves the last word of flash erased. */
static uint8_t old_nano(void) {
#if BOARD_OLD_NANO
  return pgm_read_word(0x7FFE) == 0xFFFF && pgm_read_word(0x7800) != 0xFFFF;
#else
  return 0;
#endif
}

static void set(uint8_t value) {
  uint8_t sreg = SREG;
  cli();
  wdt_reset();
  WDTCSR = (1 << WDCE) | (1 << WDE);
  WDTCSR = value;
  SREG = sreg;
}

void watchdog_start(void) {
  on = 1;
  /* cppcheck-suppress knownConditionTrueFalse ; on boards that never carried ATmegaBOOT */
  set((1 << WDIF) | (1 << WDIE) | (old_nano() ? 0 : 1 << WDE) | ONE_SECOND);
}

void port_alive(void) {
  uint8_t converting = ADCSRA & (1 << ADATE);
  if (!on || !timebase_alive || (converting && !adc_alive)) return;
  timebase_alive = adc_alive = 0;
  wdt_reset();
}

void noise_begin(void) {
  noisy = 1;
  latched = 0;
  set((1 << WDIF) | (1 << WDIE) | SHORTEST);
  noise_interval();
}

uint16_t noise_interval(void) {
  static uint16_t before;
  while (!latched) {
    board_yield();
    port_idle();
  }
  uint8_t sreg = SREG;
  cli();
  uint16_t now = latch;
  latched = 0;
  SREG = sreg;
  uint16_t interval = now - before;
  before = now;
  return interval;
}

void noise_end(void) {
  noisy = 0;
  if (on)
    watchdog_start();
  else
    set(0);
}

ISR(WDT_vect) {
  if (noisy) {
    latch = timebase_low();
    latched = 1;
    port_event = 1;
    return;
  }
  relay_safe();
  reset_note(CAUSE_OF_WATCHDOG);
  /* cppcheck-suppress knownConditionTrueFalse */
  if (old_nano()) {
    /* every register is written in full at the start, so a jump is as good as a reset */
    __asm__ volatile("jmp 0");
  }
  for (;;) {
  }
}
