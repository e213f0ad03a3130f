/** kizashi watch, collect, setup: pictures as numbers and dots, and the refusals that need no board. The boards are in test/whole/guides.test.ts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Capture } from '../../host/capture/capture.js';
import type { CaptureResult } from '../../host/capture/index.js';
import { BrailleCanvas } from '../../host/cli/scope/braille.js';
import { scopeLines, views } from '../../host/cli/scope/views.js';
import { tapIn, tapTest } from '../../host/cli/setup-steps.js';
import { planOf } from '../../host/cli/watched-motor.js';
import { motorSchema } from '../../host/motors/index.js';
import { entry, run } from './run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

const fsHz = 4000;

/** 97.65625 Hz stands exactly on a line of 4096 samples; 1 m/s² RMS. */
function captureOf(sample: (t: number) => number, n = 8192, extra: Partial<Capture['channels'][0]> = {}): Capture {
  const samples = Float64Array.from({ length: n }, (_, i) => sample(i / fsHz));
  return {
    id: '00',
    hash: new Uint8Array(32),
    source: 'recording',
    verdict: { kind: 'unsigned' },
    grade: 'none',
    fsHz,
    fsUncertainty: 1e-5,
    channels: [{ id: 'ax', quantity: 'acceleration', unit: 'm/s2', samples, ...extra }],
    spans: [[0, n]],
  };
}

const tone = captureOf((t) => Math.SQRT2 * Math.sin(2 * Math.PI * 97.65625 * t));

t.test('braille: the bits of Unicode’s table, dots outside are left out', async (t) => {
  const canvas = new BrailleCanvas(2, 1);
  for (const [x, y] of [
    [0, 3],
    [1, 0],
    [-1, 0],
    [4, 0],
    [0, 4],
    [Number.NaN, 0],
  ])
    canvas.dot(x, y);
  t.equal(canvas.lines(true)[0], String.fromCodePoint(0x2800 + 0x01 + 0x80, 0x2800));
  t.equal(canvas.lines(false)[0], '# ');
  canvas.stroke(2, 0, 99);
  t.equal(canvas.lines(true)[0].codePointAt(1), 0x2800 + 0x01 + 0x02 + 0x04 + 0x40);
});

t.test('views: the line stands where its frequency is, nothing is wider than the terminal', async (t) => {
  for (const view of views)
    for (const [columns, rows] of [
      [79, 12],
      [199, 24],
      [40, 4],
    ]) {
      const lines = scopeLines(tone, view, { columns, rows, utf8: true });
      t.ok(
        lines?.every((line) => [...line].length <= columns),
        `${view} ${columns} x ${rows}`,
      );
    }
  const lines = scopeLines(tone, 'spectrum', { columns: 111, rows: 8, utf8: false }) ?? [];
  t.match(lines.at(-1), /strongest 97\.66 Hz 1\.00\b.* m\/s² RMS/);
  // 100 cells show 2000 Hz: the line is in cell 97.7 / 20 = 4
  t.equal(lines[0].slice(11).indexOf('#'), 4);
  t.match(lines[0], /^ +1\.00 /, 'the top is its amplitude');
  const short = captureOf((t) => t, 100);
  t.equal(scopeLines(short, 'spectrum', { columns: 80, rows: 8, utf8: true }), null, 'too short for lines');
  t.equal(scopeLines(short, 'wave', { columns: 80, rows: 8, utf8: true })?.length, 9, 'but not for a wave');
});

t.test('a recording: one line a picture without a terminal, NDJSON with --json', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'tone.csv');
  const rows = Array.from(tone.channels[0].samples, (value, i) => `${i / fsHz},${value}`);
  writeFileSync(file, `time_s,ax_m_s2\n${rows.join('\n')}\n`);
  const text = await run(['watch', file, '--seconds', '1']);
  t.match(text, {
    code: 0,
    stderr: '',
    stdout:
      /^- {3}ax {3}rms 1\.00+ m\/s² {3}peak 1\.41 m\/s² {3}spectrum 97\.\d+ Hz 1\.00 {3}4000\.00 Hz .*0 clipped {3}0 lost {3}unsigned\n/,
  });
  t.equal(text.stdout.trim().split('\n').length, 2);
  const json = await run(['watch', file, '--seconds', '1', '--view', 'envelope', '--count', '1', '--json']);
  const lines = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [
    { schema: 'kizashi/watch/1', event: 'picture', kind: 'envelope', verdict: 'unsigned', lost: 0 },
    { event: 'summary', pictures: 1 },
  ]);
});

