/** The client of Firmata: firmata-io, which has no types. */

/** Of the types of firmata-io, which has none, what is used here. */
export interface FirmataClient {
  firmware: { name?: string; version?: { major: number; minor: number } };
  analogPins: number[];
  isReady: boolean;
  MODES: { ANALOG: number };
  RESOLUTION: { ADC: number | null };
  on(event: string, fn: (...args: never[]) => void): void;
  off(event: string, fn: (...args: never[]) => void): void;
  removeAllListeners(event: string): void;
  setSamplingInterval(ms: number): void;
  pinMode(pin: number, mode: number): void;
  analogRead(channel: number, fn: (value: number) => void): void;
  reportAnalogPin(channel: number, report: 0 | 1): void;
  i2cConfig(delayUs?: number): void;
  i2cWrite(address: number, register: number, bytes: number[]): void;
  i2cReadOnce(address: number, register: number, count: number, fn: (bytes: number[]) => void): void;
  reset(): void;
}
