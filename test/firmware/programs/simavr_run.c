/* crypto_avr.c in simavr, an emulator of another origin: the same operations must give the same bytes in the same number of cycles.
 *   simavr_run ELF address-of-io address-of-command < requests > answers
 * A request is an operation byte and the 448 bytes of io; an answer is the cycles in 8 bytes and io again. */
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IO_BYTES = 448, GPIOR0 = 0x3E };

int main(int argc, char **argv) {
  static elf_firmware_t firmware;
  FILE *answers = fdopen(dup(1), "wb");
  dup2(2, 1); /* simavr itself talks on stdout */
  if (argc != 4 || elf_read_firmware(argv[1], &firmware) != 0) return 2;
  uint16_t io = (uint16_t)atoi(argv[2]), command = (uint16_t)atoi(argv[3]);
  avr_t *avr = avr_make_mcu_by_name("atmega328p");
  if (!avr) return 3;
  avr_init(avr);
  avr->frequency = 16000000;
  avr_load_firmware(avr, &firmware);
  while (avr->cycle < 20000) avr_run(avr);
  uint8_t request[1 + IO_BYTES];
  while (fread(request, 1, sizeof request, stdin) == sizeof request) {
    memcpy(avr->data + io, request + 1, IO_BYTES);
    avr->data[command] = request[0];
    while (avr->data[GPIOR0] != 1) avr_run(avr);
    uint64_t from = avr->cycle;
    while (avr->data[GPIOR0] == 1) avr_run(avr);
    uint64_t cycles = avr->cycle - from;
    while (avr->data[command]) avr_run(avr);
    if (avr->state == cpu_Crashed || avr->state == cpu_Done) return 4;
    fwrite(&cycles, 1, 8, answers);
    fwrite(avr->data + io, 1, IO_BYTES, answers);
  }
  fclose(answers);
  return 0;
}
