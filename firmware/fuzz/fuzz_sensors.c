/* The drivers of sensors/ with a part on the bus that lies, goes away or babbles: the input says what each read returns. Checked: a driver
 * writes into the payload of the frame being filled and nowhere else, a frame that is kept says exactly what the part said, in values that
 * the part can have, and counts add up; a part that is gone is noticed. */
#include "overlay.h" /* frames, parts */
#include "stream.h"  /* what is kept */

#include <stddef.h> /* offsetof */
#include <stdio.h>  /* a finding */
#include <stdlib.h> /* abort */
#include <string.h> /* memcmp */

overlay_ram overlay;

static void __attribute__((noreturn)) broken(const char *what) {
  fprintf(stderr, "BROKEN: %s\n", what);
  abort();
}

/* ---- input ---- */
static const uint8_t *in, *in_end;
static uint8_t gone; /* the part is off the bus: what a floating line reads as */
static uint8_t next(void) { return in < in_end ? *in++ : 0; }

/* ---- the port ---- */
static uint64_t now;
static uint8_t sent, is_selected;
void port_ticks(ticks48 *t) {
  t->hi = (uint32_t)(now >> 16);
  t->lo = (uint16_t)now;
}
uint16_t port_beat(void) { return (uint16_t)(now >> 16); }
uint8_t port_lock(void) { return 0; }
void port_unlock(uint8_t was) { (void)was; }
uint8_t tx_sent(void) { return sent; }
static uint8_t is_armed;
void watermark_on(void) { is_armed = 1; }
void watermark_off(void) { is_armed = 0; }
uint8_t watermark_wait(void) {
  now += 2000;
  return next() != 0xFF;
}
void port_bus_free(void) {}

/* ---- the part: registers hold what was written, and samples are what the input says ---- */
enum { ADXL345, LIS3DH, MPU6050, KINDS };
static uint8_t kind, wide, registers[128], pointer, bytes_in, writes;

/* Samples that the part gave since the frame began, and whether one of them cannot be. */
static int16_t given[4 * BOARD_FRAME_U10];
static uint16_t given_n;
static uint8_t impossible, half;

/* One byte of a sample: of those that are possible mostly. Low byte first on SPI. */
static uint8_t sample_byte(uint8_t is_high) {
  uint8_t byte = next(), lies = byte == 0xA7;
  if (lies) byte = next();
  if (gone) byte = gone == 1 ? 0xFF : 0;
  if (kind == ADXL345 && is_high && !lies && !gone) {
    uint8_t reach = wide ? 16 : 2;
    byte = (uint8_t)((byte & (2 * reach - 1)) - reach);
  }
  if (kind == LIS3DH && !is_high && !lies && !gone) byte &= 0xC0;
  if (!is_high) {
    half = byte;
    return byte;
  }
  int16_t value = (int16_t)(byte << 8 | half);
  if (kind == ADXL345 && (wide ? value < -4096 || value > 4095 : value < -512 || value > 511)) impossible = 1;
  if (kind == LIS3DH) {
    if (half & 0x3F) impossible = 1;
    value = (int16_t)(value >> 6);
  }
  if (given_n < sizeof given / sizeof given[0]) given[given_n++] = value;
  return byte;
}

void spi_open(void) {}
void spi_close(void) {}
void spi_select(void) {
  if (is_selected) broken("selected twice");
  is_selected = 1;
  bytes_in = writes = 0;
}
void spi_release(void) {
  if (!is_selected) broken("released twice");
  is_selected = 0;
}
uint8_t spi_byte(uint8_t byte) {
  if (!is_selected) broken("a byte to nobody");
  if (bytes_in++ == 0) {
    pointer = byte & 0x3F;
    writes = !(byte & 0x80);
    return 0;
  }
  uint8_t at = pointer++ & 0x7F;
  if (writes) {
    registers[at] = byte;
    return 0;
  }
  uint8_t first = kind == ADXL345 ? 0x32 : 0x28;
  if (at >= first && at < first + 6) return sample_byte((at - first) & 1);
  if (gone) return gone == 1 ? 0xFF : 0;
  uint8_t drawn = next();
  if (drawn == 0xA7) return next();
  if (kind == ADXL345) return at == 0 ? 0xE5 : at == 0x39 ? 20 + drawn % 12 : registers[at];
  return at == 0x0F ? 0x33 : at == 0x2F ? 0x80 | (20 + drawn % 12) : registers[at];
}

