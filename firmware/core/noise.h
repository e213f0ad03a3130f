/* Secret bits for a key, from two clocks that drift against each other. */
#ifndef NOISE_H
#define NOISE_H

#include <stdint.h> /* fixed widths */

#define NOISE_INTERVALS 512
#define NOISE_MS 8300

/* Collects for about eight seconds into 32 bytes. Returns the credited bits; 0 if the source failed its tests. */
uint16_t noise_collect(uint8_t out[32]);

#endif
