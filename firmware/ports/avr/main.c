/* Start order and the loop. */
#include "adc.h"      /* converter */
#include "claim.h"    /* baud the flasher chose */
#include "led.h"      /* LED */
#include "pins.h"     /* general pins */
#include "port.h"     /* stack */
#include "relay.h"    /* relays first */
#include "reset.h"    /* cause */
#include "run.h"      /* the board's life */
#include "timebase.h" /* clock */
#include "usart.h"    /* line */
#include "watchdog.h" /* last: the start takes longer than a second allows */

#include <avr/interrupt.h> /* sei */
#include <avr/io.h>        /* stack pointer, power */

#define PAINT 0xC5

/* Leaves the caller's and this frame alone. */
void stack_paint(uint8_t *from) {
  volatile uint8_t *p = from, *top = (volatile uint8_t *)(SP - 16);
  while (p < top) *p++ = PAINT;
}

uint16_t stack_untouched(const uint8_t *from) {
  uint16_t n = 0;
  while (from + n < (const uint8_t *)(SP) && from[n] == PAINT) n++;
  return n;
}

void ed25519_yield(void) { board_yield(); }

static const uint8_t baud_registers[] IN_FLASH = BOARD_UBRR_BY_INDEX;

static uint8_t baud_register(void) {
  uint8_t index = claim_baud();
  uint8_t ubrr = index < sizeof baud_registers ? flash_u8(&baud_registers[index]) : 255;
  return ubrr == 255 ? BOARD_UBRR_DEFAULT : ubrr;
}

/* A loader may leave units on that this program does not use: their interrupts would have no handler, their clocks would be stopped. */
static void forget_loader(void) {
  MCUCR = 1 << IVCE;
  MCUCR = 0; /* vectors at 0, pull-ups on */
#ifdef PRR1
  PRR0 = 0;
  PRR1 = 0;
#else
  PRR = 0;
#endif
  GTCCR = 0;
  TIMSK2 = 0;
#ifdef TIMSK5
  TIMSK1 = 0;
  TIMSK3 = 0;
  TIMSK4 = 0;
  TIMSK5 = 0;
  UCSR1B = 0;
  UCSR2B = 0;
  UCSR3B = 0;
#endif
  EIMSK = 0;
  PCICR = 0;
  SPCR = 0;
  TWCR = 0;
  EECR = 0;
}

int main(void) {
  cli();
  forget_loader();
  relay_start();
  led_start();
  uint8_t cause = reset_cause();
  timebase_start();
  adc_setup();
#if BOARD_IO
  pins_start();
#endif
  usart_start(baud_register());
  ACSR = 1 << ACD; /* the analog comparator is not used */
  sei();
  run_start(cause);
  watchdog_start();
  for (;;) run_once();
}
