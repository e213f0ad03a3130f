/* Constants that stay in flash: on AVR flash is a second address space, elsewhere it is ordinary memory. */
#ifndef CRYPTO_FLASH_H
#define CRYPTO_FLASH_H

#ifdef __AVR__
#include <avr/pgmspace.h> /* LPM access and the section for tables */
#define IN_FLASH PROGMEM
#define flash_u8(p) pgm_read_byte(p)
#else
#define IN_FLASH
#define flash_u8(p) (*(const unsigned char *)(p))
#endif

#endif
