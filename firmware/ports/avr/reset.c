/* Bootloaders eat MCUSR: optiboot 4.4 and stk500v2 clear it and hand nothing on. So a record of four bytes in RAM that survives a reset
 * tells what came before; it lies clear of both ends that bootloaders use. MCUSR is used where it is not 0. */
#include "reset.h"

#include "messages.h" /* causes */
#include "port.h"     /* restart */

#include <avr/interrupt.h> /* cli */
#include <avr/io.h>        /* registers */

typedef struct {
  uint16_t magic;
  uint8_t cause, not_cause;
} reset_record;
extern volatile reset_record kz_reset_record; /* placed by the linker, ports/avr of the Makefile */
#define MAGIC 0x4B5A
#define NO_CAUSE 0xFF

/* Before the runtime: a watchdog left on by the reset that brought us here would strike again in 16 ms. */
void __attribute__((naked, used, section(".init3"))) reset_early(void) {
  GPIOR2 = MCUSR;
  MCUSR = 0;
  __asm__ volatile("wdr");
  WDTCSR = (1 << WDCE) | (1 << WDE);
  WDTCSR = 0;
}

void reset_note(uint8_t cause) {
  kz_reset_record.magic = MAGIC;
  kz_reset_record.cause = cause;
  kz_reset_record.not_cause = (uint8_t)~cause;
}

static uint8_t noted(void) {
  if (kz_reset_record.magic != MAGIC || (kz_reset_record.cause ^ kz_reset_record.not_cause) != 0xFF) return CAUSE_POWER;
  return kz_reset_record.cause == NO_CAUSE ? CAUSE_EXTERNAL : kz_reset_record.cause;
}

uint8_t reset_cause(void) {
  uint8_t flags = GPIOR2, cause;
  if (flags & (1 << PORF))
    cause = CAUSE_POWER;
  else if (flags & (1 << BORF))
    cause = CAUSE_BROWNOUT;
  else if (flags == 0 || (flags & (1 << WDRF)))
    /* our own restarts, and those by the watchdog that a loader hides: the record knows which */
    cause = noted();
  else
    cause = CAUSE_EXTERNAL;
  if ((flags & (1 << WDRF)) && (cause == CAUSE_POWER || cause == CAUSE_EXTERNAL)) cause = CAUSE_WATCHDOG;
  reset_note(NO_CAUSE);
  return cause;
}

void port_restart(uint8_t cause) {
  cli();
  relay_safe();
  reset_note(cause);
  /* Not by the watchdog: behind ATmegaBOOT of old Nanos a reset by it never ends. Every register is written in full at the start. */
  __asm__ volatile("jmp 0");
  __builtin_unreachable();
}
