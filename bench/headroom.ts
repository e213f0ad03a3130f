/**
 * RAM that no path of the firmware reaches, by image: a board of its own for every way through a session, asked for its lowest free stack
 * afterwards. What is in use while it streams. And how long a signature takes, as the board measured it at its start.
 *
 *   npm run bench:headroom [-- --json]
 */
import { readFileSync } from 'node:fs';
import { stopLock } from '../protocol/index.js';
import { Bench, blankBench, bytes, provisionBench } from '../test/firmware/bench.js';
import { ramWhileStreaming } from './ram.js';
import { type BenchRow, report } from './table.js';

const names = ['kz-uno', 'kz-uno-io', 'kz-uno-spi', 'kz-uno-i2c', 'kz-uno-lis'];
const key = bytes(16, 0xe0);
const rows: BenchRow[] = [];

const analog = { count: 12_000, period: 83, div: 3, chans: [0, 1, 2], enc: 2, win: 32, sign: 0 };
const overrun = { count: 12_000, period: 83, div: 1, chans: [0], enc: 1, win: 4, sign: 0 };
const fifo: Record<string, object> = {
  'kz-uno-i2c': { count: 3000, period: 1_000_000, div: 0, chans: [11, 12, 13], enc: 3, win: 32, sign: 0 },
};

function freeStack(bench: Bench): number {
  bench.command(4, {});
  return bench.ack().result[1]!;
}

/** A capture with traffic beside it: pings, an open, and at last a stop. */
function capture(bench: Bench, args: object, busy: boolean): void {
  bench.command(1, { ...args, chal: bytes(16), lock: stopLock(key) });
  if (bench.ack().code !== 0) return; // no part at the pins: that path was gone, too
  const { message: begin } = bench.expect('begin');
  for (let n = 1; busy && n < 8; n++) {
    bench.send({ type: 'ping', n });
    bench.run(20);
  }
  if (busy) {
    bench.open(bytes(16, 3));
    bench.run(50);
    bench.send({ type: 'stop', rec: begin.rec, key });
  }
  bench.expect('seal', 6000);
  bench.session();
}

for (const name of names) {
  const hex = readFileSync(new URL(`../firmware/images/${name}.hex`, import.meta.url), 'utf8');
  const { bench: first, ticket } = blankBench({ hex });
  first.boot();
  provisionBench(first, ticket.claim);
  const hello = first.session();
  const least: [string, number][] = [['provisioning', freeStack(first)]];
  const path = (text: string, go: (bench: Bench) => void) => {
    const bench = new Bench({ hex, eeprom: first.board.eeprom.slice() });
    bench.pair = first.pair;
    bench.pinned = first.pinned;
    bench.boot();
    bench.session();
    for (const pin of ['A0', 'A1', 'A2']) bench.board.analog(pin, () => 2);
    go(bench);
    least.push([text, freeStack(bench)]);
  };
  let streaming = 0;
  path('capture measured while it streams', (bench) => {
    streaming = ramWhileStreaming(bench, analog);
  });
  path('identify', (bench) => {
    bench.command(3, { nonce: bytes(16) });
    bench.expect('identity', 3000);
  });
  path('capture', (bench) => capture(bench, analog, false));
  path('capture with losses', (bench) => capture(bench, overrun, false));
  path('capture with pings, open and stop', (bench) => capture(bench, analog, true));
  if (fifo[name]) path('capture of an absent part', (bench) => capture(bench, fifo[name]!, false));
  const [where, free] = least.reduce((a, b) => (b[1] < a[1] ? b : a));
  rows.push({
    row: `${name}: RAM free at the deepest (${where})`,
    value: free,
    unit: 'B',
    reference: 'RAM of the chip 2,048',
    goal: '>= 150',
    holds: free >= 150,
  });
  rows.push({
    row: `${name}: RAM in use while it streams`,
    value: streaming,
    unit: 'B',
    reference: 'RAM of the chip 2,048',
    goal: name === 'kz-uno' ? '<= 1,638' : '',
    holds: name === 'kz-uno' ? streaming <= 1638 : null,
  });
  // what a board states is its own time of 32 bytes, an eighth more and 20 ms
  const cycles = ((hello.body.caps.signMs - 20) * 8 * 16_000) / 9;
  rows.push({
    row: `${name}: signature at the start`,
    value: cycles,
    unit: 'cycles',
    reference: 'Arduino Crypto library 93.2 M',
    goal: '<= 8,000,000',
    holds: cycles <= 8_000_000,
  });
}
report('headroom', rows);
