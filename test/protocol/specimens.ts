/** One specimen of every message, the large and the small form where they differ, made with the keys of the worked example. */
import {
  type BodyOf,
  type CommandBody,
  type Direction,
  deviceNonce,
  encodeMessage,
  kidOf,
  type Message,
  macMessage,
  packSamples,
  publicKeyOf,
  sessionKeys,
  signMessage,
} from '../../protocol/index.js';

export const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
export const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
/** `n` bytes start, start + 1 … */
export const rising = (start: number, n: number) => Uint8Array.from({ length: n }, (_, k) => start + k);

export const seed = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
export const pk = publicKeyOf(seed);
export const claim = rising(0x40, 32);
export const pair = bytes('ba5abec8ce10af588e2d3eef31a3910d710d0bc5af536d4110424c504c9698b4');
export const admin = bytes('b7033444ed8556df829f00950e5dc83ab903ccb7ac01a5bb6718ffaf3ded190e');
export const hn = rising(0x10, 16);
export const dn = deviceNonce(117, 1);
export const session = sessionKeys(pair, hn, dn);

const u32 = 0xffffffff;
const ticks = 2 ** 48 - 1;
const chal = rising(0x20, 16);
const fwd = rising(0xc0, 16);
const prev = rising(0x30, 16);

export interface Specimen {
  name: string;
  direction: Direction;
  item: Uint8Array;
  /** Longest form of the message: all numbers at their upper end, all strings as long as they may be on an Uno. */
  largest?: true;
}

const list: Specimen[] = [];
function plain(name: string, direction: Direction, message: Message, largest?: true): void {
  list.push({ name, direction, item: encodeMessage(message), largest });
}
function mac<T extends Parameters<typeof macMessage>[0]>(
  name: string,
  direction: Direction,
  type: T,
  body: BodyOf<T>,
  key: Uint8Array,
  sid?: Uint8Array,
  largest?: true,
): void {
  list.push({ name, direction, item: macMessage(type, body, key, sid), largest });
}
function sign<T extends Parameters<typeof signMessage>[0]>(
  name: string,
  type: T,
  body: BodyOf<T>,
  largest?: true,
): void {
  list.push({ name, direction: 'd2h', item: signMessage(type, body, seed), largest });
}
function command(name: string, body: CommandBody, largest?: true): void {
  mac(name, 'h2d', 'command', body, session.key, session.sid, largest);
}

plain('open', 'h2d', { type: 'open', vmin: 1, vmax: 1, hn });
plain('open-largest', 'h2d', { type: 'open', vmin: 255, vmax: 255, hn }, true);
plain('ready', 'd2h', { type: 'ready', vmin: 1, vmax: 1, cause: 1 });
plain('bare', 'd2h', { type: 'bare', v: 1, why: 0, chip: 'atmega328p', fw: 'kz-uno/1.0.0' });
const caps = {
  chans: 4,
  rate: 24_000,
  samples: 120,
  sealing: 0,
  encs: 15,
  body: 160,
  signMs: 540,
  flags: 0,
  relays: 1,
};
const hello = {
  v: 1,
  range: { hmin: 1, hmax: 1, dmin: 1, dmax: 1 },
  kid: kidOf(pk),
  rec: 41,
  hn,
  dn,
  fw: 'kz-uno/1.0.0',
  fwd,
  hz: 2_000_000,
  caps,
};
mac('hello', 'd2h', 'hello', hello, pair);
mac(
  'hello-largest',
  'd2h',
  'hello',
  {
    ...hello,
    v: 255,
    range: { hmin: 255, hmax: 255, dmin: 255, dmax: 255 },
    rec: u32,
    fw: 'kz-mega2560/10.0',
    hz: u32,
    caps: {
      chans: 255,
      rate: u32,
      samples: 65535,
      sealing: 1,
      encs: 255,
      body: 65535,
      signMs: 65535,
      flags: 255,
      relays: 255,
    },
  },
  pair,
  undefined,
  true,
);
mac(
  'blank',
  'd2h',
  'blank',
  { v: 1, chip: 'atmega328p', fw: 'kz-uno/1.0.0', fwd, cid: rising(1, 4), dr: rising(0xa0, 16) },
  claim,
);
mac('provision', 'h2d', 'provision', { dr: rising(0xa0, 16), hr: rising(0x80, 32) }, claim);
const identity = {
  rec: 1,
  boot: 3,
  prev: new Uint8Array(16),
  why: 0,
  pk,
  nonce: rising(0xa0, 16),
  fw: 'kz-uno/1.0.0',
  fwd,
  lock: bytes('ffdefd0f'),
  ent: 512,
};
sign('identity', 'identity', identity);
sign(
  'identity-largest',
  'identity',
  { ...identity, rec: u32, boot: u32, fw: 'kz-mega2560/10.0', lock: rising(1, 16), ent: 65535 },
  true,
);

