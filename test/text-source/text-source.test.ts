/** Lines of the Arduino Serial Plotter, from a program that prints them on an emulated Uno's line. */
import t from 'tap';
import { createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { LineSplitter, openText, readPlotterLine } from '../../host/text-source/index.js';

t.test('lines: labels, positions, separators, line ends', async (t) => {
  t.same(readPlotterLine('ax:0.12,ay:-0.03'), { labels: ['ax', 'ay'], values: [0.12, -0.03] });
  t.same(readPlotterLine('1 2\t3'), { labels: ['c1', 'c2', 'c3'], values: [1, 2, 3] });
  t.same(readPlotterLine(' i:1e-3, v:5 '), { labels: ['i', 'v'], values: [0.001, 5] });
  for (const text of ['', 'hello', 'ax:', ':1', 'ax:1,ax:2', 'ax:NaN', '1,,x'])
    t.equal(readPlotterLine(text), undefined, text);
  const splitter = new LineSplitter();
  t.same(splitter.push(Buffer.from('a:1\r\nb')), ['a:1']);
  t.same(splitter.push(Buffer.from(':2\n')), ['b:2']);
  t.same(splitter.push(Buffer.alloc(5000, 'x')), []);
  t.same(splitter.push(Buffer.from('xx\na:3\n')), ['a:3'], 'an endless line is dropped, the next one read');
  t.equal(splitter.overlong, 1);
});

/** Prints a string for ever, then waits: 115,200 baud, `gap` outer loops of 769 × 4 cycles between lines. */
function printer(text: string, gap: number): string {
  const ldi = (r: number, k: number) => 0xe000 | ((k & 0xf0) << 4) | ((r - 16) << 4) | (k & 15);
  const sts = (r: number, at: number) => [0x9200 | (r << 4), at];
  const lds = (r: number, at: number) => [0x9000 | (r << 4), at];
  const data = 60; // word address of the text
  const program = [
    ldi(16, 2),
    ...sts(16, 0xc0),
    ldi(16, 16),
    ...sts(16, 0xc4),
    ldi(16, 8),
    ...sts(16, 0xc1),
    /* 9 */ ldi(30, (2 * data) & 255),
    ldi(31, (2 * data) >> 8),
    /* 11 */ 0x9105 /* lpm r16, Z+ */,
    0x2300 /* tst r16 */,
    0xf039 /* breq +7 → 20 */,
    /* 14 */ ...lds(17, 0xc0),
    0xff15 /* sbrs r17, 5 */,
    0xcffc /* rjmp 14 */,
    ...sts(16, 0xc6),
    /* 20 */
  ];
  program[13] = 0xf001 | (((21 - 14) & 0x7f) << 3);
  program.push(0xc000 | ((11 - 21) & 0xfff)); // 20: rjmp 11
  const wait = program.length; // 21
  program.push(ldi(18, gap), ldi(19, 0), ldi(20, 4));
  program.push(0x953a /* dec r19 */, 0xf7f1 /* brne -2 */, 0x954a /* dec r20 */, 0xf7e1 /* brne -4 */);
  program.push(0x952a /* dec r18 */, 0xf000 | 1 | ((((wait + 1 - (wait + 9)) & 0x7f) << 3) | 0x400));
  program.push(0xc000 | ((9 - (program.length + 1)) & 0xfff));
  while (program.length < data) program.push(0);
  const bytes = Buffer.concat([Buffer.from(Uint16Array.from(program).buffer), Buffer.from(`${text}\0\0`)]);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const row = Buffer.concat([Buffer.from([part.length, at >> 8, at & 255, 0]), part]);
    const sum = -row.reduce((a, b) => a + b, 0) & 255;
    lines.push(`:${row.toString('hex')}${sum.toString(16).padStart(2, '0')}`.toUpperCase());
  }
  return `${lines.join('\n')}\n:00000001FF\n`;
}

t.test('a sketch that prints: rate and scatter by the host’s clock, unsigned', async (t) => {
  const world = new World({ seed: 9 });
  t.teardown(() => world.close());
  const clockError = 0.002;
  world.add(createUno({ hex: printer('ax:0.12,i1:-3\r\n', 20), seed: 9, name: 'text', clockError }), 'text');
  const source = await openText({ path: 'emu:text', binding: emulatedBinding(world), clock: world.clock });
  await world.run(1);
  const capture = await world.until(source.next(3), 20);
  t.match(capture, { source: 'text', verdict: { kind: 'unsigned' }, grade: 'none' });
  t.same(
    capture.channels.map(({ id, quantity, unit }) => [id, quantity, unit]),
    [
      ['ax', 'acceleration', 'relative'],
      ['i1', 'current', 'relative'],
    ],
  );
  t.ok(capture.channels[0].samples.every((x) => x === 0.12) && capture.channels[1].samples.every((x) => x === -3));
  t.match(capture.notes, [/screening/, /99 % of the lines within/]);
  const n = capture.channels[0].samples.length;
  t.ok(n > 100 && Math.abs(capture.fsHz - n / 3) < 1.5, `${capture.fsHz.toFixed(2)} lines/s, ${n} in 3 s`);
  await source.close();
});

t.test('text without numbers is refused with what was seen', async (t) => {
  const world = new World({ seed: 9 });
  t.teardown(() => world.close());
  world.add(createUno({ hex: printer('Hello, world!\n', 60), seed: 9, name: 'words' }), 'words');
  const source = await openText({
    path: 'emu:words',
    binding: emulatedBinding(world),
    clock: world.clock,
    waitMs: 2000,
  });
  await t.rejects(world.until(source.next(1), 20), { code: 'KZ1506' });
  t.ok(source.counters.misread > 5);
  await source.close();
});
