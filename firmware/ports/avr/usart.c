/* Bytes in by interrupt into core/frame.h, bytes out by the interrupt in usart_isr.S. */
#include "usart.h"

#include "frame.h"    /* receiver */
#include "port.h"     /* tx_send */
#include "sleep.h"    /* wake the main loop */
#include "timebase.h" /* beats of silence */

#include <avr/interrupt.h> /* vectors */
#include <avr/io.h>        /* registers */

/* Shared with usart_isr.S. */
const uint8_t *volatile usart_tx_at, *volatile usart_tx_next_at;
volatile uint8_t usart_tx_left, usart_tx_next_left, usart_tx_sent;

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
  BOARD_RX_PORT |= 1 << BOARD_RX_BIT; /* pull-up: an unplugged bridge must not look like data */
}

uint8_t tx_busy(void) { return usart_tx_left != 0; }

static uint8_t within(const uint8_t *p, const uint8_t *bytes, uint8_t n) { return p >= bytes && p < bytes + n; }

uint8_t tx_holds(const uint8_t *bytes, uint8_t n) {
  uint8_t sreg = SREG;
  cli();
  uint8_t held = (usart_tx_left && within(usart_tx_at, bytes, n)) || (usart_tx_next_left && within(usart_tx_next_at, bytes, n));
  SREG = sreg;
  return held;
}

uint8_t tx_room(void) { return usart_tx_next_left == 0; }

uint8_t tx_sent(void) { return usart_tx_sent; }

void tx_send(const uint8_t *frame, uint8_t n) {
  uint16_t now = port_beat();
  uint8_t sreg = SREG;
  cli();
  if (usart_tx_left) { /* the transmit interrupt goes on with it */
    usart_tx_next_at = frame;
    usart_tx_next_left = n;
    SREG = sreg;
    last_sent = now;
    return;
  }
  SREG = sreg;
  if (!ever_sent || (uint16_t)(now - last_sent) >= BEATS_SILENT) {
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = 0; /* ends whatever half frame the far end holds */
  }
  ever_sent = 1;
  last_sent = now;
  usart_tx_at = frame;
  usart_tx_left = n;
  /* UCSR0B is also written by the interrupts: the transmitter's is off here, the receiver's leaves it as it was */
  UCSR0B |= 1 << UDRIE0;
}

/* The byte may wait, the converter may not: at 24,096 samples a second its interrupt has 190 cycles from a conversion's end to the next
 * trigger. So it may come in between; the line's own stays off until the byte is stored. */
ISR(USART_RX_vect) {
  uint8_t status = UCSR0A, byte = UDR0;
  /* the time of a 0x00 that may complete a frame, 10 to 60 cycles late */
  if (byte == 0 && rx.ready == 0) timebase_latch(&rx.at_low, &rx.at_beat);
  UCSR0B &= (uint8_t) ~(1 << RXCIE0);
  sei();
  if (status & ((1 << FE0) | (1 << DOR0))) rx_saturate(&rx_counts.line);
  if (rx_byte(byte)) port_event = 1;
  cli();
  UCSR0B |= 1 << RXCIE0;
}
