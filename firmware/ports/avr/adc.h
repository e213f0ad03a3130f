/* The converter: started by timer 0 in hardware, read by the interrupt in adc_isr.S. */
#ifndef ADC_H
#define ADC_H

#include <stdint.h> /* fixed widths */

void adc_setup(void);
/* One conversion of an input, in counts; only while no capture runs. `mux` as in ADMUX. */
uint16_t adc_once(uint8_t mux);

/* Liveness, for the watchdog: frames fill while converting. */
extern volatile uint8_t adc_alive;

#endif
