/* Framing: sending in place, and the main loop's side of the receiver. */
#include "frame.h"

#include "crc16.h"  /* frame check */
#include "crypto.h" /* KERNEL: a port may have the stuffing in assembly */

receiver rx;

/* Cheshire and Baker 1999: each zero, and the code byte in front, becomes the distance to the next zero or the end. */
KERNEL void cobs_stuff(uint8_t *code, uint8_t n) {
  uint8_t distance = 1;
  uint8_t *p = code + 1;
  while (n--) {
    if (*p) {
      distance++;
    } else {
      *code = distance;
      code = p;
      distance = 1;
    }
    p++;
  }
  *code = distance;
}

uint8_t frame_close(uint8_t *body, uint8_t n) {
  uint16_t crc = crc16(0xFFFF, body, n);
  body[n] = (uint8_t)(crc >> 8);
  body[n + 1] = (uint8_t)crc;
  body[n + 2] = 0;
  cobs_stuff(body - 1, n + 2);
  return n + 4;
}

void rx_count(volatile uint16_t *counter) { rx_saturate(counter); }

uint16_t rx_bad(void) {
  uint32_t sum = (uint32_t)rx_counts.overlong + rx_counts.cobs + rx_counts.short_ + rx_counts.crc + rx_counts.line;
  return sum > 0xFFFF ? 0xFFFF : (uint16_t)sum;
}

static uint8_t taken; /* the main loop holds the frame: whoever asks while it waits for something gets none */

uint8_t rx_take(const uint8_t **body) {
  uint8_t n = rx.ready;
  if (n == 0 || taken) return 0;
  if (crc16(0xFFFF, rx.bytes, n) != 0) {
    rx_count(&rx_counts.crc);
    rx_release();
    return 0;
  }
  taken = 1;
  *body = rx.bytes;
  return n - 2;
}

void rx_release(void) {
  taken = 0;
  rx.ready = 0;
}
