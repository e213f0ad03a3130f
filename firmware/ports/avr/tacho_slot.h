/* What the converter's interrupt sends in the tacho's slot. For C and assembly. */
#ifndef TACHO_SLOT_H
#define TACHO_SLOT_H

#include "board.h" /* the slot's channel */

/* The value, in two registers that the chip has for such use. */
#define TACHO_LOW GPIOR1
#define TACHO_HIGH GPIOR2
/* What ADMUX holds in the slot: the channel is that of ground. */
#define TACHO_MUX (BOARD_ADC_REFERENCE | BOARD_TACHO_CHANNEL)

#endif
