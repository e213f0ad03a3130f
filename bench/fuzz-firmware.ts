/**
 * The released image in an emulated Uno or Mega 2560, hostile bytes into its line in every state: mutants of real messages with a right CRC, replays of
 * this session and of others, envelopes under wrong keys, noise, cut frames. Watched: no edge at the relay pin, nothing written to the EEPROM
 * but the event that the protocol prescribes, no restart, the lowest stack pointer, and one good frame is enough to be understood again.
 *
 *   npm run fuzz:firmware -- [--frames N] [--seconds S] [--seed N] [--round N: frames a state] [--image kz-uno-io, kz-mega ...] [--progress]
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { encodeFrame, encodeMessage, FrameReader, type Message, stopLock } from '../protocol/index.js';
import { hz, image, type Received } from '../test/firmware/bench.js';
import {
  captureArgs,
  earlier,
  hostileBody,
  isOpen,
  makeStage,
  type Scene,
  type Stage,
  scenes,
} from './fuzz-firmware-stages.js';
import { anyItem, type Draw, drawFrom, lineBytes, randomBytes } from './fuzz-hostile-frames.js';
import { type BenchRow, report } from './table.js';

/** Map of the EEPROM (firmware/core/records.h): what no hostile frame may change. Record slots lie between. */
const identityAt = 0x2c4;
const identityEnd = 0x2c4 + 2 * 134;
const slotsAt = 0x84;

export interface FirmwareFuzz {
  frames: Record<Scene, number>;
  bytes: number;
  /** Edges of the relay pin that no valid command caused. */
  relayEdges: number;
  restarts: number;
  /** Bodies of the board that the host's decoder refuses. */
  malformed: number;
  eepromChanges: number;
  /** Times the first good frame after hostile bytes was not answered. */
  notUnderstood: number;
  goodFrames: number;
  /** Lowest stack seen free, in bytes, by the board's own count. */
  stackFree: number;
  capturesSealed: number;
  signatures: number;
  emulatedSeconds: number;
  wallSeconds: number;
  findings: string[];
}

class Run {
  readonly result: FirmwareFuzz = {
    frames: { bare: 0, blank: 0, locked: 0, idle: 0, capturing: 0, signing: 0 },
    bytes: 0,
    relayEdges: 0,
    restarts: 0,
    malformed: 0,
    eepromChanges: 0,
    notUnderstood: 0,
    goodFrames: 0,
    stackFree: 0xffff,
    capturesSealed: 0,
    signatures: 0,
    emulatedSeconds: 0,
    wallSeconds: 0,
    findings: [],
  };
  readonly stages = new Map<Scene, Stage>();
  readonly seed: number;
  readonly draw: Draw;
  #burst = 0;
  /** What the line holds that no 0x00 has ended. */
  readonly #line = new FrameReader();

  constructor(
    seed: number,
    readonly insider = false,
    readonly hex = image,
    readonly isMega = false,
  ) {
    this.seed = seed;
    this.draw = drawFrom(seed, 'firmware');
  }