uint8_t port_bus(uint8_t address, const uint8_t *bytes, uint8_t n, uint8_t *to, uint8_t read) {
  uint8_t drawn = next();
  if (address != 0x68 || n == 0) broken("another part is spoken to");
  if (gone || drawn == 0xA7) return 0;
  if (n == 2) registers[bytes[0] & 0x7F] = bytes[1];
  for (uint8_t k = 0; k < read; k++) {
    if (bytes[0] == 0x74) {
      /* high byte first */
      uint8_t byte = next();
      if (k & 1)
        given[given_n - 1] = (int16_t)(given[given_n - 1] | byte);
      else
        given[given_n++] = (int16_t)(byte << 8);
      to[k] = byte;
    } else if (bytes[0] == 0x75)
      to[k] = drawn == 0xA8 ? 0x70 : 0x68;
    else if (bytes[0] == 0x72)
      to[k] = drawn == 0xA8 ? next() : k ? (uint8_t)(6 * overlay.stream.part.mpu6050.pulses) : 0;
    else
      to[k] = next();
  }
  return 1;
}

/* ---- what a kept frame must say ---- */
static uint32_t kept, lost;

static int16_t sample_of(const uint8_t *payload, uint8_t i) {
  if (overlay.capture.enc & 1) return (int16_t)(payload[2 * i] | payload[2 * i + 1] << 8);
  const uint8_t *group = payload + i / 4 * 5;
  uint16_t code = (uint16_t)(group[i % 4] | (group[4] >> 2 * (i % 4) & 3) << 8);
  return (int16_t)((code ^ 512) - 512);
}

uint8_t __real_stream_frame_full(uint16_t at);
uint8_t __wrap_stream_frame_full(uint16_t at);
uint8_t __wrap_stream_frame_full(uint16_t at) {
  uint8_t full = stream.full, fill = stream.fill, n = stream.n, spoilt = stream.spoilt;
  uint32_t gap = stream.gap;
  uint8_t stops = __real_stream_frame_full(at);
  if (stream.full == full) {
    lost += n;
    if (stream.gap != gap + n) broken("a loss that is not counted");
  } else {
    const uint8_t *payload = overlay.stream.frames[fill].bytes + STREAM_PAYLOAD_AT;
    if (spoilt) broken("a spoilt frame is kept");
    if (impossible) broken("a frame with a value that the part cannot have");
    if (given_n != n || stream.facts[fill].n != n || n % 3) broken("another number of samples");
    if (stream.facts[fill].gap != gap) broken("a gap that is not told");
    for (uint8_t i = 0; i < n; i++) {
      int16_t value = sample_of(payload, i);
      if (kind != MPU6050 && !wide) value = (int16_t)((value & 1023) - 512);
      if (value != given[i]) broken("a sample that the part did not give");
    }
    kept += n;
  }
  given_n = 0;
  impossible = 0;
  return stops;
}

