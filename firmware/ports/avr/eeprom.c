/* EEPROM bytes: 3.4 ms a write (datasheet table 8-1, erase and write in one), during which the board goes on answering pings. */
#include "port.h" /* ee functions */

#include <avr/interrupt.h> /* cli */
#include <avr/io.h>        /* registers */

static void wait_ready(void) {
  while (EECR & (1 << EEPE)) board_yield();
}

uint8_t ee_read(uint16_t address) {
  wait_ready();
  EEAR = address;
  EECR |= 1 << EERE;
  return EEDR;
}

void ee_write(uint16_t address, uint8_t value) {
  if (ee_read(address) == value) return;
  uint8_t sreg = SREG;
  cli();
  EEAR = address;
  EEDR = value;
  EECR = 1 << EEMPE; /* erase and write in one; EEPE must follow within 4 cycles */
  EECR |= 1 << EEPE;
  SREG = sreg;
  wait_ready();
}

uint8_t ee_allowed(void) { return vcc_mv() >= BOARD_VCC_MIN_MV; }
