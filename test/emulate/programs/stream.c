/* Timer 0 CTC starts the ADC by hardware at 8 kS/s over two channels in turn, the ADC interrupt queues each result with its channel, the
   UDRE interrupt sends at 500,000 baud: three bytes a sample, 0xC0 | channel << 4 | bits 9..6, 0x00 | bits 5..0, 0x80 | low byte of the
   tick of timer 1 >> 3. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#ifndef USART_UDRE_vect
#define USART_UDRE_vect USART0_UDRE_vect /* the Mega has four */
#endif

static volatile uint8_t queue[256];
static volatile uint8_t head, tail;

static void put(uint8_t byte) {
    queue[head++] = byte;
}

ISR(ADC_vect) {
    static uint8_t channel;
    uint16_t value = ADC;
    uint8_t was = channel;
    channel ^= 1;
    ADMUX = _BV(REFS0) | channel;
    TIFR0 = _BV(OCF0A);
    put(0xC0 | was << 4 | value >> 6);
    put(value & 0x3F);
    put(0x80 | (TCNT1L >> 3 & 0x1F));
    UCSR0B |= _BV(UDRIE0);
}

ISR(USART_UDRE_vect) {
    UDR0 = queue[tail++];
    if (tail == head) UCSR0B &= ~_BV(UDRIE0);
}

int main(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 3;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(TXEN0);
    TCCR1B = _BV(CS11);
    ADMUX = _BV(REFS0);
    ADCSRB = 3;
    ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS0) | _BV(ADSC);
    while (ADCSRA & _BV(ADSC)) {
    }
    TCCR0A = _BV(WGM01);
    OCR0A = 124;
    TCNT0 = 0;
    TIFR0 = _BV(OCF0A);
    ADCSRA = _BV(ADEN) | _BV(ADATE) | _BV(ADIF) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS0);
    TCCR0B = _BV(CS01);
    set_sleep_mode(SLEEP_MODE_IDLE);
    sleep_enable();
    for (;;) {
        sei();
        sleep_cpu();
    }
}
