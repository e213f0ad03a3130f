/* The line: 8N1, double speed. */
#ifndef USART_H
#define USART_H

#include <avr/io.h> /* names of vectors */

/* Chips with one line call it USART, those with several number them. */
#ifndef USART_RX_vect
#define USART_RX_vect USART0_RX_vect
#define USART_UDRE_vect USART0_UDRE_vect
#endif

#include <stdint.h> /* fixed widths */

void usart_start(uint8_t ubrr);

#endif
