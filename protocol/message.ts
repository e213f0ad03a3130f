/**
 * The messages of kz1 as values: one interface a rule of kz1.cddl, `type` = the rule's name. Byte strings are `Uint8Array`, u32 and ticks
 * are `number`. Ticks count `hz` a second since boot; all other times carry their unit in the name. Messages with a MAC or a signature
 * hold the decoded `body` beside the exact `payload` bytes that are protected; decoding alone proves nothing about them.
 */

/** Device to host, host to device. */
export type Direction = 'd2h' | 'h2d';

// ---- greeting ----

/** Host opens or restarts a session. */
export interface Open {
  type: 'open';
  vmin: number;
  vmax: number;
  hn: Uint8Array;
}

export const resetCause = { powerOn: 0, external: 1, brownOut: 2, watchdog: 3, software: 4, unknown: 5 } as const;

/** Once after boot; a hint, never proof. `cause` is one of `resetCause`. */
export interface Ready {
  type: 'ready';
  vmin: number;
  vmax: number;
  cause: number;
}

export const bareWhy = { noClaim: 0, identityDamaged: 1, selfTestFailed: 2 } as const;

/** Answer to `open` of a board without usable identity and claim. `why` is one of `bareWhy`. */
export interface Bare {
  type: 'bare';
  v: number;
  why: number;
  chip: string;
  fw: string;
}

/** What the board received in `open` (h) and what it offers (d). */
export interface Versions {
  hmin: number;
  hmax: number;
  dmin: number;
  dmax: number;
}

/** Bits of `caps.encs`. */
export const encBit = { s16: 1, u10: 2, fifoS16: 4, fifoU10: 8 } as const;
/** Bits of `caps.flags`: takes commands while capturing and signing; takes op 8 and 9; takes op 10. */
export const capsFlag = { commandsWhileBusy: 1, pins: 2, bus: 4 } as const;

export interface Caps {
  chans: number;
  /** Highest sealed rate over all channels, samples a second. */
  rate: number;
  /** Samples in one data frame. */
  samples: number;
  /** 1: can sign single frames. */
  sealing: number;
  /** `encBit`s. */
  encs: number;
  /** Longest body the board accepts. */
  body: number;
  /** Worst time of one signature, measured. */
  signMs: number;
  /** `capsFlag`s. */
  flags: number;
  relays: number;
}

export interface HelloBody {
  v: number;
  range: Versions;
  kid: Uint8Array;
  rec: number;
  hn: Uint8Array;
  dn: Uint8Array;
  fw: string;
  fwd: Uint8Array;
  hz: number;
  caps: Caps;
}

// ---- envelopes ----

/** COSE_Mac0, alg 7. */
export interface Authenticated<Type extends string, Body> {
  type: Type;
  body: Body;
  payload: Uint8Array;
  tag: Uint8Array;
}

/** COSE_Sign1, alg −19. `kid` is a look-up hint only. */
export interface Signed<Type extends string, Body> {
  type: Type;
  kid: Uint8Array;
  body: Body;
  payload: Uint8Array;
  signature: Uint8Array;
}

export type Hello = Authenticated<'hello', HelloBody>;

// ---- provisioning and identity ----

export interface BlankBody {
  v: number;
  chip: string;
  fw: string;
  fwd: Uint8Array;
  cid: Uint8Array;
  dr: Uint8Array;
}
export type Blank = Authenticated<'blank', BlankBody>;

export interface ProvisionBody {
  dr: Uint8Array;
  hr: Uint8Array;
}
export type Provision = Authenticated<'provision', ProvisionBody>;

export const identityWhy = { born: 0, rotated: 1, asked: 2 } as const;

export interface IdentityBody {
  rec: number;
  boot: number;
  prev: Uint8Array;
  why: number;
  pk: Uint8Array;
  nonce: Uint8Array;
  fw: string;
  fwd: Uint8Array;
  /** Fuse and lock bytes: a claim that may only lower the grade. */
  lock: Uint8Array;
  /** Credited noise bits of the key. */
  ent: number;
}
export type Identity = Signed<'identity', IdentityBody>;

// ---- commands ----

export const encoding = { s16: 1, u10: 2, fifoS16: 3, fifoU10: 4 } as const;

export interface CaptureArgs {
  /** Samples over all channels, a multiple of lcm(channels, 4). */
  count: number;
  /** Timer ticks between conversions; for sensors with their own clock (`enc` 3 and 4) the rate asked for in millihertz. */
  period: number;
  /** Conversions per sample of one channel; 0 for sensors with their own clock. */
  div: number;
  chans: number[];
  enc: number;
  win: number;
  sign: number;
  chal: Uint8Array;
  lock: Uint8Array;
}

export interface RelayArgs {
  relay: number;
  on: boolean;
  holdMs: number;
}

export const pinMode = { input: 0, pullUp: 1, output: 2, pwm: 3, servo: 4, analog: 5 } as const;

export interface PinSetArgs {
  pin: number;
  /** One of `pinMode`. */
  mode: number;
  /** output 0 or 1, pwm 0 to 255, servo 0 (no pulse) or 400 to 2,600 µs, inputs 0. */
  value: number;
  /** Outputs fall to their safe value after this; 0 for inputs. */
  holdMs: number;
}

export interface PinWatchArgs {
  /** Empty: stop watching. */
  pins: number[];
  periodMs: number;
}

export interface BusArgs {
  /** Number of the I2C bus. */
  bus: number;
  /** Seven-bit address. */
  address: number;
  write: Uint8Array;
  read: number;
}

