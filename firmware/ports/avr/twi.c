/* One transaction at a time on the two-wire bus, by polling (datasheet, 22.6): 100 kHz and at most 64 bytes, 6 ms; or, for a part whose
 * board has resistors for it, 400 kHz and at most 128, 3 ms. */
#include "port.h" /* whether this image has the bus */

#if BOARD_IO || BOARD_MPU6050

#include "pins.h" /* port_bus */

#include <avr/io.h>           /* registers */
#include <util/delay_basic.h> /* half a clock of the bus */
#include <util/twi.h>         /* status codes */

#define HZ (BOARD_MPU6050 ? 400000UL : 100000UL)

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

#if BOARD_MPU6050
#define HALF_CLOCK() _delay_loop_1(F_CPU / 200000 / 3)

/* A part that was cut off while it was read holds the data line down until its byte is clocked out: nine clocks, then a stop (UM10204,
 * 3.1.16). */
void port_bus_free(void) {
  TWCR = 0;
  BOARD_I2C_PORT |= 1 << BOARD_I2C_SDA;
  for (uint8_t clocks = 9; clocks && !(BOARD_I2C_PIN & (1 << BOARD_I2C_SDA)); clocks--) {
    BOARD_I2C_PORT &= (uint8_t)~(1 << BOARD_I2C_SCL);
    BOARD_I2C_DDR |= 1 << BOARD_I2C_SCL;
    HALF_CLOCK();
    BOARD_I2C_DDR &= (uint8_t)~(1 << BOARD_I2C_SCL);
    BOARD_I2C_PORT |= 1 << BOARD_I2C_SCL;
    HALF_CLOCK();
  }
}
#endif

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
