/* One transaction at a time on the two-wire bus, 100 kHz, by polling: at most 64 bytes, 6 ms (datasheet, 22.6). */
#include "port.h" /* whether this image has the bus */

#if BOARD_IO

#include "pins.h" /* port_bus */

#include <avr/io.h>   /* registers */
#include <util/twi.h> /* status codes */

#define HZ 100000UL

/* Does what `control` says and returns the bus's state, or 0 where a part holds the clock down for longer than about 40 ms. */
static uint8_t step(uint8_t control) {
  TWCR = control | (1 << TWINT) | (1 << TWEN);
  for (uint16_t patience = 0xFFFF; patience; patience--)
    if (TWCR & (1 << TWINT)) return TW_STATUS;
  return 0;
}

static uint8_t send(uint8_t byte) {
  TWDR = byte;
  return step(0);
}

uint8_t port_bus(uint8_t address, const uint8_t *bytes, uint8_t n, uint8_t *to, uint8_t read) {
  uint8_t ok = 1;
  BOARD_I2C_PORT |= 1 << BOARD_I2C_SDA; /* pull-ups of the chip: enough for short wires, and none is too few; one bit at a time is atomic */
  BOARD_I2C_PORT |= 1 << BOARD_I2C_SCL;
  TWBR = (F_CPU / HZ - 16) / 2;
  if (n) {
    step(1 << TWSTA);
    ok = send((uint8_t)(address << 1)) == TW_MT_SLA_ACK;
    while (ok && n--) ok = send(*bytes++) == TW_MT_DATA_ACK;
  }
  if (ok && read) {
    step(1 << TWSTA);
    ok = send((uint8_t)(address << 1 | 1)) == TW_MR_SLA_ACK;
    while (ok && read--) {
      ok = step(read ? 1 << TWEA : 0) != 0;
      *to++ = TWDR;
    }
  }
  TWCR = (1 << TWSTO) | (1 << TWINT) | (1 << TWEN); /* a start that follows waits for the stop in hardware */
  return ok;
}

#endif
