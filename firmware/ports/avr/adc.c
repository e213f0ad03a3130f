/* Timer 0 compare A starts conversions on its flag's rising edge (ADTS = 3), so an interrupt that comes late loses a conversion, which is
 * counted, and never takes a sample of the wrong channel. Timer 0 and the time base share one prescaler, whose phase fixes trigger k at
 * t0 + k * period. */
#include "adc.h"

#include "adc_plan.h" /* converter clock */
#include "overlay.h"  /* plan */
#include "port.h"     /* ticks */
#include "sleep.h"    /* wake the main loop */
#include "stream.h"   /* frames */
#include "tacho.h"    /* a slot that is no conversion */
#include "timebase.h" /* low word */

#include <avr/interrupt.h> /* cli */
#include <avr/io.h>        /* registers */

/* Shared with adc_isr.S: ADMUX values of the rotation, ended by 0, and which comes next. */
uint8_t adc_ring[BOARD_CHANNELS + 1];
uint8_t *adc_ring_at;
volatile uint8_t adc_alive;
uint16_t adc_entered; /* low word of the tick at the interrupt's entry */

static uint8_t prescaler_bits(uint8_t prescaler) { return prescaler == 128 ? 7 : prescaler == 64 ? 6 : 5; }

void adc_setup(void) {
  DIDR0 = BOARD_ADC_PINS;
  ADCSRB = 0;
  ADMUX = BOARD_ADC_REFERENCE;
  ADCSRA = (1 << ADEN) | (1 << ADIF) | 7;
  TCCR0A = 0;
  TCCR0B = 0;
  TIMSK0 = 0;
  OCR0B = 0xFF;
}

uint16_t adc_once(uint8_t mux) {
  ADMUX = mux;
  ADCSRA |= 1 << ADSC;
  while (ADCSRA & (1 << ADSC)) {
  }
  return ADC;
}

void adc_start(ticks48 *t0) {
  const capture_state *plan = &overlay.capture;
  uint16_t period = plan->period;
  uint8_t prescaler = adc_prescaler(period), coarse = period > 256;
  for (uint8_t k = 0; k < plan->channels; k++) adc_ring[k] = BOARD_ADC_REFERENCE | plan->chans[k];
  adc_ring[plan->channels] = 0;
  adc_ring_at = plan->channels > 1 ? adc_ring + 1 : adc_ring;
  stream_start(plan->enc == 2 ? BOARD_FRAME_U10 : BOARD_FRAME_S16, period, adc_conversion_ticks(prescaler) - 4);
  ADCSRA = (1 << ADEN) | (1 << ADIF) | prescaler_bits(prescaler);
  adc_once(adc_ring[0]); /* thrown away: the input multiplexer settles, and a first conversion after a change of clock is spoilt */
  TCCR0A = 1 << WGM01;
  OCR0A = coarse ? (uint8_t)(period / 8 - 1) : (uint8_t)(period - 1);
  cli();
  TCCR0B = coarse ? (1 << CS01) | (1 << CS00) : 1 << CS01;
  TCNT0 = 0;
  /* Timer 0 is set to 0 at a step of the time base, some cycles behind it, which the compiler may not stretch: they have to be less than a
   * tick. In the coarse case a step of timer 0 is also one of the time base. */
  uint8_t step;
  if (coarse)
    __asm__ volatile(
        "in %0, %1\n"
        "1: in __tmp_reg__, %1\n"
        "cp __tmp_reg__, %0\n"
        "breq 1b\n"
        "lds %0, %2\n"
        "out %1, __zero_reg__"
        : "=&r"(step)
        : "I"(_SFR_IO_ADDR(TCNT0)), "i"(_SFR_MEM_ADDR(TB_TCNTL)));
  else
    __asm__ volatile(
        "lds __tmp_reg__, %2\n"
        "1: lds %0, %2\n"
        "cp %0, __tmp_reg__\n"
        "breq 1b\n"
        "out %1, __zero_reg__"
        : "=&r"(step)
        : "I"(_SFR_IO_ADDR(TCNT0)), "i"(_SFR_MEM_ADDR(TB_TCNTL)));
  TIFR0 = (1 << OCF0B) | (1 << OCF0A) | (1 << TOV0);
  port_ticks(t0); /* a few ticks later, of which the low byte of the step tells how many; t0 is one period on, at the first trigger */
  uint32_t low = (uint32_t)t0->lo + period;
  uint8_t since = (uint8_t)t0->lo - step;
  t0->hi += low >> 16;
  if ((uint16_t)low < since) t0->hi--;
  t0->lo = (uint16_t)low - since;
  ADCSRB = (1 << ADTS1) | (1 << ADTS0);
  ADCSRA = (1 << ADEN) | (1 << ADATE) | (1 << ADIF) | (1 << ADIE) | prescaler_bits(prescaler);
#if BOARD_TACHO
  tacho_start();
#endif
  stream.expect += t0->lo;
  sei();
}

/* Driver 1 (ADC), reference bits of ADMUX, ADC prescaler, VCC in mV, decimation; where the image has a tacho, the shift of its ticks. */
uint8_t adc_facts(uint8_t cfg[32]) {
  const capture_state *plan = &overlay.capture;
  cfg[0] = 1;
  cfg[1] = BOARD_ADC_REFERENCE;
  cfg[2] = adc_prescaler(plan->period);
  cfg[3] = (uint8_t)(plan->vcc_mv >> 8);
  cfg[4] = (uint8_t)plan->vcc_mv;
  cfg[5] = 1;
#if BOARD_TACHO
  cfg[6] = overlay.stream.part.tacho.shift;
#endif
  return 6 + BOARD_TACHO;
}

void adc_stop(void) {
#if BOARD_TACHO
  watermark_off();
#endif
  uint8_t sreg = SREG;
  cli();
  ADCSRA = (1 << ADEN) | (1 << ADIF) | 7;
  ADCSRB = 0;
  TCCR0B = 0;
  SREG = sreg;
}

/* From adc_isr.S when a frame is full. */
void adc_frame_full(void) {
  if (stream_frame_full(adc_entered)) adc_stop();
  adc_alive = 1;
  port_event = 1;
}

uint8_t noise_floating(void) { return (uint8_t)adc_once(BOARD_ADC_REFERENCE | (BOARD_CHANNELS - 1)); }