t.test('tap: felt, not felt, clipped', async (t) => {
  const noise = (t: number) => 0.1 * Math.sin(2 * Math.PI * 50 * t);
  const blow = (at: number, height: number) => (t: number) => noise(t) + (t >= at && t < at + 0.002 ? height : 0);
  t.match(tapIn(captureOf(noise, 16_000)), { felt: false, words: /no tap seen/ });
  t.match(tapIn(captureOf(blow(2, 5), 16_000)), { felt: true, clipped: false, channel: 'ax' });
  t.match(tapIn(captureOf(blow(2, 5), 16_000, { range: [-5, 5] })), { felt: true, clipped: true, words: /tap softer/ });
  t.equal(tapIn(captureOf(noise, 16_000, { quantity: 'current' })), undefined);

  const results = [captureOf(noise, 16_000), captureOf(blow(2, 5), 16_000)];
  const said: string[] = [];
  const take = async (): Promise<CaptureResult> => ({
    ok: true,
    record: 1,
    tries: 1,
    items: { data: [], marks: [] },
    capture: results.shift() ?? captureOf(noise, 16_000),
  });
  t.match(await tapTest(take, (text) => said.push(text), new AbortController().signal), { felt: true });
  t.match(said, [/tap the sensor now/, /no tap seen/, /tap the sensor now/, /tap seen on ax/]);
  await t.rejects(
    tapTest(take, () => {}, new AbortController().signal),
    { code: 'KZ1411' },
  );
});

t.test('refusals that need no board', async (t) => {
  const state = t.testdir();
  const at = ['--state', state];
  t.match(await run(['watch', ...at]), { code: 2, stderr: /KZ1401: what to watch: MOTOR, FILE, --text PORT/ });
  t.match(await run(['watch', '--text', '/dev/ttyNoSuch0', ...at]), { code: 4, stderr: /KZ0101/ });
  t.match(await run(['watch', '--firmata', '/dev/ttyNoSuch0', ...at]), { code: 4, stderr: /KZ0101/ });
  for (const verb of ['collect', 'watch']) t.match(await run([verb, 'nobody', ...at]), { code: 4, stderr: /KZ1201/ });
  await run(['motors', 'add', 'm1', '--wire', 'ax=A0:adxl1002', ...at]);
  t.match(await run(['collect', 'm1', ...at]), {
    code: 4,
    stdout: '',
    stderr: /KZ0706: m1 names no board[\s\S]*kizashi setup/,
  });
  t.throws(() => planOf(motorSchema.parse({ id: 'm2', channels: [{ id: 'ax' }] }), 8000, 1), { code: 'KZ0707' });
  t.match(await run(['watch', 'm1', '--json', ...at]), { code: 4, stdout: /"code":"KZ0706"/ });
  t.match(await run(['serve', '--state', join(state, 'empty')]), { code: 4, stderr: /KZ1201/ });
  t.match(await run(['setup', 'emu:uno0', '--board', 'uno', '--no-input', ...at]), {
    code: 2,
    stdout: '',
    stderr: /KZ1401: name of the board is not known: --name NAME/,
  });
});

const tmux = spawnSync('tmux', ['-V']).status === 0 ? false : 'no tmux here';

