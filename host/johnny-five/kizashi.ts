/**
 * An IO plugin for Johnny-Five over an authenticated session: every write is a command under a MAC, every value read comes in a report under
 * a MAC, every output falls off when this process dies. What the board cannot do now (it captures or signs) is an error, never silence.
 *
 *     five.Board ─▶ Kizashi ─▶ Session.command (pin-set, relay, bus)     Session 'report' ─▶ analog-read-N, digital-read-N
 */
import { EventEmitter } from 'node:events';
import { capsFlag, pinMode } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { attend, type BoardPort, hex, type PortOptions, type Session, type VerifiedRecord } from '../session/index.js';
import { type IoPin, ioPins, MODES, pinNumber, relayOn } from './board-pins.js';
import { HeldOutputs } from './held-outputs.js';
import { checkTransaction, RepeatedRead, type Reply, transact } from './two-wire.js';
import { WatchedPins } from './watched-pins.js';

export interface KizashiOptions {
  /** A port that is attended already; it stays its owner's. */
  port?: BoardPort;
  /** Else: where the board is and how its key is known; the port is opened and kept by the plugin. */
  open?: PortOptions;
  /** How long an output outlives this process, in ms. 10 s by default, at most 600,000. */
  holdMs?: number;
  /** Interval of reports in ms; the board makes it a multiple of about 33 ms on an Uno. */
  samplingIntervalMs?: number;
}

interface Found {
  number: number;
  facts: IoPin;
  board: BoardFacts;
}

/** Event code of an output that the board let go. */
const dropped = 3;
const digital = new Set<number | undefined>([MODES.INPUT, MODES.PULLUP]);
/** Below this a servo's value is an angle, above it a pulse in µs (Arduino Servo library, MIN_PULSE_WIDTH). */
const shortestPulse = 544;

export class Kizashi extends EventEmitter {
  readonly name = 'Kizashi';
  readonly MODES = MODES;
  readonly HIGH = 1;
  readonly LOW = 0;
  readonly RESOLUTION = { ADC: 1023, DAC: null, PWM: 255 };
  /** The LED of an Uno tells which board is meant and is the firmware's own; Johnny-Five's default is the next pin. */
  readonly defaultLed = 12;
  isReady = false;
  pins: IoPin[] = [];
  analogPins: number[] = [];
  /** Commands that are not acknowledged yet. */
  pending = 0;
  readonly #port: BoardPort;
  readonly #owned: boolean;
  readonly #holdMs: number;
  #intervalMs: number;
  #session?: Session;
  #outputs?: HeldOutputs;
  #watched?: WatchedPins;
  readonly #watchedPins: number[] = [];
  /** Value that the board acknowledged last, by output. */
  readonly #standing = new Map<number, number>();
  readonly #servoRange = new Map<number, [number, number]>();
  readonly #reads = new Map<string, { read: RepeatedRead; callback: Reply }>();
  #last: Promise<unknown> = Promise.resolve();

