/* SPI master in mode 3 at a quarter of the clock, 4 MHz, byte by byte. */
#include "port.h" /* whether this image has a part there */

#if BOARD_ADXL345 || BOARD_LIS3DH

#include <avr/io.h> /* registers */

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

#endif
