/* The core's variables, all in two sections of their own (the Makefile renames them), can be kept, put back, and set to their start values:
 * a reset without a new process. Compiled without sanitizers, because it walks over what lies between the variables. */
#include "outside.h"

#include <stdlib.h> /* malloc */

extern uint8_t __start_kzbss[], __stop_kzbss[], __start_kzdata[], __stop_kzdata[];
static uint8_t *initial;

/* Volatile, so that no loop becomes a call of memcpy, which a sanitizer would check. */
static void copy(uint8_t *to, const uint8_t *from, uint32_t n) {
  volatile uint8_t *out = to;
  while (n >= 8) {
    *(volatile uint64_t *)out = *(const uint64_t *)from;
    out += 8;
    from += 8;
    n -= 8;
  }
  while (n--) *out++ = *from++;
}

static uint32_t bss(void) { return (uint32_t)(__stop_kzbss - __start_kzbss); }
static uint32_t data(void) { return (uint32_t)(__stop_kzdata - __start_kzdata); }

uint32_t core_bytes(void) { return bss() + data(); }

void core_save(uint8_t *to) {
  copy(to, __start_kzbss, bss());
  copy(to + bss(), __start_kzdata, data());
}

void core_restore(const uint8_t *from) {
  copy(__start_kzbss, from, bss());
  copy(__start_kzdata, from + bss(), data());
}

/* The first call is the first boot: everything still holds its start value. */
void core_reset(void) {
  if (initial == 0) {
    initial = malloc(core_bytes());
    core_save(initial);
  }
  core_restore(initial);
}
