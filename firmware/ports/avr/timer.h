/* The 16-bit timer that is the board's clock, by its number in board.h. Bits lie in the same places in all of them (ATmega2560 datasheet,
 * "Register Summary"), so timer 1's names of bits serve. For C and assembly. */
#ifndef TIMER_H
#define TIMER_H

#include "board.h" /* BOARD_TIMEBASE */

#define TIMER_JOIN(a, number, b) a##number##b
#define TIMER_NAME(a, number, b) TIMER_JOIN(a, number, b)
#define TB_TCCRA TIMER_NAME(TCCR, BOARD_TIMEBASE, A)
#define TB_TCCRB TIMER_NAME(TCCR, BOARD_TIMEBASE, B)
#define TB_TCCRC TIMER_NAME(TCCR, BOARD_TIMEBASE, C)
#define TB_TCNT TIMER_NAME(TCNT, BOARD_TIMEBASE, )
#define TB_TCNTL TIMER_NAME(TCNT, BOARD_TIMEBASE, L)
#define TB_TCNTH TIMER_NAME(TCNT, BOARD_TIMEBASE, H)
#define TB_OCRA TIMER_NAME(OCR, BOARD_TIMEBASE, A)
#define TB_OCRB TIMER_NAME(OCR, BOARD_TIMEBASE, B)
#define TB_ICR TIMER_NAME(ICR, BOARD_TIMEBASE, )
#define TB_TIFR TIMER_NAME(TIFR, BOARD_TIMEBASE, )
#define TB_TIMSK TIMER_NAME(TIMSK, BOARD_TIMEBASE, )
#define TB_OVF_vect TIMER_NAME(TIMER, BOARD_TIMEBASE, _OVF_vect)
#define TB_CAPT_vect TIMER_NAME(TIMER, BOARD_TIMEBASE, _CAPT_vect)

#endif