export const op = {
  capture: 1,
  relay: 2,
  identify: 3,
  status: 4,
  selftest: 5,
  sensor: 6,
  resend: 7,
  pinSet: 8,
  pinWatch: 9,
  bus: 10,
  diagnostics: 11,
} as const;

export type CommandBody =
  | { n: number; op: 1; args: CaptureArgs }
  | { n: number; op: 2; args: RelayArgs }
  | { n: number; op: 3; args: { nonce: Uint8Array } }
  | { n: number; op: 4; args: Record<string, never> }
  | { n: number; op: 5; args: Record<string, never> }
  | { n: number; op: 6; args: { sensor: number; regs: Uint8Array } }
  | { n: number; op: 7; args: { rec: number } }
  | { n: number; op: 8; args: PinSetArgs }
  | { n: number; op: 9; args: PinWatchArgs }
  | { n: number; op: 10; args: BusArgs }
  | { n: number; op: 11; args: Record<string, never> };
export type Command = Authenticated<'command', CommandBody>;

export const ackCode = {
  ok: 0,
  badArguments: 1,
  busy: 2,
  unsupported: 3,
  rateNotPossible: 4,
  sensorAbsent: 5,
  storageFault: 6,
  selfTestFailed: 7,
  refused: 8,
  recordGone: 9,
} as const;

export interface AckBody {
  n: number;
  /** One of `ackCode`. */
  code: number;
  /** Numbers of the answer; empty where the answer is `read`. */
  result: number[];
  /** Bytes read by op 10. */
  read?: Uint8Array;
}
export type Ack = Authenticated<'ack', AckBody>;

/** Values of the watched pins; a MAC'd report for control and display, never evidence. */
export interface ReportBody {
  /** `n` of the pin-watch command. */
  n: number;
  /** 0, 1, 2 … since that command; anything but rising is refused by the host. */
  seq: number;
  t: number;
  /** In the order of the command's pins: 0 or 1, or the converter's counts for an analog pin. */
  values: number[];
}
export type Report = Authenticated<'report', ReportBody>;

/** Ends a capture by revealing the preimage of its lock. */
export interface Stop {
  type: 'stop';
  rec: number;
  key: Uint8Array;
}

// ---- owner's commands ----

export type AdminBody = { rule: 'rotate'; n: number; hr: Uint8Array } | { rule: 'wipe'; n: number };
export type Admin = Authenticated<'admin', AdminBody>;

// ---- a capture ----

export type CaptureClock =
  /** fs = hz / (period · div), a rational. */
  | { kind: 0; hz: number; period: number; div: number }
  /** A sensor with its own oscillator: `odrMhz` millihertz is only what was asked. */
  | { kind: 1; hz: number; odrMhz: number };

export interface Begin {
  type: 'begin';
  rec: number;
  sid: Uint8Array;
  boot: number;
  t0: number;
  clock: CaptureClock;
  chans: number[];
  enc: number;
  count: number;
  win: number;
  cfg: Uint8Array;
}

export interface Data {
  type: 'data';
  rec: number;
  i: number;
  /** Ticks since `begin.t0`. */
  dt: number;
  /** Samples (over all channels) the board lost before this frame. */
  gap: number;
  enc: number;
  /** Scans left in the sensor's FIFO; `enc` 3 and 4 only. */
  level?: number;
  /** As on the wire; protocol/samples.ts unpacks. */
  samples: Uint8Array;
}
export type SignedData = Signed<'signed-data', Data>;

/** Digest of window `w`, proven backwards by the seal. */
export interface Mark {
  type: 'mark';
  rec: number;
  w: number;
  d: Uint8Array;
}

export const doing = { signing: 1, makingKeys: 2, erasing: 3 } as const;

export interface Busy {
  type: 'busy';
  rec: number;
  doing: number;
  leftMs: number;
}

export const endCode = { complete: 0, stopped: 1, overrun: 2, sensorFault: 3, storageFault: 4 } as const;

export interface SealBody {
  rec: number;
  boot: number;
  prev: Uint8Array;
  chal: Uint8Array;
  /** Frames and samples sent. */
  nf: number;
  ns: number;
  t1: number;
  lost: number;
  /** One of `endCode`. */
  end: number;
  macbad: number;
  bd: Uint8Array;
  cd: Uint8Array;
}
export type Seal = Signed<'seal', SealBody>;

// ---- events and time ----

export const eventCode = {
  badMacs: 1,
  unexpectedReset: 2,
  deadMan: 3,
  keyRotated: 4,
  wiped: 5,
  storageFault: 6,
  selfTestFailed: 7,
  canaryHit: 8,
} as const;

export interface EventBody {
  rec: number;
  boot: number;
  prev: Uint8Array;
  t: number;
  /** One of `eventCode`; `info` by the table in docs/protocol.md. */
  code: number;
  info: Map<number, number | Uint8Array>;
}
export type BoardEvent = Signed<'event', EventBody>;

export interface Ping {
  type: 'ping';
  n: number;
}

export interface Pong {
  type: 'pong';
  n: number;
  rx: number;
  tx: number;
  rxbad: number;
}

export type Message =
  | Open
  | Ready
  | Bare
  | Blank
  | Hello
  | Provision
  | Identity
  | Command
  | Ack
  | Report
  | Begin
  | Data
  | SignedData
  | Mark
  | Busy
  | Seal
  | Stop
  | BoardEvent
  | Ping
  | Pong
  | Admin;

/** Messages under a MAC, and messages under the board's signature. */
export type AuthenticatedMessage = Hello | Blank | Provision | Command | Ack | Report | Admin;
export type SignedMessage = Identity | SignedData | Seal | BoardEvent;
