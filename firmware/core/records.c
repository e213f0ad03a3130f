/* Records over three port functions: read a byte, write a byte, is writing allowed. */
#include "records.h"

#include "crc16.h" /* check of each record */
#include "port.h"  /* EEPROM */

#include <string.h> /* memset */

#define SETTINGS_BYTES 30
#define SETTINGS_VERSION 1
#define FLAG_WIPING 1
#define BOOT_SLOTS 16
#define BOOT_BYTES 4
#define BOOT_STEP 6
#define SLOTS 24
#define SLOT_BYTES 22
#define SLOT_STEP 24
#define SERIAL_MASK 0x7FFF
#define SLOT_CLOSED 0x8000

/* Domains keep a record of one kind from passing as another: settings, boot, record, identity, staged identity. */
enum { DOMAIN_SETTINGS = 'S', DOMAIN_BOOT = 'B', DOMAIN_RECORD = 'R', DOMAIN_IDENTITY = 'I', DOMAIN_STAGED = 'T' };

chain_state chain;
uint16_t ee_fault_at;

static uint16_t crc_stored(uint8_t domain, uint16_t at, uint8_t n) {
  uint16_t crc = crc16_add(0xFFFF, domain);
  while (n--) crc = crc16_add(crc, ee_read(at++));
  return crc;
}

/* Valid: CRC right, and neither erased (all 0xFF) nor wiped (all 0x00). */
static uint8_t valid(uint8_t domain, uint16_t at, uint8_t n) {
  uint8_t all_and = 0xFF, all_or = 0;
  for (uint8_t i = 0; i < n; i++) {
    uint8_t byte = ee_read(at + i);
    all_and &= byte;
    all_or |= byte;
  }
  if (all_and == 0xFF || all_or == 0) return 0;
  uint16_t stored = (uint16_t)ee_read(at + n) << 8 | ee_read(at + n + 1);
  return stored == crc_stored(domain, at, n);
}

/* Writes and reads back. */
static uint8_t write_checked(uint16_t at, const uint8_t *bytes, uint8_t n) {
  for (uint8_t i = 0; i < n; i++) {
    ee_write(at + i, bytes[i]);
    if (ee_read(at + i) != bytes[i]) {
      ee_fault_at = at + i;
      return 0;
    }
  }
  return 1;
}

/* A record whose bytes stand: its CRC makes it count. */
static uint8_t write_crc(uint8_t domain, uint16_t at, uint8_t n) {
  uint16_t crc = crc_stored(domain, at, n);
  uint8_t bytes[2] = {(uint8_t)(crc >> 8), (uint8_t)crc};
  return write_checked(at + n, bytes, 2);
}

/* Breaks a CRC on purpose before the bytes under it change: otherwise a cut in between could leave a mixture that happens to be valid. */
static void write_record_begin(uint8_t domain, uint16_t at, uint8_t n) {
  if (valid(domain, at, n)) ee_write(at + n + 1, (uint8_t)~ee_read(at + n + 1));
}

static uint8_t write_record(uint8_t domain, uint16_t at, const uint8_t *bytes, uint8_t n) {
  if (!ee_allowed()) {
    ee_fault_at = at;
    return 0;
  }
  write_record_begin(domain, at, n);
  return write_checked(at, bytes, n) && write_crc(domain, at, n);
}

static uint32_t read_u32(uint16_t at) {
  return (uint32_t)ee_read(at + 3) << 24 | (uint32_t)ee_read(at + 2) << 16 | (uint16_t)ee_read(at + 1) << 8 | ee_read(at);
}

static void store_u32(uint8_t *p, uint32_t value) {
  for (uint8_t i = 0; i < 4; i++, value >>= 8) p[i] = (uint8_t)value;
}

/* ---- boot counter and record slots ---- */

