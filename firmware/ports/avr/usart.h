/* The line: 8N1, double speed. */
#ifndef USART_H
#define USART_H

#include <stdint.h> /* fixed widths */

void usart_start(uint8_t ubrr);

#endif
