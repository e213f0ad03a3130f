/* Every message a host or an owner may send, under a MAC that is taken as right: the shapes are read and what they ask is done. Whatever it
 * is, frames stay frames, a relay is switched on by a relay command alone, and keys change by rotation, wipe and provisioning alone. */
#include "harness.h"

#include "cbor.h"         /* numbers of the payload */
#include "cose.h"         /* envelope */
#include "messages.h"     /* message types */
#include "quick_signer.h" /* MAC taken as right */
#include "state.h"        /* session */

#include <stdlib.h> /* size_t */
#include <string.h> /* memcpy */

enum { OP_RELAY = 2 };

static const uint8_t *input;
static uint32_t input_n;
static uint8_t flags, step, asks_relay, asks_keys;
static uint64_t started;

/* What the payload says it is; the session is told the number it must have. */
static void expect(const uint8_t *payload, uint8_t n) {
  in_from(payload, n);
  in_head(CBOR_ARRAY);
  uint32_t mt = in_u32();
  asks_keys = mt == MT_ROTATE || mt == MT_WIPE || mt == MT_PROVISION;
  if (mt == MT_PROVISION) {
    uint8_t dr[16];
    in_copy(dr, 16);
    if (!in_bad()) memcpy(session.key, dr, 16);
    return;
  }
  uint32_t number = in_u32(), op = in_u32();
  if (!in_bad() || mt == MT_WIPE) session.n = number - !(flags & 8);
  asks_relay = mt == MT_COMMAND && op == OP_RELAY;
}

static uint8_t next_step(void) {
  if (step++ == 0) {
    mac0 envelope;
    started = vb.now;
    if (flags & 4) {
      uint8_t body[256];
      uint8_t n = (uint8_t)(input_n < 255 ? input_n : 255);
      memcpy(body, input, n);
      if (mac0_read(body, n, &envelope)) expect(envelope.payload, envelope.n);
      send_body(input, input_n);
    } else {
      expect(input, (uint8_t)(input_n < 200 ? input_n : 200));
      send_mac0(input, input_n, 0, 0x77, aad_command, session.sid);
    }
    vb.until = vb.now + 12000;
    return 1;
  }
  if (asks_relay && vb.relay && vb.relay_beats == 0) broken("a relay without a dead-man");
  uint8_t busy = board.state == STATE_SIGNING || board.state == STATE_KEYGEN || board.state == STATE_ERASING;
  uint64_t gone = vb.now - started;
  vb.until = vb.now + (busy ? BOARD_HZ : 40000);
  return gone < (busy ? 60 * BOARD_HZ : 100000);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  harness_start();
  quick_mac = 1;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3 || size > 320) return -1;
  flags = data[0];
  input = data + 1;
  input_n = (uint32_t)size - 1;
  step = asks_relay = asks_keys = 0;
  harness_step = next_step;
  harness_authorised = 0;
  uint8_t state = flags & 1 ? AT_BLANK : AT_IDLE;
  harness_may_switch = &asks_relay;
  harness_run(state);
  if (!asks_keys && !harness_keys_stand(state)) broken("settings, boot counter or identity changed");
  return 0;
}
