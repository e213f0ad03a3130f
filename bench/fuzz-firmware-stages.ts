/** Boards for bench/fuzz-firmware.ts, one a state, and what is sent to them. */
import { claimPage, drawTicket, patchImage } from '../host/flash/index.js';
import { encodeBody, externalAad, tagMac0 } from '../protocol/index.js';
import { Bench, bytes, facts, firmwareOf, knownBench, mega } from '../test/firmware/bench.js';
import { anyItem, bend, type Draw, falselyTagged, pick, specimenBodies } from './fuzz-hostile-frames.js';

export const scenes = ['bare', 'blank', 'locked', 'idle', 'capturing', 'signing'] as const;
export type Scene = (typeof scenes)[number];

export interface Stage {
  scene: Scene;
  bench: Bench & { admin?: Uint8Array };
  /** Bodies that were valid at some time, for replay. */
  seen: Uint8Array[];
  edges: number;
  eeprom: Uint8Array;
  /** Messages received before this were judged. */
  judged: number;
  rounds: number;
  resets: number;
}

/** Host bodies of earlier sessions of the same keys: right MACs, wrong session. */
export const earlier: Uint8Array[] = [];

/** A body to send. @param insider half of the forged commands carry a right MAC */
export function hostileBody(stage: Stage, draw: Draw, insider: boolean): Uint8Array {
  const { bench, seen } = stage;
  const known = draw(3) && seen.length ? seen : earlier.length && draw(2) ? earlier : specimenBodies;
  const road = draw(10);
  if (road === 0) return anyItem(draw);
  if (road === 1) return pick(known, draw);
  if (road <= 4) {
    // the number the board waits for, so that the MAC is what refuses it
    const n = bench.n + 1 + (draw(4) === 0 ? draw(3) - 1 : 0);
    const relay = { relay: draw(3), on: draw(2) === 1, holdMs: pick([0, 1, 1000, 600_000], draw) };
    const payload =
      draw(3) === 0
        ? bend(encodeBody('command', { n, op: 2, args: { relay: 0, on: true, holdMs: 1000 } }), specimenBodies, draw)
        : draw(4) === 0
          ? encodeBody('admin', draw(2) ? { rule: 'wipe', n } : { rule: 'rotate', n, hr: bytes(32) })
          : relay.on === relay.holdMs > 0
            ? encodeBody('command', { n, op: 2, args: relay })
            : draw(2)
              ? encodeBody('command', { n, op: 8, args: { pin: draw(14), mode: 2, value: 1, holdMs: 60_000 } })
              : encodeBody('command', { n, op: 4, args: {} });
    if (insider && bench.keys && draw(2)) {
      const acked = bench.received.slice(-30).some((r) => r.message.type === 'ack' && r.message.body.n === bench.n + 1);
      if (acked) bench.n++;
      const on = encodeBody('command', { n: bench.n + 1, op: 2, args: { relay: 0, on: true, holdMs: 1 } });
      return tagMac0(on, externalAad('command', bench.keys.sid), bench.keys.key);
    }
    return falselyTagged(payload, bench.keys?.sid, draw);
  }
  if (road === 5 && bench.received.length) {
    // reflected: what the board said itself
    return pick(bench.received.slice(-20), draw).body;
  }
  let body = pick(known, draw);
  for (let k = draw(3); k >= 0; k--) body = bend(body, specimenBodies, draw);
  return body;
}

/** Whether a body begins as `open`, which replaces the session. */
export function isOpen(body: Uint8Array): boolean {
  return body[0] === 0x84 && body[1] === 0;
}

/** The slowest capture there is: it lasts as long as a flood, and the board sleeps in between. */
export const captureArgs = (lock: Uint8Array) => ({
  count: 1_000_000,
  period: 2048,
  div: 1,
  chans: [0],
  enc: 2,
  win: 8,
  sign: 0,
  chal: bytes(16, 0x20),
  lock,
});

/** Every digital pin but the line's two and the LED, which blinks; those of the Mega's other side included. */
function watch(stage: Stage, isMega: boolean): void {
  const { freePins, relays } = isMega ? mega : facts;
  const digital = [...freePins.filter((pin) => !pin.startsWith('A')), ...relays.map(({ pin }) => pin)];
  for (const pin of digital) stage.bench.board.pin(pin).watch(() => stage.edges++);
}

/** Keeps what is sent, for replay. */
function remember(bench: Bench, seen: Uint8Array[]): void {
  const send = bench.sendBody.bind(bench);
  bench.sendBody = (body) => {
    seen.push(body.slice());
    if (seen.length > 60) seen.splice(20, 1);
    send(body);
  };
}

/** A board in that state, its bodies remembered, its pins watched. */
export function makeStage(scene: Scene, seed: number, hex: string, isMega: boolean): Stage {
  const of = isMega ? mega : facts;
  const seen: Uint8Array[] = [];
  let bench: Bench;
  if (scene === 'bare') bench = new Bench({ seed, hex, mega: isMega });
  else if (scene === 'blank')
    bench = new Bench({
      seed,
      hex: patchImage(hex, of, claimPage(drawTicket(of, firmwareOf(hex, of)), of)),
      mega: isMega,
    });
  else bench = knownBench({ seed, hex, mega: isMega });
  if (scene === 'bare' || scene === 'blank') {
    bench.boot();
    bench.open();
    bench.run(200);
  }
  remember(bench, seen);
  const stage: Stage = {
    scene,
    bench,
    seen,
    edges: 0,
    eeprom: bench.board.eeprom.slice(),
    judged: bench.received.length,
    rounds: 0,
    resets: bench.board.stats.resets,
  };
  watch(stage, isMega);
  return stage;
}