/* ---- everything that a driver may not touch ---- */
#define MARKED 0x5A
static void mark_frames(void) {
  for (uint8_t f = 0; f < STREAM_FRAMES; f++) memset(overlay.stream.frames[f].bytes, MARKED, sizeof overlay.stream.frames[f].bytes);
}
static uint8_t *kept_ram[2];
static const struct {
  uint16_t from, n;
} untouched[] = {
    {offsetof(overlay_ram, stream.hash), offsetof(overlay_ram, stream.part) - offsetof(overlay_ram, stream.hash)},
    {offsetof(overlay_ram, stream.part) + sizeof overlay.stream.part,
     sizeof overlay - offsetof(overlay_ram, stream.part) - sizeof overlay.stream.part},
};
static void check_ram(void) {
  for (uint8_t f = 0; f < STREAM_FRAMES; f++) {
    const uint8_t *bytes = overlay.stream.frames[f].bytes;
    for (uint8_t k = 0; k < STREAM_PAYLOAD_AT; k++)
      if (bytes[k] != MARKED) broken("written in front of a payload");
    for (uint16_t k = STREAM_PAYLOAD_AT + STREAM_PAYLOAD_BYTES; k < sizeof overlay.stream.frames[f].bytes; k++)
      if (bytes[k] != MARKED) broken("written behind a payload");
  }
  for (uint8_t r = 0; r < 2; r++)
    if (memcmp((uint8_t *)&overlay + untouched[r].from, kept_ram[r], untouched[r].n)) broken("written outside the frames");
  const uint8_t *payload = overlay.stream.frames[stream.fill].bytes + STREAM_PAYLOAD_AT;
  if (stream.done) return;
  uint8_t filled = stream.n - stream.left, bytes = overlay.capture.enc & 1 ? 2 * filled : filled + filled / 4;
  if (stream.left > stream.n || stream.at != payload + bytes) broken("the place of the next sample");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint32_t rates[KINDS][4] = {
      {3200000, 6250, 800000, 1600000}, {1344000, 100000, 400000, 200000}, {MPU6050_MHZ, MPU6050_MHZ, MPU6050_MHZ, MPU6050_MHZ}};
  static const uint8_t first[KINDS] = {BOARD_ADXL345_CHANNEL, BOARD_LIS3DH_CHANNEL, BOARD_MPU6050_CHANNEL};
  if (size < 4) return -1;
  in = data + 4;
  in_end = data + size;
  kind = data[0] % KINDS;
  gone = is_selected = is_armed = 0;
  memset(registers, 0, sizeof registers);
  memset(&overlay, 0, sizeof overlay);
  memset((void *)&stream, 0, sizeof stream);
  capture_state *c = &overlay.capture;
  c->enc = kind == MPU6050 ? 3 : kind == LIS3DH ? 4 : 3 + (data[0] / KINDS & 1);
  wide = c->enc & 1;
  c->channels = 3;
  for (uint8_t k = 0; k < 3; k++) c->chans[k] = first[kind] + k;
  c->count = 12 * (1 + data[1]);
  c->period = rates[kind][data[2] & 3];
  now = (uint64_t)data[3] << 13;
  given_n = impossible = 0;
  kept = lost = 0;
  sent = 0;
  if (!part_known(c->chans[0]) || !part_encodes(c->chans[0], c->enc) || !part_rate(c->chans[0], c->period)) broken("a plan of the part");
  if (!part_present(c->chans[0])) return 0;
  mark_frames();
  part_start(c->chans[0], &c->t0);
  uint8_t cfg[32];
  if (part_facts(c->chans[0], cfg) > 32) broken("facts");
  for (uint8_t r = 0; r < 2; r++) {
    kept_ram[r] = realloc(kept_ram[r], untouched[r].n);
    memcpy(kept_ram[r], (uint8_t *)&overlay + untouched[r].from, untouched[r].n);
  }
  uint8_t lined = 0, drains = 0;
  while (!stream.done && !part_fault(c->chans[0])) {
    if (in >= in_end && !gone) gone = 1 + (data[3] & 1);
    if (gone && drains > 4) {
      if (kind == MPU6050) break; /* its pulses are the port's, and they came */
      broken("nobody noticed that the part is gone");
    }
    uint8_t drawn = next();
    now += drawn < 250 ? 40 * drawn : 100000UL * drawn; /* late: up to 13 s */
    ticks48 at;
    port_ticks(&at);
    if (kind == MPU6050) {
      if (!mpu6050_pulse((uint8_t)at.hi)) continue;
      mpu6050_drain(&at);
    } else if (kind == LIS3DH)
      lis3dh_drain(&at);
    else
      adxl345_drain(&at);
    if (gone) drains++;
    check_ram();
    /* the line: takes what is full, and sends it sooner or later */
    while (lined != stream.full && stream.lined[1] == LINED_NOTHING) {
      stream_line(LINED_DATA);
      lined++;
    }
    for (uint8_t k = drawn & 3; k && stream.lined[0]; k--) {
      sent++;
      stream_take_back();
    }
  }
  if (!stream.done) {
    part_stop(c->chans[0]);
    stream.done = 1;
  } else if (kept != c->count)
    broken("not what was asked for");
  if (is_armed) broken("its interrupt is still on");
  check_ram();
  if (lost != 0 && lost < stream.gap) broken("more lost than there was");
  return 0;
}
