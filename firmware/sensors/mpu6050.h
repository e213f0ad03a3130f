/* InvenSense MPU-6050 on the two-wire bus at 400 kHz: acceleration from its FIFO, timed by its data-ready pulse on the time base's capture
 * pin. Pair of boards/sensors/mpu6050.json and host/emulate/sensors/mpu6050.ts. */
#ifndef MPU6050_H
#define MPU6050_H

#include <stdint.h> /* fixed widths */

#include "port.h" /* ticks48, whether this image has the part */

/* Entries gathered before they are read: 2.8 ms of the bus. The part has room for 170. */
#define MPU6050_ENTRIES 20
/* The accelerometer's own rate in millihertz. */
#define MPU6050_MHZ 1000000UL

typedef struct {
  uint8_t id;               /* WHO_AM_I */
  volatile uint8_t pulses;  /* of data ready since the entries read last */
  volatile uint8_t reading; /* entries are being read: pulses are only counted */
  volatile uint8_t beat;    /* low byte of the beat of the last pulse */
  volatile uint8_t fault;   /* the bus or the FIFO is not as it must be */
} mpu6050_state;

/* Whether the part answers with an id of its family; wakes it, so that its clock runs evenly by the time a record is open. */
uint8_t mpu6050_present(void);
void mpu6050_start(ticks48 *t0);
void mpu6050_stop(void);
uint8_t mpu6050_facts(uint8_t cfg[32]);
uint8_t mpu6050_fault(void);
/* A pulse came, of beat `beat`; returns 1 if entries are to be read. With interrupts off. */
uint8_t mpu6050_pulse(uint8_t beat);
/* Reads MPU6050_ENTRIES entries, the last of which arrived at tick `at`. Called from the capture interrupt, which lets others in meanwhile,
 * itself too. */
void mpu6050_drain(const ticks48 *at);

#endif
