/* Shape of commands 8 to 10 by protocol/kz1.cddl. No board with this image offers them (caps.flags bits 1 and 2 are 0). */
#include "pins.h"

#include "cbor.h"     /* readers */
#include "commands.h" /* hold */

#define OP_PIN_SET 8
#define OP_PIN_WATCH 9
#define ACK_UNSUPPORTED 3

static uint16_t in_u16(void) {
  uint32_t value = in_u32();
  if (value > 0xFFFF) in_misfit();
  return (uint16_t)value;
}

void pins_read(uint8_t op, pin_request *m) {
  uint8_t n;
  if (op == OP_PIN_SET) {
    in_array(4);
    m->pin = in_u8(255);
    m->mode = in_u8(5);
    m->value = in_u16();
    m->hold_ms = in_hold();
  } else if (op == OP_PIN_WATCH) {
    in_array(2);
    uint32_t pins = in_head(CBOR_ARRAY);
    if (pins > 8) in_misfit();
    while (!in_bad() && pins--) in_u8(255);
    in_u16();
  } else {
    in_array(4);
    in_u8(255);
    in_u8(127);
    in_bytes(32, &n);
    in_u8(32);
  }
}

uint8_t pins_run(uint8_t op, const pin_request *m) {
  (void)op;
  (void)m;
  return ACK_UNSUPPORTED;
}
