/* Whether the watermark's flag rises when its level is reached or when it is passed is told differently in different texts, so the driver
 * asks how many entries stand there, and says in `level` what it leaves behind. */
#include "lis3dh.h"

#if BOARD_LIS3DH

#include "overlay.h" /* plan, frames */
#include "stream.h"  /* frame changes */

enum { WHO_AM_I = 0x0F, CTRL_REG1 = 0x20, CTRL_REG3 = 0x22, CTRL_REG4, CTRL_REG5, OUT_X_L = 0x28, FIFO_CTRL = 0x2E, FIFO_SRC };
#define READ 0x80
#define MULTIPLE 0x40
#define ID 0x33
#define THREE_AXES 0x07
#define WATERMARK_ON_INT1 0x04
#define WHOLE_4_G 0x90 /* both bytes of a sample from the same entry; ±4 g, 8 mg a step; normal mode */
#define USE_FIFO 0x40
#define STREAM_20 (0x80 | LIS3DH_ENTRIES)
#define OVERWRITTEN 0x40
#define EMPTY 0x20
#define HOW_MANY 0x1F
#define SILENT_BEATS 16 /* 524 ms: twice the 20 entries at 100 Hz, and more */

static lis3dh_state *state(void) {
  lis3dh_state *f = &overlay.stream.part.lis3dh;
  BY_REGISTER(f);
  return f;
}

uint8_t lis3dh_rate(uint32_t millihertz) {
  if (millihertz == 1344000) return 0x90 | THREE_AXES;
  uint8_t code = 7;
  for (uint32_t rate = 400000; code >= 5; code--, rate >>= 1)
    if (rate == millihertz) return (uint8_t)(code << 4) | THREE_AXES;
  return 0;
}

static void put(uint8_t address, uint8_t value) {
  spi_select();
  spi_byte(address);
  spi_byte(value);
  spi_release();
}

static uint8_t get(uint8_t address) {
  spi_select();
  spi_byte(READ | address);
  uint8_t value = spi_byte(0);
  spi_release();
  return value;
}

uint8_t lis3dh_present(void) {
  spi_open();
  uint8_t id = get(WHO_AM_I);
  spi_close();
  return id == ID;
}

void lis3dh_start(ticks48 *t0) {
  const capture_state *plan = &overlay.capture;
  lis3dh_state *f = state();
  f->rate = lis3dh_rate(plan->period);
  f->group = f->fault = 0;
  stream_start(BOARD_FRAME_U10, 1, 0);
  spi_open();
  put(CTRL_REG1, 0); /* power-down */
  put(FIFO_CTRL, 0); /* bypass empties it */
  put(CTRL_REG3, WATERMARK_ON_INT1);
  put(CTRL_REG4, WHOLE_4_G);
  put(CTRL_REG5, USE_FIFO);
  put(FIFO_CTRL, STREAM_20);
  port_ticks(t0);
  f->beat = (uint8_t)t0->hi;
  watermark_on();
  put(CTRL_REG1, f->rate);
}

void lis3dh_stop(void) {
  watermark_off();
  put(CTRL_REG1, 0);
  spi_close();
}

/* Driver 4, CTRL_REG1, CTRL_REG4, FIFO_CTRL. */
uint8_t lis3dh_facts(uint8_t cfg[32]) {
  cfg[0] = 4;
  cfg[1] = state()->rate;
  cfg[2] = WHOLE_4_G;
  cfg[3] = STREAM_20;
  return 4;
}

uint8_t lis3dh_fault(void) {
  const lis3dh_state *f = state();
  return f->fault || (uint8_t)((uint8_t)port_beat() - f->beat) > SILENT_BEATS;
}

void lis3dh_drain(const ticks48 *at) {
  lis3dh_state *f = state();
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  const ticks48 *t0 = &overlay.capture.t0;
  uint32_t dt = ((at->hi - t0->hi) << 16) + at->lo - t0->lo;
  f->beat = (uint8_t)at->hi;
  uint8_t there = get(FIFO_SRC), more = (there & HOW_MANY) - LIS3DH_ENTRIES;
  /* a part that is gone reads as all ones */
  if ((there & (OVERWRITTEN | EMPTY)) || (there & HOW_MANY) < LIS3DH_ENTRIES) s->spoilt = f->fault = 1;
  uint8_t *to = s->at;
  for (uint8_t left = LIS3DH_ENTRIES; left--;) {
    uint8_t entry[6], *p = entry;
    spi_select();
    spi_byte(READ | MULTIPLE | OUT_X_L);
    for (uint8_t i = 0; i < 6; i++) entry[i] = spi_byte(0);
    spi_release();
    for (uint8_t i = 0; i < 3; i++) {
      uint8_t low = *p++, high = *p++;
      if (low & 0x3F) s->spoilt = 1; /* ten bits, left-justified */
      *to++ = (uint8_t)(high << 2) | low >> 6;
      f->pairs = f->pairs >> 2 | ((high ^ 0x80) & 0xC0); /* (v + 512) & 1023 */
      f->group = (f->group + 1) & 3;
      if (f->group == 0) *to++ = f->pairs;
    }
    s->left -= 3;
    if (s->left) continue;
    /* whoever went away while it was read, left all ones */
    if (get(FIFO_CTRL) != STREAM_20) s->spoilt = f->fault = 1;
    s->trigger = dt;
    s->facts[s->fill].level = left + more;
    if (stream_frame_full(s->expect)) {
      lis3dh_stop();
      return;
    }
    to = s->at;
  }
  s->at = to;
}

#endif
