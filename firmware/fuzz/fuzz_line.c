/* Bytes on the line into the whole core, in every state. The input is a script: raw bytes, bodies under a right CRC, envelopes with false
 * tags, commands under the right MAC, time, supply. After it the board must answer a ping, its identity must stand, and without a right MAC no
 * relay moved and nothing was acknowledged. */
#include "harness.h"

#include "cose.h"     /* external_aad */
#include "messages.h" /* message types */
#include "records.h"  /* chain */
#include "state.h"    /* session */

#include <stdlib.h> /* size_t */
#include <string.h> /* memcmp */

enum { RAW, BODY, FALSE_TAG, FALSE_COMMAND, COMMAND, WAIT, STOP, WORLD };
#define TICKS_MOST (3ULL * BOARD_HZ) /* of a script, */
#define CONVERSIONS_MOST 1500        /* and of its captures */

static const uint8_t *script, *script_end;
static uint64_t started;
static uint8_t stage;

static uint8_t take(void) { return script < script_end ? *script++ : 0; }

static const uint8_t *take_bytes(uint32_t *n) {
  uint32_t wanted = take();
  const uint8_t *from = script;
  if (wanted > (uint32_t)(script_end - script)) wanted = (uint32_t)(script_end - script);
  script += wanted;
  *n = wanted;
  return from;
}

/* A command's payload with the number the board waits for, and the rest from the script. */
static uint32_t command(uint8_t payload[256]) {
  uint32_t n, next = session.n + 1, at = 2;
  const uint8_t *rest = take_bytes(&n);
  payload[0] = 0x84;
  payload[1] = MT_COMMAND;
  if (next < 24)
    payload[at++] = (uint8_t)next;
  else {
    payload[at++] = 0x18;
    payload[at++] = (uint8_t)next;
  }
  if (n > 200) n = 200;
  memcpy(payload + at, rest, n);
  return at + n;
}

static void world(uint8_t what) {
  if (what < 0x40) vb.skip += what & 15; /* conversions that find the converter busy */
  else if (what < 0x60) vb.vcc = 3500;
  else if (what < 0x80) vb.vcc = 5000;
  else vb.noise_dead = what & 1;
}

static void step(void) {
  uint8_t how = take(), payload[256];
  uint32_t n;
  const uint8_t *bytes;
  switch (how & 7) {
    case RAW:
      bytes = take_bytes(&n);
      send_line(bytes, n);
      break;
    case BODY:
      bytes = take_bytes(&n);
      send_body(bytes, n);
      break;
    case FALSE_TAG:
      bytes = take_bytes(&n);
      send_mac0(bytes, n, 0, how, aad_command, session.sid);
      break;
    case FALSE_COMMAND:
      n = command(payload);
      send_mac0(payload, n, 0, how, aad_command, session.sid);
      break;
    case COMMAND:
      n = command(payload);
      harness_authorised = board.state >= STATE_IDLE;
      send_mac0(payload, n, session.key, 0, aad_command, session.sid);
      break;
    case WAIT:
      vb.until += (uint64_t)take() * 8192;
      break;
    case STOP: {
      uint8_t body[40] = {0x83, MT_STOP, 0x18, (uint8_t)chain.rec, 0x50};
      bytes = take_bytes(&n);
      memcpy(body + 5, bytes, n < 16 ? n : 16);
      if (chain.rec < 24) memmove(body + 2, body + 3, 20);
      send_body(body, chain.rec < 24 ? 20 : 21);
      break;
    }
    default:
      world(take());
  }
  static const uint32_t pauses[4] = {0, 400, 4000, 60000};
  vb.until += (uint64_t)vb.in_count * VB_TICKS_A_BYTE + pauses[how >> 6];
}

/* Behind the script: end what stands in the receiver, let the board finish what it does, then one good frame. */
static uint8_t next_step(void) {
  static const uint8_t zero, ping[] = {0x82, MT_PING, 23};
  if (started == 0) started = vb.now;
  if (script < script_end && vb.now - started < TICKS_MOST && vb.conversions < CONVERSIONS_MOST) {
    step();
    return 1;
  }
  switch (stage++) {
    case 0:
      send_line(&zero, 1);
      /* a board that captures listens; one that signs, makes keys or writes is done in time; then a second for its ration of pongs */
      vb.until = vb.now + (board.state == STATE_CAPTURING ? 0 : board.state == STATE_KEYGEN ? 40 : 4) * (uint64_t)BOARD_HZ;
      vb.until += (uint64_t)vb.in_count * VB_TICKS_A_BYTE + (harness_pongs > 10 ? 3 * BOARD_HZ : 20000);
      return 1;
    case 1:
      if (board.state == STATE_SIGNING || board.state == STATE_KEYGEN || board.state == STATE_ERASING) return 0;
      harness_last_pong = 0;
      send_body(ping, sizeof ping);
      vb.until = vb.now + 40000;
      return 1;
    case 2:
      /* between records it may be in a write, or just have begun to sign */
      if (harness_last_pong != 23 && board.state != STATE_SIGNING && board.doing == 0) broken("the first good frame was not understood");
      return 0;
    default:
      return 0;
  }
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  harness_start();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > 1024) return -1;
  script = data + 1;
  script_end = data + size;
  stage = 0;
  started = 0;
  harness_step = next_step;
  harness_run(data[0] % AT_KINDS);
  if (!harness_keys_stand(data[0] % AT_KINDS)) broken("settings, boot counter or identity changed");
  return 0;
}
