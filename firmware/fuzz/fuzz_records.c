/* The EEPROM, any contents: whatever stands there the board starts, and from then on numbers rise and `prev` follows. Power goes in any byte
 * that is written; what was said before is still true after the next start. */
#include "harness.h"

#include "records.h" /* what is tested */

#include <stdlib.h> /* size_t */
#include <string.h> /* memcpy */

static uint8_t image[VB_EEPROM_BYTES], owned[VB_EEPROM_BYTES];
static const uint8_t *script, *script_end;
static uint32_t boot, taken, spoken;
static uint8_t spoken_prev[16], identity_was, writes_fail;

static uint8_t take(void) { return script < script_end ? *script++ : 0; }

static void start(void) {
  core_reset();
  uint8_t counted = records_start();
  if (!counted && vb.vcc >= BOARD_VCC_MIN_MV) broken("the start was not counted");
  uint8_t identity = identity_start();
  if (identity > IDENTITY_GOOD) broken("no such identity");
  identity_was = identity;
}

static void one_record(uint8_t how) {
  uint8_t prev[16];
  uint32_t before = chain.rec;
  if (!record_open()) {
    writes_fail = 1;
    return;
  }
  if (chain.rec != before + 1) broken("numbers rise by one");
  taken = chain.rec;
  memset(prev, how | 1, 16);
  if (!record_close(prev)) {
    writes_fail = 1;
    return;
  }
  spoken = chain.rec;
  memcpy(spoken_prev, prev, 16);
}

static void live(void) {
  start();
  boot = chain.boot;
  taken = chain.rec;
  spoken = 0;
  for (uint8_t k = 0; k < 3 && script < script_end; k++) {
    uint8_t how = take();
    if (how < 0xC0)
      one_record(how);
    else if (how < 0xD0) {
      uint8_t bytes[IDENTITY_BYTES];
      memset(bytes, how, sizeof bytes);
      identity_was = IDENTITY_NONE; /* in between anything may stand */
      identity_put(EE_IDENTITY_A, 0, bytes, IDENTITY_BYTES);
      identity_commit();
    } else if (how < 0xE0) {
      taken = spoken = 0; /* from its first byte on the old numbers mean nothing */
      identity_was = IDENTITY_NONE;
      records_erase();
    } else
      vb.vcc = vb.vcc < 4000 ? 5000 : 3500;
  }
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  harness_start();
  memcpy(owned, vb.eeprom, sizeof owned);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 6 || size > 1200) return -1;
  script = data;
  script_end = data + size;
  uint8_t how = take(), patches = take() % 8;
  uint32_t cut = take();
  cut = cut << 8 | take();
  memset(image, 0xFF, sizeof image);
  if (how & 1) memcpy(image, owned, sizeof image);
  for (uint8_t k = 0; k < patches; k++) {
    uint32_t at = take();
    at = (at << 8 | take()) % VB_EEPROM_BYTES;
    for (uint8_t n = take() % 160; n && at < VB_EEPROM_BYTES; n--) image[at++] = take();
  }
  memset(&vb, 0, sizeof vb);
  vb_power_on();
  memcpy(vb.eeprom, image, sizeof image);
  vb.cut_at = cut % 1200;
  vb.torn = how >> 1 & 3;
  boot = taken = spoken = 0;
  identity_was = writes_fail = 0;
  uint8_t lost = harness_call(live);
  uint8_t was_good = identity_was == IDENTITY_GOOD;
  uint32_t boot_before = boot, taken_before = taken, spoken_before = spoken;
  vb_power_on();
  if (harness_call(start)) broken("no second start");
  if (boot_before && chain.boot <= boot_before && boot_before != UINT32_MAX) broken("the boot counter went back");
  if (was_good && identity_was != IDENTITY_GOOD) broken("the identity was lost");
  /* with patched slots a number may wrap; with honest ones it never goes back */
  if (patches == 0 && taken_before && chain.rec < taken_before) broken("a record number would be used again");
  if (patches == 0 && !lost && !writes_fail && spoken_before && chain.rec == spoken_before && memcmp(chain.prev, spoken_prev, 16))
    broken("prev is not the last record's");
  return 0;
}
