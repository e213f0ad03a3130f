/**
 * The guides, executed: every command in a console block of docs/guides runs in the order of its page, on emulated boards, and prints what
 * the page shows. Numbers and keys may differ, words may not; `…` stands for whatever is there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import { createUno } from '../../host/emulate/index.js';
import { flashOfHex } from '../../host/flash/index.js';
import { loadBoard } from '../../host/link/index.js';
import { entry, run } from '../cli/run-cli.js';
import { standardFirmata } from '../flash/firmata-image.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE', 'KIZASHI_CONFIG']) delete process.env[name];

t.setTimeout(580_000); // a machine with ten other jobs

interface Command {
  line: string;
  exit: number;
  shown: string[];
}

/** Console blocks of a page as commands with what they print. */
function commandsOf(page: string): Command[] {
  const commands: Command[] = [];
  for (const [, block] of page.matchAll(/```console\n([\s\S]*?)```/g))
    for (const line of block.replace(/\n$/, '').split('\n')) {
      const asked = /^\$ (.*?)(?: {3}# exit (\d+))?$/.exec(line);
      if (asked) commands.push({ line: asked[1], exit: Number(asked[2] ?? 0), shown: [] });
      else commands.at(-1)?.shown.push(line);
    }
  return commands;
}

const hexId = /\b[0-9a-f]{16}\b|kz:[a-z0-9-]+/g;
const number = /\d+(?:[.,]\d+)*(?:e[+-]\d+)?/g;

/** A shown line as a pattern: words as they are, numbers and keys as any, runs of spaces as any. */
function patternOf(line: string): string {
  return line
    .replace(hexId, '\u0001')
    .replace(number, '\u0002')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\u0001', '(?:[0-9a-f]{16}|kz:[a-z0-9-]+)')
    .replaceAll('\u0002', '\\d+(?:[.,]\\d+)*(?:e[+-]\\d+)?')
    .replaceAll('…', '.*')
    .replace(/ +/g, ' +');
}

/** The whole output as one pattern; a line of `…` alone stands for any lines, none as well. */
function outputPattern(shown: readonly string[]): RegExp {
  const parts = shown.map((line) => (line === '…' ? '(?:.*\n)*?' : `${patternOf(line)} *\n`));
  return new RegExp(`^${parts.join('')}$`);
}

/** Words of a command line; single quotes keep a word together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

async function execute(t: Test, name: string, folder: string, possible = (_line: string) => true): Promise<void> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    for (const { line, exit, shown } of commandsOf(readFileSync(join(root, 'docs/guides', name), 'utf8'))) {
      if (!possible(line)) continue;
      const [, command, file] = /^(.*?)(?: > (\S+))?$/.exec(line) ?? [];
      let ran: { code: number | null; stdout: string; stderr: string };
      if (command.startsWith('kizashi ')) ran = await run(wordsOf(command).slice(1));
      else {
        const shell = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
        ran = { code: shell.status, stdout: shell.stdout, stderr: shell.stderr };
      }
      if (file !== undefined) {
        writeFileSync(file, ran.stdout);
        ran.stdout = '';
      }
      t.equal(ran.code, exit, `${line}\n${ran.code === exit ? '' : ran.stderr}`);
      t.match(ran.stdout, outputPattern(shown), `${line}: the output shown`);
    }
  } finally {
    process.chdir(before);
  }
}

/** A folder of a newcomer; with `state` the state of the commands is in it, where their guide relies on the usual place. */
function desk(t: Test, state = true): string {
  const folder = mkdtempSync(join(tmpdir(), 'kizashi-guide-'));
  if (state) process.env.KIZASHI_STATE = join(folder, 'state');
  t.teardown(() => {
    delete process.env.KIZASHI_STATE;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A command as a process that goes on. */
function follow(argv: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', 'tsx', entry, ...argv], {
    env,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.on('exit', (code, signal) => done({ code, signal })),
  );
  const until = async (seen: () => boolean): Promise<void> => {
    for (let i = 0; i < 300 && !seen(); i++) {
      if (child.exitCode !== null) break;
      await sleep(200);
    }
    if (!seen()) throw new Error(`${argv.join(' ')}: ${said.stdout}${said.stderr}`);
  };
  return {
    child,
    ended,
    async line(n: number): Promise<string> {
      await until(() => said.stdout.split('\n').length > n + 1);
      return said.stdout.split('\n')[n];
    },
    stderr: (pattern: RegExp) => until(() => pattern.test(said.stderr)),
  };
}

t.test('the matcher refuses what differs in a word, takes what differs in a number', async (t) => {
  const shown = ['press-04  plan   3.56x, key 09f8416c82d56dc0', '…', 'end…'];
  t.match('press-04 plan 4.1x, key 0000000000000000\nmore\nend of it\n', outputPattern(shown));
  t.notMatch('press-04 now 4.1x, key 0000000000000000\nend\n', outputPattern(shown));
  t.notMatch('press-04 plan 4.1x, key 0000000000000000\nend\nand more\n', outputPattern(shown));
});

t.test('no-hardware.md', async (t) => execute(t, 'no-hardware.md', desk(t, false)));

const noLoader =
  bootloaderImage('optiboot') === undefined ? 'no bootloader image: arduino-core-avr is not installed' : false;
t.test('uno-and-sensor.md', { skip: noLoader }, async (t) => {
  const folder = desk(t);
  await execute(t, 'uno-and-sensor.md', folder);
  const site = { ...process.env, KIZASHI_STATE: join(folder, 'state'), CI: '1' };

  t.test('a second setup has nothing left to do', async (t) => {
    const again = await run(['setup', 'emu:uno0', '--name', 'uno0', '--motor', 'press-04', '--no-input', '--json']);
    t.match(again, { code: 0, stderr: /8\/8 first capture; the baseline starts: done before/ });
    t.match(JSON.parse(again.stdout), {
      schema: 'kizashi/setup/1',
      done: { owner: true, pinned: true, motor: true, measured: true },
    });
  });

  t.test('serve: the page and the fleet, SIGTERM is exit 0', async (t) => {
    const ran = follow(['serve', '--sim', '--http', '0', '--interval', '600', '--seconds', '2', '--json'], site);
    const started = JSON.parse(await ran.line(0)) as { url: string; motors: string[]; emulated: boolean };
    t.match(started, { schema: 'kizashi/serve/1', motors: ['press-04'], emulated: true });
    t.equal((await fetch(started.url)).status, 200);
    const fleet = async () =>
      (await (await fetch(new URL('/api/v1/fleet', started.url))).json()) as {
        motors: { captures: number; verdict: string }[];
      };
    let state = await fleet();
    for (let i = 0; i < 80 && state.motors[0].captures === 0; i++) {
      await sleep(500);
      state = await fleet();
    }
    t.match(state.motors, [{ id: 'press-04', captures: 1, verdict: 'verified', grade: 'E' }]);
    ran.child.kill('SIGTERM');
    t.same(await ran.ended, { code: 0, signal: null });
  });

  t.test(
    'collect: Ctrl-C in the middle is exit 130 in time; the board answers after it, and after a kill',
    async (t) => {
      const ran = follow(['collect', 'press-04', '--sim', '--seconds', '20'], site);
      await ran.stderr(/capturing/);
      const at = Date.now();
      ran.child.kill('SIGINT');
      t.same(await ran.ended, { code: 130, signal: null });
      t.ok(Date.now() - at < 4000, `${Date.now() - at} ms on a busy machine`);
      const killed = follow(['collect', 'press-04', '--sim', '--seconds', '2', '--count', '2'], site);
      await killed.line(1);
      killed.child.kill('SIGKILL');
      t.same(await killed.ended, { code: null, signal: 'SIGKILL' });
      const stepped = await run([
        'steps',
        'press-04',
        '--sim',
        '--rpm',
        '600,1475',
        '--hold',
        '1',
        '--seconds',
        '4',
        '--json',
      ]);
      t.match(
        JSON.parse(stepped.stdout),
        {
          schema: 'kizashi/steps/1',
          steps: [
            { rpm: 600, reached: false, status: 'check', order1MS2: null, verdict: 'verified', grade: 'E' },
            {
              rpm: 1475,
              reached: true,
              velocityRmsMmS: Number,
              order1MS2: Number,
              file: /^press-04-step-1475-\d+\.kzev$/,
            },
          ],
        },
        'a motor of 1480 r/min reaches one of two steps',
      );
      const after = await run(['collect', 'press-04', '--sim', '--seconds', '2', '--json']);
      t.equal(after.code, 0);
      t.match(
        after.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
        [
          {
            schema: 'kizashi/collect/1',
            event: 'capture',
            motor: 'press-04',
            verdict: 'verified',
            grade: 'E',
            reason: /\S/,
          },
          { event: 'summary', captures: 1, refused: 0 },
        ],
        'NDJSON, the last line a summary',
      );
    },
  );
});

t.test('flash-and-provision.md', { skip: noLoader }, async (t) => execute(t, 'flash-and-provision.md', desk(t)));

t.test('standardfirmata.md', async (t) => {
  const folder = desk(t);
  const sketch = noLoader ? undefined : standardFirmata();
  if (sketch === undefined)
    t.comment('StandardFirmata or a bootloader is not there: commands on the board are left out');
  else {
    // the board as its user brings it: a bootloader, and the sketch in front of it
    const board = createUno({ hex: bootloaderImage('optiboot')!, seed: 1, name: 'uno0' });
    board.flash.set(flashOfHex(sketch, loadBoard('arduino:avr:uno').hashEnd));
    mkdirSync(join(folder, 'state', 'sim'), { recursive: true });
    writeFileSync(join(folder, 'state', 'sim', 'uno0.flash'), board.flash);
    writeFileSync(join(folder, 'state', 'sim', 'uno0.eeprom'), board.eeprom);
  }
  await execute(t, 'standardfirmata.md', folder, (line) => sketch !== undefined || !/emu:|\.kzsc/.test(line));
});

t.test('recordings.md', async (t) => {
  const folder = desk(t);
  for (const name of ['press-04.wav', 'press-04.yaml'])
    copyFileSync(join(root, 'examples/recordings', name), join(folder, name));
  await execute(t, 'recordings.md', folder);
});
