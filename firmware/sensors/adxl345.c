/* Between two entries the part needs 5 µs (datasheet, "Retrieving data from FIFO"): packing an entry takes longer, and stands between. */
#include "adxl345.h"

#if BOARD_ADXL345

#include "overlay.h" /* plan, frames */
#include "stream.h"  /* frame changes */

enum {
  DEVID = 0x00, BW_RATE = 0x2C, POWER_CTL = 0x2D, INT_ENABLE = 0x2E, INT_MAP = 0x2F, DATA_FORMAT = 0x31, DATAX0 = 0x32,
  FIFO_CTL = 0x38
};
#define READ 0x80
#define MULTIPLE 0x40
#define ID 0xE5
#define MEASURE 0x08
#define WATERMARK 0x02
#define STREAM_20 (0x80 | ADXL345_ENTRIES)
#define TEN_BITS_4_G 0x01
#define FULL_16_G 0x0B
#define FIFO_DEEP 32
#define SLOWEST 6 /* code of 6.25 Hz */
#define FASTEST 15
#define FASTEST_MHZ 3200000UL

static adxl345_state *state(void) {
  adxl345_state *f = &overlay.stream.part.adxl345;
  BY_REGISTER(f);
  return f;
}

uint8_t adxl345_rate(uint32_t millihertz) {
  uint32_t rate = FASTEST_MHZ;
  uint8_t code = FASTEST;
  for (; rate != millihertz; rate >>= 1)
    if (--code < SLOWEST) return 0;
  return code;
}

static void put(uint8_t address, uint8_t value) {
  spi_select();
  spi_byte(address);
  spi_byte(value);
  spi_release();
}

uint8_t adxl345_present(void) {
  spi_open();
  spi_select();
  /* cppcheck-suppress badBitmaskCheck ; the id's address is 0 */
  spi_byte(READ | DEVID);
  uint8_t id = spi_byte(0);
  spi_release();
  spi_close();
  return id == ID;
}

void adxl345_start(ticks48 *t0) {
  const capture_state *plan = &overlay.capture;
  adxl345_state *f = state();
  uint8_t is_s16 = plan->enc & 1;
  f->rate = adxl345_rate(plan->period);
  f->format = is_s16 ? FULL_16_G : TEN_BITS_4_G;
  f->reach = is_s16 ? 16 : 2;
  f->group = f->fault = 0;
  stream_start(is_s16 ? BOARD_FRAME_S16 : BOARD_FRAME_U10, 1, 0);
  spi_open();
  put(POWER_CTL, 0);
  put(FIFO_CTL, 0); /* empties it */
  put(FIFO_CTL, STREAM_20);
  put(BW_RATE, f->rate);
  put(DATA_FORMAT, f->format);
  put(INT_MAP, 0);
  put(INT_ENABLE, WATERMARK);
  port_ticks(t0);
  f->beat = (uint8_t)t0->hi;
  watermark_on();
  put(POWER_CTL, MEASURE);
}

void adxl345_stop(void) {
  watermark_off();
  put(POWER_CTL, 0);
  spi_close();
}

/* Driver 2, BW_RATE, DATA_FORMAT, FIFO_CTL, offsets. */
uint8_t adxl345_facts(uint8_t cfg[32]) {
  const adxl345_state *f = state();
  cfg[0] = 2;
  cfg[1] = f->rate;
  cfg[2] = f->format;
  cfg[3] = STREAM_20;
  cfg[4] = cfg[5] = cfg[6] = 0;
  return 7;
}

/* Twice the 20 entries: at code 15 these are 0.4 beats of 32.8 ms, at 6 they are 195. */
uint8_t adxl345_fault(void) {
  const adxl345_state *f = state();
  return f->fault || (uint8_t)((uint8_t)port_beat() - f->beat) > (uint8_t)(4 + (200 >> (f->rate - SLOWEST)));
}

void adxl345_drain(const ticks48 *at) {
  adxl345_state *f = state();
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  const ticks48 *t0 = &overlay.capture.t0;
  uint32_t dt = ((at->hi - t0->hi) << 16) + at->lo - t0->lo;
  f->beat = (uint8_t)at->hi;
  uint8_t *to = s->at;
  for (uint8_t left = ADXL345_ENTRIES; left--;) {
    uint8_t entry[6], *p = entry;
    spi_select();
    spi_byte(READ | MULTIPLE | DATAX0);
    for (uint8_t i = 0; i < 6; i++) entry[i] = spi_byte(0);
    /* before and after: nothing was overwritten, and there is somebody */
    if ((left == ADXL345_ENTRIES - 1 || left == 0) && (spi_byte(0) != STREAM_20 || spi_byte(0) >= FIFO_DEEP)) s->spoilt = f->fault = 1;
    spi_release();
    for (uint8_t i = 0; i < 3; i++) {
      uint8_t low = *p++, high = *p++;
      /* the bits above a sample repeat its sign */
      if ((uint8_t)(high + f->reach) >= 2 * f->reach) s->spoilt = 1;
      *to++ = low;
      if (s->is_s16) {
        *to++ = high;
        continue;
      }
      f->pairs = f->pairs >> 2 | (uint8_t)((high ^ 2) << 6); /* (v + 512) & 1023 */
      f->group = (f->group + 1) & 3;
      if (f->group == 0) *to++ = f->pairs;
    }
    s->left -= 3;
    if (s->left) continue;
    s->trigger = dt;
    s->facts[s->fill].level = left;
    if (stream_frame_full(s->expect)) {
      adxl345_stop();
      return;
    }
    to = s->at;
  }
  s->at = to;
}

#endif
