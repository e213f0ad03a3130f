/* What a converter started by a hardware timer can do: periods in ticks of the time base, and the slowest converter clock that keeps up. */
#ifndef ADC_PLAN_H
#define ADC_PLAN_H

#include "port.h" /* limits of the board */

static inline uint8_t adc_period_possible(uint32_t period) {
  if (period < BOARD_PERIOD_MIN || period > BOARD_PERIOD_MAX) return 0;
  return period <= BOARD_PERIOD_FINE || period % BOARD_PERIOD_STEP == 0;
}

/* ADC clock = CPU clock / prescaler; an auto-triggered conversion takes 13.5 of them (ATmega328P datasheet, table 23-1), which is
 * prescaler * 27 / 16 ticks of 8 CPU cycles. It must fit 0.66 of the period. */
static inline uint16_t adc_conversion_ticks(uint8_t prescaler) { return (uint16_t)prescaler * 27 / 16; }

static inline uint8_t adc_prescaler(uint16_t period) {
  uint16_t room = (uint16_t)((uint32_t)period * 169 >> 8);
  return adc_conversion_ticks(128) <= room ? 128 : adc_conversion_ticks(64) <= room ? 64 : 32;
}

#endif
