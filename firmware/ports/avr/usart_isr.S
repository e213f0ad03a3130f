; USART data register empty: one byte out. After the last one it goes on with the frame that waits, or switches itself off, so no interrupt
; runs empty.
#include <avr/io.h>

#ifndef USART_UDRE_vect
#define USART_UDRE_vect USART0_UDRE_vect
#endif

        .section .text.usart_isr, "ax", @progbits
        .global USART_UDRE_vect
        .type USART_UDRE_vect, @function
USART_UDRE_vect:
        push    r24
        in      r24, _SFR_IO_ADDR(SREG)
        push    r24
        push    r30
        push    r31
        lds     r30, usart_tx_at
        lds     r31, usart_tx_at+1
        ld      r24, Z+
        sts     UDR0, r24
        sts     usart_tx_at, r30
        sts     usart_tx_at+1, r31
        lds     r24, usart_tx_left
        dec     r24
        sts     usart_tx_left, r24
        brne    1f
        ldi     r24, 1
        sts     port_event, r24         ; the main loop may free a buffer
        lds     r24, usart_tx_sent
        inc     r24
        sts     usart_tx_sent, r24
        lds     r24, usart_tx_next_left
        tst     r24
        breq    2f
        sts     usart_tx_left, r24
        clr     r24
        sts     usart_tx_next_left, r24
        lds     r30, usart_tx_next_at
        lds     r31, usart_tx_next_at+1
        sts     usart_tx_at, r30
        sts     usart_tx_at+1, r31
        rjmp    1f
2:      lds     r24, UCSR0B
        andi    r24, ~(1 << UDRIE0) & 0xFF
        sts     UCSR0B, r24
1:      pop     r31
        pop     r30
        pop     r24
        out     _SFR_IO_ADDR(SREG), r24
        pop     r24
        reti
