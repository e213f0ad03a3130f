/* Watchdog: interrupt, then reset, after one second without a main loop or without interrupts. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

void watchdog_start(void);

#endif
