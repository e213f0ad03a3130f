/* A board that measures motors and signs what it measured, inside a sketch of yours. Everything it does is asked for by the host over the
 * serial line; the sketch keeps it running by calling poll() from loop(), at least once a second. */
#ifndef KIZASHI_H
#define KIZASHI_H

#include <stdint.h> /* fixed widths */

class KizashiBoard {
public:
  /* Takes the line, timer 1, the converter during captures, the watchdog, and the whole EEPROM; returns after about 1.5 s, when `ready` was
   * sent. `baud` 0: what the flasher noted in the claim page, else 500,000. Others: 115,200, 250,000, 500,000, 1,000,000. */
  void begin(uint32_t baud = 0);
  /* Handles one frame of the host. Returns at once if there is none, after the seal if the frame asked for a capture. */
  void poll();
  /* A key was born on this board: its captures are evidence. */
  bool provisioned() const;
  /* The host has opened a session since the start. */
  bool connected() const;
  /* Number of the last record (capture, identity, event) that was signed or begun. */
  uint32_t records() const;
  /* 1 while the host holds the relay on. */
  bool relayOn() const;
  /* Fewest bytes of stack that were ever free since begin(). */
  uint16_t stackFree() const;
};

extern KizashiBoard Kizashi;

#endif
