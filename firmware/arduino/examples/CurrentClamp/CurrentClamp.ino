// A current clamp (SCT-013 with its divider) on A0. Between captures the sketch watches the clamp itself and lights pin 4 while the motor
// runs; what it sees is a hint for the person beside it, the signed captures are the evidence.
#include <Kizashi.h>

const int lamp = 4;
const int runningAbove = 20; // peak to peak in counts, 0.1 V

int lowest = 1023, highest = 0;
unsigned long windowFrom;

void setup() {
  pinMode(lamp, OUTPUT);
  Kizashi.begin();
}

void loop() {
  Kizashi.poll();
  int now = analogRead(A0);
  lowest = min(lowest, now);
  highest = max(highest, now);
  if (millis() - windowFrom >= 100) { // five periods of 50 Hz, six of 60 Hz
    digitalWrite(lamp, highest - lowest > runningAbove ? HIGH : LOW);
    lowest = 1023;
    highest = 0;
    windowFrom = millis();
  }
}
