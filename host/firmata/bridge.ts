/**
 * A Firmata board on TCP in front of a board of kizashi: programs that speak Firmata drive authenticated pins. The far end is trusted as far
 * as the socket is: it listens on this machine only.
 *
 *     Firmata client ─tcp▶ FirmataBridge ─▶ Kizashi (IO plugin) ─▶ session ─▶ board
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { Kizashi } from '../johnny-five/index.js';
import { type FirmataMessage, FirmataReader, pairs, unpair } from './wire.js';

/** Firmata protocol 2.5, message types and sysex commands. */
const sysex = { start: 0xf0, end: 0xf7 };
const command = {
  servoConfig: 0x70,
  string: 0x71,
  i2cRequest: 0x76,
  i2cReply: 0x77,
  i2cConfig: 0x78,
  firmware: 0x79,
  sampling: 0x7a,
  analogMapping: 0x69,
  analogMappingReply: 0x6a,
  capability: 0x6b,
  capabilityReply: 0x6c,
  pinState: 0x6d,
  pinStateReply: 0x6e,
  extendedAnalog: 0x6f,
};
const protocolVersion = [2, 5];
const i2cMode = 0x06;

/** Bits of a value by mode, as the capability reply states them. */
const resolution = (mode: number): number => ({ 2: 10, 3: 8, 4: 14 })[mode] ?? 1;

type Listener = (value: unknown) => void;

class Client {
  readonly #written = new Map<number, number>();
  readonly #reporting = new Set<number>();
  readonly #watched = new Set<number>();
  readonly #listeners: [event: string, fn: Listener][] = [];

