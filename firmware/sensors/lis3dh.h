/* STMicroelectronics LIS3DH on SPI in its normal mode: ten bits, three axes from its FIFO, timed by the watermark interrupt on the time
 * base's capture pin. Pair of boards/sensors/lis3dh.json and host/emulate/sensors/lis3dh.ts. */
#ifndef LIS3DH_H
#define LIS3DH_H

#include <stdint.h> /* fixed widths */

#include "port.h" /* ticks48, whether this image has the part */

/* Entries read at a watermark; twelve more have room meanwhile, 8.9 ms at 1,344 Hz. */
#define LIS3DH_ENTRIES 20

typedef struct {
  uint8_t rate;  /* CTRL_REG1 */
  uint8_t pairs; /* top bits of the samples of a group of four */
  uint8_t group; /* samples since the start, modulo 4 */
  volatile uint8_t beat;  /* low byte of the beat of the last watermark */
  volatile uint8_t fault; /* entries were overwritten, or the part is not there */
} lis3dh_state;

/* CTRL_REG1 for a rate in millihertz (data sheet, table 31): 100, 200, 400, 1,344 Hz; 0 if the part has no such rate. */
uint8_t lis3dh_rate(uint32_t millihertz);
uint8_t lis3dh_present(void);
void lis3dh_start(ticks48 *t0);
void lis3dh_stop(void);
uint8_t lis3dh_facts(uint8_t cfg[32]);
uint8_t lis3dh_fault(void);
/* Takes LIS3DH_ENTRIES entries; the watermark was reached at tick `at`. Called from the capture interrupt, which lets others in meanwhile. */
void lis3dh_drain(const ticks48 *at);

#endif
