/* The reader of core/cbor.c over any bytes: it stays inside them (they stand in a block of exactly their length), it never recovers from a
 * fault, and what it accepts whole is an item of the profile by a second reading (cbor_item.c). The walk asks for what stands there, so that
 * every path of the reader is met; the first byte bends it. */
#include "cbor.h" /* what is tested */
#include "cbor_item.h"
#include "frame.h"   /* counters */
#include "harness.h" /* broken */

#include <stdlib.h> /* malloc */
#include <string.h> /* memcpy */

#define ITEMS_MOST 40

static uint8_t flat; /* nothing but numbers, byte strings, booleans and one array of at most 16 of them around: what messages are made of */

/* Reads whatever follows; bounded by the number of items. Returns the sum of what the reader handed out, so that all of it is touched. */
static uint32_t walk(const uint8_t *p, uint8_t n, uint8_t bend) {
  const uint8_t *end = p + n;
  uint32_t pending = 1, handed = 0, items = 0;
  flat = 1;
  in_from(p, n);
  while (pending && items++ < ITEMS_MOST) {
    uint8_t length, copy[32];
    pending--;
    if (in_bad()) break;
    if (p == end) {
      in_u32();
      break;
    }
    /* the same cursor, from outside: heads of at most five bytes */
    uint8_t first = *p, info = first & 31, head = (uint8_t)(1 + (info < 24 || info > 27 ? 0 : 1 << (info - 24)));
    switch ((first >> 5) + (bend && items == bend ? 1 : 0)) {
      case 0:
        if (bend & 1)
          in_u8(255);
        else
          in_u32();
        p += head;
        break;
      case 2: {
        const uint8_t *bytes = in_bytes(255, &length);
        if (!in_bad()) {
          if (bytes < p || bytes + length > end) broken("bytes outside the input");
          for (uint8_t k = 0; k < length; k++) handed += bytes[k] & 1;
          p = bytes + length;
        }
        break;
      }
      case 4: {
        uint32_t count = in_head(CBOR_ARRAY);
        if (items > 1 || count > 16) flat = 0;
        pending += count;
        p += head;
        break;
      }
      case 6:
        flat = 0;
        in_head(CBOR_TAG);
        pending++;
        p += head;
        break;
      case 7:
        in_bool();
        p += head;
        break;
      default:
        flat = 0;
        in_copy(copy, (uint8_t)(bend % 33));
        if (!in_bad()) p = end; /* only right if it was the last */
    }
  }
  return handed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > 256) return -1;
  uint8_t bend = data[0], n = (uint8_t)(size - 1);
  uint8_t *exact = malloc(n ? n : 1);
  memcpy(exact, data + 1, n);
  memset((void *)&rx_counts, 0, sizeof rx_counts);
  walk(exact, n, bend);
  uint8_t bad = in_bad(), done = in_done();
  if (bad && done) broken("a fault was forgotten");
  if (done == (rx_counts.cbor + rx_counts.shape != 0)) broken("a refusal was not counted once");
  if (bad) {
    in_u32();
    in_copy(exact, 0);
    if (!in_bad() || in_done()) broken("the reader recovered");
  }
  if (done && flat && n && !cbor_item(exact, n)) broken("accepted, and not CBOR of the profile");
  free(exact);
  return 0;
}

