/* CBOR (RFC 8949) in the profile of kz1: shortest heads, no floats, no negative numbers, nothing indefinite. One message is written and one
 * is read at a time, so writer and reader have one place each, which keeps the code of an 8-bit chip small. */
#ifndef CBOR_H
#define CBOR_H

#include <stdint.h> /* fixed widths of the wire */

#include "port.h" /* ticks48, flash text */

enum { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE };

/* ---- writing forwards; the caller knows the bound (core/overlay.h states it) ---- */
void out_to(uint8_t *p);
/* The place behind what was written. */
uint8_t *out_end(void);
void out_head(uint8_t major, uint8_t value);
void out_u8(uint8_t value);
void out_u32(const uint32_t *value);
void out_ticks(const ticks48 *t);
void out_bytes(const uint8_t *bytes, uint8_t n);
/* Text of a zero-terminated string in flash. */
void out_text(const char *in_flash);
/* An array of `items` whose first is the message type. */
void out_message(uint8_t items, uint8_t mt);

/* ---- writing backwards: each returns the first byte of what it wrote in front of p ---- */
uint8_t *back_head(uint8_t *p, uint8_t major, uint8_t value);
uint8_t *back_u32(uint8_t *p, uint32_t value);

/* ---- reading: never passes the end; stays bad after the first thing that does not fit ---- */
void in_from(const uint8_t *p, uint8_t n);
uint32_t in_head(uint8_t major);
uint32_t in_u32(void);
/* A number up to `most`. */
uint8_t in_u8(uint8_t most);
/* Byte string of exactly n bytes; the same, copied; of 0..most bytes, whose length goes to *n. */
const uint8_t *in_fixed(uint8_t n);
void in_copy(uint8_t *to, uint8_t n);
const uint8_t *in_bytes(uint8_t most, uint8_t *n);
void in_array(uint8_t items);
uint8_t in_bool(void);
void in_misfit(void);
uint8_t in_bad(void);
/* 1 if everything fitted and nothing is left; else counts why: not CBOR of the profile, or not the shape. */
uint8_t in_done(void);

#endif