const capture = {
  count: 8192,
  period: 250,
  div: 1,
  chans: [0],
  enc: 2,
  win: 32,
  sign: 0,
  chal,
  lock: rising(0x91, 16),
};
command('capture', { n: 1, op: 1, args: capture });
command(
  'capture-largest',
  {
    n: u32,
    op: 1,
    args: {
      ...capture,
      count: u32,
      period: u32,
      div: 255,
      chans: [200, 201, 202, 203, 204, 205, 206, 207],
      win: 255,
      sign: 1,
    },
  },
  true,
);
command('capture-fifo', { n: 2, op: 1, args: { ...capture, period: 3_200_000, div: 0, chans: [4, 5, 6], enc: 4 } });
command('relay', { n: 3, op: 2, args: { relay: 0, on: true, holdMs: 60_000 } });
command('identify', { n: 4, op: 3, args: { nonce: chal } });
command('status', { n: 5, op: 4, args: {} });
command('selftest', { n: 6, op: 5, args: {} });
command('sensor', { n: 7, op: 6, args: { sensor: 2, regs: bytes('0f0b94') } });
command('resend', { n: 8, op: 7, args: { rec: 42 } });
command('pin-set', { n: 9, op: 8, args: { pin: 9, mode: 4, value: 1500, holdMs: 5000 } });
command('pin-watch', { n: 10, op: 9, args: { pins: [2, 14], periodMs: 100 } });
command('bus', { n: 11, op: 10, args: { bus: 0, address: 0x68, write: bytes('75'), read: 1 } });
command('diagnostics', { n: 12, op: 11, args: {} });
mac('ack', 'd2h', 'ack', { n: 1, code: 0, result: [42] }, session.key, session.sid);
mac(
  'ack-status',
  'd2h',
  'ack',
  { n: 5, code: 0, result: [4980, 212, 0, 3, 0, 117, 5, 1, 48_200, 2] },
  session.key,
  session.sid,
);
mac('ack-largest', 'd2h', 'ack', { n: u32, code: 9, result: Array(10).fill(u32) }, session.key, session.sid, true);
mac('ack-bus', 'd2h', 'ack', { n: 11, code: 0, result: [], read: bytes('68') }, session.key, session.sid);
mac('report', 'd2h', 'report', { n: 10, seq: 7, t: 5_000_000, values: [1, 512] }, session.key, session.sid);
plain('stop', 'h2d', { type: 'stop', rec: 42, key: rising(0xe0, 16) });
mac('rotate', 'h2d', 'admin', { rule: 'rotate', n: 13, hr: rising(0x80, 32) }, admin, session.sid);
mac('wipe', 'h2d', 'admin', { rule: 'wipe', n: 14 }, admin, session.sid);

const begin = { type: 'begin', rec: 42, sid: session.sid, boot: 117, t0: 5_000_000, count: 8192, win: 32 } as const;
plain('begin', 'd2h', {
  ...begin,
  clock: { kind: 0, hz: 2_000_000, period: 250, div: 1 },
  chans: [0],
  enc: 2,
  cfg: bytes('0140051388'),
});
plain('begin-fifo', 'd2h', {
  ...begin,
  clock: { kind: 1, hz: 2_000_000, odrMhz: 3_200_000 },
  chans: [4, 5, 6],
  enc: 4,
  cfg: bytes('020f019400'),
});
plain(
  'begin-largest',
  'd2h',
  {
    ...begin,
    rec: u32,
    boot: u32,
    t0: ticks,
    count: u32,
    win: 255,
    clock: { kind: 0, hz: u32, period: u32, div: 255 },
    chans: Array(8).fill(255),
    enc: 2,
    cfg: rising(1, 32),
  },
  true,
);
const wave = (n: number, middle: number, swing: number) =>
  Array.from({ length: n }, (_, k) => middle + (((k * 37) % (2 * swing + 1)) - swing));
