/* Busy code: 256-bit products reduced by folding with 38, and a byte-wise CRC over them, without end. After each 64 products the 16-bit CRC
   goes out at 500,000 baud. */
#include <avr/io.h>
#include <util/crc16.h>

static uint8_t a[32], b[32], product[64];

static void multiply(void) {
    for (uint8_t i = 0; i < 64; i++) product[i] = 0;
    for (uint8_t i = 0; i < 32; i++) {
        uint16_t carry = 0;
        for (uint8_t j = 0; j < 32; j++) {
            carry += (uint16_t)a[i] * b[j] + product[i + j];
            product[i + j] = carry;
            carry >>= 8;
        }
        product[i + 32] = carry;
    }
    uint16_t carry = 0;
    for (uint8_t i = 0; i < 32; i++) {
        carry += product[i] + (uint16_t)38 * product[i + 32];
        a[i] = carry;
        carry >>= 8;
    }
    for (uint8_t i = 0; carry; i = (i + 1) & 31) {
        carry = (uint16_t)(i ? 1 : 38) * carry + a[i];
        a[i] = carry;
        carry >>= 8;
    }
}

int main(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 3;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(TXEN0);
    for (uint8_t i = 0; i < 32; i++) {
        a[i] = 7 * i + 3;
        b[i] = 31 * i + 5;
    }
    uint16_t crc = 0xFFFF;
    for (;;) {
        for (uint8_t n = 0; n < 64; n++) {
            multiply();
            for (uint8_t i = 0; i < 32; i++) crc = _crc_xmodem_update(crc, a[i]);
        }
        UDR0 = crc >> 8;
        while (!(UCSR0A & _BV(UDRE0))) {
        }
        UDR0 = crc;
    }
}
