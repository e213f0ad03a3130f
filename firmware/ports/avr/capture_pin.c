/* The time base's capture pin, where a part with a FIFO tells that entries stand there: the hardware latches the tick of the edge. */
#include "port.h" /* whether this image has such a part */

#if BOARD_FIFO

#include "messages.h" /* encodings */
#include "overlay.h"  /* which part the capture reads */
#include "parts.h"    /* the parts */
#include "sleep.h"    /* wakes the main loop */
#include "stream.h"   /* end of the capture */
#include "tacho.h"    /* pulses of a shaft */
#include "timebase.h" /* upper half of the captured tick */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */

void watermark_on(void) {
  uint8_t was = port_lock();
  TB_TIFR = 1 << ICF1;
  TB_TIMSK |= 1 << ICIE1;
  port_unlock(was);
}

void watermark_off(void) {
  uint8_t was = port_lock();
  TB_TIMSK &= (uint8_t)~(1 << ICIE1);
  port_unlock(was);
}

#if BOARD_MPU6050
uint8_t watermark_wait(void) {
  uint16_t from = port_beat();
  TB_TIFR = 1 << ICF1;
  while (!(TB_TIFR & (1 << ICF1)))
    if ((uint16_t)(port_beat() - from) > 1) return 0;
  return 1;
}
#endif

/* Reading entries takes from half a millisecond to three, so others are let in; of pulses this interrupt counts those that come meanwhile. */
ISR(TB_CAPT_vect) {
  ticks48 at;
  at.lo = TB_ICR;
  at.hi = timebase_overflows;
  if ((TB_TIFR & (1 << TOV1)) && at.lo < 0x8000) at.hi++;
#if BOARD_TACHO
  if (!IS_FIFO(overlay.capture.enc)) {
    tacho_edge(at.lo);
    return;
  }
#endif
  uint8_t first = overlay.capture.chans[0];
  if (PART_IS(MPU6050, first)) {
#if BOARD_MPU6050
    if (!mpu6050_pulse((uint8_t)at.hi)) return;
    sei();
    mpu6050_drain(&at);
    cli();
#endif
  } else {
    TB_TIMSK &= (uint8_t)~(1 << ICIE1);
    sei();
    if (PART_IS(LIS3DH, first))
      lis3dh_drain(&at);
    else
      adxl345_drain(&at);
    cli();
    if (!stream.done) TB_TIMSK |= 1 << ICIE1;
  }
  port_event = 1;
}

#endif
