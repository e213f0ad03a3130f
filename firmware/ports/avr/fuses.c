/* Fuse and lock bytes by LPM with BLBSET and SPMEN set (datasheet 27.8.9): a statement about itself, which may only lower the grade. */
#include "port.h" /* lock_bytes */

#include <avr/boot.h>      /* the timed access */
#include <avr/interrupt.h> /* cli */

uint8_t lock_bytes(uint8_t out[16]) {
  uint8_t sreg = SREG;
  cli();
  out[0] = boot_lock_fuse_bits_get(GET_LOW_FUSE_BITS);
  out[1] = boot_lock_fuse_bits_get(GET_HIGH_FUSE_BITS);
  out[2] = boot_lock_fuse_bits_get(GET_EXTENDED_FUSE_BITS);
  out[3] = boot_lock_fuse_bits_get(GET_LOCK_BITS);
  SREG = sreg;
  return 4;
}

uint8_t program_byte(uint16_t address) { return pgm_read_byte(address); }
