/* The interrupt fills frames; this loop gives each its head, hashes it, stuffs it and hands it to the line. Hashing goes on while a mark
 * waits for the line. Digests: bd = H(2, begin); d[w] = H(0, data of window w); c[w] = H(1, c[w-1], d[w]). */
#include "capture.h"

#include "adc_plan.h" /* which periods the converter can do */
#include "cose.h"     /* the seal's envelope */
#include "frame.h"    /* closing frames, counters */
#include "messages.h" /* begin, data, mark, seal */
#if BOARD_FIFO
#include "parts.h" /* a part with its own clock */
#endif
#include "records.h"  /* record number */
#include "session.h"  /* open during a capture */
#include "signed.h"   /* the seal */
#include "stack.h"    /* canary */
#include "state.h"    /* line */

#include <stddef.h> /* offsetof */
#include <string.h> /* memcpy, memset */

enum { ACK_OK, ACK_ARGUMENTS, ACK_BUSY, ACK_UNSUPPORTED, ACK_RATE, ACK_ABSENT, ACK_STORAGE };
#define FRAMES_MOST 65535UL
#define CHANNELS_MOST 8 /* of the grammar */

static capture_state *capture_now(void) {
  capture_state *c = &overlay.capture;
  BY_REGISTER(c);
  return c;
}

static uint32_t last_clipped, last_lost;

/* Straight into overlay.capture: in the state IDLE nothing lives there, and nothing is done with it before the MAC and capture_plan. */
void capture_read(void) {
  capture_state *c = capture_now();
  in_array(9);
  c->count = in_u32();
  c->period = in_u32();
  c->div = in_u8(255);
  c->channels = (uint8_t)in_head(CBOR_ARRAY);
  if (c->channels < 1 || c->channels > CHANNELS_MOST) in_misfit();
  for (uint8_t k = 0; !in_bad() && k < c->channels; k++) c->chans[k] = in_u8(255);
  c->enc = in_u8(4);
  c->win = in_u8(255);
  if (c->enc == 0 || c->win == 0) in_misfit();
  c->sign = in_u8(1);
  in_copy(c->chal, 16);
  in_copy(c->lock, 16);
}

uint8_t capture_plan(void) {
  capture_state *c = capture_now();
  uint8_t channels = c->channels;
  if (c->sign || (c->enc > ENC_U10 && !IS_FIFO(c->enc))) return ACK_UNSUPPORTED;
  for (uint8_t k = 0; k < channels; k++) {
#if BOARD_FIFO
    if (IS_FIFO(c->enc)) {
      if (channels != 3 || !part_known(c->chans[0]) || c->chans[k] != (uint8_t)(c->chans[0] + k)) return ACK_ARGUMENTS;
      continue;
    }
#endif
    if (c->chans[k] >= BOARD_CHANNELS && !(BOARD_TACHO && c->chans[k] == BOARD_TACHO_CHANNEL)) return ACK_ARGUMENTS;
    for (uint8_t j = 0; j < k; j++)
      if (c->chans[j] == c->chans[k]) return ACK_ARGUMENTS;
  }
  if (c->div != (IS_FIFO(c->enc) ? 0 : channels)) return c->div && c->div % channels == 0 ? ACK_UNSUPPORTED : ACK_ARGUMENTS;
  uint8_t frame_n = c->enc & 1 ? BOARD_FRAME_S16 : BOARD_FRAME_U10;
  /* whole scans, whole groups of four; as many frames as a 16-bit index counts */
  if (c->count == 0 || (uint8_t)c->count & 3 || c->count % channels || c->count > FRAMES_MOST * frame_n) return ACK_ARGUMENTS;
  uint8_t too_long;
#if BOARD_FIFO
  if (IS_FIFO(c->enc)) {
    if (!part_encodes(c->chans[0], c->enc)) return ACK_UNSUPPORTED;
    if (!part_rate(c->chans[0], c->period)) return ACK_RATE;
    if (!part_present(c->chans[0])) return ACK_ABSENT;
    too_long = c->count > c->period; /* three axes for 333 s */
  } else
#endif
  {
    if (!adc_period_possible(c->period)) return ACK_RATE;
    /* dt stays below 2^32 even when something is lost: here at most 2^31 ticks, 18 minutes at 2 MHz */
    too_long = (c->count >> 8) * c->period > 0x7FFFFF;
  }
  if (too_long) return ACK_ARGUMENTS;
  c->most_lost = c->count / 100;
  c->vcc_mv = vcc_mv();
  return c->vcc_mv < BOARD_VCC_MIN_MV ? ACK_STORAGE : ACK_OK;
}

/* ---- the running capture ---- */

