/* RFC 8949, 4.2.1, cut down: shortest heads, nothing indefinite, no negative numbers, no floats, integers below 2^48, false and true as the
 * only simple values, tags 17, 18 and 77, four levels of nesting, arrays of 16 items, maps of 8 pairs with keys in ascending order of their
 * bytes, texts of 32 bytes of UTF-8. Depth is bounded, so the recursion is. */
#include "cbor_item.h"

#include <string.h> /* memcmp */

#define DEPTH_MOST 4
#define ARRAY_MOST 16
#define PAIRS_MOST 8
#define TEXT_MOST 32

typedef struct {
  const uint8_t *at, *end;
} input;

/* Argument of a head; UINT64_MAX if it is not of the profile. */
static uint64_t argument(input *in, uint8_t info) {
  if (info < 24) return info;
  if (info > 27) return UINT64_MAX;
  uint8_t bytes = (uint8_t)(1 << (info - 24));
  if (in->end - in->at < bytes) return UINT64_MAX;
  uint64_t value = 0;
  for (uint8_t k = 0; k < bytes; k++) value = value << 8 | *in->at++;
  static const uint64_t least[] = {24, 0x100, 0x10000, 0x100000000};
  return value < least[info - 24] || value >> 48 ? UINT64_MAX : value;
}

/* Unicode 15, table 3-7: well-formed sequences; no surrogates, nothing above U+10FFFF, shortest forms only. */
static uint8_t is_utf8(const uint8_t *p, uint32_t n) {
  const uint8_t *end = p + n;
  while (p < end) {
    uint8_t first = *p++, more, low = 0x80, high = 0xBF;
    if (first < 0x80) continue;
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1;
    } else if ((first & 0xF0) == 0xE0) {
      more = 2;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else
      return 0;
    for (; more; more--) {
      if (p == end || *p < low || *p > high) return 0;
      p++;
      low = 0x80;
      high = 0xBF;
    }
  }
  return 1;
}

/* `depth`: containers and tags around the item. */
static uint8_t item(input *in, uint8_t depth) {
  if (in->at == in->end) return 0;
  uint8_t first = *in->at++, info = first & 31;
  switch (first >> 5) {
    case 0:
      return argument(in, info) != UINT64_MAX;
    case 2:
    case 3: {
      uint64_t length = argument(in, info);
      const uint8_t *bytes = in->at;
      if (length > (uint64_t)(in->end - in->at)) return 0;
      in->at += length;
      return first >> 5 == 2 || (length <= TEXT_MOST && is_utf8(bytes, (uint32_t)length));
    }
    case 4: {
      uint64_t items = argument(in, info);
      if (items > ARRAY_MOST || depth == DEPTH_MOST) return 0;
      while (items--)
        if (!item(in, depth + 1)) return 0;
      return 1;
    }
    case 5: {
      uint64_t pairs = argument(in, info);
      if (pairs > PAIRS_MOST || depth == DEPTH_MOST) return 0;
      const uint8_t *before = 0;
      uint32_t before_n = 0;
      while (pairs--) {
        const uint8_t *key = in->at;
        if (!item(in, depth + 1)) return 0;
        uint32_t n = (uint32_t)(in->at - key), shared = n < before_n ? n : before_n;
        int order = before ? memcmp(before, key, shared) : -1;
        if (order > 0 || (order == 0 && before_n >= n)) return 0;
        before = key;
        before_n = n;
        if (!item(in, depth + 1)) return 0;
      }
      return 1;
    }
    case 6: {
      uint64_t tag = argument(in, info);
      if ((tag != 17 && tag != 18 && tag != 77) || depth == DEPTH_MOST) return 0;
      return item(in, depth + 1);
    }
    case 7:
      return info == 20 || info == 21;
    default:
      return 0;
  }
}

uint8_t cbor_item(const uint8_t *p, uint32_t n) {
  input in = {p, p + n};
  return item(&in, 0) && in.at == in.end;
}
