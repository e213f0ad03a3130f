/* The board as a native program: the core of firmware/core on memory, a line and a clock that the outside holds. Time is virtual: it passes
 * only while the core waits, from one event to the next, so that every run is repeatable. Grade E; the identity states no fuses.
 *
 *     outside ── vb_receive ─▶ line in ─▶ core ─▶ line out ── outside_sent ─▶ outside
 *                vb_boot, vb_turn                 EEPROM, relay, converter
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <stdint.h> /* fixed widths */

#include "port.h" /* sizes of the board */

#define VB_EEPROM_BYTES 1024
#define VB_FLASH_BYTES 32768
#define VB_LINE_BYTES 1024 /* bytes on their way to the board at once */
#define VB_TICKS_A_BYTE 40 /* ten bits at 500,000 baud in ticks of 0.5 µs */

/* What a byte of EEPROM holds after power went while it was written (ATmega328P datasheet, 8.4: erase, then program). */
enum { TORN_OLD, TORN_ERASED, TORN_MIXED, TORN_NEW, TORN_KINDS };

typedef struct {
  const uint8_t *at;
  uint8_t n;
  uint8_t copy[256]; /* the frame as it was handed over: it must not change before it is sent */
} line_frame;

/* Everything about the board that is not the core's. A copy of it, and of the core's variables, is a snapshot. */
typedef struct {
  uint64_t now;   /* ticks since power-on */
  uint64_t until; /* when it comes, outside_pause is asked */
  uint8_t event;  /* something happened that wakes the main loop */
  /* line */
  line_frame out[2];
  uint8_t out_count, out_sent, ever_sent;
  uint64_t out_ends, last_sent;
  struct {
    uint64_t at;
    uint8_t byte;
  } in[VB_LINE_BYTES];
  uint32_t in_first, in_count;
  /* relay */
  uint8_t relay, relay_fell;
  uint16_t relay_beats;
  /* converter */
  uint8_t converting, channel;
  uint16_t period, conversion;
  uint64_t next_trigger;
  uint32_t conversions, skip;
  uint32_t pairs;
  /* supply, noise, EEPROM */
  uint16_t vcc;
  uint8_t noise_dead; /* the two clocks run in step: every interval is the same */
  uint32_t noise;
  uint32_t writes;      /* bytes written since power-on */
  uint32_t cut_at;      /* power goes while this one is written; 0 = never */
  uint8_t torn;         /* what that byte holds then */
  uint8_t eeprom[VB_EEPROM_BYTES];
} virtual_board;
extern virtual_board vb;
extern uint8_t vb_flash[VB_FLASH_BYTES];

/* ---- what the outside does ---- */
/* Sets the board up as it leaves the power supply: time 0, relay safe, line quiet; EEPROM and flash stay. */
void vb_power_on(void);
/* Sets the core's variables to what they are at the start of the program, then boots; returns when the main loop may begin. */
void vb_boot(uint8_t cause);
/* Puts bytes on the line into the board, behind what is there, not before `at`. What does not fit is lost. */
void vb_receive(const uint8_t *bytes, uint32_t n, uint64_t at);
/* Lets time pass, events happen in their order. */
void vb_advance(uint64_t ticks);
/* Runs the main loop until the line in is empty, nothing is being sent, and nothing waits. */
void vb_settle(void);

/* ---- what the outside defines ---- */
void outside_sent(const uint8_t *frame, uint8_t n, uint8_t after_silence);
/* The pin was written; `on` 1 or 0. */
void outside_relay(uint8_t on);
/* Time stands at vb.until: moves it on, or leaves by longjmp. */
void outside_pause(void);
/* Ten bits of a channel at conversion k. */
uint16_t outside_sample(uint8_t channel, uint32_t k);
/* Power was lost in a write, or the board restarts itself. Do not return. */
void outside_power_lost(void) __attribute__((noreturn));
void outside_restart(uint8_t cause) __attribute__((noreturn));

/* The core broke a promise of port.h. Does not return. */
void outside_broken(const char *what) __attribute__((noreturn));

/* ---- the core's variables as one block ---- */
uint32_t core_bytes(void);
void core_save(uint8_t *to);
void core_restore(const uint8_t *from);
/* As at the start of the program. */
void core_reset(void);

#endif
