/* What the core asks of a port. A new chip family is one folder that defines these. Nothing here blocks longer than it says. */
#ifndef PORT_H
#define PORT_H

#include <stdint.h> /* fixed widths of the wire */

#include "board.h"        /* generated from boards/<id>.json: sizes, names, limits */
#include "crypto_flash.h" /* IN_FLASH and its readers */

/* Hides where a pointer came from: access by offset from a register is half as long on AVR as access by absolute address. */
#ifdef __AVR__
#define BY_REGISTER(p) __asm__("" : "+b"(p))
#else
#define BY_REGISTER(p) (void)(p)
#endif

/* ---- time: ticks of BOARD_HZ since boot, 48 bits; `hi` alone counts beats of 65,536 ticks (32.8 ms at 2 MHz) ---- */
typedef struct {
  uint32_t hi;
  uint16_t lo;
} ticks48;
void port_ticks(ticks48 *t);
uint16_t port_beat(void);
#define BEATS_250_MS ((uint16_t)(BOARD_HZ / 4 / 65536 + 1))
#define BEATS_1_S ((uint16_t)(BOARD_HZ / 65536 + 1))

/* ---- line ---- */
/* Sends n framed bytes, which must stay until they are sent: at once, or behind the frame on the line. One frame can wait so; call it only
 * while `tx_room` is not 0. */
void tx_send(const uint8_t *frame, uint8_t n);
uint8_t tx_room(void);
uint8_t tx_busy(void);
/* 1 while a frame that begins in these n bytes waits or is being sent. */
uint8_t tx_holds(const uint8_t *bytes, uint8_t n);
/* Interrupts off, and back to what they were: a few instructions at a time. */
uint8_t port_lock(void);
void port_unlock(uint8_t was);
/* Frames sent since the start, modulo 256. */
uint8_t tx_sent(void);

/* ---- memory ---- */
uint8_t ee_read(uint16_t address);
/* Writes one byte and waits for it (3.4 ms on AVR), calling `board_yield` meanwhile; equal bytes are left alone. */
void ee_write(uint16_t address, uint8_t value);
/* 1 if the supply allows writing (boards/<id>.json, vccMinMv). */
uint8_t ee_allowed(void);
/* Program memory by address, whatever may stand there. */
uint8_t program_byte(uint16_t address);

/* ---- converter: fills the frames of core/stream.h ---- */
/* Starts hardware-triggered conversions; `t0` becomes the tick of the first trigger. */
void adc_start(ticks48 *t0);
void adc_stop(void);
/* `begin.cfg` of a capture: what the converter's registers hold, at most 32 bytes; returns how many. */
uint8_t adc_facts(uint8_t cfg[32]);
/* Noise for keys: one raw interval between two clocks of the board (about 16 ms), and one reading of an open input. */
uint16_t noise_interval(void);
uint8_t noise_floating(void);
void noise_begin(void);
void noise_end(void);

/* ---- SPI and the capture pin, for a part with a FIFO ---- */
void spi_open(void);
void spi_close(void);
void spi_select(void);
void spi_release(void);
uint8_t spi_byte(uint8_t byte);
/* Switches the interrupt of the part's edge on, forgetting an edge that was before, and off. */
void watermark_on(void);
void watermark_off(void);
/* Waits for an edge, 65 ms at most; returns 0 if none came. While the interrupt is off. */
uint8_t watermark_wait(void);

/* ---- two-wire bus ---- */
/* One transaction: n bytes out, then `read` bytes in behind a repeated start. Returns 0 if nobody answers. */
uint8_t port_bus(uint8_t address, const uint8_t *bytes, uint8_t n, uint8_t *to, uint8_t read);
/* Frees the bus from a part that holds its data line down. */
void port_bus_free(void);

/* ---- board ---- */
uint16_t vcc_mv(void);
/* The only two places that write a relay. `beats` is the dead-man's time, 0 with `on` 0. */
void relay_set(uint8_t relay, uint8_t on, uint16_t beats);
void relay_safe(void);
uint8_t relay_on(uint8_t relay);
uint16_t relay_beats_left(uint8_t relay);
/* Bit per relay that the dead-man released since the last call. */
uint8_t relay_dropped(void);
void led_blink_twice(void);
/* Writes fuse and lock bytes as the chip reports them; returns how many. */
uint8_t lock_bytes(uint8_t out[16]);
/* Stack: fills everything from `from` up to the caller's frame with a pattern; counts how much of it still stands from there on. */
void stack_paint(uint8_t *from);
uint16_t stack_untouched(const uint8_t *from);
/* Feeds the watchdog if interrupts are alive. */
void port_alive(void);
/* Lets the CPU rest until something happens. */
void port_idle(void);
/* Ends this run: relays safe, cause kept over the reset. A restart after a canary hit is a software reset that becomes event 8. */
#define RESTART_CANARY 0x14
void port_restart(uint8_t cause) __attribute__((noreturn));

/* ---- core, called by the port while it waits: answers pings, sends `busy` ---- */
void board_yield(void);

#endif
