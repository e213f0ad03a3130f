/**
 * RFC 8949 appendix A, RFC 7693, RFC 4231, RFC 8032, COBS, CRC and a specimen of every message: the vectors of protocol/vectors through the C of
 * the firmware, in an emulated Uno (programs/vectors.hex, kept in the repository) and natively under sanitizers.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createUno } from '../../host/emulate/index.js';
import { crc16, decodeMessage, encodeCobs } from '../../protocol/index.js';

const load = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../protocol/vectors/${name}.json`, import.meta.url), 'utf8'));
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const programs = fileURLToPath(new URL('./programs/', import.meta.url));

interface Question {
  name: string;
  op: string;
  bytes: Uint8Array;
  answer: string;
}

/** Bytes that a request and an answer of the program hold at most. */
const mostAsked = 250;
const mostAnswered = 232;

interface MessageCase {
  name: string;
  direction: 'h2d' | 'd2h';
  item: string;
  frame: string;
}

const le32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => void bytes.writeUInt32LE(value, 4 * i));
  return bytes.toString('hex');
};

/** What the program must say of a command: number, operation, and the arguments of a capture or a relay. */
function commandAnswer(item: Uint8Array): string {
  const message = decodeMessage(item, 'h2d');
  if (message.type !== 'command') return '';
  const { n, op, args } = message.body;
  if (op === 1) return le32(n, op, args.count, args.period) + hex(args.lock);
  if (op === 2) return le32(n, op, args.relay, args.on ? 1 : 0, args.holdMs);
  return le32(n, op);
}

function questions(): Question[] {
  const list: Question[] = [];
  const add = (name: string, op: string, bytes: Uint8Array, answer: string) => {
    if (bytes.length <= mostAsked && answer.length / 2 <= mostAnswered) list.push({ name, op, bytes, answer });
  };
  for (const { diagnostic, item, verdict } of load('cbor').cases)
    add(`RFC 8949 ${diagnostic}`, 'i', unhex(item), verdict === 'accepted' ? '01' : '00');
  for (const { name, direction, item, frame } of load('messages').cases as MessageCase[]) {
    const body = unhex(item);
    add(`${name} is CBOR`, 'i', body, '01');
    add(`${name} framed`, 'f', body, frame);
    add(`${name} received`, 'l', unhex(frame), body.length <= 160 ? `01${item}` : '0001000000');
    add(`${name} read as a command`, 'c', body, direction === 'h2d' ? commandAnswer(body) : '');
    const bent = body.slice();
    bent[bent.length - 1] ^= 0x80;
    const crc = crc16(body);
    const line = Uint8Array.of(...encodeCobs(Uint8Array.of(...bent, crc >> 8, crc & 255)), 0);
    if (body.length <= 160) add(`${name} with a bit changed`, 'l', line, '0000000001');
    if (body.length <= 160)
      add(`${name} cut`, 'l', Uint8Array.of(...line.subarray(0, 3), 0), line[0] > 3 ? '0000010000' : '');
  }
  for (const { plain, stuffed } of load('framing').cobs) {
    const bytes = unhex(plain);
    if (bytes.length < 1 || bytes.length > 155) continue;
    const crc = crc16(bytes);
    const framed = encodeCobs(Uint8Array.of(...bytes, crc >> 8, crc & 255));
    add(`COBS ${stuffed.slice(0, 20)}`, 'f', bytes, `${hex(framed)}00`);
    add(`COBS ${stuffed.slice(0, 20)} received`, 'l', Uint8Array.of(...framed, 0), `01${plain}`);
  }
  for (const { name, data, hash } of load('blake2s').cases) add(`BLAKE2s ${name}`, 'b', unhex(data), hash);
  for (const { name, key, data, tag } of load('hmac-sha512').cases) {
    // keys of up to 32 bytes: a shorter one is the same as one with zeros behind it (RFC 2104, 2); one case is cut to 16 bytes
    if (key.length > 64 || tag.length !== 128) continue;
    add(`HMAC ${name}`, 'h', Uint8Array.of(...unhex(key.padEnd(64, '0')), ...unhex(data)), tag);
  }
  for (const { name, seed, pk, msg, sig } of load('ed25519').cases) {
    add(`Ed25519 ${name}, key`, 'k', unhex(seed), pk);
    add(`Ed25519 ${name}, signature`, 's', Uint8Array.of(...unhex(seed), ...unhex(pk), ...unhex(msg)), sig);
  }
  return list.filter(({ op, answer, name }) => !(op === 'l' && answer === '' && name.endsWith('cut')));
}

const asked = questions();

t.test('the vectors are there', async (t) => {
  for (const op of 'iflcbhks') t.ok(asked.filter((q) => q.op === op).length >= (op === 'b' ? 2 : 3), `operation ${op}`);
  t.ok(asked.filter((q) => q.op === 'c' && q.answer).length >= 5, 'commands that are read');
  t.ok(asked.length > 200, `${asked.length} questions`);
});

t.test('in an emulated Uno', async (t) => {
  const board = createUno({ hex: readFileSync(`${programs}vectors.hex`, 'utf8'), seed: 1, name: 'vectors' });
  board.uart.lineBaud = 500_000;
  const received: number[] = [];
  board.uart.onByte((byte) => received.push(byte));
  board.run(board.cycle + 2_000_000);
  let wrong = 0;
  for (const { name, op, bytes, answer } of asked) {
    received.length = 0;
    board.uart.receive(Uint8Array.of(op.charCodeAt(0), bytes.length, ...bytes));
    const until = board.cycle + 32_000_000;
    while (board.cycle < until && (received.length === 0 || received.length <= received[0]))
      board.run(board.cycle + 4000);
    const got = hex(Uint8Array.from(received.slice(1)));
    if (got === answer) continue;
    wrong++;
    t.equal(got, answer, name);
  }
  t.equal(wrong, 0, `${asked.length} answers`);
  t.equal(board.stats.resets, 0);
});

const compiler = spawnSync('clang', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0;
t.test('natively, under sanitizers', { skip: !compiler && 'clang and make are not installed' }, async (t) => {
  const binary = fileURLToPath(new URL('../../firmware/build/fuzz/vectors', import.meta.url));
  const make = spawnSync('make', ['-s', '-C', programs, '../../../firmware/build/fuzz/vectors'], { encoding: 'utf8' });
  t.equal(make.status, 0, make.stderr);
  const input = Buffer.concat(asked.map(({ op, bytes }) => Uint8Array.of(op.charCodeAt(0), bytes.length, ...bytes)));
  const run = spawnSync(binary, { input });
  t.equal(run.status, 0, String(run.stderr).slice(0, 2000));
  let at = 0;
  for (const { name, answer } of asked) {
    const got = hex(run.stdout.subarray(at + 1, at + 1 + run.stdout[at]));
    at += 1 + run.stdout[at];
    if (got !== answer) t.equal(got, answer, name);
  }
  t.equal(at, run.stdout.length, `${asked.length} answers`);
});
