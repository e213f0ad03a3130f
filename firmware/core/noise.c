/* Watchdog intervals of 16 ms latched by the time base; the low byte of each is credited, everything is hashed. Health tests by NIST SP
 * 800-90B section 4.4 at an assumed 1 bit a sample and a false alarm rate of 2^-20. */
#include "noise.h"

#include "overlay.h" /* histogram */
#include "port.h"    /* the source */
#include "state.h"   /* yield */

#include <string.h> /* memset */

#define REPETITIONS_MOST 20    /* 4.4.1: cutoff 1 + 20 / H */
#define READINGS 64            /* of an open input; hashed, credited with nothing */

uint16_t noise_collect(uint8_t out[32]) {
  uint8_t *seen = overlay.noise.times_seen, last = 0, repeated = 0, failed = 0;
  uint16_t most = 0;
  memset(seen, 0, 256);
  blake2s_init(&overlay.noise.hash.v);
  noise_begin();
  for (uint16_t k = 0; k < NOISE_INTERVALS; k++) {
    uint16_t interval = noise_interval();
    uint8_t bytes[2] = {(uint8_t)interval, (uint8_t)(interval >> 8)};
    blake2s_update(&overlay.noise.hash, bytes, 2);
    repeated = k && bytes[0] == last ? repeated + 1 : 0;
    last = bytes[0];
    if (repeated >= REPETITIONS_MOST) failed = 1;
    if (seen[last] != 255) seen[last]++;
    if (seen[last] > most) most = seen[last];
  }
  noise_end();
  for (uint8_t k = 0; k < READINGS; k++) {
    uint8_t reading = noise_floating();
    blake2s_update(&overlay.noise.hash, &reading, 1);
  }
  memset(seen, 0, 256);
  blake2s_final(&overlay.noise.hash, out);
  /* 4.4.2 at 512 samples and H = 1 cuts off at 311; the histogram's bytes end at 255, which is stricter. */
  if (failed || most == 255) return 0;
  /* Most common value estimate (SP 800-90B, 6.3.1), at most 1 bit a sample: 512 samples with no value above half carry 512 bits. */
  return NOISE_INTERVALS;
}