  constructor(
    private readonly socket: Socket,
    private readonly io: Kizashi,
  ) {
    const reader = new FirmataReader();
    socket.on('data', (bytes) => {
      for (const message of reader.push(bytes)) this.#guard(() => this.#take(message));
    });
    this.#listen('analog-read', ({ pin, value }: { pin: number; value: number }) => {
      const channel = io.analogPins.indexOf(pin);
      if (channel >= 0) this.#send([0xe0 | channel, value & 127, value >> 7]);
    });
    this.#listen('digital-read', ({ pin }: { pin: number }) => this.#sendPort(pin >> 3));
    this.#listen('error', (error: Error) => this.#say(error.message));
    socket.once('close', () => {
      for (const [event, fn] of this.#listeners) io.off(event, fn);
    });
  }

  #listen<T>(event: string, fn: (value: T) => void): void {
    const listener: Listener = (value) => fn(value as T);
    this.io.on(event, listener);
    this.#listeners.push([event, listener]);
  }

  #send(bytes: number[]): void {
    if (this.socket.writable) this.socket.write(Uint8Array.from(bytes));
  }

  #sysex(kind: number, data: number[]): void {
    this.#send([sysex.start, kind, ...data, sysex.end]);
  }

  /** A string message: what the board or the plugin refused. */
  #say(text: string): void {
    this.#sysex(command.string, pairs([...Buffer.from(text, 'latin1')]));
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#say((error as Error).message);
    }
  }

  #sendPort(port: number): void {
    if (!this.#reporting.has(port)) return;
    let mask = 0;
    for (let bit = 0; bit < 8; bit++)
      if (this.#isInput(8 * port + bit) && this.io.pins[8 * port + bit].value === 1) mask |= 1 << bit;
    this.#send([0x90 | port, mask & 127, mask >> 7]);
  }

  #isInput(pin: number): boolean {
    const mode = this.io.pins[pin]?.mode;
    return mode === this.io.MODES.INPUT || mode === this.io.MODES.PULLUP;
  }

  #watch(pin: number): void {
    if (!this.#isInput(pin) || this.#watched.has(pin) || !this.#reporting.has(pin >> 3)) return;
    this.#watched.add(pin);
    this.io.digitalRead(pin);
  }

  #take({ type, data }: FirmataMessage): void {
    const { io } = this;
    const low = type & 15;
    if (type === 0xf9) {
      this.#send([0xf9, ...protocolVersion]);
      return;
    }
    if (type === 0xff) {
      io.reset();
      return;
    }
    if (type === 0xf4) {
      io.pinMode(data[0], data[1]);
      this.#watch(data[0]);
      return;
    }
    if (type === 0xf5) {
      io.digitalWrite(data[0], data[1]);
      return;
    }
    if (type === sysex.start) {
      this.#takeSysex(data[0], data.slice(1));
      return;
    }
    const value = data[0] | ((data[1] ?? 0) << 7);
    switch (type & 0xf0) {
      case 0x90:
        this.#writePort(low, value);
        return;
      case 0xe0:
        this.#writeAnalog(low, value);
        return;
      case 0xc0:
        if (data[0]) io.analogRead(io.analogPins[low]);
        else io.reportAnalogPin(io.analogPins[low], 0);
        return;
      case 0xd0:
        if (data[0]) this.#reporting.add(low);
        else this.#reporting.delete(low);
        for (let bit = 0; bit < 8; bit++) this.#watch(8 * low + bit);
        return;
    }
  }

  /** A port message names eight pins; only those that changed are written. */
  #writePort(port: number, mask: number): void {
    const before = this.#written.get(port) ?? 0;
    this.#written.set(port, mask);
    for (let bit = 0; bit < 8; bit++) {
      if ((((before ^ mask) >> bit) & 1) === 1)
        this.#guard(() => this.io.digitalWrite(8 * port + bit, (mask >> bit) & 1));
    }
  }

  #writeAnalog(pin: number, value: number): void {
    if (this.io.pins[pin]?.mode === this.io.MODES.SERVO) this.io.servoWrite(pin, value);
    else this.io.pwmWrite(pin, value);
  }

  #takeSysex(kind: number, data: number[]): void {
    const { io } = this;
    switch (kind) {
      case command.firmware:
        this.#sysex(kind, [...protocolVersion, ...pairs([...Buffer.from('kizashi', 'latin1')])]);
        return;
      case command.analogMapping:
        this.#sysex(
          command.analogMappingReply,
          io.pins.map((pin) => pin.analogChannel),
        );
        return;
      case command.capability:
        this.#sysex(
          command.capabilityReply,
          io.pins.flatMap((pin, k) => [
            ...pin.supportedModes.flatMap((mode) => [mode, resolution(mode)]),
            ...(k >= io.pins.length - 2 && pin.supportedModes.length > 0 ? [i2cMode, 1] : []),
            127,
          ]),
        );
        return;
      case command.pinState: {
        const { mode, value } = io.pins[data[0]];
        this.#sysex(command.pinStateReply, [data[0], mode ?? 0, value & 127, (value >> 7) & 127]);
        return;
      }
      case command.extendedAnalog:
        this.#writeAnalog(
          data[0],
          data.slice(1).reduce((sum, part, k) => sum | (part << (7 * k)), 0),
        );
        return;
      case command.sampling:
        io.setSamplingInterval(data[0] | (data[1] << 7));
        return;
      case command.servoConfig:
        io.servoConfig(data[0], data[1] | (data[2] << 7), data[3] | (data[4] << 7));
        return;
      case command.i2cConfig:
        io.i2cConfig();
        return;
      case command.i2cRequest:
        this.#bus(data[0], (data[1] >> 3) & 3, unpair(data.slice(2)));
        return;
      default:
        this.#say(`sysex 0x${kind.toString(16)} is not offered by this board`);
    }
  }

  #bus(address: number, mode: number, rest: number[]): void {
    const { io } = this;
    if (mode === 0) {
      io.i2cWrite(address, rest);
      return;
    }
    if (mode === 3) {
      io.i2cStop(address);
      return;
    }
    const [register, count] = rest.length > 1 ? rest : [0, rest[0]];
    const reply = (bytes: number[]) => this.#sysex(command.i2cReply, pairs([address, register, ...bytes]));
    if (rest.length > 1) io[mode === 1 ? 'i2cReadOnce' : 'i2cRead'](address, register, count, reply);
    else io[mode === 1 ? 'i2cReadOnce' : 'i2cRead'](address, count, reply);
  }
}

export interface FirmataBridge {
  host: string;
  port: number;
  /** Clients that were turned away because one is served already. */
  turnedAway(): number;
  close(): Promise<void>;
}

/**
 * Serves one Firmata client at a time on 127.0.0.1. When it goes, its outputs are let go.
 * @param port 0: any free one
 */
export async function serveFirmata(io: Kizashi, port: number): Promise<FirmataBridge> {
  let client: Socket | undefined;
  let away = 0;
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (client) {
      away++;
      socket.destroy();
      return;
    }
    client = socket;
    socket.setNoDelay(true);
    new Client(socket, io);
    socket.once('close', () => {
      client = undefined;
      if (io.isReady) io.reset();
    });
  });
  const host = '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    turnedAway: () => away,
    close: () =>
      new Promise((done) => {
        client?.destroy();
        server.close(() => done());
      }),
  };
}
