/* Relays and their dead-man. */
#ifndef RELAY_H
#define RELAY_H

void relay_start(void);
/* Every 65,536 ticks, from the time base's interrupt. */
void relay_beat(void);

#endif
