/* General pins. PWM comes from timer 2; the servo's pulse from timer 1's compare output: the hardware moves the pin, the interrupt only says
 * when next. Timer 0 starts conversions, so its two outputs offer no PWM. */
#include "port.h" /* whether this image does pins */

#if BOARD_IO

#include "adc.h"  /* one conversion */
#include "pins.h" /* modes, pulse */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */

#define PIN_REGISTERS ((volatile uint8_t *)0x23) /* PINB, DDRB, PORTB, then C and D (datasheet, "Register Summary") */
#define PORT_C 3
#define SERVO_PERIOD 40000U /* 20 ms */
_Static_assert(BOARD_HZ == 2000000, "pulses are counted in half microseconds");

/* Timer 2, phase correct at 490 Hz: 0 never rises, 255 never falls (datasheet, 18.7.4). The servo's interrupt comes once in 33 ms while
 * there is no pulse. */
void port_pins_start(void) {
  TCCR2A = 1 << WGM20;
  TCCR2B = 1 << CS22;
  TIMSK1 |= 1 << OCIE1A;
}

ISR(TIMER1_COMPA_vect) {
  uint16_t pulse = pin_state.pulse;
  if (pulse == 0) return;
  if (TCCR1A == 0) { /* forced low, then toggled by each match */
    TCCR1A = 1 << COM1A1;
    TCCR1C = 1 << FOC1A;
    TCCR1A = 1 << COM1A0;
  }
  /* the match has toggled the pin already */
  OCR1A += BOARD_SERVO_HIGH ? pulse : SERVO_PERIOD - pulse;
}

static uint8_t mask_of(uint8_t where) {
  uint8_t mask = 1;
  for (where &= 15; where; where--) mask = (uint8_t)(mask << 1);
  return mask;
}

uint8_t port_pin(uint8_t pin, uint8_t mode, uint16_t value) {
  uint8_t where = pin_place(pin), mask = mask_of(where), com = 0, didr = DIDR0 & (uint8_t)~mask;
  volatile uint8_t *at = PIN_REGISTERS + (where >> 4); /* [0] PIN, [1] DDR, [2] PORT */
  uint8_t is_c = where >> 4 == PORT_C;
  if (pin == BOARD_PWM_A) com = 1 << COM2A1;
  if (pin == BOARD_PWM_B) com = 1 << COM2B1;
  if ((mode == PIN_PWM && !com) || (mode == PIN_SERVO && pin != BOARD_SERVO) || (mode == PIN_ANALOG && !is_c)) return 0;
  uint8_t outputs = TCCR2A & (uint8_t)~com;
  if (mode == PIN_PWM) {
    outputs |= com;
    if (pin == BOARD_PWM_A)
      OCR2A = (uint8_t)value;
    else
      OCR2B = (uint8_t)value;
  }
  TCCR2A = outputs;
  if (pin == BOARD_SERVO) {
    uint16_t pulse = mode == PIN_SERVO ? value * 2 : 0;
    if (pulse == 0) TCCR1A = 0;
    pin_state.pulse = pulse;
  }
  if (mode == PIN_ANALOG) didr |= mask;
  if (is_c) {
    DIDR0 = didr; /* also says who reads by conversion */
    TWCR = 0;     /* the bus gives its pins back */
  }
  uint8_t port = at[2] & (uint8_t)~mask, ddr = at[1] & (uint8_t)~mask;
  if (mode == PIN_PULLED_UP || (mode == PIN_OUTPUT && value)) port |= mask;
  if (mode >= PIN_OUTPUT && mode <= PIN_SERVO) ddr |= mask;
  at[2] = port;
  at[1] = ddr;
  return 1;
}

uint16_t port_pin_read(uint8_t pin) {
  uint8_t where = pin_place(pin), mask = mask_of(where);
  if (where >> 4 == PORT_C && (DIDR0 & mask)) return adc_once((uint8_t)(BOARD_ADC_REFERENCE | (where & 15)));
  return (PIN_REGISTERS[where >> 4] & mask) != 0;
}

#endif
