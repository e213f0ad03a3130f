/** The rules of kz1.cddl as shapes, in its order and by its names. Bounds stand here once, for reading and for writing. */
import { type Cursor, major } from './cursor.js';
import type * as m from './message.js';
import { bytes, choice, flag, integer, list, misfit, refuseValue, row, type Shape, tagged, text } from './shape.js';

const u8 = integer(0, 0xff);
const u16 = integer(0, 0xffff);
const u32 = integer(0, 0xffffffff);
const positive = integer(1, 0xffffffff);
const ticks = integer(0, 2 ** 48 - 1);
const kid8 = bytes(8);
const nonce8 = bytes(8);
const nonce16 = bytes(16);
const hash16 = bytes(16);
const hash32 = bytes(32);
const name16 = text(1, 16);
const noArgs = row<Record<string, never>>([], {});

type Untyped<T extends { type: string }> = Omit<T, 'type'>;

// ---- greeting ----
export const open = row<Untyped<m.Open>>([0], { vmin: u8, vmax: u8, hn: nonce16 });
export const ready = row<Untyped<m.Ready>>([11], { vmin: u8, vmax: u8, cause: integer(0, 5) });
export const bare = row<Untyped<m.Bare>>([30], { v: u8, why: integer(0, 2), chip: name16, fw: name16 });
const versions = row<m.Versions>([], { hmin: u8, hmax: u8, dmin: u8, dmax: u8 });
const caps = row<m.Caps>([], {
  chans: u8,
  rate: u32,
  samples: u16,
  sealing: integer(0, 1),
  encs: u8,
  body: u16,
  signMs: u16,
  flags: u8,
  relays: u8,
});
export const helloBody = row<m.HelloBody>([6], {
  v: u8,
  range: versions,
  kid: kid8,
  rec: u32,
  hn: nonce16,
  dn: nonce8,
  fw: name16,
  fwd: hash16,
  hz: u32,
  caps,
});

// ---- provisioning and identity ----
export const blankBody = row<m.BlankBody>([31], {
  v: u8,
  chip: name16,
  fw: name16,
  fwd: hash16,
  cid: bytes(4),
  dr: nonce16,
});
export const provisionBody = row<m.ProvisionBody>([32], { dr: nonce16, hr: bytes(32) });
export const identityBody = row<m.IdentityBody>([7], {
  rec: u32,
  boot: u32,
  prev: hash16,
  why: integer(0, 2),
  pk: bytes(32),
  nonce: nonce16,
  fw: name16,
  fwd: hash16,
  lock: bytes(0, 16),
  ent: u16,
});

// ---- commands ----
const chanList = list(u8, 1, 8);
const encodingCode = integer(1, 4);
const window = integer(1, 255);
const hold = integer(0, 600_000);

const captureArgs = row<m.CaptureArgs>([], {
  count: u32,
  period: u32,
  div: u8,
  chans: chanList,
  enc: encodingCode,
  win: window,
  sign: integer(0, 1),
  chal: nonce16,
  lock: hash16,
});
const relayArgs = row<m.RelayArgs>([], { relay: u8, on: flag, holdMs: hold }, (args) =>
  !args.on && args.holdMs !== 0 ? 'a hold without `on`' : undefined,
);
const sensorArgs = row<{ sensor: number; regs: Uint8Array }>([], { sensor: u8, regs: bytes(0, 32) });

/** Whether `value` is possible in `mode`, and a hold stands exactly where there is something to hold. */
function pinSetFault({ mode, value, holdMs }: m.PinSetArgs): string | undefined {
  const isOutput = mode >= 2 && mode <= 4;
  if (isOutput !== holdMs > 0) return isOutput ? 'an output without a hold' : 'a hold on an input';
  if (mode === 4) return value === 0 || (value >= 400 && value <= 2600) ? undefined : `a servo pulse of ${value} µs`;
  const most = mode === 2 ? 1 : mode === 3 ? 255 : 0;
  return value > most ? `the value ${value} in pin mode ${mode}` : undefined;
}
const pinSetArgs = row<m.PinSetArgs>([], { pin: u8, mode: integer(0, 5), value: u16, holdMs: hold }, pinSetFault);
const pinWatchArgs = row<m.PinWatchArgs>([], { pins: list(u8, 0, 8), periodMs: u16 }, (args) =>
  (args.pins.length === 0) !== (args.periodMs === 0) ? 'pins and period go together' : undefined,
);
const busArgs = row<m.BusArgs>(
  [],
  { bus: u8, address: integer(0, 127), write: bytes(0, 32), read: integer(0, 32) },
  (args) => (args.write.length + args.read === 0 ? 'nothing to write or read' : undefined),
);

