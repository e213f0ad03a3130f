/* Analog Devices ADXL345 on SPI: three axes from its FIFO, timed by the watermark interrupt on the time base's capture pin. Pair of
 * boards/sensors/adxl345.json and host/emulate/sensors/adxl345.ts. */
#ifndef ADXL345_H
#define ADXL345_H

#include <stdint.h> /* fixed widths */

#include "port.h" /* ticks48, whether this image has the part */

/* Entries the part gathers before it interrupts; twelve more have room meanwhile, 3.75 ms at 3,200 Hz. */
#define ADXL345_ENTRIES 20

/* In overlay.stream: lives while a capture runs. */
typedef struct {
  uint8_t rate;     /* code of BW_RATE */
  uint8_t format;   /* DATA_FORMAT */
  uint8_t reach;    /* high bytes of samples lie in -reach .. reach - 1 */
  uint8_t pairs;    /* top bits of the samples of a group of four */
  uint8_t group;    /* samples since the start, modulo 4 */
  volatile uint8_t beat;  /* low byte of the beat of the last watermark */
  volatile uint8_t fault; /* entries were overwritten, or a register does not hold what was written */
} adxl345_state;

/* Code of BW_RATE for a rate in millihertz (datasheet, table 7), 6.25 to 3,200 Hz; 0 if the part has no such rate. */
uint8_t adxl345_rate(uint32_t millihertz);
/* Whether the part answers with its id. */
uint8_t adxl345_present(void);
/* Starts the part as the plan in overlay.capture says; t0 is the tick just before. */
void adxl345_start(ticks48 *t0);
void adxl345_stop(void);
/* `begin.cfg`: what its registers hold. Returns how many bytes. */
uint8_t adxl345_facts(uint8_t cfg[32]);
/* 1 if the part stopped delivering, or delivers nonsense. */
uint8_t adxl345_fault(void);
/* Takes ADXL345_ENTRIES entries; the 20th arrived at tick `at`. Called from the capture interrupt, which lets others in meanwhile. */
void adxl345_drain(const ticks48 *at);

#endif
