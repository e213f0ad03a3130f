/**
 * The firmware's core compiled for this machine under the address and undefined-behaviour sanitizers: the worked example of
 * docs/protocol.md byte for byte, power cuts at the bytes of every EEPROM write, and hostile frames. Skips where there is no clang.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { crc16, encodeFrame, FrameReader } from '../../protocol/index.js';
// @ts-expect-error a build script without types
import { boardHeader } from '../../scripts/firmware-boards.mjs';

const firmware = fileURLToPath(new URL('../../firmware/', import.meta.url));
const boardFolder = `${firmware}build/example`;
const has = (tool: string) => spawnSync(tool, ['--version']).status === 0;
const skip = has('clang') && has('make') ? false : 'clang and make are not installed';
const example = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/worked-example.json', import.meta.url), 'utf8'),
);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

/** Builds the native programs with the facts of the worked example's board. */
function build(): void {
  const uno = JSON.parse(readFileSync(new URL('../../boards/arduino-avr-uno.json', import.meta.url), 'utf8'));
  const board = { ...uno, adc: { ...uno.adc, channelsAtOnce: 1, rateMax: 12_000 } };
  mkdirSync(boardFolder, { recursive: true });
  const header = boardHeader(board, '1.0.0');
  const path = `${boardFolder}/board.h`;
  let old = '';
  try {
    old = readFileSync(path, 'utf8');
  } catch {}
  if (old !== header) writeFileSync(path, header);
  execFileSync('make', ['-s', '-C', firmware, 'host', 'BUILD=build/example', `BOARD=${boardFolder}`], {
    stdio: 'inherit',
  });
}

/** A native board: lines in, frames out. */
class Native {
  readonly #process = spawn(`${boardFolder}/host/bench`);
  readonly #lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  stderr = '';

