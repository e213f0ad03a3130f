/* The board as a process: requests on stdin, answers on stdout, time passes only as far as a request says. A request is an operation, a
 * number of four bytes, a length of two, and bytes; an answer is a length of four and what the board put on the line meanwhile.
 *   r ticks bytes   puts bytes on the line into the board and lets time pass
 *   b cause         starts the board anew: 0 with the power, else as after a reset
 *   t beats         the time at which the next start with the power begins
 *   s triggers      conversions that will find the converter busy
 *   v mV            supply
 *   c count         power goes while that many bytes of EEPROM from now on are written, the last of them torn
 *   f address bytes program memory       e at bytes   EEPROM
 *   E, R            answers: the EEPROM; the level of the relay */
#include "outside.h"

#include <setjmp.h> /* a new start from wherever the core waits */
#include <stdio.h>  /* pipes */
#include <stdlib.h> /* abort */
#include <string.h> /* memcpy */

#include "run.h" /* main loop */

static jmp_buf restart;
static uint8_t answer[1 << 20];
static uint32_t answer_n;
static uint64_t first_tick;
static uint8_t dead; /* the power is gone: time passes, nothing happens */

static void say(const uint8_t *bytes, uint32_t n) {
  if (answer_n + n > sizeof answer) outside_broken("nobody listens");
  memcpy(answer + answer_n, bytes, n);
  answer_n += n;
}

void outside_sent(const uint8_t *frame, uint8_t n, uint8_t after_silence) {
  static const uint8_t zero;
  if (after_silence) say(&zero, 1);
  say(frame, n);
}

void outside_relay(uint8_t on) { (void)on; }

/* A sine would need a library; any signal that fills ten bits will do. */
uint16_t outside_sample(uint8_t channel, uint32_t k) { return (uint16_t)((k * (37 + 2 * channel) + channel * 100) & 1023); }

void outside_broken(const char *what) {
  fprintf(stderr, "BROKEN: %s\n", what);
  abort();
}

static void flush(void) {
  uint8_t head[4] = {(uint8_t)answer_n, (uint8_t)(answer_n >> 8), (uint8_t)(answer_n >> 16), (uint8_t)(answer_n >> 24)};
  fwrite(head, 1, 4, stdout);
  fwrite(answer, 1, answer_n, stdout);
  fflush(stdout);
  answer_n = 0;
}

/* Takes requests until one lets time pass or starts the board. */
static void obey(void) {
  static uint8_t head[7], bytes[65536];
  for (;;) {
    if (fread(head, 1, 7, stdin) != 7) exit(0);
    uint32_t number = head[1] | head[2] << 8 | head[3] << 16 | (uint32_t)head[4] << 24, n = head[5] | head[6] << 8;
    if (fread(bytes, 1, n, stdin) != n) exit(0);
    switch (head[0]) {
      case 'r':
        if (dead) break;
        vb_receive(bytes, n, vb.now);
        vb.until = vb.now + number;
        return;
      case 'b':
        dead = 0;
        if (number == 0) {
          vb_power_on();
          vb.now = first_tick;
        }
        vb.until = vb.now;
        longjmp(restart, 1 + (int)number);
      case 't': first_tick = (uint64_t)number << 16; break;
      case 's': vb.skip = number; break;
      case 'v': vb.vcc = (uint16_t)number; break;
      case 'c': vb.cut_at = vb.writes + number, vb.torn = TORN_MIXED; break;
      case 'f': memcpy(vb_flash + number % VB_FLASH_BYTES, bytes, n); break;
      case 'e': memcpy(vb.eeprom + number % VB_EEPROM_BYTES, bytes, n); break;
      case 'E': say(vb.eeprom, sizeof vb.eeprom); break;
      case 'R': say(&vb.relay, 1); break;
      default: outside_broken("no such request");
    }
    flush();
  }
}

void outside_pause(void) {
  flush();
  obey();
}

void outside_power_lost(void) {
  dead = 1;
  outside_pause();
  abort();
}

void outside_restart(uint8_t cause) {
  vb.out_count = vb.in_count = vb.converting = 0;
  longjmp(restart, 1 + cause);
}

int main(void) {
  memset(vb_flash, 0xFF, sizeof vb_flash);
  memset(vb.eeprom, 0xFF, sizeof vb.eeprom);
  core_reset();
  int how = setjmp(restart);
  if (how == 0) obey();
  vb.out_count = vb.in_count = vb.converting = 0;
  relay_safe();
  vb_boot((uint8_t)(how - 1));
  for (;;) run_once();
}
