/* The part with a FIFO that a capture reads. Its first channel says which; an image with one part need not ask. */
#ifndef PARTS_H
#define PARTS_H

#include "port.h" /* which parts this image has */

#include "adxl345.h" /* SPI, watermark */
#include "lis3dh.h"  /* SPI, watermark */
#include "mpu6050.h" /* two-wire bus, data ready */

#if BOARD_TACHO
#include "tacho.h" /* pulses of a shaft */
#endif

#define BOARD_PARTS (BOARD_ADXL345 + BOARD_LIS3DH + BOARD_MPU6050)
#define PART_IS(NAME, first) (BOARD_##NAME && (BOARD_PARTS == 1 || (first) == BOARD_##NAME##_CHANNEL))
#define PART_INLINE static inline __attribute__((always_inline))

/* In overlay.stream: lives while a capture runs. */
typedef union {
#if BOARD_ADXL345
  adxl345_state adxl345;
#endif
#if BOARD_LIS3DH
  lis3dh_state lis3dh;
#endif
#if BOARD_MPU6050
  mpu6050_state mpu6050;
#endif
#if BOARD_TACHO
  tacho_state tacho; /* of a capture by the converter */
#endif
} part_state;

/* Whether `first` begins the three channels of a part of this image. */
PART_INLINE uint8_t part_known(uint8_t first) {
  return (BOARD_ADXL345 && first == BOARD_ADXL345_CHANNEL) || (BOARD_LIS3DH && first == BOARD_LIS3DH_CHANNEL) ||
         (BOARD_MPU6050 && first == BOARD_MPU6050_CHANNEL);
}

/* Whether the part gives samples of this encoding: 16 bits (3), ten bits (4). */
PART_INLINE uint8_t part_encodes(uint8_t first, uint8_t enc) {
  return PART_IS(MPU6050, first) ? enc == 3 : PART_IS(LIS3DH, first) ? enc == 4 : 1;
}

/* 0 if the part has no such rate, in millihertz. */
PART_INLINE uint8_t part_rate(uint8_t first, uint32_t millihertz) {
  if (PART_IS(MPU6050, first)) return millihertz == MPU6050_MHZ;
  if (PART_IS(LIS3DH, first)) return lis3dh_rate(millihertz);
  return adxl345_rate(millihertz);
}

/* Whether the part answers with its id. */
PART_INLINE uint8_t part_present(uint8_t first) {
  if (PART_IS(MPU6050, first)) return mpu6050_present();
  if (PART_IS(LIS3DH, first)) return lis3dh_present();
  return adxl345_present();
}

/* Starts the part as the plan in overlay.capture says; t0 is the tick just before. */
PART_INLINE void part_start(uint8_t first, ticks48 *t0) {
  if (PART_IS(MPU6050, first))
    mpu6050_start(t0);
  else if (PART_IS(LIS3DH, first))
    lis3dh_start(t0);
  else
    adxl345_start(t0);
}

PART_INLINE void part_stop(uint8_t first) {
  if (PART_IS(MPU6050, first))
    mpu6050_stop();
  else if (PART_IS(LIS3DH, first))
    lis3dh_stop();
  else
    adxl345_stop();
}

/* `begin.cfg`: what its registers hold. Returns how many bytes. */
PART_INLINE uint8_t part_facts(uint8_t first, uint8_t cfg[32]) {
  if (PART_IS(MPU6050, first)) return mpu6050_facts(cfg);
  if (PART_IS(LIS3DH, first)) return lis3dh_facts(cfg);
  return adxl345_facts(cfg);
}

/* 1 if the part stopped delivering, or delivers nonsense. */
PART_INLINE uint8_t part_fault(uint8_t first) {
  if (PART_IS(MPU6050, first)) return mpu6050_fault();
  if (PART_IS(LIS3DH, first)) return lis3dh_fault();
  return adxl345_fault();
}

#endif
