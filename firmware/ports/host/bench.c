/* A board on stdin and stdout, one command a line, bytes in hex:
 *   eeprom HEX | program AT HEX | ticks HI LO | digest HEX | signms N | vcc MV | frame N | samples HEX (16 bits each) | noise stuck
 *   start CAUSE | rx HEX | dump | relay
 * Every frame it sends is a line `tx HEX`. */
#include "frame.h"    /* counters */
#include "host.h"     /* surroundings */
#include "messages.h" /* digest, sign_ms */
#include "run.h"      /* start */

#include <stdio.h>  /* lines */
#include <stdlib.h> /* numbers */
#include <string.h> /* words */

static uint8_t bytes[32768];

static size_t unhex(const char *text) {
  size_t n = 0;
  unsigned byte;
  while (n < sizeof bytes && sscanf(text + 2 * n, "%2x", &byte) == 1) bytes[n++] = (uint8_t)byte;
  return n;
}

static void print_hex(const char *name, const uint8_t *p, size_t n) {
  printf("%s ", name);
  for (size_t i = 0; i < n; i++) printf("%02x", p[i]);
  putchar('\n');
}

static void on_frame(const uint8_t *frame, uint8_t n) { print_hex("tx", frame, n); }

static void obey(char *line) {
  char *word = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
  if (!word) return;
  size_t n = first ? unhex(first) : 0;
  unsigned long number = first ? strtoul(first, NULL, 10) : 0;
  if (!strcmp(word, "eeprom")) memcpy(host_eeprom, bytes, n < HOST_EEPROM ? n : HOST_EEPROM);
  else if (!strcmp(word, "program") && second) memcpy(host_program + number % sizeof host_program, bytes, unhex(second));
  else if (!strcmp(word, "ticks") && second) host_ticks = (ticks48){(uint32_t)number, (uint16_t)strtoul(second, NULL, 10)};
  else if (!strcmp(word, "digest")) memcpy(firmware_digest, bytes, 16);
  else if (!strcmp(word, "signms")) sign_ms = (uint32_t)number;
  else if (!strcmp(word, "vcc")) host_vcc_mv = (uint16_t)number;
  else if (!strcmp(word, "frame")) host_frame_samples = (uint8_t)number;
  else if (!strcmp(word, "noise")) host_noise_stuck = 1;
  else if (!strcmp(word, "samples")) memcpy(host_samples, bytes, n), host_sample_count = (uint16_t)(n / 2);
  else if (!strcmp(word, "start")) run_start((uint8_t)number);
  else if (!strcmp(word, "rx")) host_receive(bytes, (uint16_t)n);
  else if (!strcmp(word, "dump")) print_hex("eeprom", host_eeprom, HOST_EEPROM);
  else if (!strcmp(word, "relay")) printf("relay %u\n", host_relay);
  else if (!strcmp(word, "counts")) printf("counts %u %u %u %u %u %u\n", rx_bad(), rx_counts.cbor, rx_counts.shape, rx_counts.busy, rx_counts.seq, rx_counts.macbad);
}

int main(void) {
  static char line[140000];
  host_on_frame = on_frame;
  memset(host_eeprom, 0xFF, HOST_EEPROM);
  memset(host_program, 0xFF, sizeof host_program);
  while (fgets(line, sizeof line, stdin)) {
    obey(line);
    puts(".");
    fflush(stdout);
  }
  return 0;
}
