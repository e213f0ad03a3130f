/* Two floors: the end of the overlay while the board streams, the end of its talk part while it signs. */
#include "stack.h"

#include "overlay.h" /* where the floors are */
#include "port.h"    /* painting and counting */

static uint16_t lowest = 0xFFFF;
#define CANARY 0xC9

static void plant(volatile uint8_t *canary) {
  for (uint8_t i = 0; i < 4; i++) canary[i] = (uint8_t)(CANARY + i);
}

static uint8_t broken(const volatile uint8_t *canary) {
  for (uint8_t i = 0; i < 4; i++)
    if (canary[i] != (uint8_t)(CANARY + i)) return 1;
  return 0;
}

static void measure(const void *floor) {
  uint16_t free = stack_untouched(floor);
  if (free < lowest) lowest = free;
}

void stack_start(void) {
  plant(overlay.canary);
  stack_paint((uint8_t *)(&overlay + 1));
}

void stack_deep_begin(void) {
  measure(&overlay + 1);
  plant(overlay.talk.canary);
  stack_paint((uint8_t *)(&overlay.talk + 1));
}

void stack_deep_end(void) {
  measure(&overlay.talk + 1);
  if (broken(overlay.talk.canary)) port_restart(RESTART_CANARY);
  stack_start(); /* the stack may have stood on this canary lawfully */
}

uint16_t stack_lowest_free(void) {
  measure(&overlay + 1);
  return lowest;
}

void stack_check(void) {
  if (broken(overlay.canary)) port_restart(RESTART_CANARY);
}
