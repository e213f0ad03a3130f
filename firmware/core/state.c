/* What all states share: one line, small messages, `busy`, pings. */
#include "state.h"

#include "frame.h"    /* closing frames, counters */
#include "messages.h" /* pong, busy */
#include "records.h"  /* number of the newest record */

board_state board;
session_state session;

/* A pong has at most 31 bytes of body. */
#define SMALL_BYTES 36
static uint8_t small[SMALL_BYTES];
static uint8_t small_n; /* framed bytes that wait, 0 = none */
static closed_frame talk_frame;
static uint32_t talk_record;
static uint16_t pong_beat;
static uint8_t pongs;

#define PONGS_A_SECOND 20

void line_wait(void) {
  while (tx_busy()) port_alive();
}

uint8_t *small_body(void) {
  while (tx_holds(small, SMALL_BYTES)) port_alive();
  small_n = 0;
  return small + 1;
}

uint8_t small_waiting(void) { return small_n; }

uint8_t small_free(void) { return small_n == 0 && !tx_holds(small, SMALL_BYTES); }

uint8_t small_pump(void) {
  if (small_n == 0 || !tx_room()) return 0;
  tx_send(small, small_n);
  small_n = 0;
  return 1;
}

void small_send(const uint8_t *end) {
  small_n = frame_close(small + 1, (uint8_t)(end - small - 1));
  if (board.state == STATE_CAPTURING) return;
  line_wait();
  small_pump();
}

uint8_t *talk_payload(void) {
  line_wait();
  talk_forget();
  return TX_PAYLOAD;
}

void talk_send(closed_frame frame, uint8_t is_record) {
  line_wait();
  talk_frame = frame;
  talk_record = is_record ? chain.rec : 0;
  tx_send(frame.at, frame.n);
}

uint8_t talk_resend(const uint32_t *record) {
  if (talk_record == 0 || talk_record != *record) return 0;
  line_wait();
  tx_send(talk_frame.at, talk_frame.n);
  return 1;
}

void talk_forget(void) { talk_record = 0; }

static void busy_send(void) {
  uint16_t now = port_beat(), gone = now - board.busy_from;
  uint32_t gone_ms = (uint32_t)gone * (65536UL * 1000 / BOARD_HZ);
  board.busy_last = now;
  small_send(write_busy(small_body(), &board.busy_rec, board.doing, gone_ms < board.busy_ms ? board.busy_ms - gone_ms : 0));
}

void busy_begin(uint8_t doing, uint32_t rec, uint16_t ms) {
  board.doing = doing;
  board.busy_rec = rec;
  board.busy_ms = ms;
  board.busy_from = port_beat();
  busy_send();
}

void busy_end(void) { board.doing = 0; }

uint8_t frame_is(const uint8_t *body, uint8_t n, uint8_t items, uint8_t mt) {
  return n >= 2 && body[0] == (CBOR_ARRAY << 5 | items) && body[1] == mt;
}

void answer_ping(const uint8_t *body, uint8_t n) {
  in_from(body + 2, n - 2);
  uint32_t number = in_u32();
  if (!in_done()) return;
  ticks48 now, at;
  port_ticks(&now);
  at.lo = rx.at_low;
  at.hi = now.hi - (uint8_t)((uint8_t)now.hi - rx.at_beat);
  if ((uint16_t)((uint16_t)now.hi - pong_beat) >= BEATS_1_S) {
    pong_beat = (uint16_t)now.hi;
    pongs = 0;
  }
  if (pongs == PONGS_A_SECOND || (board.state == STATE_CAPTURING && !small_free())) {
    rx_count(&rx_counts.busy);
    return;
  }
  pongs++;
  small_send(write_pong(small_body(), &number, &at, &now));
}

/* Runs while the board waits for a signature, a key, or the EEPROM. It branches on nothing secret. */
void board_yield(void) {
  port_alive();
  if (board.doing) {
    if ((uint16_t)(port_beat() - board.busy_last) >= BEATS_1_S - 3 && !tx_busy()) busy_send();
  }
  if (board.state == STATE_BOOT) return;
  const uint8_t *body;
  uint8_t n = rx_take(&body);
  if (n == 0) return;
  /* A slot write lets pings through; a signature does not: `busy` is the heartbeat then. */
  if (board.doing == 0 && frame_is(body, n, 2, MT_PING))
    answer_ping(body, n);
  else
    rx_count(&rx_counts.busy);
  rx_release();
}