  constructor() {
    this.#process.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  /** Says one line; returns what was answered before the dot. */
  async say(line: string): Promise<string[]> {
    this.#process.stdin.write(`${line}\n`);
    const answer: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the board died after "${line.slice(0, 100)}": ${this.stderr}`);
      if (value === '.') return answer;
      answer.push(value);
    }
  }

  /** Sends a body; returns the bodies the board sent. */
  async send(body: Uint8Array): Promise<string[]> {
    return bodies(await this.say(`rx ${hex(encodeFrame(body))}`));
  }

  end(): Promise<number | null> {
    this.#process.stdin.end();
    return new Promise((resolve) => this.#process.on('close', resolve));
  }
}

function bodies(lines: string[]): string[] {
  const found: string[] = [];
  const reader = new FrameReader();
  for (const line of lines) {
    if (line.startsWith('tx ')) reader.push(unhex(line.slice(3)), (body) => found.push(hex(body)));
  }
  return found;
}

/** A record as the EEPROM keeps it: bytes, CRC over the domain byte and the bytes. */
function record(domain: string, bytes: Uint8Array): Uint8Array {
  const all = Uint8Array.of(domain.charCodeAt(0), ...bytes);
  const crc = crc16(all, 0, all.length);
  return Uint8Array.of(...bytes, crc >> 8, crc & 255);
}

/** EEPROM of the example's board: boot 116, record 41, prev zero, its keys. */
function exampleEeprom(): Uint8Array {
  const eeprom = new Uint8Array(1024).fill(0xff);
  const le32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
  eeprom.set(record('B', Uint8Array.from(le32(116))), 0x24 + (116 % 16) * 6);
  eeprom.set(record('R', Uint8Array.of(...le32(41), ...new Uint8Array(16), 1, 0x80)), 0x84);
  const keys = [example.seed, example.pk, example.kPair, example.kAdmin].map(unhex);
  const identity = record('I', Uint8Array.of(1, 2, 3, 4, ...keys.flatMap((key) => [...key])));
  eeprom.set(identity, 0x2c4);
  eeprom.set(identity, 0x34a);
  return eeprom;
}

async function exampleBoard(): Promise<Native> {
  const board = new Native();
  await board.say(`eeprom ${hex(exampleEeprom())}`);
  await board.say('start 0');
  await board.say(`digest ${hex(Uint8Array.from({ length: 16 }, (_, i) => 0xc0 + i))}`);
  await board.say('signms 6000');
  await board.say('frame 4');
  await board.say('ticks 76 19264'); // 5,000,000
  const samples = [512, 517, 1023, 0, 3, 255, 256, 257, 700, 701, 702, 703];
  await board.say(`samples ${hex(new Uint8Array(Uint16Array.from(samples).buffer))}`);
  return board;
}

t.test('worked example, byte for byte', { skip }, async (t) => {
  build();
  const board = await exampleBoard();
  const { items } = example;
  t.same(await board.send(unhex(items.open)), [items.hello], 'hello');
  const sent = await board.send(unhex(items.command));
  t.equal(sent[0], items.ack, 'ack');
  const busy = sent.findIndex((body) => body.startsWith('840a'));
  t.same(
    sent.slice(1, busy),
    ['begin', 'data0', 'data1', 'mark0', 'data2', 'mark1'].map((name) => items[name]),
    'begin, data, marks',
  );
  t.equal(sent.at(-1), items.seal, 'seal');
  const dump = (await board.say('dump'))[0];
  t.ok(dump.includes(example.nextPrev), 'prev of the next record is in the EEPROM');
  t.equal(await board.end(), 0, 'sanitizers are content');
});

t.test('power cuts inside EEPROM writes: nothing is lost, nothing is repeated', { skip }, async (t) => {
  const cuts = spawnSync(`${boardFolder}/host/cuts`, ['11'], { encoding: 'utf8' });
  t.equal(cuts.status, 0, cuts.stdout + cuts.stderr);
  for (const line of cuts.stdout.trim().split('\n')) t.comment(line);
  t.match(cuts.stdout, /provision: .*\nrecords: .*\nrotate: .*\nwipe: /);
});

t.test('a noise source that sticks makes no key', { skip }, async (t) => {
  const board = new Native();
  const claim = new Uint8Array(46);
  claim.set(Buffer.from('KZCL\x01\x02\x00\x00'));
  claim.set([9, 9, 9, 9], 8);
  claim.set(unhex(example.kClaim), 12);
  const crc = crc16(claim, 0, 44);
  claim.set([crc >> 8, crc & 255], 44);
  await board.say(`program ${0x7780} ${hex(claim)}`);
  await board.say('noise stuck');
  await board.say('start 0');
  const [blank] = await board.send(unhex(example.items.open));
  const { macMessage, decodeMessage } = await import('../../protocol/index.js');
  const message = decodeMessage(unhex(blank), 'd2h');
  if (message.type !== 'blank') throw new Error(message.type);
  const provision = macMessage('provision', { dr: message.body.dr, hr: unhex(example.hr) }, unhex(example.kClaim));
  const answers = await board.send(provision);
  t.notOk(
    answers.some((body) => body.startsWith('d2')),
    'no identity',
  );
  await board.say('ticks 100 0');
  t.match(await board.send(unhex(example.items.open)), [/^85181e0102/], 'bare, self-test failed');
  await board.end();
});

t.test('hostile frames: no crash, no relay, no answer under a MAC', { skip }, async (t) => {
  const board = await exampleBoard();
  await board.send(unhex(example.items.open));
  let state = 12345;
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
  const templates = ['command', 'open', 'stop'].map((name) => unhex(example.items[name]));
  let answered = 0;
  for (let round = 0; round < 400; round++) {
    const frames: number[] = [];
    for (let k = 0; k < 10; k++) {
      const body = templates[random(3)].slice(0, 3 + random(160));
      const edits = 1 + random(4);
      for (let e = 0; e < edits; e++) body[random(body.length)] = random(256);
      // the template itself, unchanged by chance, would be a right command
      if (hex(body) !== example.items.command) frames.push(...encodeFrame(body));
      for (let g = random(20); g > 0; g--) frames.push(random(256));
    }
    const answers = bodies(await board.say(`rx ${Buffer.from(frames).toString('hex')}`));
    answered += answers.filter((body) => body.startsWith('d18443a10107a047')).length;
  }
  t.equal(answered, 0, 'no command was acknowledged');
  t.same(await board.say('relay'), ['relay 0']);
  const [counts] = await board.say('counts');
  t.comment(`rx, cbor, shape, busy, seq, macbad: ${counts}`);
  t.equal(await board.end(), 0, 'sanitizers are content');
});
