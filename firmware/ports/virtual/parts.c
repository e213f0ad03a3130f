/* EEPROM that may lose power in any byte, relay with its dead-man, two clocks that drift, supply, restart. */
#include "outside.h"    /* the board */
#include "overlay.h" /* the core's shared RAM has its place here */
#include "run.h"     /* boot */

#include <string.h> /* memset */

overlay_ram overlay;

#define WRITE_TICKS 6800 /* 3.4 ms (ATmega328P datasheet, table 8-1) */
#define YIELD_TICKS 24000 /* a yield of the signer, every 12 ms */
#define NOISE_TICKS 32000 /* nominally 16 ms */

/* ---- noise: the low bits of an interval wander as those of two oscillators do ---- */

static uint32_t next_noise(void) {
  vb.noise ^= vb.noise << 13;
  vb.noise ^= vb.noise >> 17;
  vb.noise ^= vb.noise << 5;
  return vb.noise;
}

/* ---- EEPROM ---- */

uint8_t ee_read(uint16_t address) { return vb.eeprom[address % VB_EEPROM_BYTES]; }

/* Time passes as the AVR's board lets it pass: pings are answered meanwhile. */
static void spend(uint64_t ticks, uint64_t turn) {
  uint64_t end = vb.now + ticks;
  while (vb.now < end) {
    vb_advance(end - vb.now < turn ? end - vb.now : turn);
    board_yield();
  }
}

void ee_write(uint16_t address, uint8_t value) {
  uint8_t *cell = &vb.eeprom[address % VB_EEPROM_BYTES];
  if (*cell == value) return;
  if (++vb.writes == vb.cut_at) {
    uint8_t mixed = *cell & (uint8_t)next_noise();
    *cell = vb.torn == TORN_OLD ? *cell : vb.torn == TORN_ERASED ? 0xFF : vb.torn == TORN_NEW ? value : mixed;
    outside_power_lost();
  }
  *cell = value;
  spend(WRITE_TICKS, WRITE_TICKS / 4);
}

uint8_t ee_allowed(void) { return vb.vcc >= BOARD_VCC_MIN_MV; }

uint8_t program_byte(uint16_t address) { return vb_flash[address % VB_FLASH_BYTES]; }

/* ---- relay ---- */

static void write_pin(uint8_t on) {
  if (vb.relay != on) outside_relay(on);
  vb.relay = on;
}

void relay_set(uint8_t relay, uint8_t on, uint16_t beats) {
  (void)relay;
  vb.relay_beats = on ? beats : 0;
  write_pin(on ? 1 : BOARD_RELAY0_SAFE);
}

void relay_safe(void) {
  vb.relay_beats = 0;
  write_pin(BOARD_RELAY0_SAFE);
}

uint8_t relay_on(uint8_t relay) {
  (void)relay;
  return vb.relay_beats != 0;
}

uint16_t relay_beats_left(uint8_t relay) {
  (void)relay;
  return vb.relay_beats;
}

uint8_t relay_dropped(void) {
  uint8_t now = vb.relay_fell;
  vb.relay_fell = 0;
  return now;
}

/* ---- noise, supply, small parts ---- */

void noise_begin(void) {}

void noise_end(void) {}

uint16_t noise_interval(void) {
  uint16_t ticks = (uint16_t)(NOISE_TICKS + (vb.noise_dead ? 0 : next_noise() % 2048));
  spend(ticks, NOISE_TICKS);
  return ticks;
}

uint8_t noise_floating(void) { return (uint8_t)next_noise(); }

uint8_t adc_facts(uint8_t cfg[32]) {
  cfg[0] = 0xFE; /* no driver that a host knows: nobody may scale these samples */
  return 1;
}

/* Nothing interrupts a native program. */
uint8_t port_lock(void) { return 0; }
void port_unlock(uint8_t was) { (void)was; }

uint16_t vcc_mv(void) { return vb.vcc; }

void led_blink_twice(void) {}

uint8_t lock_bytes(uint8_t out[16]) {
  (void)out;
  return 0;
}

/* The stack of a native program is watched by its sanitizers. */
void stack_paint(uint8_t *from) { (void)from; }

uint16_t stack_untouched(const uint8_t *from) {
  (void)from;
  return 512;
}

void port_restart(uint8_t cause) {
  relay_safe();
  outside_restart(cause);
}

void ed25519_yield(void) {
  vb_advance(YIELD_TICKS);
  board_yield();
}

/* ---- start ---- */

void vb_power_on(void) {
  uint8_t kept[VB_EEPROM_BYTES];
  uint32_t noise = vb.noise;
  memcpy(kept, vb.eeprom, sizeof kept);
  if (vb.relay) outside_relay(0);
  memset(&vb, 0, sizeof vb);
  memcpy(vb.eeprom, kept, sizeof kept);
  vb.noise = noise ? noise : 0x9E3779B9;
  vb.vcc = 5000;
  vb.until = UINT64_MAX;
}

void vb_boot(uint8_t cause) {
  core_reset();
  run_start(cause);
}
