/**
 * The Arduino library as a user compiles it, with Debian's Arduino core, in emulated boards: a sketch that keeps its own loop is provisioned
 * and gives sealed captures.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { stopLock, unpackSamples } from '../../protocol/index.js';
// @ts-expect-error: a script without types
import { arduinoCore, compileSketches, examples, limits } from '../../scripts/arduino-compile.mjs';
// @ts-expect-error: a script without types
import { packArduino } from '../../scripts/arduino-pack.mjs';
import { type Bench, blankBench, bytes, hz, provisionBench } from './bench.js';
import { avrCompilerPresent } from './programs/crypto_avr.js';

const skip = avrCompilerPresent && existsSync(arduinoCore) ? false : 'gcc-avr or arduino-core-avr is not installed';
t.setTimeout(240_000); // compiles the Arduino core twice
interface Built {
  hex: string;
  flash: number;
  ram: number;
  symbols: Map<string, number>;
}
const folder = mkdtempSync(join(tmpdir(), 'kizashi-arduino-test-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const library = packArduino(join(folder, 'Kizashi'));

/** Waits until pin 4, the lamp of the examples, changes; returns the milliseconds it took. */
function lampChange(bench: Bench, most: number): number {
  const from = bench.ms;
  const was = bench.board.pin('4').read();
  while (bench.board.pin('4').read() === was && bench.ms - from < most) bench.run(0.25);
  return bench.ms - from;
}

t.test('the library is whole and states the version of the firmware', async (t) => {
  const properties = readFileSync(join(library, 'library.properties'), 'utf8');
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  t.match(properties, new RegExp(`^version=${version}$`, 'm'));
  for (const key of ['name', 'author', 'maintainer', 'sentence', 'paragraph', 'category', 'url', 'architectures'])
    t.match(properties, new RegExp(`^${key}=.+$`, 'm'), key);
  const header = readFileSync(join(library, 'src/Kizashi.h'), 'utf8');
  for (const word of readFileSync(join(library, 'keywords.txt'), 'utf8').trim().split('\n'))
    t.ok(header.includes(word.split('\t')[0]!), `${word.split('\t')[0]} is declared`);
});

t.test('a sketch on the Uno: provisioned, sealed, its own loop alive', { skip, timeout: 120_000 }, async (t) => {
  const built: Record<string, Built> = compileSketches('uno', examples(), { library });
  const most = limits('uno');
  for (const [name, { flash, ram }] of Object.entries(built))
    t.ok(flash <= most.flash && ram <= most.ram, `${name}: ${flash} B of flash, ${ram} B of variables`);
  const { hex, symbols } = built.VibrationCapture!;
  t.ok((symbols.get('kz_reset_record')! & 0xffff) >= 0x220, 'the reset record lies clear of page buffers of loaders');

  const { bench, ticket } = blankBench({ hex });
  t.equal(bench.boot(), 0, 'power-on');
  lampChange(bench, 1000);
  const quick = lampChange(bench, 1000);
  t.ok(Math.abs(quick - 128) < 8, `no key: the lamp changes every ${quick.toFixed(1)} ms of millis()`);
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity), 'identity');
  const { caps } = bench.session().body;
  bench.command(4, {});
  t.ok(bench.ack().result[1]! >= 64, 'free stack after the first signatures');

  const levels = [0.5, 2.25, 4];
  levels.forEach((volts, k) => void bench.board.analog(`A${k}`, () => volts));
  const ask = { count: 24_000, period: 83, div: 3, chans: [0, 1, 2], enc: 2, win: 32, sign: 0 };
  const clock = symbols.get('timer0_millis')! & 0xffff;
  const millis = () => {
    const { data } = bench.board.chip.core.cpu;
    return data[clock]! | (data[clock + 1]! << 8) | (data[clock + 2]! << 16) | (data[clock + 3]! << 24);
  };
  bench.run(5);
  const [from, boardFrom] = [bench.ms, millis()];
  bench.command(1, { ...ask, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack().code, 0);
  const seal = bench.expect('seal', 5000).message;
  t.match(seal.body, { ns: 24_000, lost: 0, end: 0 }, '3 x 8 kS/s, nothing lost');
  t.ok(bench.signed(seal), `signed in about ${caps.signMs} ms`);
  let at = 0;
  let wrong = 0;
  for (const { message } of bench.all('data'))
    for (const value of unpackSamples(2, message.samples))
      if (value !== Math.floor((levels[at++ % 3]! / 5) * 1024 + 0.5)) wrong++;
  t.equal(wrong, 0, 'every sample on its channel');
  bench.run(20);
  const gone = bench.ms - from;
  t.ok(
    gone > 1000 && Math.abs(millis() - boardFrom - gone) <= 3,
    `millis() went on: ${millis() - boardFrom} of ${gone.toFixed(1)} ms`,
  );

  bench.command(2, { relay: 0, on: true, holdMs: 5000 });
  t.equal(bench.ack().code, 0);
  t.equal(bench.board.pin('7').read(), 1, 'relay');
  bench.board.reset('external');
  t.equal(bench.boot(), 1, 'the reset pin is told from power');
  t.not(bench.board.pin('7').read(), 1, 'safe after a reset');
  bench.session();
  bench.command(4, {});
  const free = bench.ack().result[1]!;
  t.ok(free >= 64, `${free} B of stack never used`);
  bench.run(1500);
  t.equal(bench.board.stats.resets, 1, 'the watchdog is fed by loop()');
  t.same(bench.refused, []);
});

t.test('a sketch that reads its clamp itself, on the Mega', { skip, timeout: 120_000 }, async (t) => {
  const built: Record<string, Built> = compileSketches('mega', [join(library, 'examples/CurrentClamp')], { library });
  const most = limits('mega');
  for (const [name, { flash, ram }] of Object.entries(built))
    t.ok(flash <= most.flash && ram <= most.ram, `${name}: ${flash} B of flash, ${ram} B of variables`);
  const { bench, ticket } = blankBench({ hex: built.CurrentClamp!.hex, mega: true });
  let amplitude = 0;
  bench.board.analog('A0', (cycle) => 2.5 + amplitude * Math.sin((2 * Math.PI * 50 * cycle) / hz));
  bench.boot();
  bench.run(300);
  t.not(bench.board.pin('4').read(), 1, 'the motor stands');
  amplitude = 1;
  bench.run(300);
  t.equal(bench.board.pin('4').read(), 1, 'it runs: analogRead, digitalWrite and millis of the sketch work');
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity));
  bench.session();
  const ask = { count: 4000, period: 250, div: 1, chans: [0], enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...ask, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack().code, 0);
  const seal = bench.expect('seal', 4000).message;
  t.match(seal.body, { ns: 4000, lost: 0, end: 0 });
  t.ok(bench.signed(seal));
  const samples = bench.all('data').flatMap(({ message }) => [...unpackSamples(2, message.samples)]);
  t.ok(Math.max(...samples) > 700 && Math.min(...samples) < 320, 'the clamp is in the capture');
  amplitude = 0;
  bench.run(300);
  t.not(bench.board.pin('4').read(), 1, 'and the sketch reads on after it');
});
