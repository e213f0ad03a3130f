/* SPI master in mode 3 at a quarter of the clock, 4 MHz, byte by byte; and the interrupt of the capture pin, where a FIFO's watermark lies. */
#include "port.h" /* whether this image has a part there */

#if BOARD_FIFO

#include "adxl345.h"  /* the part */
#include "stream.h"   /* end of the capture */
#include "sleep.h"    /* wakes the main loop */
#include "timebase.h" /* upper half of the captured tick */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */

void spi_open(void) {
  BOARD_CS_PORT |= 1 << BOARD_CS_BIT; /* high before it becomes an output */
  BOARD_CS_DDR |= 1 << BOARD_CS_BIT;
  SPSR = 0;
  SPCR = (1 << SPE) | (1 << MSTR) | (1 << CPOL) | (1 << CPHA); /* SCK rests high before a part is selected */
  BOARD_SPI_DDR |= BOARD_SPI_OUTPUTS;
}

void spi_close(void) { SPCR = 0; }

void spi_select(void) { BOARD_CS_PORT &= (uint8_t)~(1 << BOARD_CS_BIT); }

void spi_release(void) { BOARD_CS_PORT |= 1 << BOARD_CS_BIT; }

uint8_t spi_byte(uint8_t byte) {
  SPDR = byte;
  while (!(SPSR & (1 << SPIF))) {
  }
  return SPDR;
}

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

/* The hardware has latched the tick of the edge; the rest takes about half a millisecond, so others are let in. */
ISR(TB_CAPT_vect) {
  ticks48 at;
  at.lo = TB_ICR;
  at.hi = timebase_overflows;
  if ((TB_TIFR & (1 << TOV1)) && at.lo < 0x8000) at.hi++;
  TB_TIMSK &= (uint8_t)~(1 << ICIE1);
  sei();
  adxl345_drain(&at);
  cli();
  if (!stream.done) TB_TIMSK |= 1 << ICIE1;
  port_event = 1;
}

#endif
