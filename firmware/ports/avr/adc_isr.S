; Conversion complete: read the result, set the channel of the conversion after next, clear the trigger's flag, in this order. No conversion
; can start before ADMUX is right, because the converter starts on the rising edge of the flag that is cleared last.
;
; Packs ten bits a sample: four low bytes, then one byte with the four pairs of high bits, first sample lowest; or two bytes a sample.
#include <avr/io.h>
#include "tacho_slot.h"
#include "timer.h"

#define STREAM_AT       stream
#define STREAM_LEFT     stream+2
#define STREAM_IS_S16   stream+3

        .section .text.adc_isr, "ax", @progbits
        .global ADC_vect
        .type ADC_vect, @function
ADC_vect:
        push    r24
        in      r24, _SFR_IO_ADDR(SREG)
        push    r24
        push    r25
        push    r30
        push    r31
        push    r23
        lds     r24, ADCL
        lds     r25, ADCH
#if BOARD_TACHO
        lds     r23, ADMUX
        cpi     r23, TACHO_MUX
        brne    0f
        in      r24, _SFR_IO_ADDR(TACHO_LOW)
        in      r25, _SFR_IO_ADDR(TACHO_HIGH)
0:
#endif
        lds     r30, adc_ring_at
        lds     r31, adc_ring_at+1
        ld      r23, Z+
        sts     ADMUX, r23
        ldi     r23, 1 << OCF0A
        out     _SFR_IO_ADDR(TIFR0), r23
        ld      r23, Z
        tst     r23
        brne    1f
        ldi     r30, lo8(adc_ring)
        ldi     r31, hi8(adc_ring)
1:      sts     adc_ring_at, r30
        sts     adc_ring_at+1, r31
        lds     r30, STREAM_AT
        lds     r31, STREAM_AT+1
        st      Z+, r24
        lds     r24, STREAM_IS_S16
        lds     r23, STREAM_LEFT
        dec     r23
        sts     STREAM_LEFT, r23
        tst     r24
        brne    3f
        in      r24, _SFR_IO_ADDR(GPIOR0)   ; pairs so far; the newest enters at the top and ends at its place after four
        lsr     r25
        ror     r24
        lsr     r25
        ror     r24
        out     _SFR_IO_ADDR(GPIOR0), r24
        mov     r25, r23
        andi    r25, 3
        brne    2f
        st      Z+, r24
2:      sts     STREAM_AT, r30
        sts     STREAM_AT+1, r31
        tst     r23
        breq    4f
9:      pop     r23
        pop     r31
        pop     r30
        pop     r25
        pop     r24
        out     _SFR_IO_ADDR(SREG), r24
        pop     r24
        reti
3:      st      Z+, r25
        rjmp    2b

4:      lds     r24, TB_TCNTL                 ; interrupts are off: the 16-bit register is ours
        lds     r25, TB_TCNTH
        sts     adc_entered, r24
        sts     adc_entered+1, r25
        push    r0
        push    r1
        push    r18
        push    r19
        push    r20
        push    r21
        push    r22
        push    r26
        push    r27
        clr     r1
        call    adc_frame_full
        pop     r27
        pop     r26
        pop     r22
        pop     r21
        pop     r20
        pop     r19
        pop     r18
        pop     r1
        pop     r0
        rjmp    9b
