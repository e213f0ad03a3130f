/* Supply voltage: the 1.1 V bandgap measured against AVCC. */
#include "adc.h"  /* one conversion */
#include "port.h" /* vcc_mv */

#include <util/delay.h> /* settling of the bandgap input */

#define BANDGAP_MV 1100UL

uint16_t vcc_mv(void) {
  uint16_t sum = 0;
  adc_once(BOARD_ADC_REFERENCE | BOARD_MUX_BANDGAP);
  _delay_ms(1);
  adc_once(BOARD_ADC_REFERENCE | BOARD_MUX_BANDGAP);
  for (uint8_t k = 0; k < 4; k++) sum += adc_once(BOARD_ADC_REFERENCE | BOARD_MUX_BANDGAP);
  return sum == 0 ? 0xFFFF : (uint16_t)((BANDGAP_MV * 1024 * 4 + sum / 2) / sum);
}