static void find_newest_slot(void) {
  uint8_t found = 0;
  memset(chain.prev, 0, sizeof chain.prev);
  chain.rec = 0;
  chain.serial = 0;
  chain.slot = SLOTS - 1;
  for (uint8_t k = 0; k < SLOTS; k++) {
    uint16_t at = EE_SLOTS + (uint16_t)k * SLOT_STEP;
    if (!valid(DOMAIN_RECORD, at, SLOT_BYTES)) continue;
    uint16_t serial = ((uint16_t)ee_read(at + 21) << 8 | ee_read(at + 20)) & SERIAL_MASK;
    /* serials wrap after 32,768 writes; the 24 that stand here lie close together */
    if (found && ((serial - chain.serial) & SERIAL_MASK) >= 0x4000) continue;
    found = 1;
    chain.serial = serial;
    chain.slot = k;
    chain.rec = read_u32(at);
    for (uint8_t i = 0; i < 16; i++) chain.prev[i] = ee_read(at + 4 + i);
  }
}

static uint8_t write_slot(uint32_t rec, const uint8_t prev[16], uint16_t closed) {
  uint8_t bytes[SLOT_BYTES];
  uint16_t serial = (chain.serial + 1) & SERIAL_MASK;
  store_u32(bytes, rec);
  memcpy(bytes + 4, prev, 16);
  bytes[20] = (uint8_t)serial;
  bytes[21] = (uint8_t)((serial | closed) >> 8);
  uint8_t slot = chain.slot;
  for (uint8_t tries = 0; tries < 2; tries++) { /* a worn cell costs one slot, not the board */
    slot = slot == SLOTS - 1 ? 0 : slot + 1;
    if (!write_record(DOMAIN_RECORD, EE_SLOTS + (uint16_t)slot * SLOT_STEP, bytes, SLOT_BYTES)) continue;
    chain.slot = slot;
    chain.serial = serial;
    return 1;
  }
  return 0;
}

uint8_t records_start(void) {
  find_newest_slot();
  uint32_t boot = 0;
  for (uint8_t k = 0; k < BOOT_SLOTS; k++) {
    uint16_t at = EE_BOOT + (uint16_t)k * BOOT_STEP;
    if (valid(DOMAIN_BOOT, at, BOOT_BYTES) && read_u32(at) > boot) boot = read_u32(at);
  }
  chain.boot = boot + 1;
  uint8_t bytes[BOOT_BYTES];
  store_u32(bytes, chain.boot);
  return write_record(DOMAIN_BOOT, EE_BOOT + (uint16_t)(chain.boot % BOOT_SLOTS) * BOOT_STEP, bytes, BOOT_BYTES);
}

uint8_t record_open(void) {
  if (!write_slot(chain.rec + 1, chain.prev, 0)) return 0;
  chain.rec++;
  return 1;
}

uint8_t record_close(const uint8_t prev[16]) {
  if (!write_slot(chain.rec, prev, SLOT_CLOSED)) return 0;
  memcpy(chain.prev, prev, 16);
  return 1;
}

/* ---- identity ---- */

static uint8_t copy_good(uint16_t copy) { return valid(DOMAIN_IDENTITY, copy, IDENTITY_BYTES); }

static uint8_t copy_over(uint16_t to, uint16_t from) {
  if (!ee_allowed()) return 0;
  write_record_begin(DOMAIN_IDENTITY, to, IDENTITY_BYTES);
  write_record_begin(DOMAIN_STAGED, to, IDENTITY_BYTES);
  for (uint8_t i = 0; i < IDENTITY_BYTES; i++) {
    uint8_t byte = ee_read(from + i);
    if (!write_checked(to + i, &byte, 1)) return 0;
  }
  return write_crc(DOMAIN_IDENTITY, to, IDENTITY_BYTES);
}