static void digest_begin(blake2s_state *hash, uint8_t domain) {
  blake2s_init(&hash->v);
  blake2s_update(hash, &domain, 1);
}

static void send_begin(capture_state *c) {
  uint8_t cfg[32];
  /* the third frame is free until the interrupt has filled two */
  uint8_t *body = overlay.stream.frames[STREAM_FRAMES - 1].bytes + 1;
#if BOARD_FIFO
  uint8_t cfg_n = IS_FIFO(c->enc) ? part_facts(c->chans[0], cfg) : adc_facts(cfg);
#else
  uint8_t cfg_n = adc_facts(cfg);
#endif
  uint8_t n = (uint8_t)(write_begin(body, cfg, cfg_n) - body);
  blake2s_state *hash = &overlay.stream.hash;
  digest_begin(hash, 2);
  blake2s_update(hash, body, n);
  blake2s_final(hash, c->bd);
  memcpy(c->chain, c->bd, 32);
  n = frame_close(body, n);
  stream_line(LINED_OTHER);
  tx_send(body - 1, n);
  digest_begin(hash, 0);
}

/* c[w] = H(1, c[w-1], d[w]), 65 bytes that stand one behind the other: two compressions, 1.8 ms, beside the digest of the window. */
static void chain_link(capture_state *c) {
  blake2s_value *value = &overlay.stream.link_value;
  uint8_t *block = c->link_bytes;
  blake2s_init(value);
  block[0] = 1;
  value->t = 64;
  blake2s_compress(value, block, 0);
  block[0] = c->link[31];
  memset(block + 1, 0, 63);
  value->t = 65;
  blake2s_compress(value, block, 0xFF);
  memcpy(c->chain, value->h, 32);
  c->link_due = 0;
}

/* Ends the digest of the window and writes its mark. */
static void close_window(capture_state *c) {
  if (c->link_due) chain_link(c);
  uint8_t *body = overlay.stream.mark + 1, *end = write_mark(body, &c->w), *digest = end - 32;
  blake2s_state *hash = &overlay.stream.hash;
  blake2s_final(hash, digest);
  memcpy(c->link, digest, 32);
  c->link_due = 1;
  c->mark_n = frame_close(body, (uint8_t)(end - body));
  stream.marking = 1;
  c->in_window = c->closing = 0;
  c->w++;
  digest_begin(hash, 0);
}

/* Samples at either end of the converter's range, 0 or 1,023. Low bytes of 0x00 and 0xFF are rare, and all that is looked at mostly. */
static void count_clipped(const uint8_t *p, uint8_t n, uint8_t is_s16) {
  uint8_t group = 4;
  for (; n; n--) {
    uint8_t low = *p++;
    if ((uint8_t)(low + 1) < 2) {
      uint8_t high = is_s16 ? *p : p[group - 1] >> (2 * (4 - group)) & 3;
      if (high == (low & 3)) last_clipped++;
    }
    if (is_s16)
      p++;
    else if (--group == 0) {
      group = 4;
      p++;
    }
  }
}

/* Head, digest, stuffing of the next full frame. Returns 0 if there is none, or the one before is not through. */
static uint8_t hash_frame(capture_state *c) {
  /* `done` first: if it is set, `full` is final */
  uint8_t done = stream.done, full = stream.full;
  if (c->ready || c->closing || full == c->hashed) return 0;
  uint8_t closes = c->in_window + 1 == c->win || (done && (uint8_t)(c->hashed + 1) == full);
  stream_facts *facts = (stream_facts *)&stream.facts[c->next];
  BY_REGISTER(facts);
  uint8_t *payload = overlay.stream.frames[c->next].bytes + STREAM_PAYLOAD_AT;
  uint8_t is_s16 = c->enc & 1, bytes = is_s16 ? (uint8_t)(2 * facts->n) : (uint8_t)(facts->n + facts->n / 4);
  if (c->enc != ENC_FIFO_S16) count_clipped(payload, facts->n, is_s16);
  uint8_t *body = back_data(payload, facts, bytes), n = (uint8_t)(payload + bytes - body);
  blake2s_update(&overlay.stream.hash, body, n);
  c->nf++;
  c->ns += facts->n;
  c->lost += facts->gap;
  c->in_window++;
  c->hashed++;
  if (++c->next == STREAM_FRAMES) c->next = 0;
  c->ready = body - 1;
  c->ready_n = frame_close(body, n);
  c->ready_closes = c->closing = closes;
  return 1;
}

/* Gives the line its next frames, one on it and one behind, so that it never waits for a hash. Order: data of a window, its mark, data of
 * the next; small messages in between. */