type Args = m.CommandBody['args'];
const argsByOp: Record<number, Shape<never>> = {
  1: captureArgs as Shape<never>,
  2: relayArgs as Shape<never>,
  3: row<{ nonce: Uint8Array }>([], { nonce: nonce16 }) as Shape<never>,
  4: noArgs as Shape<never>,
  5: noArgs as Shape<never>,
  6: sensorArgs as Shape<never>,
  7: row<{ rec: number }>([], { rec: u32 }) as Shape<never>,
  8: pinSetArgs as Shape<never>,
  9: pinWatchArgs as Shape<never>,
  10: busArgs as Shape<never>,
  11: noArgs as Shape<never>,
};
const commandHead = [16] as const;
const commandByOp = new Map(
  Object.entries(argsByOp).map(([number, args]) => {
    const op = integer(Number(number), Number(number));
    const shape = row<{ n: number; op: number; args: Args }>(commandHead, {
      n: u32,
      op,
      args: args as Shape<unknown> as Shape<Args>,
    });
    return [Number(number), shape as Shape<unknown> as Shape<m.CommandBody>];
  }),
);

/** The third member of a command is its operation. */
function peekOp(cursor: Cursor): number {
  cursor.head(major.array);
  cursor.uint();
  cursor.uint();
  return cursor.uint();
}
export const commandBody = choice<m.CommandBody>(
  (cursor) => commandByOp.get(peekOp(cursor)),
  (body) => commandByOp.get(body.op),
);

const ackNumbers = row<{ n: number; code: number; result: number[] }>([17], {
  n: u32,
  code: integer(0, 9),
  result: list(u32, 0, 10),
});
const ackBytes = row<{ n: number; code: number; read: Uint8Array }>([17], {
  n: u32,
  code: integer(0, 9),
  read: bytes(0, 32),
});
/** An ack's last member is a list of numbers, or for op 10 the bytes read. */
export const ackBody: Shape<m.AckBody> = {
  read(cursor) {
    const from = cursor.at;
    cursor.head(major.array);
    for (let k = 0; k < 3; k++) cursor.uint();
    const isBytes = cursor.peek() === major.bytes;
    cursor.at = from;
    return isBytes ? { ...ackBytes.read(cursor), result: [] } : ackNumbers.read(cursor);
  },
  write(writer, body) {
    if (body.read) ackBytes.write(writer, { n: body.n, code: body.code, read: body.read });
    else ackNumbers.write(writer, body);
  },
};
export const reportBody = row<m.ReportBody>([19], { n: u32, seq: u32, t: ticks, values: list(u16, 1, 8) });
export const stop = row<Untyped<m.Stop>>([18], { rec: u32, key: nonce16 });

// ---- owner's commands ----
const rotateBody = row<{ n: number; hr: Uint8Array }>([33], { n: u32, hr: bytes(32) });
const wipeBody = row<{ n: number }>([34], { n: u32 });
export const adminBody: Shape<m.AdminBody> = {
  read(cursor) {
    const from = cursor.at;
    cursor.head(major.array);
    const isWipe = cursor.uint() === 34;
    cursor.at = from;
    return isWipe ? { rule: 'wipe', ...wipeBody.read(cursor) } : { rule: 'rotate', ...rotateBody.read(cursor) };
  },
  write(writer, body) {
    if (body.rule === 'wipe') wipeBody.write(writer, body);
    else rotateBody.write(writer, body);
  },
};

