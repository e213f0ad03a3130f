/* The core's port beside the Arduino core. Registers where Arduino has no call for it: conversions started by hardware, bytes stamped when
 * they come, frames sent from where they stand. What the sketch keeps: pins, digitalRead, analogRead between captures, millis, delay,
 * interrupts of its own. Serial is not among it: the linker refuses a second owner of the line, and a printed word would break a frame. */
#include "kizashi_port.h"

#include "kz/claim.h"    /* baud the flasher chose */
#include "kz/led.h"      /* LED */
#include "kz/overlay.h"  /* RAM */
#include "kz/records.h"  /* numbers */
#include "kz/relay.h"    /* relays first */
#include "kz/reset.h"    /* cause */
#include "kz/run.h"      /* the board's life */
#include "kz/stack.h"    /* free stack */
#include "kz/state.h"    /* states */
#include "kz/timebase.h" /* clock */
#include "kz/usart.h"    /* line */
#include "kz/watchdog.h" /* last: the start takes longer than a second allows */

#include <avr/interrupt.h> /* cli, sei */
#include <avr/io.h>        /* timer 0, stack pointer */

/* The same registers as in the other images, but timer 0 is the sketch's and is lent, and the sketch's loop must not sleep. */
#define adc_start converter_start
#include "kz/adc.inc"
#undef adc_start
#define port_idle port_sleep
#include "kz/sleep.inc"
#undef port_idle

overlay_ram overlay __attribute__((section(".noinit")));

void ed25519_yield(void) { board_yield(); }

/* delay() of the Arduino core calls this; a sketch that has its own wins. */
void __attribute__((weak)) yield(void) { port_alive(); }

/* ---- timer 0: Arduino's clock, and what starts conversions ---- */

extern volatile unsigned long timer0_millis, timer0_overflow_count; /* of the Arduino core, wiring.c */

static struct {
  uint8_t lent, tccra, tccrb, timsk, ocra, ocrb, tcnt;
  uint8_t odd; /* 125ths of a millisecond not given yet */
  ticks48 at;
} timer0;

static void timer0_lend(void) {
  if (timer0.lent) return;
  uint8_t was = port_lock();
  timer0.timsk = TIMSK0;
  timer0.tccra = TCCR0A;
  timer0.tccrb = TCCR0B;
  timer0.ocra = OCR0A;
  timer0.ocrb = OCR0B;
  TIMSK0 = 0;
  port_ticks(&timer0.at);
  timer0.tcnt = TCNT0;
  if (TIFR0 & (1 << TOV0)) timer0_overflow_count++; /* its interrupt did not run any more; what it adds to millis is within a millisecond */
  timer0.lent = 1;
  port_unlock(was);
}

/* Gives timer 0 back as it was, and the sketch the time that has passed: timer 0 steps every 8 ticks and overflows every 2,048 of them, which
 * is 128/125 ms (wiring.c). */
static void timer0_return(void) {
  ticks48 now;
  if (!timer0.lent) return;
  uint8_t was = port_lock();
  port_ticks(&now);
  uint32_t ticks = ((now.hi - timer0.at.hi) << 16) + now.lo - timer0.at.lo + (uint32_t)timer0.tcnt * 8;
  uint32_t overflows = ticks >> 11, thousandths = overflows * 128 + timer0.odd;
  timer0_overflow_count += overflows;
  timer0_millis += thousandths / 125;
  timer0.odd = (uint8_t)(thousandths % 125);
  TCCR0B = 0;
  TCCR0A = timer0.tccra;
  OCR0A = timer0.ocra;
  OCR0B = timer0.ocrb;
  TCNT0 = (uint8_t)(ticks >> 3);
  TIFR0 = 1 << TOV0;
  TCCR0B = timer0.tccrb;
  TIMSK0 = timer0.timsk;
  timer0.lent = 0;
  port_unlock(was);
}

void adc_start(ticks48 *t0) {
  timer0_lend();
  converter_start(t0);
}

/* A capture, or noise being gathered for a key, has nothing else to do but wait; a sketch has. */
void port_idle(void) {
  if (board.state == STATE_CAPTURING || board.state == STATE_KEYGEN) port_sleep();
}

/* ---- stack: behind the overlay may stand variables of others that no start clears, and a heap ---- */

#define PAINT 0xC5
extern uint8_t __heap_start;
extern char *__brkval __attribute__((weak)); /* end of the heap; exists where the sketch allocates */

static uint8_t *stack_end(void) { return &__brkval && __brkval ? (uint8_t *)__brkval : &__heap_start; }

static const uint8_t *skip_others(const uint8_t *p) { return p == (uint8_t *)(&overlay + 1) ? stack_end() : p; }

void stack_paint(uint8_t *from) {
  const uint8_t *top = (const uint8_t *)(SP - 16);
  for (const uint8_t *p = skip_others(from); p < top; p = skip_others(p + 1)) *(volatile uint8_t *)p = PAINT;
}

uint16_t stack_untouched(const uint8_t *from) {
  uint16_t n = 0;
  for (const uint8_t *p = skip_others(from); p < (const uint8_t *)SP && *p == PAINT; p = skip_others(p + 1)) n++;
  return n;
}

/* ---- life ---- */

static const uint8_t baud_registers[] IN_FLASH = BOARD_UBRR_BY_INDEX;

static uint8_t baud_register(uint32_t baud) {
  if (baud) return (uint8_t)((F_CPU / 4 / baud - 1) / 2);
  uint8_t index = claim_baud();
  uint8_t ubrr = index < sizeof baud_registers ? flash_u8(&baud_registers[index]) : 255;
  return ubrr == 255 ? BOARD_UBRR_DEFAULT : ubrr;
}

void kizashi_begin(uint32_t baud) {
  cli();
  relay_start();
  led_start();
  uint8_t cause = reset_cause();
  timebase_start();
  timer0_lend();
  adc_setup();
  DIDR0 = 0; /* the sketch may read these pins */
  usart_start(baud_register(baud));
  sei();
  run_start(cause);
  timer0_return();
  watchdog_start();
}

void kizashi_poll(void) {
  ADCSRB = 0; /* analogRead of a Mega leaves the bit of the upper inputs */
  run_once();
  timer0_return();
}

uint8_t kizashi_provisioned(void) { return board.state >= STATE_LOCKED; }
uint8_t kizashi_connected(void) { return session.opens != 0; }
uint32_t kizashi_records(void) { return chain.rec; }
uint8_t kizashi_relay_on(void) { return relay_on(0); }
uint16_t kizashi_stack_free(void) { return stack_lowest_free(); }
