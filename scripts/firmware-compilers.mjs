/**
 * The images by more than one compiler: the installed one, and each that is named.
 *
 *   npm run firmware:compilers [-- --toolchain PREFIX ...] [-- --run]
 *
 * PREFIX is what stands in front of gcc, say /opt/debian13/usr/bin/avr-. Prints flash and variables of every image; fails on a warning, and
 * where an image exceeds its limit. --run lets each compiler's work live in emulation: the crypto tests (vectors, constant cycles, stack),
 * then kz-uno from blank to a sealed capture.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { images } from './firmware-size.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const firmware = join(root, 'firmware');
const prefixes = ['avr-', ...process.argv.flatMap((word, k) => (process.argv[k - 1] === '--toolchain' ? [word] : []))];
const out = mkdtempSync(join(tmpdir(), 'kizashi-compilers-'));

function say(holds, text) {
  console.log(`${holds ? 'ok     ' : 'FAILED '} ${text}`);
  if (!holds) process.exitCode = 1;
}

/** From blank to a sealed capture, in an emulated Uno. */
async function live(hex) {
  const { blankBench, bytes, provisionBench } = await import('../test/firmware/bench.js');
  const { stopLock } = await import('../protocol/index.js');
  const { bench, ticket } = blankBench({ hex });
  bench.boot();
  const identity = bench.signed(provisionBench(bench, ticket.claim).identity);
  bench.session();
  const ask = { count: 24_000, period: 83, div: 3, chans: [0, 1, 2], enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...ask, chal: bytes(16), lock: stopLock(bytes(16)) });
  bench.ack();
  const seal = bench.expect('seal', 5000).message;
  const sealed = bench.signed(seal) && seal.body.lost === 0 && seal.body.ns === 24_000;
  bench.command(4, {});
  const free = bench.ack().result[1];
  say(identity && sealed && free >= 64, `identity and a seal over 3 x 8 kS/s verify, ${free} B of stack never used`);
}

try {
  for (const [k, prefix] of prefixes.entries()) {
    if (spawnSync(`${prefix}gcc`, ['--version']).error) {
      say(k === 0, `${prefix}gcc is not installed`);
      continue;
    }
    const version = execFileSync(`${prefix}gcc`, ['-dumpversion'], { encoding: 'utf8' }).trim();
    const build = join(out, String(k));
    const made = spawnSync('make', ['-s', '-k', `CROSS=${prefix}`, `BUILD=${build}`], {
      cwd: firmware,
      encoding: 'utf8',
    });
    process.stderr.write(made.stderr);
    for (const [name, most] of Object.entries(images)) {
      const elf = join(build, name, `${name}.elf`);
      if (!existsSync(elf)) {
        say(false, `gcc ${version}: ${name} was not built`);
        continue;
      }
      const size = { text: 0, data: 0, bss: 0 };
      for (const line of execFileSync(`${prefix}size`, ['-A', elf], { encoding: 'utf8' }).split('\n')) {
        const match = /^\.(text|data|bss)\s+(\d+)/.exec(line);
        if (match) size[match[1]] = Number(match[2]);
      }
      const flash = size.text + size.data;
      const ram = size.data + size.bss;
      const room = k === 0 ? most.flash : most.end;
      const holds = flash <= room && ram <= most.ram;
      say(holds, `gcc ${version}: ${name}: ${flash} B of flash (${room}), ${ram} B of variables (${most.ram})`);
    }
    if (!process.argv.includes('--run')) continue;
    const path = prefix.includes('/') ? `${dirname(prefix)}${delimiter}${process.env.PATH}` : process.env.PATH;
    const test = spawnSync(process.execPath, ['--import', 'tsx', 'test/firmware/crypto_avr.test.ts'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    });
    const wrong = test.stdout.split('\n').filter((line) => /^\s*not ok/.test(line));
    say(test.status === 0, `gcc ${version}: vectors, constant cycles, stack of the signer\n${wrong.join('\n')}`.trim());
    await live(readFileSync(join(build, 'kz-uno/kz-uno.hex'), 'utf8'));
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
