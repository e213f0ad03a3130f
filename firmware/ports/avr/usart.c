/* Bytes in by interrupt into core/frame.h, bytes out by the interrupt in usart_isr.S. */
#include "usart.h"

#include "frame.h"    /* receiver */
#include "port.h"     /* tx_send */
#include "sleep.h"    /* wake the main loop */
#include "timebase.h" /* beats of silence */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */

/* Shared with usart_isr.S. */
const uint8_t *volatile usart_tx_at;
volatile uint8_t usart_tx_left;

static uint16_t last_sent;
static uint8_t ever_sent;
#define BEATS_SILENT 2 /* more than 50 ms may lie between; bootloader chatter or noise may stand in the far receiver */

void usart_start(uint8_t ubrr) {
  /* double speed before the rate: 115,200 baud at 16 MHz needs it (datasheet, table 20-12) */
  UCSR0A = 1 << U2X0;
  UBRR0H = 0;
  UBRR0L = ubrr;
  UCSR0C = (1 << UCSZ01) | (1 << UCSZ00);
  UCSR0B = (1 << RXCIE0) | (1 << RXEN0) | (1 << TXEN0);
  PORTD |= 1 << PD0; /* pull-up: an unplugged bridge must not look like data */
}

uint8_t tx_busy(void) { return usart_tx_left != 0; }

void tx_send(const uint8_t *frame, uint8_t n) {
  uint16_t now = port_beat();
  if (!ever_sent || (uint16_t)(now - last_sent) >= BEATS_SILENT) {
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = 0; /* ends whatever half frame the far end holds */
  }
  ever_sent = 1;
  last_sent = now;
  usart_tx_at = frame;
  usart_tx_left = n;
  /* UCSR0B is also written by the transmit interrupt, which is off here */
  UCSR0B |= 1 << UDRIE0;
}

ISR(USART_RX_vect) {
  uint8_t status = UCSR0A, byte = UDR0;
  if (status & ((1 << FE0) | (1 << DOR0))) rx_saturate(&rx_counts.line);
  if (rx_byte(byte)) {
    /* interrupts are off here: the time of the 0x00, 10 to 60 cycles late */
    ticks48 t;
    port_ticks(&t);
    rx.at.hi = t.hi;
    rx.at.lo = t.lo;
    port_event = 1;
  }
}