  #stage(scene: Scene): Stage {
    let stage = this.stages.get(scene);
    // a new board now and then: another start, and what was received is forgotten
    if (!stage || ++stage.rounds > 100)
      this.stages.set(scene, (stage = makeStage(scene, this.seed, this.hex, this.isMega)));
    return stage;
  }

  #find(stage: Stage, what: string): void {
    if (this.result.findings.length < 20)
      this.result.findings.push(`seed ${this.seed} burst ${this.#burst}, ${stage.scene}: ${what}`);
  }

  /** `count` hostile frames, some back to back at line rate, some with time to be worked on. */
  #flood(stage: Stage, count: number): void {
    const { bench, scene } = stage;
    const { draw } = this;
    this.#line.reset();
    for (let k = 0; k < count; k++) {
      let body = hostileBody(stage, draw, this.insider);
      if (scene === 'idle' && isOpen(body) && draw(8)) body = anyItem(draw);
      const line = lineBytes(body, draw);
      bench.board.uart.receive(line);
      this.#line.push(line, () => undefined);
      this.result.bytes += line.length;
      this.result.frames[scene]++;
      const pause = draw(8);
      // long enough for a MAC (16 ms), or for a small message, or none
      const ms = (line.length * 10_000) / 500_000 + (pause === 0 ? 22 : pause < 4 ? 1.5 : 0);
      bench.run(ms);
    }
  }

  /** Floods with a good frame after every hundred hostile ones. */
  #floods(stage: Stage, count: number): void {
    for (let left = count; left > 0; left -= 100) {
      this.#flood(stage, Math.min(left, 100));
      this.#understood(stage);
    }
  }

  /** Waits until the line is quiet and the board may answer a ping again (20 a second). */
  #quiet(stage: Stage, ms = 70): void {
    const { bench } = stage;
    bench.run(ms);
    const pongs = bench.received
      .slice(-60)
      .filter((r) => r.message.type === 'pong' && bench.board.cycle - r.cycle < 1.1 * hz);
    if (pongs.length > 15) bench.run(1100);
    // the event that tells of false MACs is being signed: `busy` was said, and pings are not answered
    const busy = bench.received.slice(-60).filter((r) => r.message.type === 'busy' && bench.board.cycle - r.cycle < hz);
    if (busy.length) bench.run(1000);
  }

  /**
   * One delimiter, time to look at what it ended, and one good frame: it must be answered. The time is needed because a board has one buffer:
   * a half frame that a delimiter completes stands in it until its CRC was found false (0.2 ms; 4 ms while it hashes a frame), a whole frame that
   * lacked nothing but its delimiter until it was worked on, which for an open means a greeting under its MAC (42 ms).
   */
  #understood(stage: Stage): void {
    const { bench, scene } = stage;
    this.result.goodFrames++;
    this.#quiet(stage, scene === 'signing' ? 2500 : 70);
    if (this.#answered(stage)) return;
    const recent = bench.received.slice(-6).filter((r) => bench.board.cycle - r.cycle < 0.15 * hz);
    if (recent.some((r) => r.message.type === 'busy')) {
      // it had just said that it does not listen now: it began to sign an event in between
      bench.run(1500);
      if (this.#answered(stage)) return;
    }
    this.result.notUnderstood++;
    const said = bench.received.slice(-5).map((r) => {
      const ago = ((1000 * (bench.board.cycle - r.cycle)) / hz).toFixed(1);
      return `${r.message.type} ${ago} ms ago`;
    });
    this.#find(stage, `the first good frame was not answered; last said: ${said.join(', ')}`);
  }

  #answered({ bench }: Stage): boolean {
    const n = this.draw(2 ** 32);
    bench.board.uart.receive(Uint8Array.of(0));
    let whole = false;
    this.#line.push(Uint8Array.of(0), () => {
      whole = true;
    });
    bench.run(whole ? 60 : 6);
    bench.board.uart.receive(encodeFrame(encodeMessage({ type: 'ping', n })));
    for (let k = 0; k < 40; k++) {
      bench.run(1);
      if (bench.received.slice(-6).some(({ message }) => message.type === 'pong' && message.n === n)) return true;
    }
    return false;
  }

  #judge(stage: Stage): void {
    const { bench } = stage;
    const { board } = bench;
    const { result } = this;
    if (stage.edges) {
      result.relayEdges += stage.edges;
      this.#find(stage, `${stage.edges} edges at the relay pin`);
      stage.edges = 0;
    }
    const news = bench.received.slice(stage.judged);
    stage.judged = bench.received.length;
    if (news.some(({ message }) => message.type === 'ready') || board.stats.resets !== stage.resets) {
      result.restarts++;
      this.#find(stage, `restarted: ${news.map((r) => r.message.type).slice(-10)}`);
      stage.resets = board.stats.resets;
    }
    if (bench.refused.length) {
      result.malformed += bench.refused.length;
      this.#find(stage, `sent a malformed body: ${bench.refused[0]}`);
      bench.refused.length = 0;
    }
    this.#judgeEeprom(stage, news);
  }

  /** Slots change with a record that is signed, and nothing else changes. */
  #judgeEeprom(stage: Stage, news: Received[]): void {
    const { bench, eeprom } = stage;
    const now = bench.board.eeprom;
    const signed = news.some(
      ({ message }) =>
        (message.type === 'event' || message.type === 'identity' || message.type === 'seal') && bench.signed(message),
    );
    for (let at = 0; at < now.length; at++) {
      if (now[at] === eeprom[at]) continue;
      if (signed && at >= slotsAt && at < identityAt) continue;
      this.result.eepromChanges++;
      this.#find(stage, `EEPROM byte ${at} changed${at >= identityAt && at < identityEnd ? ', of the identity' : ''}`);
      break;
    }
    stage.eeprom = now.slice();
  }

  /**
   * A valid command of ours and its answer; its edges at the pin are lawful. Sent again as a host does, because the board may just be signing
   * the event that tells of false MACs.
   */
  #ask(stage: Stage, op: number, args: unknown): number[] {
    const { bench } = stage;
    let ack: ReturnType<typeof bench.wait<'ack'>>;
    bench.command(op, args);
    const body = stage.seen[stage.seen.length - 1];
    for (let tries = 0; tries < 4 && !ack; tries++) {
      if (tries) bench.sendBody(body);
      ack = bench.wait('ack', 700);
    }
    stage.edges = 0;
    if (ack?.message.body.code !== 0) {
      this.result.notUnderstood++;
      this.#find(stage, `command ${op} ${ack ? `got code ${ack.message.body.code}` : 'was not answered'}`);
      return [];
    }
    return ack.message.body.result;
  }

  #greet(stage: Stage): void {
    const { bench } = stage;
    for (const one of stage.seen.splice(0)) earlier.push(one);
    earlier.splice(0, Math.max(0, earlier.length - 200));
    this.#quiet(stage, 1200); // five false MACs make a board deaf for a second
    for (let tries = 0; ; tries++) {
      bench.board.uart.receive(Uint8Array.of(0));
      bench.run(6);
      while (bench.wait('hello', 0)); // answers to hostile opens
      try {
        // a nonce of its own, as every host draws one: the hello to a replayed open, or to an earlier one, is not the answer to this one
        bench.session(randomBytes(16, this.draw));
        return;
      } catch (error) {
        // a host asks again, too: the board may just be signing an event
        if (tries === 3) throw error;
      }
    }
  }

  /** One round of a scene. */
  round(scene: Scene, count: number): void {
    const stage = this.#stage(scene);
    const { bench } = stage;
    const from = bench.board.cycle;
    this.#burst++;
    if (scene === 'locked') {
      bench.board.reset('external');
      bench.boot();
      stage.eeprom = bench.board.eeprom.slice(); // the start was counted
      stage.judged = bench.received.length;
      stage.resets = bench.board.stats.resets;
      stage.edges = 0;
    }
    const session = scene === 'idle' || scene === 'capturing' || scene === 'signing';
    if (session) this.#greet(stage);
    if (scene === 'idle') this.#roundIdle(stage, count);
    else if (scene === 'capturing') this.#roundCapturing(stage, count);
    else if (scene === 'signing') this.#roundSigning(stage, count);
    else {
      this.#floods(stage, count);
      if (scene === 'locked') bench.run(2500); // an open makes it idle, and then it may sign an event
    }
    this.#judge(stage);
    this.result.emulatedSeconds += (bench.board.cycle - from) / hz;
  }

  /** With the relay on as often as off: hostile frames may not let it fall either. */
  #roundIdle(stage: Stage, count: number): void {
    const { bench } = stage;
    if (this.draw(2)) this.#ask(stage, 2, { relay: 0, on: true, holdMs: 600_000 });
    this.#floods(stage, count);
    bench.run(2500); // the event that tells of false MACs is signed
    const edges = stage.edges;
    this.#greet(stage);
    const status = this.#ask(stage, 4, {});
    if (status.length) this.result.stackFree = Math.min(this.result.stackFree, status[1]);
    this.#ask(stage, 2, { relay: 0, on: false, holdMs: 0 });
    stage.edges = edges;
  }

  #roundCapturing(stage: Stage, count: number): void {
    const { bench, seen } = stage;
    const key = randomBytes(16, this.draw);
    const [rec] = this.#ask(stage, 1, captureArgs(stopLock(key)));
    if (rec === undefined) return;
    seen.push(encodeMessage({ type: 'stop', rec, key: randomBytes(16, this.draw) }));
    this.#floods(stage, count);
    const stop: Message = { type: 'stop', rec, key };
    for (let tries = 0; tries < 3; tries++) {
      bench.board.uart.receive(Uint8Array.of(0));
      bench.sendBody(encodeMessage(stop));
      const seal = bench.wait('seal', 3000);
      if (!seal) continue;
      if (!bench.signed(seal.message) || seal.message.body.rec !== rec) this.#find(stage, 'a false seal');
      else this.result.capturesSealed++;
      if (seal.message.body.lost) this.#find(stage, `${seal.message.body.lost} samples lost`);
      return;
    }
    this.result.notUnderstood++;
    this.#find(stage, 'the capture did not end');
  }

  /** A signature takes half a second: as many signatures as the frames need. */
  #roundSigning(stage: Stage, count: number): void {
    const { bench } = stage;
    for (let left = count; left > 0; left -= 100) {
      const [rec] = this.#ask(stage, 3, { nonce: randomBytes(16, this.draw) });
      if (rec === undefined) {
        this.#greet(stage);
        continue;
      }
      this.#flood(stage, Math.min(left, 100));
      const identity = bench.wait('identity', 3000);
      if (!identity || !bench.signed(identity.message)) this.#find(stage, 'no true identity came');
      else this.result.signatures++;
      if (left > 100) this.#greet(stage);
    }
    this.#understood(stage);
  }
}

