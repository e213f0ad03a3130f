/* Signatures that cost nothing, for fuzz targets. */
#ifndef QUICK_SIGNER_H
#define QUICK_SIGNER_H

#include <stdint.h> /* fixed widths */

/* 0: the real signer. */
extern uint8_t quick_signer;
/* 1: every MAC is taken as right. */
extern uint8_t quick_mac;

#endif