static void pump(capture_state *c) {
  stream_take_back();
  while (stream.lined[1] == LINED_NOTHING && tx_room()) {
    if (small_waiting()) {
      stream_line(LINED_OTHER);
      small_pump();
    } else if (c->mark_due) {
      if (c->closing) return; /* not written yet */
      c->mark_due = 0;
      stream_line(LINED_MARK);
      tx_send(overlay.stream.mark, c->mark_n);
    } else if (c->ready) {
      c->mark_due = c->ready_closes;
      stream_line(LINED_DATA);
      tx_send(c->ready, c->ready_n);
      c->ready = 0;
    } else
      return;
  }
}

/* Ends the sampling before its time; what stands in full frames is still sent. */
static void stop_sampling(capture_state *c, uint8_t end) {
#if BOARD_FIFO
  if (IS_FIFO(c->enc)) {
    if (!stream.done) part_stop(c->chans[0]);
  } else
#endif
    adc_stop();
  if (stream.done) return;
  stream.done = 1;
  c->end = end;
}

/* The digest of a window is under way: the key's has its state behind the message. */
static void take_stop(capture_state *c, const uint8_t *body, uint8_t n) {
  in_from(body + 2, n - 2);
  uint32_t rec = in_u32();
  const uint8_t *key = in_fixed(16);
  if (!in_done()) return;
  blake2s_state *hash = &rx.stop_hash;
  blake2s_init(&hash->v);
  blake2s_update(hash, key, 16);
  blake2s_final(hash, hash->buf);
  if (rec == chain.rec && equal_ct(hash->buf, c->lock, 16))
    stop_sampling(c, END_STOPPED);
  else
    rx_count(&rx_counts.macbad);
}

static void take_frame(capture_state *c) {
  const uint8_t *body;
  uint8_t n = rx_take(&body);
  if (n == 0) return;
  if (frame_is(body, n, 2, MT_PING))
    answer_ping(body, n);
  else if (frame_is(body, n, 3, MT_STOP))
    take_stop(c, body, n);
  else if (frame_is(body, n, 4, MT_OPEN))
    answer_open(body, n);
  else
    rx_count(&rx_counts.busy);
  rx_release();
}

/* 1 while something is on its way to the line or to the hash. */
static uint8_t under_way(const capture_state *c) {
  return c->ready || stream.lined[0] || stream.marking || small_waiting() || stream.full != c->hashed || !stream.done;
}

static void seal(capture_state *c) {
  /* t1: where the last conversion's period ends, kept or lost */
  uint32_t dt = IS_FIFO(c->enc) ? stream.trigger : stream.trigger * c->period, low = (dt & 0xFFFF) + c->t0.lo;
  ticks48 t1 = {c->t0.hi + (dt >> 16) + (low >> 16), (uint16_t)low};
  uint8_t *end = write_seal(TX_PAYLOAD, &t1);
  session.macbad = 0;
  record_sign(end, aad_seal);
}

void capture_run(void) {
  capture_state *c = capture_now();
  line_wait();
  talk_forget();
  board.state = STATE_CAPTURING;
  memset(&c->nf, 0, offsetof(capture_state, t0) - offsetof(capture_state, nf)); /* end: complete */
  last_clipped = 0;
#if BOARD_FIFO
  if (IS_FIFO(c->enc))
    part_start(c->chans[0], &c->t0);
  else
#endif
    adc_start(&c->t0);
  send_begin(c);
  for (;;) {
    port_alive();
    stack_check();
    take_frame(c);
    pump(c); /* behind take_frame: a pong says when it leaves, so it may not wait for the next event */
    if (c->lost + stream_gap() > c->most_lost) stop_sampling(c, END_OVERRUN);
#if BOARD_FIFO
    if (IS_FIFO(c->enc) && !stream.done && part_fault(c->chans[0])) stop_sampling(c, END_SENSOR);
#endif
    /* the frame goes to the line first, then its window is closed; the mark's buffer may still be on the line */
    if (c->closing && !c->ready && !stream.marking)
      close_window(c);
    else if (hash_frame(c))
      continue;
    else if (c->link_due && !stream.marking && (c->in_window || stream.done))
      chain_link(c); /* behind the next window's first frame: directly behind its mark the line would wait for that one */
    else if (under_way(c))
      port_idle();
    else if (c->in_window) { /* stopped between windows: the last one is shorter */
      close_window(c);
      c->mark_due = 1;
    } else
      break;
  }
  last_lost = c->lost;
  board.state = STATE_IDLE;
  seal(c);
}

uint8_t capture_diagnostics(uint32_t *results) {
  results[0] = last_clipped;
#if BOARD_FIFO
  results[1] = stream.glitches;
#else
  results[1] = 0;
#endif
  results[2] = stream.missed;
  results[3] = last_lost;
  return 4;
}
