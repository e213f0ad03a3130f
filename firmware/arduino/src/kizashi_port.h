/* The board as C: between the face of the library and its port. */
#ifndef KIZASHI_PORT_H
#define KIZASHI_PORT_H

#include <stdint.h> /* fixed widths */

#ifdef __cplusplus
extern "C" {
#endif

void kizashi_begin(uint32_t baud);
void kizashi_poll(void);
uint8_t kizashi_provisioned(void);
uint8_t kizashi_connected(void);
uint32_t kizashi_records(void);
uint8_t kizashi_relay_on(void);
uint16_t kizashi_stack_free(void);

#ifdef __cplusplus
}
#endif
#endif
