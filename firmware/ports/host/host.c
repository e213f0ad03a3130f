/* Port of the core to a machine with an operating system, for tests and fuzzing: time stands still unless told, EEPROM and program memory
 * are arrays, the converter gives the samples it was given. */
#include "host.h"

#include "frame.h"   /* receiver */
#include "overlay.h" /* RAM */
#include "run.h"     /* loop */
#include "stream.h"  /* frames */

#include <stdio.h>  /* restart */
#include <stdlib.h> /* exit */

overlay_ram overlay;
static uint8_t own_eeprom[HOST_EEPROM];
uint8_t *host_eeprom = own_eeprom;
uint8_t host_program[32768];
ticks48 host_ticks;
uint16_t host_vcc_mv = 5000;
uint8_t host_frame_samples = BOARD_FRAME_U10;
uint16_t host_samples[4096];
uint16_t host_sample_count;
uint8_t host_relay;
uint8_t host_noise_stuck;
void (*host_before_write)(uint16_t address, uint8_t value);
void (*host_on_frame)(const uint8_t *frame, uint8_t n);
uint32_t host_writes;

static uint8_t sent, converting, idle_turns;
static uint16_t sample_at;

void port_ticks(ticks48 *t) { *t = host_ticks; }
uint16_t port_beat(void) { return (uint16_t)host_ticks.hi; }

void tx_send(const uint8_t *frame, uint8_t n) {
  idle_turns = 0;
  if (host_on_frame) host_on_frame(frame, n);
  sent++;
}
uint8_t tx_room(void) { return 1; }
uint8_t tx_busy(void) { return 0; }
uint8_t tx_holds(const uint8_t *bytes, uint8_t n) {
  (void)bytes;
  (void)n;
  return 0;
}
uint8_t tx_sent(void) { return sent; }
uint8_t port_lock(void) { return 0; }
void port_unlock(uint8_t was) { (void)was; }

uint8_t ee_read(uint16_t address) { return host_eeprom[address % HOST_EEPROM]; }
void ee_write(uint16_t address, uint8_t value) {
  if (ee_read(address) == value) return;
  if (host_before_write) host_before_write(address, value);
  host_writes++;
  host_eeprom[address % HOST_EEPROM] = value;
}
uint8_t ee_allowed(void) { return host_vcc_mv >= BOARD_VCC_MIN_MV; }
uint8_t program_byte(uint16_t address) { return host_program[address % sizeof host_program]; }

void adc_start(ticks48 *t0) {
  const capture_state *c = &overlay.capture;
  *t0 = host_ticks;
  stream_start(host_frame_samples, (uint16_t)c->period, 0);
  stream.expect += t0->lo;
  converting = 1;
  sample_at = 0;
}
void adc_stop(void) { converting = 0; }
uint8_t adc_facts(uint8_t cfg[32]) {
  (void)cfg;
  return 0;
}

/* One conversion, as the interrupt packs it. */
static void convert(void) {
  static uint8_t pairs;
  uint16_t sample = sample_at < host_sample_count ? host_samples[sample_at] : 512;
  sample_at++;
  uint8_t *at = stream.at;
  *at++ = (uint8_t)sample;
  stream.left--;
  if (stream.is_s16) {
    *at++ = (uint8_t)(sample >> 8);
  } else {
    pairs = (uint8_t)(pairs >> 2 | sample >> 8 << 6);
    if ((stream.left & 3) == 0) *at++ = pairs;
  }
  stream.at = at;
  if (stream.left == 0 && stream_frame_full(stream.expect)) adc_stop();
}

void port_idle(void) {
  if (converting)
    convert();
  else
    idle_turns++;
}

uint16_t noise_interval(void) {
  static uint32_t state = 1;
  state = state * 1664525 + 1013904223;
  return host_noise_stuck ? 32000 : (uint16_t)(32000 + (state >> 24));
}
uint8_t noise_floating(void) { return 0x5A; }
void noise_begin(void) {}
void noise_end(void) {}

uint16_t vcc_mv(void) { return host_vcc_mv; }
void relay_set(uint8_t relay, uint8_t on, uint16_t beats) {
  (void)relay;
  (void)beats;
  host_relay = on;
}
void relay_safe(void) { host_relay = 0; }
uint8_t relay_on(uint8_t relay) {
  (void)relay;
  return host_relay;
}
uint16_t relay_beats_left(uint8_t relay) {
  (void)relay;
  return 0;
}
uint8_t relay_dropped(void) { return 0; }
void led_blink_twice(void) {}
uint8_t lock_bytes(uint8_t out[16]) {
  out[0] = 0xFF;
  return 1;
}
/* The native stack is not the board's: its depth is measured in emulation. */
void stack_paint(uint8_t *from) { (void)from; }
uint16_t stack_untouched(const uint8_t *from) {
  (void)from;
  return 0xFFFF;
}
void port_alive(void) {}
void port_restart(uint8_t cause) {
  printf("restart %u\n", cause);
  exit(0);
}

void host_receive(const uint8_t *bytes, uint16_t n) {
  while (n--) {
    if (rx_byte(*bytes++)) {
      rx.at_low = host_ticks.lo;
      rx.at_beat = (uint8_t)host_ticks.hi;
      host_settle();
    }
  }
}

void host_settle(void) {
  idle_turns = 0;
  while (idle_turns < 2) run_once();
}
