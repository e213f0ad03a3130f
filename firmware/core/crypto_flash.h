/* Constants that stay in flash: on AVR flash is a second address space, elsewhere it is ordinary memory. */
#ifndef CRYPTO_FLASH_H
#define CRYPTO_FLASH_H

#include <stdint.h> /* fixed widths */
#include <string.h> /* memcpy */

#ifdef __AVR__
#include <avr/pgmspace.h> /* LPM access and the section for tables */
#define IN_FLASH PROGMEM
#define flash_u8(p) pgm_read_byte(p)
#define flash_u16(p) pgm_read_word(p)
#define flash_u32(p) pgm_read_dword(p)
#define flash_u64(p) (pgm_read_dword(p) | (uint64_t)pgm_read_dword((const uint8_t *)(p) + 4) << 32)
#define flash_copy(to, from, n) memcpy_P(to, from, n)
#else
#define IN_FLASH
#define flash_u8(p) (*(const uint8_t *)(p))
#define flash_u16(p) (*(const uint16_t *)(p))
#define flash_u32(p) (*(const uint32_t *)(p))
#define flash_u64(p) (*(const uint64_t *)(p))
#define flash_copy(to, from, n) memcpy(to, from, n)
#endif

#endif
