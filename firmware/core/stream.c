/* Frame changes in the converter's interrupt. */
#include "stream.h"

#include "overlay.h" /* the frames themselves */
#include "port.h"    /* BY_REGISTER */

volatile stream_state stream;

#if BOARD_FIFO
#define SPOILT(s) ((s)->spoilt)
#else
#define SPOILT(s) 0 /* no conversion can be told to be wrong */
#endif

/* Inside the interrupt, and before it is switched on, nothing else touches the state: plain accesses. */
static void next_frame(stream_state *s) {
  uint8_t n = s->to_come < s->frame_n ? (uint8_t)s->to_come : s->frame_n;
  s->n = n;
  s->left = n;
#if BOARD_FIFO
  s->spoilt = 0;
#endif
  s->at = overlay.stream.frames[s->fill].bytes + STREAM_PAYLOAD_AT;
}

void stream_start(uint32_t count, uint8_t frame_n, uint16_t period, uint16_t first_tick, uint16_t lead) {
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  s->fill = s->full = s->freed = s->done = s->marking = s->lined[1] = 0;
  s->lined[0] = LINED_NOTHING;
  s->sent = tx_sent();
  s->frame_n = frame_n;
  s->period = period;
  s->lead = lead;
  s->late = 0;
  s->missed = 0;
  s->trigger = s->gap = 0;
  s->to_come = count;
  next_frame(s);
  s->expect = first_tick + (uint16_t)(s->n - 1) * period;
}

void stream_take_back(void) {
  uint8_t was = port_lock();
  while (stream.sent != tx_sent()) {
    stream.sent++;
    if (stream.lined[0] == LINED_DATA) stream.freed++;
    if (stream.lined[0] == LINED_MARK) stream.marking = 0;
    stream.lined[0] = stream.lined[1];
    stream.lined[1] = LINED_NOTHING;
  }
  port_unlock(was);
}

void stream_line(uint8_t what) {
  uint8_t was = port_lock();
  stream.lined[stream.lined[0] ? 1 : 0] = what;
  port_unlock(was);
}

uint32_t stream_gap(void) {
  uint32_t gap;
  do gap = stream.gap;
  while (gap != stream.gap);
  return gap;
}

uint8_t stream_frame_full(uint16_t now) {
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  uint8_t n = s->n;
  uint16_t period = s->period;
  /* Time since the start must equal conversions * period. More time than that means triggers that found the converter busy or their flag
   * still set: the samples of this frame do not lie where they claim to, so the frame goes, and the loss is counted. */
  uint16_t late = now - s->expect - s->lead, missed = 0;
  while (late >= period) {
    late -= period;
    missed++;
  }
  if (late > s->late) s->late = late;
  stream_take_back();
  uint8_t is_last = s->to_come == n; /* needs no next buffer */
  if (missed || SPOILT(s) || (!is_last && (uint8_t)(s->full - s->freed) >= STREAM_FRAMES - 1)) {
    s->missed += missed;
    s->gap += n + missed;
    s->trigger += n + missed;
  } else {
    stream_facts *facts = &s->facts[s->fill];
    facts->trigger = s->trigger;
    facts->gap = s->gap;
    facts->n = n;
    s->trigger += n;
    s->gap = 0;
    s->to_come -= n;
    s->full++;
    s->fill = s->fill == STREAM_FRAMES - 1 ? 0 : s->fill + 1;
    if (is_last) {
      s->done = 1;
      return 1;
    }
  }
  next_frame(s);
  s->expect += (uint16_t)(s->n + missed) * period;
  return 0;
}
