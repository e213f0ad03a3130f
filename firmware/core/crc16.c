/* The CRC by shifts of whole nibbles: what the eight steps of one byte come to for the polynomial 0x1021, without a table. */
#include "crc16.h"

#include "crypto.h" /* KERNEL: a port may have it in assembly */

uint16_t crc16_add(uint16_t crc, uint8_t byte) {
  uint8_t x = (uint8_t)(crc >> 8) ^ byte;
  x ^= x >> 4;
  return (uint16_t)(crc << 8) ^ (uint16_t)((uint16_t)x << 12) ^ (uint16_t)((uint16_t)x << 5) ^ x;
}

KERNEL uint16_t crc16(uint16_t crc, const uint8_t *p, uint8_t n) {
  while (n--) crc = crc16_add(crc, *p++);
  return crc;
}