// ---- a capture ----
const timerClock = row<{ hz: number; period: number; div: number }>([0], {
  hz: positive,
  period: positive,
  div: integer(1, 0xff),
});
const sensorClock = row<{ hz: number; odrMhz: number }>([1], { hz: positive, odrMhz: positive });
type BeginFields = Untyped<m.Begin>;
function beginWith(clock: Shape<never>, enc: Shape<number>): Shape<BeginFields> {
  return row<BeginFields>([1], {
    rec: u32,
    sid: nonce8,
    boot: u32,
    t0: ticks,
    clock: clock as Shape<unknown> as Shape<m.CaptureClock>,
    chans: chanList,
    enc,
    count: u32,
    win: window,
    cfg: bytes(0, 32),
  });
}
const beginByClock: Record<number, Shape<BeginFields>> = {
  0: beginWith(kinded(0, timerClock), integer(1, 2)),
  1: beginWith(kinded(1, sensorClock), integer(3, 4)),
};
function kinded<K extends number, T extends object>(kind: K, shape: Shape<T>): Shape<never> {
  const withKind: Shape<T & { kind: K }> = {
    read: (cursor) => ({ kind, ...shape.read(cursor) }),
    write: (writer, value) => shape.write(writer, value),
  };
  return withKind as Shape<unknown> as Shape<never>;
}
/** The first member of the clock, the fifth after the message type, is its kind. */
function peekClockKind(cursor: Cursor): number {
  cursor.head(major.array);
  for (let k = 0; k < 2; k++) cursor.uint();
  cursor.bytesView();
  for (let k = 0; k < 2; k++) cursor.uint();
  cursor.head(major.array);
  return cursor.uint();
}
export const begin = choice<BeginFields>(
  (cursor) => beginByClock[peekClockKind(cursor)],
  (value) => beginByClock[value.clock.kind],
);

const s16le = tagged(77, bytes(2, 1280, 2));
const u10 = bytes(5, 1280, 5);
const dataHead = { rec: u32, i: u32, dt: u32, gap: u32 };
type DataFields = Untyped<m.Data>;
/** Data by encoding; protocol/decode.ts has a faster twin of the reading half, and a test that they agree. */
export const dataByEncoding: Record<number, Shape<DataFields>> = {
  1: row<DataFields>([2], { ...dataHead, enc: integer(1, 1), samples: s16le } as never),
  2: row<DataFields>([2], { ...dataHead, enc: integer(2, 2), samples: u10 } as never),
  3: row<DataFields>([2], { ...dataHead, enc: integer(3, 3), level: u16, samples: s16le } as never),
  4: row<DataFields>([2], { ...dataHead, enc: integer(4, 4), level: u16, samples: u10 } as never),
};
function peekEncoding(cursor: Cursor): number {
  cursor.head(major.array);
  for (let k = 0; k < 5; k++) cursor.uint();
  return cursor.uint();
}
export const data = choice<DataFields>(
  (cursor) => dataByEncoding[peekEncoding(cursor)],
  (value) => dataByEncoding[value.enc],
);
export const mark = row<Untyped<m.Mark>>([5], { rec: u32, w: u16, d: hash32 });
export const busy = row<Untyped<m.Busy>>([10], { rec: u32, doing: integer(1, 3), leftMs: u16 });
export const sealBody = row<m.SealBody>([3], {
  rec: u32,
  boot: u32,
  prev: hash16,
  chal: nonce16,
  nf: u32,
  ns: u32,
  t1: ticks,
  lost: u32,
  end: integer(0, 4),
  macbad: u16,
  bd: hash32,
  cd: hash32,
});

// ---- events and time ----
const infoKey = integer(1, 2);
const infoBytes = bytes(0, 32);
/** At most one pair. */
const eventInfo: Shape<Map<number, number | Uint8Array>> = {
  read(cursor) {
    const pairs = cursor.head(major.map);
    if (pairs > 1) misfit(`a map of ${pairs} pairs`);
    const info = new Map<number, number | Uint8Array>();
    if (pairs) {
      const key = infoKey.read(cursor);
      info.set(key, cursor.peek() === major.bytes ? infoBytes.read(cursor) : u32.read(cursor));
    }
    return info;
  },
  write(writer, info) {
    if (info.size > 1) refuseValue(`a map of ${info.size} pairs`);
    writer.head(major.map, info.size);
    for (const [key, value] of info) {
      infoKey.write(writer, key);
      if (typeof value === 'number') u32.write(writer, value);
      else infoBytes.write(writer, value);
    }
  },
};
export const eventBody = row<m.EventBody>([4], {
  rec: u32,
  boot: u32,
  prev: hash16,
  t: ticks,
  code: integer(1, 8),
  info: eventInfo,
});
export const ping = row<Untyped<m.Ping>>([8], { n: u32 });
export const pong = row<Untyped<m.Pong>>([9], { n: u32, rx: ticks, tx: ticks, rxbad: u32 });
