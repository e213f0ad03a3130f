/* Virtual time and what happens in it: bytes in, frames out, conversions, beats. */
#include "adc_plan.h" /* converter clock */
#include "frame.h"    /* receiver */
#include "outside.h"     /* the board */
#include "overlay.h"  /* plan of a capture */
#include "run.h"      /* main loop */
#include "stream.h"   /* frames of a capture */

#include <string.h> /* memcmp */

#define BEAT 65536
#define SILENT_TICKS (2 * BEAT) /* then a 0x00 goes in front of the next frame */
#define NEVER UINT64_MAX

virtual_board vb;
uint8_t vb_flash[VB_FLASH_BYTES];

/* ---- line ---- */

void vb_receive(const uint8_t *bytes, uint32_t n, uint64_t at) {
  uint64_t t = at > vb.now ? at : vb.now;
  if (vb.in_count) {
    uint64_t last = vb.in[(vb.in_first + vb.in_count - 1) % VB_LINE_BYTES].at;
    if (last > t) t = last;
  }
  while (n-- && vb.in_count < VB_LINE_BYTES) {
    t += VB_TICKS_A_BYTE;
    uint32_t k = (vb.in_first + vb.in_count++) % VB_LINE_BYTES;
    vb.in[k].at = t;
    vb.in[k].byte = *bytes++;
  }
}

static void byte_in(void) {
  uint8_t byte = vb.in[vb.in_first].byte;
  vb.in_first = (vb.in_first + 1) % VB_LINE_BYTES;
  vb.in_count--;
  if (rx_byte(byte)) {
    rx.at_low = (uint16_t)vb.now;
    rx.at_beat = (uint8_t)(vb.now / BEAT);
    vb.event = 1;
  }
}

static void frame_out(void) {
  line_frame *f = &vb.out[0];
  if (memcmp(f->at, f->copy, f->n) != 0) outside_broken("a frame changed while it was on the line");
  outside_sent(f->copy, f->n, !vb.ever_sent || vb.now - vb.last_sent >= SILENT_TICKS);
  vb.ever_sent = 1;
  vb.last_sent = vb.now;
  vb.out_sent++;
  vb.out_count--;
  vb.out[0] = vb.out[1];
  if (vb.out_count) vb.out_ends = vb.now + (uint64_t)vb.out[0].n * VB_TICKS_A_BYTE;
  vb.event = 1;
}

uint8_t tx_busy(void) { return vb.out_count != 0; }

uint8_t tx_room(void) { return vb.out_count < 2; }

uint8_t tx_sent(void) { return vb.out_sent; }

uint8_t tx_holds(const uint8_t *bytes, uint8_t n) {
  for (uint8_t k = 0; k < vb.out_count; k++)
    if (vb.out[k].at >= bytes && vb.out[k].at < bytes + n) return 1;
  return 0;
}

void tx_send(const uint8_t *frame, uint8_t n) {
  if (!tx_room()) outside_broken("two frames wait already");
  line_frame *f = &vb.out[vb.out_count++];
  f->at = frame;
  f->n = n;
  memcpy(f->copy, frame, n);
  if (vb.out_count == 1) vb.out_ends = vb.now + (uint64_t)n * VB_TICKS_A_BYTE;
}

/* ---- converter: trigger k at t0 + k * period, its interrupt when the conversion ends ---- */

void adc_start(ticks48 *t0) {
  const capture_state *plan = &overlay.capture;
  uint8_t prescaler = adc_prescaler((uint16_t)plan->period);
  vb.period = (uint16_t)plan->period;
  vb.conversion = adc_conversion_ticks(prescaler);
  vb.next_trigger = vb.now + plan->period;
  vb.channel = 0;
  vb.conversions = 0;
  vb.converting = 1;
  t0->lo = (uint16_t)vb.next_trigger;
  t0->hi = (uint32_t)(vb.next_trigger >> 16);
  stream_start(plan->enc == 2 ? BOARD_FRAME_U10 : BOARD_FRAME_S16, vb.period, vb.conversion - 4);
  stream.expect += t0->lo;
}

void adc_stop(void) { vb.converting = 0; }

/* The twin of ports/avr/adc_isr.S. */
static void conversion_done(void) {
  const capture_state *plan = &overlay.capture;
  vb.next_trigger += vb.period;
  if (vb.skip) { /* the trigger found the converter busy */
    vb.skip--;
    return;
  }
  uint16_t value = outside_sample(plan->chans[vb.channel], vb.conversions++) & 1023;
  if (++vb.channel == plan->channels) vb.channel = 0;
  *stream.at++ = (uint8_t)value;
  stream.left--;
  if (stream.is_s16)
    *stream.at++ = (uint8_t)(value >> 8);
  else {
    vb.pairs = vb.pairs >> 2 | (uint32_t)(value >> 8) << 6;
    if ((stream.left & 3) == 0) *stream.at++ = (uint8_t)vb.pairs;
  }
  if (stream.left) return;
  vb.channel = 0;
  if (stream_frame_full((uint16_t)vb.now)) adc_stop();
  vb.event = 1;
}

/* ---- time ---- */

static void beat(void) {
  vb.event = 1;
  if (vb.relay_beats == 0 || --vb.relay_beats) return;
  relay_safe();
  vb.relay_fell = 1;
}

/* Up to a time, or to the first event that wakes the main loop. */
static void advance_to(uint64_t to, uint8_t wake) {
  while (!(wake && vb.event)) {
    uint64_t next = (vb.now / BEAT + 1) * BEAT;
    enum { BEAT_DUE, OUT_DUE, IN_DUE, CONVERSION_DUE } what = BEAT_DUE;
    if (vb.out_count && vb.out_ends < next) next = vb.out_ends, what = OUT_DUE;
    if (vb.in_count && vb.in[vb.in_first].at < next) next = vb.in[vb.in_first].at, what = IN_DUE;
    if (vb.converting && vb.next_trigger + vb.conversion < next)
      next = vb.next_trigger + vb.conversion, what = CONVERSION_DUE;
    if (vb.until < next && vb.until < to) { /* the outside may put something in front of `next` */
      vb.now = vb.until;
      outside_pause();
      continue;
    }
    if (next > to) {
      vb.now = to;
      return;
    }
    vb.now = next;
    if (what == OUT_DUE)
      frame_out();
    else if (what == IN_DUE)
      byte_in();
    else if (what == CONVERSION_DUE)
      conversion_done();
    else
      beat();
  }
}

void vb_advance(uint64_t ticks) { advance_to(vb.now + ticks, 0); }

void port_ticks(ticks48 *t) {
  t->lo = (uint16_t)vb.now;
  t->hi = (uint32_t)(vb.now >> 16);
}

uint16_t port_beat(void) { return (uint16_t)(vb.now / BEAT); }

/* A turn of a waiting loop. */
void port_alive(void) { vb_advance(64); }

void port_idle(void) {
  advance_to(UINT64_MAX, 1);
  vb.event = 0;
}

void vb_settle(void) {
  do run_once();
  while (vb.in_count || vb.out_count || rx.ready);
}
