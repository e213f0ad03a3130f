import type { Level } from '../board.js';
import type { AvrCore } from './core.js';

export interface PortConfig {
  /** Letter of the port. */
  name: string;
  /** Address of PINx; DDRx and PORTx follow. */
  pin: number;
  /** Pin change interrupt group, the place of bit 0 in PCMSKn, and which bits of the port have one (all if absent). */
  pcint?: { group: number; shift: number; mask?: number };
}

export interface ExternalConfig {
  eicra: number;
  /** Sense control of INT4..7, where there are so many. */
  eicrb?: number;
  eimsk: number;
  eifr: number;
  /** Per interrupt INT0..: its vector and its pin as port letter and bit. */
  lines: { vector: number; port: string; bit: number }[];
  pcicr: number;
  pcifr: number;
  pcmsk: number[];
  pcintVectors: number[];
}

interface Port {
  config: PortConfig;
  ddr: number;
  port: number;
  /** Bits whose level a timer's compare output sets, and those levels. */
  override: number;
  overrideLevel: number;
  /** What the outside drives: mask and levels. */
  driven: number;
  outside: number;
  /** Levels and directions at the last look, for change detection. */
  seen: number;
  seenDriven: number;
  seenLevel: number;
}

/** Digital ports, external and pin change interrupts (ATmega328P datasheet, "I/O-Ports", "External Interrupts"). */
export class Gpio {
  /** A level on a pin changed, whoever drives it. */
  onInput: (port: string, bit: number, level: 0 | 1, cycle: number) => void = () => {};
  /** What the chip itself drives changed. */
  onDriven: (port: string, bit: number, level: Level, cycle: number) => void = () => {};
  /** MCUCR.PUD. */
  pullUpsOff = false;
  readonly #ports = new Map<string, Port>();
  #sense = 0;
  #mask = 0;
  #flags = 0;
  #changeEnabled = 0;
  #changeFlags = 0;
  readonly #changeMask: number[];

  constructor(
    private readonly core: AvrCore,
    ports: readonly PortConfig[],
    private readonly external: ExternalConfig,
  ) {
    const { readHooks, writeHooks } = core.cpu;
    for (const config of ports) {
      const port: Port = {
        config,
        ddr: 0,
        port: 0,
        override: 0,
        overrideLevel: 0,
        driven: 0,
        outside: 0,
        seen: 0,
        seenDriven: 0,
        seenLevel: 0,
      };
      this.#ports.set(config.name, port);
      readHooks[config.pin] = () => this.#levels(port);
      // writing a one to PINx toggles PORTx (datasheet "Toggling the Pin"); SBI acts on its own bit only
      writeHooks[config.pin] = (value, _old, _at, mask) => {
        port.port ^= value & mask;
        this.#look(port, core.cpu.cycles);
        return true;
      };
      readHooks[config.pin + 1] = () => port.ddr;
      writeHooks[config.pin + 1] = (value) => {
        port.ddr = value;
        this.#look(port, core.cpu.cycles);
        return true;
      };
      readHooks[config.pin + 2] = () => port.port;
      writeHooks[config.pin + 2] = (value) => {
        port.port = value;
        this.#look(port, core.cpu.cycles);
        return true;
      };
    }
    this.#changeMask = external.pcmsk.map(() => 0);
    const store = (address: number, read: () => number, write: (value: number) => void): void => {
      readHooks[address] = read;
      writeHooks[address] = (value) => {
        write(value);
        this.#request();
        return true;
      };
    };
    store(
      external.eicra,
      () => this.#sense & 0xff,
      (value) => {
        this.#sense = (this.#sense & 0xff00) | value;
      },
    );
    if (external.eicrb !== undefined) {
      store(
        external.eicrb,
        () => this.#sense >> 8,
        (value) => {
          this.#sense = (this.#sense & 0xff) | (value << 8);
        },
      );
    }
    store(
      external.eimsk,
      () => this.#mask,
      (value) => {
        this.#mask = value;
      },
    );
    store(
      external.pcicr,
      () => this.#changeEnabled,
      (value) => {
        this.#changeEnabled = value;
      },
    );
    external.pcmsk.forEach((address, group) => {
      store(
        address,
        () => this.#changeMask[group]!,
        (value) => {
          this.#changeMask[group] = value;
        },
      );
    });
    readHooks[external.eifr] = () => this.#flags;
    writeHooks[external.eifr] = (value, _old, _at, mask) => {
      this.#flags &= ~(value & mask);
      this.#request();
      return true;
    };
    readHooks[external.pcifr] = () => this.#changeFlags;
    writeHooks[external.pcifr] = (value, _old, _at, mask) => {
      this.#changeFlags &= ~(value & mask);
      this.#request();
      return true;
    };
    external.lines.forEach(({ vector }, line) => {
      core.acknowledge[vector] = () => {
        this.#flags &= ~(1 << line);
        this.#request();
      };
    });
    external.pcintVectors.forEach((vector, group) => {
      core.acknowledge[vector] = () => {
        this.#changeFlags &= ~(1 << group);
        this.#request();
      };
    });
  }

