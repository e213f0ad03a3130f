// An analog accelerometer (ADXL335, ADXL1002) on A0, A1, A2; a lamp on pin 4 that says whether a host is there.
// Wiring and sensitivity are stated on the host: kizashi wiring adxl335 arduino:avr:uno
#include <Kizashi.h>

const int lamp = 4;

void setup() {
  pinMode(lamp, OUTPUT);
  Kizashi.begin();
}

void loop() {
  Kizashi.poll();
  // steady: provisioned and connected; slow blinking: provisioned, no host; quick: no key yet
  unsigned long phase = millis();
  if (!Kizashi.provisioned())
    digitalWrite(lamp, phase & 128 ? HIGH : LOW);
  else
    digitalWrite(lamp, Kizashi.connected() || (phase & 1024) ? HIGH : LOW);
}
