/* `open` gets `bare`, `blank`, `hello` or `busy`. It is not authenticated, so it changes the session and nothing else. */
#include "session.h"

#include "claim.h"    /* key of a blank board */
#include "cose.h"     /* MACs */
#include "frame.h"    /* counters */
#include "hmac.h"     /* session key */
#include "messages.h" /* writers */
#include "pins.h"     /* the watch ends */
#include "records.h"  /* chain, pair key */
#include "state.h"    /* session */

#include <string.h> /* memcpy, memset */

static const char label_session[] IN_FLASH = "kz1 session";

static uint8_t *store_be32(uint8_t *p, uint32_t value) {
  for (uint8_t i = 4; i-- > 0; value >>= 8) p[i] = (uint8_t)value;
  return p + 4;
}

/* be32(boot) ‖ be32(opens): it never happened before and never will again; it need not be secret. */
static void device_nonce(uint8_t dn[8]) { store_be32(store_be32(dn, chain.boot), session.opens); }

static void greet_blank(void) {
  uint8_t key[32], *dr = session.key;
  ticks48 now;
  port_ticks(&now);
  device_nonce(dr);
  store_be32(store_be32(dr + 8, now.hi), (uint32_t)now.lo << 16 | vcc_mv());
  uint8_t *end = write_blank(talk_payload(), dr);
  claim_key(key);
  closed_frame frame = mac0_close(end, key, aad_claim, 0);
  wipe(key, sizeof key);
  talk_send(frame, 0);
}

/* Apart, as the one above: an `open` during a capture gets `busy` and must not pay for these arrays. */
static __attribute__((noinline)) void greet_known(uint8_t hmin, uint8_t hmax, const uint8_t hn[16]) {
  uint8_t dn[8], pair[32], t[64];
  device_nonce(dn);
  uint8_t *end = write_hello(talk_payload(), hmin, hmax, hn, dn);
  identity_read(IDENTITY_PAIR, pair, 32);
  piece pieces[3] = {{(const uint8_t *)label_session, sizeof label_session - 1, 1}, {hn, 16, 0}, {dn, 8, 0}};
  hmac_sha512(t, pair, pieces, 3, &overlay.talk.scratch);
  memcpy(session.key, t, 32);
  memcpy(session.sid, t + 32, 8);
  closed_frame frame = mac0_close(end, pair, aad_hello, 0);
  wipe(t, sizeof t);
  wipe(pair, sizeof pair);
  session.n = 0;
  session.ack_count = session.ack_code = 0;
  session.bad_macs = session.deaf = 0;
#if BOARD_IO
  pin_state.watched = 0;
#endif
  board.state = STATE_IDLE;
  talk_send(frame, 0);
}

void answer_open(const uint8_t *body, uint8_t n) {
  in_from(body + 2, n - 2);
  uint8_t hmin = in_u8(255), hmax = in_u8(255);
  const uint8_t *hn = in_fixed(16);
  if (!in_done()) return;
  uint16_t now = port_beat();
  if (session.opens && (uint16_t)(now - session.open_beat) < BEATS_250_MS) {
    rx_count(&rx_counts.busy);
    return;
  }
  if (board.state == STATE_CAPTURING) {
    if (small_free()) {
      session.open_beat = now;
      small_send(write_busy(small_body(), &chain.rec, DOING_SIGNING, sign_ms));
    }
    return;
  }
  session.open_beat = now;
  session.opens++;
  if (board.state == STATE_BARE)
    small_send(write_bare(small_body(), board.bare_why));
  else if (board.state == STATE_BLANK)
    greet_blank();
  else
    greet_known(hmin, hmax, hn);
}
