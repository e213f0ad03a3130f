/* The core as a native program: what its surroundings do is set here by the driver (bench.c, cuts.c). */
#ifndef HOST_H
#define HOST_H

#include "port.h" /* the functions that host.c defines */

#define HOST_EEPROM 1024
/* What the board sees; shared with a parent process where there is one. */
extern uint8_t *host_eeprom;
extern uint8_t host_program[32768];
extern ticks48 host_ticks;
extern uint16_t host_vcc_mv;
extern uint8_t host_frame_samples; /* samples in a frame of a capture */
extern uint16_t host_samples[4096];
extern uint16_t host_sample_count;
extern uint8_t host_relay;
extern uint8_t host_noise_stuck;

/* Called before an EEPROM byte changes; may not return. */
extern void (*host_before_write)(uint16_t address, uint8_t value);
/* Called with each frame as it goes to the line. */
extern void (*host_on_frame)(const uint8_t *frame, uint8_t n);
extern uint32_t host_writes;

/* Bytes from the line, as the interrupt would take them. */
void host_receive(const uint8_t *bytes, uint16_t n);
/* Turns the main loop until nothing is left to do. */
void host_settle(void);

#endif
