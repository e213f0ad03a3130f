/* CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected; over body ‖ CRC it is 0. */
#ifndef CRC16_H
#define CRC16_H

#include <stdint.h> /* fixed widths */

uint16_t crc16_add(uint16_t crc, uint8_t byte);
uint16_t crc16(uint16_t crc, const uint8_t *p, uint8_t n);

#endif
