/**
 * Hostile bytes against the released image in an emulated Uno: a short run of bench/fuzz-firmware.ts in every state, that its watches see
 * what they watch for, and what a cable does to a board by accident.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fuzzFirmware, rowsOf } from '../../bench/fuzz-firmware.js';
import { scenes } from '../../bench/fuzz-firmware-stages.js';
import { encodeFrame, encodeMessage, stopLock } from '../../protocol/index.js';
import { bytes, hz, knownBench } from './bench.js';

t.test(
  '2,000 hostile frames in six states: no relay, no restart, no write; the next good frame is understood',
  async (t) => {
    const result = fuzzFirmware({ frames: 2000 }, 7, 334);
    for (const row of rowsOf(result)) if (row.holds !== null) t.ok(row.holds, `${row.row}: ${row.value}`);
    t.same(result.findings, []);
    for (const scene of scenes) t.ok(result.frames[scene] >= 330, `${scene}: ${result.frames[scene]} frames`);
    t.ok(result.goodFrames >= 20 && result.signatures > 0 && result.capturesSealed > 0);
  },
);

t.test('the images with general pins and a bus, and of the Mega: no pin moves either', async (t) => {
  for (const name of ['kz-uno-io', 'kz-mega']) {
    const hex = readFileSync(new URL(`../../firmware/images/${name}.hex`, import.meta.url), 'utf8');
    const result = fuzzFirmware({ frames: 600 }, 9, 100, undefined, false, hex, name === 'kz-mega');
    for (const row of rowsOf(result)) if (row.holds !== null) t.ok(row.holds, `${name}, ${row.row}: ${row.value}`);
    t.same(result.findings, []);
  }
});

t.test('the watch at the relay pin sees a relay that moves', async (t) => {
  const result = fuzzFirmware({ frames: 1200 }, 8, 200, undefined, true);
  t.ok(result.relayEdges > 0, `${result.relayEdges} edges by commands with a right MAC`);
});

t.test('a pong leaves when it says, in a capture so slow that the board sleeps between beats', async (t) => {
  const bench = knownBench();
  const key = bytes(16, 0xe0);
  const args = { period: 2048, div: 1, chans: [0], enc: 2, win: 8, sign: 0, chal: bytes(16), lock: stopLock(key) };
  bench.command(1, { count: 40_000, ...args });
  const [rec] = bench.ack().result;
  const late: number[] = [];
  for (let k = 0; k < 12; k++) {
    bench.run(90 + 7 * k);
    bench.send({ type: 'ping', n: k });
    const pong = bench.expect('pong', 100);
    t.equal(pong.message.n, k);
    late.push(pong.cycle / 8 - pong.message.tx);
  }
  const spread = (Math.max(...late) - Math.min(...late)) / 2000;
  t.ok(spread < 1, `the time between \`tx\` and the frame varies by ${spread.toFixed(2)} ms`);
  bench.send({ type: 'stop', rec, key });
  t.equal(bench.expect('seal', 3000).message.body.end, 1);
});

t.test('a plug pulled in the middle of a frame, and put back', async (t) => {
  const bench = knownBench();
  const ping = encodeFrame(encodeMessage({ type: 'ping', n: 1 }));
  for (let cut = 1; cut < ping.length - 1; cut++) {
    bench.board.uart.receive(ping.subarray(0, cut));
    bench.run(60);
    bench.board.uart.receive(Uint8Array.of(0));
    bench.run(1);
    bench.send({ type: 'ping', n: 100 + cut });
    t.equal(bench.expect('pong', 50).message.n, 100 + cut, `cut after ${cut} bytes`);
  }
  // with a good frame right behind the delimiter: lost only where COBS cannot tell that something is missing
  const stop = encodeFrame(encodeMessage({ type: 'stop', rec: 70_000, key: bytes(16) }));
  let lost = 0;
  let ends = 0;
  for (const frame of [ping, stop]) {
    for (let cut = 1; cut < frame.length - 1; cut++) {
      let block = 0;
      while (block < cut) block += frame[block];
      if (block === cut) ends++;
      bench.run(60);
      const n = 1000 * frame.length + cut;
      const good = encodeFrame(encodeMessage({ type: 'ping', n }));
      bench.board.uart.receive(Uint8Array.of(...frame.subarray(0, cut), 0, ...good));
      const pong = bench.wait('pong', 10);
      if (!pong) lost++;
      if (block !== cut || cut < 4) t.equal(pong?.message.n, n, `cut after ${cut} bytes of ${frame.length}`);
    }
  }
  t.ok(lost <= ends && ends < 8, `${lost} good frames lost behind ${ends} ends of blocks`);
  t.equal(bench.board.stats.resets, 0);
  t.same(bench.refused, []);
});

t.test('a wrong baud: noise is counted, and the right rate is understood again', async (t) => {
  const bench = knownBench();
  for (const baud of [115_200, 230_400, 57_600, 1_000_000]) {
    bench.board.uart.lineBaud = baud;
    for (let k = 0; k < 10; k++) bench.send({ type: 'ping', n: k });
    bench.run(300);
    bench.board.uart.lineBaud = 500_000;
    bench.run(1100);
    bench.board.uart.receive(Uint8Array.of(0));
    bench.run(6);
    const from = bench.board.cycle;
    bench.send({ type: 'ping', n: baud });
    const pong = bench.expect('pong', 100);
    t.equal(pong.message.n, baud, `after ${baud} baud`);
    t.ok(pong.message.rxbad > 0, `${pong.message.rxbad} spoilt frames counted`);
    t.ok(pong.cycle - from < hz / 100);
  }
  t.equal(bench.board.stats.resets, 0);
});