/** A command on a real terminal of its own. */
function onTerminal(t: Test, argv: string[], { columns = 80, rows = 24 } = {}) {
  const socket = `kizashi-${process.pid}-${onTerminal.count++}`;
  const tm = (...args: string[]): string => execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' });
  const loader = fileURLToPath(import.meta.resolve('tsx'));
  const command = `env -u CI -u NO_COLOR LANG=C.UTF-8 ${process.execPath} --import ${loader} ${entry} ${argv.join(' ')}; echo "exit $?"; sleep 60`;
  tm('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), command);
  t.teardown(() => spawnSync('tmux', ['-L', socket, 'kill-server']));
  const screen = (): string => tm('capture-pane', '-p', '-S', '-200');
  return {
    /** The screen with what scrolled off, once it shows the pattern. */
    async shows(pattern: RegExp): Promise<string> {
      for (let i = 0; i < 80; i++) {
        const text = screen();
        if (pattern.test(text)) return text;
        await new Promise((done) => setTimeout(done, 250));
      }
      throw new Error(`never showed ${pattern}:\n${screen()}`);
    },
    keys: (...keys: string[]) => tm('send-keys', ...keys),
    cursorShown: () => tm('display-message', '-p', '#{cursor_flag}').trim() === '1',
  };
}
onTerminal.count = 0;

t.test(
  'on a terminal: watch redraws in place at 80 x 24, no line wraps, the cursor comes back',
  { skip: tmux },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'kizashi-watch-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'tone.csv');
    const rows = Array.from(tone.channels[0].samples, (value, i) => `${i / fsHz},${value}`);
    writeFileSync(file, `time_s,ax_m_s2\n${rows.join('\n')}\n`);
    const terminal = onTerminal(t, ['watch', file, '--seconds', '0.512']);
    const lines = (await terminal.shows(/exit \d/)).trimEnd().split('\n');
    t.equal(lines.at(-1), 'exit 0');
    t.equal(lines.filter((line) => /tone\.csv +ax +spectrum/.test(line)).length, 1, 'one picture, redrawn');
    t.match(lines.at(-2), /^4000\.00 Hz .* unsigned$/);
    t.ok(terminal.cursorShown(), 'the cursor is shown again');
  },
);

t.test(
  'on a terminal: the motor wizard asks, every answer may be skipped, Ctrl-C writes nothing',
  { skip: tmux },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'kizashi-wizard-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    const terminal = onTerminal(t, ['motors', 'add', 'press-05', '--state', dir]);
    for (const [question, ...keys] of [
      [/Rated power in kW/, '4', 'Enter'],
      [/Rated speed/, '1480', 'Enter'],
      [/Number of poles/, 'Enter'],
      [/Supply frequency/, 'Enter'],
      [/How is it fed/, 'Enter'],
      [/How is the sensor mounted/, 'Down', 'Down', 'Enter'],
      [/Bearing at the drive end/, '6205', 'Enter'],
      [/Bearing at the other end/, '77', 'Enter'],
    ] as [RegExp, ...string[]][]) {
      await terminal.shows(question);
      terminal.keys(...keys);
    }
    await terminal.shows(/no verified geometry for bearing "77"/);
    terminal.keys('BSpace', 'BSpace', 'Enter');
    await terminal.shows(/Write press-05/);
    terminal.keys('Enter');
    const screen = await terminal.shows(/exit 0/);
    t.match(screen, /4\.00 kW +1480 r\/min +mounting magnet +drive direct[\s\S]*lost +poles/);
    t.match(readFileSync(join(dir, 'motors', 'press-05.yaml'), 'utf8'), /kW: 4 #[\s\S]*designation: "?6205/);

    const left = onTerminal(t, ['motors', 'add', 'press-06', '--state', dir], { columns: 200, rows: 50 });
    await left.shows(/Rated power in kW/);
    left.keys('C-c');
    t.match(await left.shows(/exit \d+/), /nothing was written[\s\S]*exit 130/);
    t.notOk(existsSync(join(dir, 'motors', 'press-06.yaml')));
    t.ok(left.cursorShown());
  },
);

t.test('on a terminal: setup asks for what no flag said, and can be left', { skip: tmux }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kizashi-setup-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const terminal = onTerminal(t, ['setup', 'emu:uno0', '--bench', '--state', dir]);
  await terminal.shows(/2\/8 board: arduino:avr:uno on emu:uno0[\s\S]*Name of the board/);
  terminal.keys('desk', 'Enter');
  await terminal.shows(/Name of the motor/);
  terminal.keys('C-c');
  t.match(await terminal.shows(/exit \d+/), /setup was left; it goes on from here the next time[\s\S]*exit 2/);
  t.match(JSON.parse(readFileSync(join(dir, 'setup.json'), 'utf8')), { port: 'emu:uno0', name: 'desk' });
});
