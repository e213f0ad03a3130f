/* The face of the library in C++; what it does stands in port.c. */
#include "Kizashi.h"

#include "kizashi_port.h" /* the board */

void KizashiBoard::begin(uint32_t baud) { kizashi_begin(baud); }
void KizashiBoard::poll() { kizashi_poll(); }
bool KizashiBoard::provisioned() const { return kizashi_provisioned(); }
bool KizashiBoard::connected() const { return kizashi_connected(); }
uint32_t KizashiBoard::records() const { return kizashi_records(); }
bool KizashiBoard::relayOn() const { return kizashi_relay_on(); }
uint16_t KizashiBoard::stackFree() const { return kizashi_stack_free(); }

KizashiBoard Kizashi;
