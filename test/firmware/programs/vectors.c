/* The published vectors through the firmware's own code: on an ATmega328P over the UART, natively over stdin and stdout. A request is an
 * operation, a length and as many bytes; an answer is a length and as many bytes. */
#include "blake2s.h"
#include "cbor_item.h"
#include "ed25519.h"
#include "frame.h"
#include "hmac.h"
#include "messages.h"

#define take_command again_take_command
#define in_hold again_in_hold
#define hold_beats again_hold_beats
#include "../../../firmware/core/commands.c" /* its reader of commands is static */

#ifdef __AVR__
#include <avr/io.h>

static void line_start(void) {
  UCSR0A = 1 << U2X0;
  UBRR0H = 0;
  UBRR0L = 3; /* 500,000 baud at 16 MHz (datasheet, table 20-12) */
  UCSR0C = (1 << UCSZ01) | (1 << UCSZ00);
  UCSR0B = (1 << RXEN0) | (1 << TXEN0);
}
static uint8_t get(void) {
  while (!(UCSR0A & (1 << RXC0))) {
  }
  return UDR0;
}
static void put(uint8_t byte) {
  while (!(UCSR0A & (1 << UDRE0))) {
  }
  UDR0 = byte;
}
static void line_flush(void) {}
#else
#include <stdio.h>
#include <stdlib.h>

overlay_ram overlay;
static void line_start(void) {}
static uint8_t get(void) {
  int byte = getchar();
  if (byte == EOF) exit(0);
  return (uint8_t)byte;
}
static void put(uint8_t byte) { putchar(byte); }
static void line_flush(void) { fflush(stdout); }
#endif

/* What the linked parts of the core ask of a port: nothing happens while a vector is computed. */
void ed25519_yield(void) {}

static uint8_t in[256];
static uint8_t *const out = overlay.talk.tx; /* up to TX_BYTES; the rest of the RAM is stack */
static uint8_t n, m;
#define SCRATCH (&overlay.talk.scratch)

static void out_add(const uint8_t *bytes, uint8_t count) {
  memcpy(out + m, bytes, count);
  m += count;
}

static void out_number(uint32_t value) {
  for (uint8_t k = 0; k < 4; k++, value >>= 8) out[m++] = (uint8_t)value;
}

/* Line bytes into the receiver: 1 and the body, or 0 and what was counted. */
static void receive(void) {
  const uint8_t *body;
  memset(&rx, 0, sizeof rx);
  for (uint8_t k = 0; k < n && !rx.ready; k++) rx_byte(in[k]);
  uint8_t length = rx_take(&body);
  out[m++] = length != 0;
  if (length) {
    out_add(body, length);
    rx_release();
    return;
  }
  out[m++] = (uint8_t)rx_counts.overlong;
  out[m++] = (uint8_t)rx_counts.cobs;
  out[m++] = (uint8_t)rx_counts.short_;
  out[m++] = (uint8_t)rx_counts.crc;
}

/* A command's number, operation and, for a capture or a relay, arguments; nothing if it is refused. */
static void read_one(void) {
  mac0 envelope;
  command c;
  if (!mac0_read(in, n, &envelope)) return;
  in_from(envelope.payload, envelope.n);
  if (in_head(CBOR_ARRAY) != 4 || in_u8(255) != MT_COMMAND) in_misfit();
  if (!read_command(&c)) return;
  out_number(c.n);
  out_number(c.op);
  if (c.op == OP_CAPTURE) {
    out_number(overlay.capture.count);
    out_number(overlay.capture.period);
    out_add(overlay.capture.lock, 16);
  } else if (c.op == OP_RELAY) {
    out_number(c.relay.relay);
    out_number(c.relay.on);
    out_number(c.relay.hold_ms);
  }
}

static void run(uint8_t op) {
  piece message = {in, n, 0};
  m = 0;
  switch (op) {
    case 'i':
      out[m++] = cbor_item(in, n);
      break;
    case 'f': /* body behind one free byte */
      memcpy(out + 1, in, n);
      m = frame_close(out + 1, n);
      break;
    case 'l':
      receive();
      break;
    case 'c':
      read_one();
      break;
    case 'b':
      blake2s_init(&overlay.talk.hash.v);
      blake2s_update(&overlay.talk.hash, in, n);
      blake2s_final(&overlay.talk.hash, out);
      m = 32;
      break;
    case 'h': /* 32 bytes of key first */
      message = (piece){in + 32, (uint16_t)(n - 32), 0};
      hmac_sha512(out, in, &message, 1, SCRATCH);
      m = 64;
      break;
    case 'k':
      ed25519_public(out, in, SCRATCH);
      m = 32;
      break;
    case 's': /* seed and public key first */
      message = (piece){in + 64, (uint16_t)(n - 64), 0};
      ed25519_sign(out, in, in + 32, &message, 1, SCRATCH);
      m = 64;
      break;
    default:
      break;
  }
}

int main(void) {
  line_start();
  for (;;) {
    uint8_t op = get();
    n = get();
    for (uint8_t k = 0; k < n; k++) in[k] = get();
    run(op);
    put(m);
    for (uint8_t k = 0; k < m; k++) put(out[k]);
    line_flush();
  }
}