  /** @throws TypeError where neither a port nor how to open one is given */
  constructor(options: KizashiOptions) {
    super();
    const { port, open } = options;
    if (!port && !open) throw new TypeError('Kizashi needs a port or the options to open one');
    this.#port = port ?? attend(open as PortOptions);
    this.#owned = !port;
    this.#holdMs = options.holdMs ?? 10_000;
    this.#intervalMs = options.samplingIntervalMs ?? 32;
    this.#port.on('session', (session) => this.#take(session));
    this.#port.on('state', this.#onState);
    const now = this.#port.session;
    if (now) setImmediate(() => this.#take(now));
  }

  /** The session, for captures: `startCapture(io.session, plan)`. @throws KZ0208 while there is none */
  get session(): Session {
    if (!this.#session?.alive) throw new KizashiError('KZ0208', 'there is no session with the board now', {});
    return this.#session;
  }

  /** Path of the port, shown by Johnny-Five when it connects. */
  get port(): string {
    return this.#port.path;
  }

  /** A port that needs a person before anything can begin: bare, blank, quarantined. */
  #onState = (): void => {
    const { failure, state } = this.#port;
    if (failure && !this.isReady && ['bare', 'blank', 'quarantined', 'closed'].includes(state)) this.#fail(failure);
  };

  #take(session: Session): void {
    if (this.#session === session) return;
    const first = this.#session === undefined;
    this.#session = session;
    if ((session.caps.flags & capsFlag.pins) === 0) {
      const { name } = session.board;
      this.#fail(
        new KizashiError('KZ1501', `${name} offers no general pins (${session.hello.fw})`, { fw: session.hello.fw }),
      );
      return;
    }
    const fail = (error: Error) => this.#fail(error);
    if (first) {
      this.pins = ioPins(session.facts, session.caps);
      this.analogPins = session.facts.adc.pins.map((pin) => pinNumber(pin, session.facts));
    }
    this.#outputs = new HeldOutputs(session, this.#holdMs, fail);
    this.#watched = new WatchedPins(session, this.#watchedPins, this.#intervalMs, (p, v) => this.#value(p, v), fail);
    session.on('record', (record) => this.#record(record));
    session.on('state', (state) => this.emit(state === 'capturing' ? 'paused' : 'state', state));
    session.once('ended', (_cause, text) => this.#ended(text));
    if (first) {
      this.isReady = true;
      this.emit('connect');
      this.emit('ready');
      return;
    }
    // inputs are made inputs again; an output stays off until the program says otherwise: nothing starts to turn by itself
    for (const [pin, { mode }] of this.pins.entries())
      if (mode === MODES.PULLUP || mode === MODES.ANALOG) this.pinMode(pin, mode);
    this.emit('reconnect');
  }

  #ended(text: string): void {
    for (const pin of this.pins) if (!digital.has(pin.mode) && pin.mode !== MODES.ANALOG) pin.value = 0;
    for (const { read } of this.#reads.values()) read.stop();
    this.emit('disconnect', text);
  }

  /** An event of the board that says which output it let go. */
  #record({ message }: VerifiedRecord): void {
    if (message.type !== 'event' || message.body.code !== dropped) return;
    const pin = message.body.info.get(2);
    if (typeof pin !== 'number' || !this.pins[pin]) return;
    this.#outputs?.dropped(pin);
    this.pins[pin].value = 0;
    this.emit('output-dropped', { pin, record: message.body.rec });
  }

  /** Nothing is dropped silently, and a program without an `error` listener does not die of it. */
  #fail(error: Error): void {
    try {
      if (this.listenerCount('error') > 0) {
        this.emit('error', error);
        return;
      }
    } catch (thrown) {
      // a Board that nobody listens to throws what it is given; anything else is the listener's own fault
      if (thrown !== error) throw thrown;
    }
    process.emitWarning(error.message, { type: 'KizashiWarning', code: (error as KizashiError).code });
  }

  /** Commands go out in the order of the calls. */
  #send(work: () => Promise<void>): void {
    this.pending++;
    this.#last = this.#last
      .then(work)
      .catch((error: Error) => this.#fail(error))
      .finally(() => {
        this.pending--;
      });
  }

