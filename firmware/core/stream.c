/* Frame changes in the converter's interrupt. */
#include "stream.h"

#include "overlay.h" /* the frames themselves */
#include "port.h"    /* BY_REGISTER */

#include <string.h> /* memset */

volatile stream_state stream;

#if BOARD_FIFO
#define SPOILT(s) ((s)->spoilt)
#else
#define SPOILT(s) 0 /* no conversion can be told to be wrong */
#endif

/* Inside the interrupt, and before it is switched on, nothing else touches the state: plain accesses. */
static void next_frame(stream_state *s) {
  uint8_t n = s->to_come == 1 ? s->last_n : s->frame_n;
  s->n = n;
  s->left = n;
#if BOARD_FIFO
  s->spoilt = 0;
#endif
  s->at = overlay.stream.frames[s->fill].bytes + STREAM_PAYLOAD_AT;
}

void stream_start(uint8_t frame_n, uint16_t period, uint16_t lead) {
  stream_state *s = (stream_state *)&stream;
  BY_REGISTER(s);
  uint32_t count = overlay.capture.count;
  memset(s, 0, sizeof *s);
  s->is_s16 = overlay.capture.enc & 1;
  s->sent = tx_sent();
  s->frame_n = frame_n;
  s->period = period;
  s->lead = lead;
  uint16_t frames = (uint16_t)((count - 1) / frame_n);
  s->to_come = frames + 1;
  s->last_n = (uint8_t)(count - (uint32_t)frames * frame_n);
  next_frame(s);
  s->expect = (uint16_t)(s->n - 1) * period;
}

/* Interrupts are off. */
static void take_back(stream_state *s) {
  while (s->sent != tx_sent()) {
    s->sent++;
    if (s->lined[0] == LINED_DATA) s->freed++;
    if (s->lined[0] == LINED_MARK) s->marking = 0;
    s->lined[0] = s->lined[1];
    s->lined[1] = LINED_NOTHING;
  }
}

void stream_take_back(void) {
  if (stream.sent == tx_sent()) return; /* mostly; the converter's interrupt does not wait for nothing */
  uint8_t was = port_lock();
  take_back((stream_state *)&stream);
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
  take_back(s);
  uint8_t is_last = s->to_come == 1; /* needs no next buffer */
  if (missed || SPOILT(s) || (!is_last && (uint8_t)(s->full - s->freed) >= STREAM_FRAMES - 1)) {
    s->missed += missed;
#if BOARD_FIFO
    s->glitches += s->spoilt;
#endif
    s->gap += n + missed;
    s->trigger += n + missed;
  } else {
    stream_facts *facts = &s->facts[s->fill];
    facts->trigger = s->trigger;
    facts->gap = s->gap;
    facts->n = n;
    s->trigger += n;
    s->gap = 0;
    s->to_come--;
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
