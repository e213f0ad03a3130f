/* General pins and buses, commands 8 to 10: their shape is checked on every board; boards whose caps say so also do them. */
#ifndef PINS_H
#define PINS_H

#include <stdint.h> /* fixed widths */

typedef struct {
  uint8_t pin, mode;
  uint16_t value;
  uint32_t hold_ms;
} pin_request;

void pins_read(uint8_t op, pin_request *m);
/* Returns an ack code. */
uint8_t pins_run(uint8_t op, const pin_request *m);

#endif
