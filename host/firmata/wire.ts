/** The bytes of Firmata (protocol 2.5): MIDI-like messages, sysex with seven-bit data. */

export interface FirmataMessage {
  /** First byte; 0xF0 for sysex, whose `data` begins with the command. */
  type: number;
  data: number[];
}

/** Longest sysex taken; StandardFirmata takes 64 data bytes. */
const longest = 512;

const dataBytes = (type: number): number => {
  if (type >= 0xf0) return type === 0xf4 || type === 0xf5 ? 2 : 0;
  return (type & 0xf0) === 0xc0 || (type & 0xf0) === 0xd0 ? 1 : 2;
};

/** Bytes become messages; what belongs to no message is dropped. */
export class FirmataReader {
  #type = 0;
  #data: number[] = [];

  push(bytes: Uint8Array): FirmataMessage[] {
    const messages: FirmataMessage[] = [];
    const done = () => {
      if (this.#type !== 0xf0 || this.#data.length > 0) messages.push({ type: this.#type, data: this.#data });
      this.#type = 0;
    };
    for (const byte of bytes) {
      if (byte === 0xf7) {
        if (this.#type === 0xf0) done();
        this.#type = 0;
      } else if (byte >= 0x80) {
        this.#type = byte;
        this.#data = [];
        if (byte !== 0xf0 && dataBytes(byte) === 0) done();
      } else if (this.#type !== 0) {
        this.#data.push(byte);
        if (this.#type === 0xf0) {
          if (this.#data.length > longest) this.#type = 0;
        } else if (this.#data.length === dataBytes(this.#type)) done();
      }
    }
    return messages;
  }
}

/** Each byte as two of seven bits, low part first. */
export function pairs(bytes: number[]): number[] {
  return bytes.flatMap((byte) => [byte & 127, byte >> 7]);
}

/** The other way. */
export function unpair(data: number[]): number[] {
  return Array.from({ length: data.length >> 1 }, (_, k) => data[2 * k] | (data[2 * k + 1] << 7));
}
