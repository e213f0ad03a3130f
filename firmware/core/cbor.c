/* CBOR writer and strict reader. No allocation, no recursion. */
#include "cbor.h"

#include "frame.h" /* counters of refused frames */

#include <string.h> /* memcpy */

static uint8_t *at;

void out_to(uint8_t *p) { at = p; }

uint8_t *out_end(void) { return at; }

static void head(uint8_t major, uint32_t value) {
  uint8_t bytes;
  major <<= 5;
  if (value < 24) {
    *at++ = major | (uint8_t)value;
    return;
  }
  if (value <= 0xFF) {
    major |= 24;
    bytes = 1;
  } else if (value <= 0xFFFF) {
    major |= 25;
    bytes = 2;
  } else {
    major |= 26;
    bytes = 4;
  }
  uint8_t *p = at;
  *p = major;
  at = p + bytes + 1;
  while (bytes) {
    p[bytes--] = (uint8_t)value;
    value >>= 8;
  }
}

void out_head(uint8_t major, uint8_t value) { head(major, value); }

void out_u8(uint8_t value) { head(CBOR_UINT, value); }

void out_u32(const uint32_t *value) { head(CBOR_UINT, *value); }

void out_ticks(const ticks48 *t) {
  uint8_t *start = at;
  uint32_t high = t->hi;
  uint16_t top = (uint16_t)(high >> 16);
  head(CBOR_UINT, high << 16 | t->lo);
  if (top == 0) return;
  /* eight bytes, the two highest 0; the low four go where a head of four would not put them */
  uint32_t low = high << 16 | t->lo;
  uint8_t *p = start + 8;
  for (uint8_t i = 0; i < 4; i++, low >>= 8) *p-- = (uint8_t)low;
  *p-- = (uint8_t)top;
  *p-- = (uint8_t)(top >> 8);
  *p-- = 0;
  *p-- = 0;
  *p = 27;
  at = start + 9;
}

void out_bytes(const uint8_t *bytes, uint8_t n) {
  head(CBOR_BYTES, n);
  memcpy(at, bytes, n);
  at += n;
}

void out_text(const char *in_flash) {
  uint8_t n = 0;
  while (flash_u8(in_flash + n)) n++;
  head(CBOR_TEXT, n);
  while (n--) *at++ = flash_u8(in_flash++);
}

void out_message(uint8_t items, uint8_t mt) {
  head(CBOR_ARRAY, items);
  head(CBOR_UINT, mt);
}

static uint8_t *back(uint8_t *p, uint8_t major, uint32_t value) {
  uint8_t bytes[5];
  out_to(bytes);
  head(major, value);
  uint8_t n = (uint8_t)(at - bytes);
  p -= n;
  memcpy(p, bytes, n);
  return p;
}

uint8_t *back_head(uint8_t *p, uint8_t major, uint8_t value) { return back(p, major, value); }

uint8_t *back_u32(uint8_t *p, uint32_t value) { return back(p, CBOR_UINT, value); }

/* ---- reading ---- */

static const uint8_t *from, *end;
static uint8_t bad; /* 1 = outside the profile, 2 = inside it but not the shape */
enum { NOT_CBOR = 1, MISFIT = 2 };

void in_from(const uint8_t *p, uint8_t n) {
  from = p;
  end = p + n;
  bad = 0;
}

static void refuse(uint8_t why) {
  if (!bad) bad = why;
}

void in_misfit(void) { refuse(MISFIT); }

uint8_t in_bad(void) { return bad; }

uint32_t in_head(uint8_t major) {
  uint32_t value = 0;
  if (bad) return 0;
  if (from == end) {
    refuse(NOT_CBOR);
    return 0;
  }
  uint8_t first = *from++, info = first & 31;
  if (first >> 5 != major) refuse(MISFIT);
  if (info < 24) return info;
  uint8_t bytes = (uint8_t)(1 << (info - 24));
  if (info > 26 || major == CBOR_SIMPLE || bytes > end - from) {
    /* numbers of eight bytes are CBOR, but no message to a board holds one */
    refuse(info == 27 ? MISFIT : NOT_CBOR);
    return 0;
  }
  for (uint8_t i = bytes; i; i--) value = value << 8 | *from++;
  /* RFC 8949, 4.2.1: the shortest head that holds the value */
  uint8_t shorter = bytes == 1 ? value < 24 : bytes == 2 ? value <= 0xFF : value <= 0xFFFF;
  if (shorter) refuse(NOT_CBOR);
  return value;
}

uint32_t in_u32(void) { return in_head(CBOR_UINT); }

uint8_t in_u8(uint8_t most) {
  uint32_t value = in_head(CBOR_UINT);
  if (value > most) refuse(MISFIT);
  return (uint8_t)value;
}

const uint8_t *in_bytes(uint8_t most, uint8_t *n) {
  uint32_t length = in_head(CBOR_BYTES);
  const uint8_t *bytes = from;
  /* compared with what is left, never added to where it would stand */
  if (length > (uint32_t)(end - from)) refuse(NOT_CBOR);
  if (length > most) refuse(MISFIT);
  *n = (uint8_t)length;
  if (!bad) from += length;
  return bytes;
}

const uint8_t *in_fixed(uint8_t n) {
  uint8_t length;
  const uint8_t *bytes = in_bytes(n, &length);
  if (length != n) refuse(MISFIT);
  return bytes;
}

void in_copy(uint8_t *to, uint8_t n) {
  const uint8_t *bytes = in_fixed(n);
  if (!bad) memcpy(to, bytes, n);
}

void in_array(uint8_t items) {
  if (in_head(CBOR_ARRAY) != items) refuse(MISFIT);
}

uint8_t in_bool(void) {
  uint8_t value = (uint8_t)in_head(CBOR_SIMPLE);
  if (value != 20 && value != 21) refuse(MISFIT);
  return value == 21;
}

uint8_t in_done(void) {
  if (!bad && from != end) bad = NOT_CBOR;
  if (bad == NOT_CBOR) rx_count(&rx_counts.cbor);
  if (bad == MISFIT) rx_count(&rx_counts.shape);
  return !bad;
}