  /** Levels the chip drives on its outputs. */
  #output(port: Port): number {
    return (port.port & ~port.override) | (port.overrideLevel & port.override);
  }

  #levels(port: Port): number {
    const pulled = this.pullUpsOff ? 0 : port.port;
    const inputs = (port.outside & port.driven) | (pulled & ~port.driven);
    return (this.#output(port) & port.ddr) | (inputs & ~port.ddr);
  }

  #look(port: Port, cycle: number): void {
    const levels = this.#levels(port);
    const output = this.#output(port);
    const changed = levels ^ port.seen;
    const drivenChanged = (port.ddr ^ port.seenDriven) | ((output ^ port.seenLevel) & port.ddr);
    port.seen = levels;
    port.seenDriven = port.ddr;
    port.seenLevel = output;
    if (drivenChanged !== 0) {
      for (let bit = 0; bit < 8; bit++) {
        if ((drivenChanged & (1 << bit)) === 0) continue;
        const level: Level = ((port.ddr >> bit) & 1) === 0 ? 'z' : ((output >> bit) & 1) === 1 ? 1 : 0;
        this.onDriven(port.config.name, bit, level, cycle);
      }
    }
    if (changed === 0) return;
    const { pcint } = port.config;
    if (pcint !== undefined) {
      const bits = (changed & (pcint.mask ?? 0xff)) << pcint.shift;
      if ((bits & this.#changeMask[pcint.group]!) !== 0) this.#changeFlags |= 1 << pcint.group;
    }
    for (let bit = 0; bit < 8; bit++) {
      if ((changed & (1 << bit)) === 0) continue;
      const level = ((levels >> bit) & 1) as 0 | 1;
      this.external.lines.forEach((line, index) => {
        if (line.port !== port.config.name || line.bit !== bit) return;
        const sense = (this.#sense >> (2 * index)) & 3;
        if (sense === 1 || (sense === 2 && level === 0) || (sense === 3 && level === 1)) this.#flags |= 1 << index;
      });
      this.onInput(port.config.name, bit, level, cycle);
    }
    this.#request();
  }

  #request(): void {
    const { core, external } = this;
    external.lines.forEach((line, index) => {
      const sense = (this.#sense >> (2 * index)) & 3;
      // sense 0: the low level itself requests, as long as it lasts
      const active = sense === 0 ? this.level(line.port, line.bit) === 0 : (this.#flags & (1 << index)) !== 0;
      core.request(line.vector, active && (this.#mask & (1 << index)) !== 0);
    });
    external.pcintVectors.forEach((vector, group) => {
      core.request(vector, (this.#changeFlags & this.#changeEnabled & (1 << group)) !== 0);
    });
  }

  /** Level as the chip reads it. A floating input reads 0. */
  level(name: string, bit: number): 0 | 1 {
    return ((this.#levels(this.#ports.get(name)!) >> bit) & 1) as 0 | 1;
  }

  read(name: string, bit: number): Level {
    const port = this.#ports.get(name)!;
    const mask = 1 << bit;
    const known = (port.ddr | port.driven | (this.pullUpsOff ? 0 : port.port)) & mask;
    return known === 0 ? 'z' : this.level(name, bit);
  }

  /** True while the chip drives the pin. */
  isOutput(name: string, bit: number): boolean {
    return (this.#ports.get(name)!.ddr & (1 << bit)) !== 0;
  }

  /** The outside drives a pin, or lets go. */
  drive(name: string, bit: number, level: Level, cycle: number): void {
    const port = this.#ports.get(name)!;
    const mask = 1 << bit;
    port.driven = level === 'z' ? port.driven & ~mask : port.driven | mask;
    port.outside = level === 1 ? port.outside | mask : port.outside & ~mask;
    this.#look(port, cycle);
  }

  /** A timer's compare output takes a pin (a level) or gives it back (undefined). */
  override(name: string, bit: number, level: 0 | 1 | undefined, cycle: number): void {
    const port = this.#ports.get(name)!;
    const mask = 1 << bit;
    port.override = level === undefined ? port.override & ~mask : port.override | mask;
    port.overrideLevel = level === 1 ? port.overrideLevel | mask : port.overrideLevel & ~mask;
    this.#look(port, cycle);
  }
}
