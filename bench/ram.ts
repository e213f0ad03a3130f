/** RAM of an image while it streams, measured in emulation. */
import { stopLock } from '../protocol/index.js';
import { type Bench, bytes } from '../test/firmware/bench.js';

/** Where the ATmega328P's RAM begins and ends, and what the firmware fills its untouched stack with (firmware/ports/avr/main.c). */
const RAM_AT = 0x100;
const RAM_END = 0x900;
const PAINT = 0xc5;

const key = bytes(16, 0xe0);

/**
 * Bytes in use from the begin of a capture to its last mark, with pings, an open and a stop on the way: everything below the painted stack,
 * and the stack down to its deepest. `bench` stands in a session, its board is an ATmega328P.
 */
export function ramWhileStreaming(bench: Bench, args: object): number {
  const { core } = bench.board.chip;
  bench.command(1, { ...args, win: 32, sign: 0, chal: bytes(16), lock: stopLock(key) });
  const { message: begin } = bench.expect('begin');
  core.stackLow = RAM_END - 1;
  let deepest = 0;
  const frames = () => bench.all('data').length + bench.all('mark').length;
  /** Notes the stack as it was just before each frame arrived: signing begins when the last one is sent. */
  const stream = (ms: number) => {
    for (let step = 0; step < 4 * ms; step++) {
      const [seen, low] = [frames(), core.stackLow];
      bench.run(0.25);
      if (frames() > seen) deepest = RAM_END - 1 - low;
    }
  };
  for (let n = 1; n < 8; n++) {
    bench.send({ type: 'ping', n });
    stream(20);
  }
  bench.open(bytes(16, 3));
  stream(20);
  // while it streams, the paint begins where the overlay ends
  const ram = core.cpu.data.subarray(RAM_AT, RAM_END);
  let [best, at] = [0, 0];
  for (let i = 0, run = 0; i < ram.length; i++) {
    run = ram[i] === PAINT ? run + 1 : 0;
    if (run > best) [best, at] = [run, i + 1 - run];
  }
  bench.send({ type: 'stop', rec: begin.rec, key });
  stream(60);
  bench.expect('seal', 6000);
  return at + deepest;
}