/**
 * Runs rounds over all scenes until `frames` are on the line or `seconds` of wall time are over.
 * @param onRound called after each tour of all scenes with the result so far
 * @param hex the image; by default the released kz-uno
 * @param isMega it is one for a Mega 2560
 * @param insider half of the forged commands carry a right MAC: a test sees that the watch at the pin works
 */
export function fuzzFirmware(
  limit: { frames?: number; seconds?: number },
  seed: number,
  perRound = 400,
  onRound: (result: FirmwareFuzz) => void = () => {},
  insider = false,
  hex = image,
  isMega = false,
): FirmwareFuzz {
  const run = new Run(seed, insider, hex, isMega);
  const { result } = run;
  const started = performance.now();
  const total = () => Object.values(result.frames).reduce((sum, n) => sum + n, 0);
  const over = () =>
    total() >= (limit.frames ?? Infinity) || performance.now() - started >= 1000 * (limit.seconds ?? Infinity);
  while (!over()) {
    for (const scene of scenes) {
      if (over()) break;
      run.round(scene, Math.min(perRound, (limit.frames ?? Infinity) - total()));
    }
    result.wallSeconds = (performance.now() - started) / 1000;
    onRound(result);
  }
  return result;
}

export function rowsOf(result: FirmwareFuzz): BenchRow[] {
  const frames = Object.values(result.frames).reduce((sum, n) => sum + n, 0);
  const byScene = scenes.map((scene) => `${scene} ${result.frames[scene]}`).join(', ');
  const none = (row: string, value: number, reference: string): BenchRow => ({
    row,
    value,
    unit: `in ${frames} hostile frames`,
    reference,
    goal: '0',
    holds: value === 0,
  });
  return [
    none(
      'edges of relay and pins without a valid MAC',
      result.relayEdges,
      result.findings.slice(0, 3).join('; ') || byScene,
    ),
    none('restarts, watchdog and canary among them', result.restarts, `${result.signatures} signatures in between`),
    none('EEPROM bytes changed outside records', result.eepromChanges, 'identity, settings and boot counter'),
    none('malformed bodies sent', result.malformed, 'what the host decodes'),
    none(
      'first good frame not answered',
      result.notUnderstood,
      `${result.goodFrames} good frames, ${result.capturesSealed} captures sealed through the flood`,
    ),
    {
      row: 'lowest stack seen free',
      value: result.stackFree,
      unit: 'B',
      reference: "the board's count",
      goal: '≥ 150',
      holds: result.stackFree >= 150,
    },
    {
      row: 'speed',
      value: frames / result.wallSeconds,
      unit: 'frames/s',
      reference: `${result.emulatedSeconds.toFixed(0)} s emulated, ${result.bytes} bytes`,
      goal: '',
      holds: null,
    },
  ];
}

function argument(name: string): number | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const frames = argument('frames');
  const limit = { frames: frames ?? (argument('seconds') ? undefined : 20_000), seconds: argument('seconds') };
  const progress = process.argv.includes('--progress');
  const named = process.argv.indexOf('--image');
  const name = named < 0 ? 'kz-uno' : process.argv[named + 1];
  const hex = readFileSync(new URL(`../firmware/images/${name}.hex`, import.meta.url), 'utf8');
  const onRound = (now: FirmwareFuzz) => void (progress && process.stderr.write(`${JSON.stringify(now)}\n`));
  const seed = argument('seed') ?? 20261124;
  const result = fuzzFirmware(limit, seed, argument('round') ?? 400, onRound, false, hex, name.startsWith('kz-mega'));
  for (const finding of result.findings) process.stderr.write(`${finding}\n`);
  report('fuzz-firmware', rowsOf(result));
}
