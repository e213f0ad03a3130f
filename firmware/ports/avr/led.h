/* The board's LED: blinks twice when a person must find the board, and says nothing else. */
#ifndef LED_H
#define LED_H

void led_start(void);
/* Every 65,536 ticks. */
void led_beat(void);

#endif
