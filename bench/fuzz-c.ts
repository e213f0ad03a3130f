/**
 * The firmware's core under libFuzzer with the address and undefined-behaviour sanitizers: one target a part that hostile bytes can reach
 * (firmware/fuzz/fuzz_*.c). Begins with the corpus of firmware/fuzz/corpus; what a run finds on top stays in firmware/build/fuzz/corpus.
 *
 *   npm run fuzz:c -- [--count EXECUTIONS over all targets] [--only TARGET] [--seed N] [--keep: write what was found back, minimised]
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BenchRow, report } from './table.js';

const fuzz = fileURLToPath(new URL('../firmware/fuzz/', import.meta.url));
const built = fileURLToPath(new URL('../firmware/build/fuzz/', import.meta.url));

interface Target {
  name: string;
  /** What is fed, for the table. */
  what: string;
  /** Part of the executions: slow targets get fewer. */
  share: number;
  maxLength: number;
}

export const targets: readonly Target[] = [
  { name: 'line', what: 'bytes on the line into the whole core, in four states', share: 0.02, maxLength: 600 },
  { name: 'messages', what: 'messages under a MAC taken as right, and what they ask', share: 0.22, maxLength: 260 },
  { name: 'records', what: 'EEPROM of any contents, power cut in any byte', share: 0.06, maxLength: 800 },
  { name: 'cbor', what: 'the CBOR reader', share: 0.42, maxLength: 200 },
  { name: 'sensors', what: 'drivers of parts with a FIFO, and a part that lies', share: 0.06, maxLength: 2000 },
  { name: 'claim', what: 'the claim page', share: 0.22, maxLength: 129 },
];

export interface TargetRun {
  target: string;
  executions: number;
  edges: number;
  seconds: number;
  /** Last words of a target that stopped at a finding. */
  finding: string | undefined;
}

/** Builds the targets. @throws Error with the compiler's words */
export function buildTargets(): void {
  const make = spawnSync('make', ['-s', '-j2', '-C', fuzz, 'targets'], { encoding: 'utf8' });
  if (make.status !== 0) throw new Error(make.stderr || String(make.error));
}

/** Whether clang with libFuzzer is installed. */
export function fuzzerPresent(): boolean {
  const probe = spawnSync('clang', ['-fsanitize=fuzzer', '-x', 'c', '-', '-o', '/dev/null'], {
    input: 'int LLVMFuzzerTestOneInput(const unsigned char *p, __SIZE_TYPE__ n) { (void)p; (void)n; return 0; }',
  });
  return probe.status === 0;
}

/** Committed inputs of a target. */
export const corpusOf = (target: string): string => join(fuzz, 'corpus', target);

/** Runs one target; with `executions` 0 the corpus alone, each input once. */
export function runTarget(
  { name, maxLength }: Target,
  executions: number,
  seed: number,
  corpus: string,
): Promise<TargetRun> {
  const inputs =
    executions === 0
      ? readdirSync(corpus).map((file) => join(corpus, file))
      : [`-runs=${executions}`, `-seed=${seed}`, `-max_len=${maxLength}`, corpus];
  const started = performance.now();
  const child = spawn(
    join(built, `fuzz-${name}`),
    ['-print_final_stats=1', '-timeout=20', '-rss_limit_mb=1500', `-artifact_prefix=${built}${name}-`, ...inputs],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let tail = '';
  let edges = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-6000);
    for (const [, cov] of text.matchAll(/ cov: (\d+)/g)) edges = Math.max(edges, Number(cov));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      const done = /number_of_executed_units:\s+(\d+)/.exec(tail);
      const files = executions === 0 ? inputs.length : 0;
      resolve({
        target: name,
        executions: done ? Number(done[1]) : files,
        edges,
        seconds: (performance.now() - started) / 1000,
        finding: status === 0 ? undefined : (/BROKEN.*|SUMMARY.*|runtime error.*/.exec(tail)?.[0] ?? tail.slice(-300)),
      });
    });
  });
}

/** Keeps of `found` what reaches something new. */
function minimise({ name }: Target, found: string): void {
  const small = mkdtempSync(join(tmpdir(), 'corpus-'));
  spawnSync(join(built, `fuzz-${name}`), ['-merge=1', '-max_len=300', small, corpusOf(name), found], {
    stdio: 'ignore',
  });
  rmSync(corpusOf(name), { recursive: true, force: true });
  cpSync(small, corpusOf(name), { recursive: true });
  rmSync(small, { recursive: true, force: true });
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const total = Number(argument('count') ?? 1_000_000);
  const only = argument('only');
  const seed = Number(argument('seed') ?? 20261124);
  buildTargets();
  const rows: BenchRow[] = [];
  let all = 0;
  for (const target of targets.filter(({ name }) => !only || name === only)) {
    const corpus = join(built, 'corpus', target.name);
    mkdirSync(corpus, { recursive: true });
    mkdirSync(corpusOf(target.name), { recursive: true });
    cpSync(corpusOf(target.name), corpus, { recursive: true });
    const run = await runTarget(target, Math.ceil(only ? total : total * target.share), seed, corpus);
    all += run.executions;
    rows.push({
      row: `${target.name}: ${target.what}`,
      value: run.executions,
      unit: `executions, ${Math.round(run.executions / run.seconds)}/s`,
      reference: run.finding ?? `${run.edges} edges reached`,
      goal: '0 findings',
      holds: run.finding === undefined,
    });
    if (process.argv.includes('--keep') && !run.finding) minimise(target, corpus);
  }
  rows.push({ row: 'all', value: all, unit: 'executions', reference: '', goal: '', holds: null });
  report('fuzz-c', rows);
}