  #pin(pin: string | number): Found {
    const board = this.session.facts;
    const number = pinNumber(pin, board);
    const facts = this.pins[number];
    if (!facts) throw new KizashiError('KZ1502', `${board.name} has no pin ${pin}`, { pin });
    return { number, facts, board };
  }

  #able(pin: string | number, mode: number): Found {
    const found = this.#pin(pin);
    if (!found.facts.supportedModes.includes(mode)) {
      const word = Object.entries(MODES).find(([, value]) => value === mode)?.[0] ?? `mode ${mode}`;
      const fits = this.pins.flatMap((p, k) =>
        p.supportedModes.includes(mode) ? [Object.keys(found.board.pins)[k]] : [],
      );
      const where = fits.length > 0 ? `pins that do: ${fits.join(', ')}` : 'no pin does';
      throw new KizashiError('KZ1502', `pin ${pin} of ${found.board.name} does not do ${word}; ${where}`, {
        pin,
        mode,
      });
    }
    return found;
  }

  /** "A0" → 14. */
  normalize(pin: string | number): number {
    return this.#session ? pinNumber(pin, this.#session.facts) : Number(pin);
  }

  /** @throws KZ1502 where the pin cannot be that */
  pinMode(pin: string | number, mode: number): void {
    const { number, facts, board } = this.#able(pin, mode);
    facts.mode = mode;
    if (relayOn(number, board) >= 0) return; // a relay is an output already, and at its safe value
    const wire = new Map<number, number>([
      [MODES.INPUT, pinMode.input],
      [MODES.PULLUP, pinMode.pullUp],
      [MODES.OUTPUT, pinMode.output],
      [MODES.PWM, pinMode.pwm],
      [MODES.SERVO, pinMode.servo],
      [MODES.ANALOG, pinMode.analog],
    ]).get(mode) as number;
    facts.value = 0;
    this.#set(number, wire, 0);
  }

  #set(pin: number, mode: number, value: number): void {
    const shown = this.pins[pin].value;
    this.#send(async () => {
      try {
        await this.#outputs?.set(pin, mode, value);
        this.#standing.set(pin, shown);
      } catch (error) {
        // what was refused is not what stands on the pin
        if (this.#outputs?.pins.includes(pin)) this.pins[pin].value = this.#standing.get(pin) ?? 0;
        else if (!digital.has(this.pins[pin].mode)) this.pins[pin].value = 0;
        throw error;
      }
    });
  }

  /** On an input, 1 switches the pull-up on, as an Arduino does. @throws KZ1502 */
  digitalWrite(pin: string | number, value: number | boolean): void {
    const level = value ? 1 : 0;
    const { number, facts, board } = this.#pin(pin);
    const relay = relayOn(number, board);
    if (digital.has(facts.mode) && facts.mode !== undefined) {
      this.#set(number, level ? pinMode.pullUp : pinMode.input, 0);
      return;
    }
    this.#able(number, MODES.OUTPUT);
    facts.mode = MODES.OUTPUT;
    facts.value = level;
    if (relay >= 0) {
      const on = (level === 1) === board.relays[relay].activeHigh;
      this.#send(() => this.session.relays.set(relay, on));
    } else this.#set(number, pinMode.output, level);
  }

  /** @param value 0 to 255 @throws KZ1502 */
  pwmWrite(pin: string | number, value: number): void {
    const { number, facts } = this.#able(pin, MODES.PWM);
    facts.mode = MODES.PWM;
    facts.value = Math.max(0, Math.min(255, Math.round(value)));
    this.#set(number, pinMode.pwm, facts.value);
  }

  analogWrite(pin: string | number, value: number): void {
    this.pwmWrite(pin, value);
  }

  /** Pulses in µs at 0° and 180°. @throws KZ1502 */
  servoConfig(pin: string | number, min: number, max: number): void {
    const { number, facts } = this.#able(pin, MODES.SERVO);
    facts.mode = MODES.SERVO;
    this.#servoRange.set(number, [min, max]);
  }

  /** @param value pulse in µs (544 and more) or angle in degrees @throws KZ1502 */
  servoWrite(pin: string | number, value: number): void {
    const { number, facts } = this.#able(pin, MODES.SERVO);
    const [min, max] = this.#servoRange.get(number) ?? [shortestPulse, 2400];
    const pulse = Math.round(value >= shortestPulse ? value : min + ((max - min) * Math.min(180, value)) / 180);
    if (pulse < 400 || pulse > 2600)
      throw new KizashiError('KZ1502', `a servo pulse of ${pulse} µs is none`, { pin, pulse });
    facts.mode = MODES.SERVO;
    facts.value = value;
    this.#set(number, pinMode.servo, pulse);
  }

  #watch(number: number, event: string, callback?: (value: number) => void): void {
    if (callback) this.on(event, callback);
    this.#watched?.add(number);
    this.pins[number].report = 1;
  }

  /** Streams counts of the converter, 0 to 1023. @throws KZ1502 no analog pin, or the ninth watched one */
  analogRead(pin: string | number, callback?: (value: number) => void): void {
    const { number, facts } = this.#able(pin, MODES.ANALOG);
    if (facts.mode !== MODES.ANALOG) this.pinMode(number, MODES.ANALOG);
    this.#watch(number, `analog-read-${number}`, callback);
  }

  /** Calls back with the first value and at each change. @throws KZ1502 */
  digitalRead(pin: string | number, callback?: (value: number) => void): void {
    const { number, facts } = this.#able(pin, MODES.INPUT);
    if (facts.mode === undefined) this.pinMode(number, MODES.INPUT);
    facts.value = -1; // whatever comes first is a change
    this.#watch(number, `digital-read-${number}`, callback);
  }

  #value(number: number, value: number): void {
    const pin = this.pins[number];
    const kind = pin.mode === MODES.ANALOG ? 'analog' : 'digital';
    if (kind === 'digital' && pin.value === value) return;
    pin.value = value;
    this.emit(`${kind}-read-${number}`, value);
    this.emit(`${kind}-read`, { pin: number, value });
  }

  reportAnalogPin(pin: string | number, report: 0 | 1): void {
    this.#report(pin, report);
  }

  reportDigitalPin(pin: string | number, report: 0 | 1): void {
    this.#report(pin, report);
  }

  #report(pin: string | number, report: 0 | 1): void {
    const { number, facts } = this.#pin(pin);
    facts.report = report;
    if (report) this.#watched?.add(number);
    else this.#watched?.remove(number);
  }

  /** Interval of reports and repeated reads in ms. The board makes it longer where it must: `samplingInterval` says what is in force. */
  setSamplingInterval(ms: number): void {
    this.#intervalMs = Math.max(1, Math.min(60_000, Math.round(ms)));
    if (this.#watched) this.#watched.interval = this.#intervalMs;
  }

  getSamplingInterval(): number {
    return this.#intervalMs;
  }

  /** Interval in force in ms, 0 while nothing is watched. */
  get samplingInterval(): number {
    return this.#watched?.periodMs ?? 0;
  }

  queryPinState(pin: string | number, callback: (pin: number) => void): void {
    const { number } = this.#pin(pin);
    this.#send(async () => {
      callback(number);
    });
  }

  #needBus(): Session {
    const { session } = this;
    if ((session.caps.flags & capsFlag.bus) === 0)
      throw new KizashiError('KZ1502', `${session.board.name} offers no two-wire bus`, { fw: session.hello.fw });
    return session;
  }

  /** The board's bus runs at 100 kHz and needs no settings. @throws KZ1502 where there is none */
  i2cConfig(_options?: unknown): this {
    this.#needBus();
    return this;
  }

  /** `bytes` may be left out: then `register` is what is written. @throws KZ1502 */
  i2cWrite(address: number, register: number | number[], bytes?: number | number[]): this {
    const session = this.#needBus();
    const data = [register, bytes ?? []].flat();
    checkTransaction(address, data.length, 0);
    this.#send(async () => {
      await transact(session, address, data, 0);
    });
    return this;
  }

  i2cWriteReg(address: number, register: number, byte: number): this {
    return this.i2cWrite(address, register, byte);
  }

  /** Reads at each sampling interval until `i2cStop`. @throws KZ1502 */
  i2cRead(
    address: number,
    ...rest: [register: number, count: number, callback: Reply] | [count: number, callback: Reply]
  ): this {
    const { register, count, callback } = readArguments(address, rest);
    const session = this.#needBus();
    const key = `I2C-reply-${address}-${register ?? 0}`;
    this.#reads.get(key)?.read.stop();
    const turn = () =>
      new Promise<void>((done) => {
        this.#read(session, address, register, count, callback);
        void this.#last.then(() => done());
      });
    this.#reads.set(key, { read: new RepeatedRead(session, turn, () => this.#intervalMs), callback });
    return this;
  }

  /** @throws KZ1502 */
  i2cReadOnce(
    address: number,
    ...rest: [register: number, count: number, callback: Reply] | [count: number, callback: Reply]
  ): this {
    const { register, count, callback } = readArguments(address, rest);
    this.#read(this.#needBus(), address, register, count, callback);
    return this;
  }

  #read(session: Session, address: number, register: number | undefined, count: number, callback: Reply): void {
    this.#send(async () => {
      const bytes = await transact(session, address, register === undefined ? [] : [register], count);
      callback(bytes);
      this.emit(`I2C-reply-${address}-${register ?? 0}`, bytes);
    });
  }

  /** Ends repeated reads of an address. */
  i2cStop(options: number | { address: number }): void {
    const address = typeof options === 'number' ? options : options.address;
    for (const [key, { read }] of this.#reads) {
      if (!key.startsWith(`I2C-reply-${address}-`)) continue;
      read.stop();
      this.#reads.delete(key);
    }
  }

  /** Lets all outputs go and ends repeated reads; the board goes on. */
  reset(): void {
    for (const { read } of this.#reads.values()) read.stop();
    this.#reads.clear();
    const { facts, relays } = this.session;
    this.#send(async () => {
      await this.#outputs?.release();
      for (const relay of relays.held) await relays.set(relay, false);
      for (const [k, pin] of this.pins.entries()) if (relayOn(k, facts) >= 0 || !digital.has(pin.mode)) pin.value = 0;
    });
  }

  /** Ends reads, lets the outputs go while the board still listens, and closes the port if the plugin opened it. */
  async close(): Promise<void> {
    if (this.#session?.alive) this.reset();
    await this.#last;
    this.#port.off('state', this.#onState);
    this.isReady = false;
    if (this.#owned) await this.#port.close();
    this.emit('close');
  }

  /** Key id of the board, hex: what `kizashi keys list` shows. */
  get kid(): string {
    return hex(this.session.hello.kid);
  }
}

function readArguments(
  address: number,
  rest: [register: number, count: number, callback: Reply] | [count: number, callback: Reply],
): { register: number | undefined; count: number; callback: Reply } {
  const [register, count, callback] = rest.length === 3 ? rest : [undefined, ...rest];
  checkTransaction(address, 1, count);
  return { register, count, callback };
}

/** Members of Firmata that the protocol of the board has no command for: a program that needs one is told so by name. */
const unsupported = [
  'sendI2CConfig',
  'sendOneWireConfig',
  'sendOneWireSearch',
  'sendOneWireAlarmsSearch',
  'sendOneWireRead',
  'sendOneWireReset',
  'sendOneWireWrite',
  'sendOneWireDelay',
  'sendOneWireWriteAndRead',
  'stepperConfig',
  'stepperStep',
  'accelStepperConfig',
  'accelStepperStep',
  'serialConfig',
  'serialRead',
  'serialWrite',
  'serialStop',
  'serialClose',
  'serialFlush',
  'serialListen',
  'pingRead',
  'pulseIn',
  'pulseOut',
];
for (const name of unsupported) {
  Object.defineProperty(Kizashi.prototype, name, {
    value(this: Kizashi): never {
      throw new KizashiError('KZ1502', `${name} is not offered by this board`, { member: name });
    },
    writable: true,
    configurable: true,
  });
}