static void set_wiping(uint8_t wiping) {
  uint8_t bytes[SETTINGS_BYTES];
  memset(bytes, 0, sizeof bytes);
  bytes[0] = SETTINGS_VERSION;
  bytes[1] = wiping ? FLAG_WIPING : 0;
  /* rewriting what stands would first make it invalid, and a cut there would forget that keys are half erased */
  if (valid(DOMAIN_SETTINGS, EE_SETTINGS, SETTINGS_BYTES) && ee_read(EE_SETTINGS + 1) == bytes[1]) return;
  write_record(DOMAIN_SETTINGS, EE_SETTINGS, bytes, SETTINGS_BYTES);
}

static void fill(uint16_t from, uint16_t to, uint8_t value) {
  for (; from < to; from++) ee_write(from, value);
}

void records_forget(void) {
  fill(EE_SLOTS, EE_SLOTS + SLOTS * SLOT_STEP, 0xFF);
  find_newest_slot();
}

void records_wipe_begin(void) { set_wiping(1); }

void records_erase(void) {
  set_wiping(1);
  fill(EE_IDENTITY_A, EE_IDENTITY_B + IDENTITY_BYTES + 2, 0);
  records_forget();
  set_wiping(0);
}

uint8_t identity_start(void) {
  if (valid(DOMAIN_SETTINGS, EE_SETTINGS, SETTINGS_BYTES) && (ee_read(EE_SETTINGS + 1) & FLAG_WIPING)) records_erase();
  uint8_t a = copy_good(EE_IDENTITY_A), b = copy_good(EE_IDENTITY_B);
  if (!a && !b && valid(DOMAIN_STAGED, EE_IDENTITY_B, IDENTITY_BYTES)) {
    /* cut inside identity_promote: the old key has signed its last word */
    return identity_promote() ? IDENTITY_GOOD : IDENTITY_DAMAGED;
  }
  if (a) {
    uint8_t same = b;
    for (uint8_t i = 0; same && i < IDENTITY_BYTES; i++) same = ee_read(EE_IDENTITY_A + i) == ee_read(EE_IDENTITY_B + i);
    if (!same) copy_over(EE_IDENTITY_B, EE_IDENTITY_A);
    return IDENTITY_GOOD;
  }
  if (b) return copy_over(EE_IDENTITY_A, EE_IDENTITY_B) ? IDENTITY_GOOD : IDENTITY_DAMAGED;
  for (uint16_t at = EE_IDENTITY_A; at < EE_IDENTITY_B + IDENTITY_BYTES + 2; at++) {
    uint8_t byte = ee_read(at);
    if (byte != 0xFF && byte != 0) return IDENTITY_DAMAGED;
  }
  return IDENTITY_NONE;
}

uint8_t identity_readable(void) {
  return crc_stored(DOMAIN_IDENTITY, EE_IDENTITY_A, IDENTITY_BYTES) == crc_stored(DOMAIN_IDENTITY, EE_IDENTITY_A, IDENTITY_BYTES);
}

void identity_read(uint8_t offset, uint8_t *out, uint8_t n) {
  while (n--) *out++ = ee_read(EE_IDENTITY_A + offset++);
}

void identity_put(uint16_t copy, uint8_t offset, const uint8_t *bytes, uint8_t n) {
  write_record_begin(DOMAIN_IDENTITY, copy, IDENTITY_BYTES);
  write_record_begin(DOMAIN_STAGED, copy, IDENTITY_BYTES);
  for (uint8_t i = 0; i < n; i++) ee_write(copy + offset + i, bytes[i]);
}

uint8_t identity_commit(void) {
  return write_crc(DOMAIN_IDENTITY, EE_IDENTITY_A, IDENTITY_BYTES) && copy_over(EE_IDENTITY_B, EE_IDENTITY_A);
}

uint8_t identity_stage(void) { return write_crc(DOMAIN_STAGED, EE_IDENTITY_B, IDENTITY_BYTES); }

uint8_t identity_promote(void) {
  /* A is rewritten from B while B still says `staged`; only then B becomes the second copy. */
  return copy_over(EE_IDENTITY_A, EE_IDENTITY_B) && write_crc(DOMAIN_IDENTITY, EE_IDENTITY_B, IDENTITY_BYTES);
}
