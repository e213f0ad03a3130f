/* A second reading of the CBOR profile (docs/protocol.md), for any item: the judge of the reader in core/cbor.c, which knows messages only. */
#ifndef CBOR_ITEM_H
#define CBOR_ITEM_H

#include <stdint.h> /* fixed widths */

/* 1 if the n bytes are exactly one item of the profile. */
uint8_t cbor_item(const uint8_t *p, uint32_t n);

#endif
