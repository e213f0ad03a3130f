/* Echo at 500,000 baud; 'w' a v writes EEPROM by interrupt, 'r' a reads it, 't' sends timer 1, 'd' measures 8 watchdog intervals, 'm' tells
   MCUSR as found, 'x' waits for the watchdog's reset. */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

static uint8_t found;
static volatile uint16_t stamp;
static volatile uint8_t fired;

static uint8_t get(void) {
    while (!(UCSR0A & _BV(RXC0))) {
    }
    return UDR0;
}

static void put(uint8_t byte) {
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

static void put16(uint16_t word) {
    put(word >> 8);
    put(word);
}

ISR(WDT_vect) {
    stamp = TCNT1;
    fired = 1;
}

static volatile uint8_t writing, cell, value;

ISR(EE_READY_vect) {
    if (writing) {
        EEAR = cell;
        EEDR = value;
        EECR |= _BV(EEMPE);
        EECR |= _BV(EEPE);
        writing = 0;
    } else
        EECR &= ~_BV(EERIE);
}

int main(void) {
    found = MCUSR;
    MCUSR = 0;
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = 0;
    UCSR0A = _BV(U2X0);
    UBRR0 = 3;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(TXEN0) | _BV(RXEN0);
    TCCR1B = _BV(CS11);
    sei();
    put('!');
    for (;;) {
        switch (get()) {
        case 'w':
            cell = get();
            value = get();
            writing = 1;
            EECR |= _BV(EERIE);
            break;
        case 'r':
            put(eeprom_read_byte((const uint8_t *)(uint16_t)get()));
            break;
        case 't': {
            cli();
            uint16_t now = TCNT1;
            sei();
            put16(now);
            break;
        }
        case 'm':
            put(found);
            break;
        case 'd':
            WDTCSR = _BV(WDCE) | _BV(WDE);
            WDTCSR = _BV(WDIE);
            for (uint8_t i = 0; i < 9; i++) {
                fired = 0;
                while (!fired) {
                }
                put16(stamp);
            }
            WDTCSR = _BV(WDCE) | _BV(WDE);
            WDTCSR = 0;
            break;
        case 'x':
            wdt_enable(WDTO_15MS);
            for (;;) {
            }
        default:
            put('?');
        }
    }
}