const frame = { type: 'data', rec: 42, i: 7, dt: 210_000, gap: 0 } as const;
plain('data-u10', 'd2h', { ...frame, enc: 2, samples: packSamples(2, wave(120, 512, 400)) });
plain('data-s16', 'd2h', { ...frame, enc: 1, samples: packSamples(1, wave(64, 0, 12_000)) });
plain('data-s16-512', 'd2h', { ...frame, gap: 512, enc: 1, samples: packSamples(1, wave(512, 0, 12_000)) });
plain('data-fifo', 'd2h', { ...frame, enc: 3, level: 0, samples: packSamples(3, wave(60, 0, 400)) });
plain('data-fifo-u10', 'd2h', { ...frame, enc: 4, level: 12, samples: packSamples(4, wave(120, 0, 400)) });
sign('signed-data', 'signed-data', { ...frame, enc: 1, samples: packSamples(1, wave(64, 0, 12_000)) });
plain('mark', 'd2h', { type: 'mark', rec: 42, w: 0, d: rising(0x60, 32) });
plain('busy', 'd2h', { type: 'busy', rec: 42, doing: 1, leftMs: 540 });
const seal = {
  rec: 42,
  boot: 117,
  prev,
  chal,
  nf: 69,
  ns: 8192,
  t1: 7_048_000,
  lost: 0,
  end: 0,
  macbad: 0,
  bd: rising(0x60, 32),
  cd: rising(0x80, 32),
};
sign('seal', 'seal', seal);
sign(
  'seal-largest',
  'seal',
  { ...seal, rec: u32, boot: u32, nf: u32, ns: u32, t1: ticks, lost: u32, end: 4, macbad: 65535 },
  true,
);
const event = { rec: 43, boot: 117, prev, t: 9_000_000, code: 3, info: new Map<number, number | Uint8Array>([[1, 0]]) };
sign('event', 'event', event);
sign('event-rotated', 'event', { ...event, code: 4, info: new Map([[1, pk]]) });
sign('event-empty', 'event', { ...event, code: 8, info: new Map() });
plain('ping', 'h2d', { type: 'ping', n: 1000 });
plain('pong', 'd2h', { type: 'pong', n: 1000, rx: 5_000_000, tx: 5_000_140, rxbad: 0 });
plain('pong-largest', 'd2h', { type: 'pong', n: u32, rx: ticks, tx: ticks, rxbad: u32 }, true);

// the longest form of the messages that have no other specimen above
const top = { rec: u32, i: u32, dt: u32, gap: u32 } as const;
plain('ready-largest', 'd2h', { type: 'ready', vmin: 255, vmax: 255, cause: 5 }, true);
plain('bare-largest', 'd2h', { type: 'bare', v: 255, why: 2, chip: 'atmega2560-16au/', fw: 'kz-mega2560/10.0' }, true);
mac(
  'blank-largest',
  'd2h',
  'blank',
  { v: 255, chip: 'atmega2560-16au/', fw: 'kz-mega2560/10.0', fwd, cid: rising(1, 4), dr: rising(0xa0, 16) },
  claim,
  undefined,
  true,
);
command('relay-largest', { n: u32, op: 2, args: { relay: 255, on: true, holdMs: 600_000 } }, true);
command('identify-largest', { n: u32, op: 3, args: { nonce: chal } }, true);
command('pin-set-largest', { n: u32, op: 8, args: { pin: 255, mode: 4, value: 2600, holdMs: 600_000 } }, true);
command('pin-watch-largest', { n: u32, op: 9, args: { pins: Array(8).fill(255), periodMs: 65535 } }, true);
command('bus-largest', { n: u32, op: 10, args: { bus: 255, address: 127, write: rising(1, 32), read: 32 } }, true);
mac(
  'report-largest',
  'd2h',
  'report',
  { n: u32, seq: u32, t: ticks, values: Array(8).fill(65535) },
  session.key,
  session.sid,
  true,
);
plain('stop-largest', 'h2d', { type: 'stop', rec: u32, key: rising(0xe0, 16) }, true);
mac('rotate-largest', 'h2d', 'admin', { rule: 'rotate', n: u32, hr: rising(0x80, 32) }, admin, session.sid, true);
mac('wipe-largest', 'h2d', 'admin', { rule: 'wipe', n: u32 }, admin, session.sid, true);
plain('data-u10-largest', 'd2h', { type: 'data', ...top, enc: 2, samples: packSamples(2, wave(120, 512, 400)) }, true);
plain('data-s16-largest', 'd2h', { type: 'data', ...top, enc: 1, samples: packSamples(1, wave(64, 0, 12_000)) }, true);
plain(
  'data-s16-512-largest',
  'd2h',
  { type: 'data', ...top, enc: 1, samples: packSamples(1, wave(512, 0, 12_000)) },
  true,
);
sign(
  'signed-data-512-largest',
  'signed-data',
  { type: 'data', ...top, enc: 1, samples: packSamples(1, wave(512, 0, 12_000)) },
  true,
);
plain(
  'data-fifo-510-largest',
  'd2h',
  { type: 'data', ...top, enc: 3, level: 65535, samples: packSamples(3, wave(510, 0, 400)) },
  true,
);
plain(
  'data-fifo-u10-largest',
  'd2h',
  { type: 'data', ...top, enc: 4, level: 65535, samples: packSamples(4, wave(120, 0, 400)) },
  true,
);
plain('mark-largest', 'd2h', { type: 'mark', rec: u32, w: 65535, d: rising(0x60, 32) }, true);
plain('busy-largest', 'd2h', { type: 'busy', rec: u32, doing: 3, leftMs: 65535 }, true);
sign('event-largest', 'event', { ...event, rec: u32, boot: u32, t: ticks, code: 4, info: new Map([[1, pk]]) }, true);
plain('ping-largest', 'h2d', { type: 'ping', n: u32 }, true);

export const specimens: readonly Specimen[] = list;

/** A specimen by name. */
export function specimen(name: string): Specimen {
  const found = list.find((one) => one.name === name);
  if (!found) throw new Error(`no specimen ${name}`);
  return found;
}
