/* One pulse of data ready is one entry of the FIFO: counting pulses tells what stands there, and FIFO_COUNT is asked whether it agrees. */
#include "mpu6050.h"

#if BOARD_MPU6050

#include "overlay.h" /* plan, frames */
#include "pins.h"    /* port_bus */
#include "stream.h"  /* frame changes */

enum {
  SMPLRT_DIV = 0x19, CONFIG = 0x1A, ACCEL_CONFIG = 0x1C, FIFO_EN = 0x23, INT_PIN_CFG = 0x37, INT_ENABLE = 0x38, USER_CTRL = 0x6A,
  PWR_MGMT_1 = 0x6B, FIFO_COUNTH = 0x72, FIFO_R_W = 0x74, WHO_AM_I = 0x75
};
#define ADDRESS 0x68 /* AD0 at ground */
#define SLEEP 0x40
#define BY_GYROSCOPE 0x01 /* clock from the gyroscope's PLL: steadier than the part's RC oscillator (register map, PWR_MGMT_1) */
#define DIVIDE_8 7        /* 8 kHz / 8 with the widest filter, 260 Hz (register map, CONFIG 0) */
#define RANGE_16_G 0x18   /* 0.49 mg a step, far below the part's noise */
#define DATA_READY 0x01
#define ACCELERATION 0x08
#define USE_FIFO 0x40
#define EMPTY_FIFO 0x04
#define ENTRY_BYTES 6
#define SILENT_BEATS 4 /* 131 ms */

static mpu6050_state *state(void) {
  mpu6050_state *f = &overlay.stream.part.mpu6050;
  BY_REGISTER(f);
  return f;
}

static uint8_t put(uint8_t reg, uint8_t value) {
  uint8_t bytes[2] = {reg, value};
  return port_bus(ADDRESS, bytes, 2, 0, 0);
}

static uint8_t get(uint8_t reg, uint8_t *to, uint8_t n) { return port_bus(ADDRESS, &reg, 1, to, n); }

/* 0x68; later and cloned parts say 0x70, 0x71, 0x98. */
static uint8_t identify(void) {
  uint8_t id = 0;
  if (!get(WHO_AM_I, &id, 1)) return 0;
  return id == 0x68 || id == 0x70 || id == 0x71 || id == 0x98 ? id : 0;
}

uint8_t mpu6050_present(void) {
  port_bus_free();
  return identify() && put(PWR_MGMT_1, BY_GYROSCOPE);
}

/* The FIFO is switched on just behind a pulse, so that the next pulse is its first entry. */
void mpu6050_start(ticks48 *t0) {
  mpu6050_state *f = state();
  stream_start(BOARD_FRAME_S16, 1, 0);
  f->pulses = f->reading = 0;
  f->id = identify();
  uint8_t ok = put(FIFO_EN, 0) & put(SMPLRT_DIV, DIVIDE_8) & put(CONFIG, 0) & put(ACCEL_CONFIG, RANGE_16_G) & put(INT_PIN_CFG, 0) &
               put(USER_CTRL, USE_FIFO | EMPTY_FIFO) & put(INT_ENABLE, DATA_READY);
  ok &= watermark_wait();
  port_ticks(t0);
  ok &= put(FIFO_EN, ACCELERATION);
  f->fault = !(ok && f->id);
  f->beat = (uint8_t)t0->hi;
  watermark_on();
}

void mpu6050_stop(void) {
  watermark_off();
  put(PWR_MGMT_1, SLEEP);
}

/* Driver 3, WHO_AM_I, SMPLRT_DIV, CONFIG, ACCEL_CONFIG. */
uint8_t mpu6050_facts(uint8_t cfg[32]) {
  cfg[0] = 3;
  cfg[1] = state()->id;
  cfg[2] = DIVIDE_8;
  cfg[3] = 0;
  cfg[4] = RANGE_16_G;
  return 5;
}

uint8_t mpu6050_fault(void) {
  const mpu6050_state *f = state();
  return f->fault || (uint8_t)((uint8_t)port_beat() - f->beat) > SILENT_BEATS;
}

uint8_t mpu6050_pulse(uint8_t beat) {
  mpu6050_state *f = state();
  f->beat = beat;
  if (++f->pulses < MPU6050_ENTRIES || f->reading) return 0;
  f->pulses = 0;
  f->reading = 1;
  return 1;
}

/* Whether the FIFO holds whole entries, and as many as pulses came since; one may be on its way when it is asked. */
static uint8_t fifo_agrees(const mpu6050_state *f) {
  uint8_t count[2], least = f->pulses;
  if (!get(FIFO_COUNTH, count, 2)) return 0;
  uint16_t bytes = (uint16_t)(count[0] << 8 | count[1]);
  uint8_t entries = (uint8_t)(bytes / ENTRY_BYTES);
  return bytes < 256 && bytes % ENTRY_BYTES == 0 && entries + 1 >= least && entries <= f->pulses + 1;
}

void mpu6050_drain(const ticks48 *at) {
  mpu6050_state *f = state();
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  const ticks48 *t0 = &overlay.capture.t0;
  uint8_t samples = s->left; /* a frame is what is read at once; the last one may be shorter */
  uint8_t *p = s->at;
  /* behind a shorter last frame more stands there than pulses tell */
  if (!get(FIFO_R_W, p, 2 * samples) || (samples == 3 * MPU6050_ENTRIES && !fifo_agrees(f))) s->spoilt = f->fault = 1;
  for (uint8_t i = samples; i; i--) { /* high byte first in the part, last on the wire */
    uint8_t high = p[0];
    p[0] = p[1];
    p[1] = high;
    p += 2;
  }
  s->left = 0;
  s->trigger = ((at->hi - t0->hi) << 16) + at->lo - t0->lo;
  s->facts[s->fill].level = MPU6050_ENTRIES - samples / 3;
  if (stream_frame_full(s->expect)) mpu6050_stop();
  f->reading = 0;
}

#endif
