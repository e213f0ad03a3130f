/**
 * How accurate the analysis is on recordings with ground truth. Calls the public API of host/wear only; labels are read by the scorer
 * after a set is assessed. `npm run bench:accuracy -- --help`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KizashiError } from '../host/errors.js';
import { findRecordings, type IndexRecord, type RecordingsIndex, readIndex } from '../host/recordings/index.js';
import { KERNEL } from '../host/signal/index.js';
import { adi } from './accuracy/adi.js';
import { cwru, mfpt, wrongHypotheses } from './accuracy/bearing-sets.js';
import { itsc, mcsa } from './accuracy/currents.js';
import { markdownOf } from './accuracy/markdown.js';
import type { Told } from './accuracy/records.js';
import type { Metric, SetResult } from './accuracy/scoring.js';
import { tidy } from './accuracy/scoring.js';
import { skab } from './accuracy/skab.js';
import { fan, pronostia } from './accuracy/snapshots.js';

const help = `npm run bench:accuracy -- [--index FILE] [--root DIR] [--json] [--only cwru,adi,…] [--speed nameplate|exact] [--caution 2] [--out FILE] [--markdown FILE]
Exit code: 0 every goal of the sets present is met, 1 one is not, 2 unreadable input. Without recordings: skipped, 0.`;

type Run = (index: RecordingsIndex, records: IndexRecord[], told: Told) => SetResult;

/** A set, the data sets of the index it uses, and its procedure. */
const sets: [name: string, datasets: string[], run: Run][] = [
  ['cwru', ['cwru'], cwru],
  ['mfpt', ['mfpt'], mfpt],
  ['wrong', ['cwru', 'mfpt', 'adi'], wrongHypotheses],
  ['adi', ['adi'], adi],
  ['itsc', ['itsc'], itsc],
  ['mcsa', ['mcsa'], mcsa],
  ['pronostia', ['pronostia'], pronostia],
  ['fan', ['fan'], fan],
  ['skab', ['skab'], skab],
];

function main(): number {
  const { values } = parseArgs({
    options: {
      index: { type: 'string' },
      root: { type: 'string' },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      speed: { type: 'string', default: 'nameplate' },
      caution: { type: 'string', default: '2' },
      out: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values.speed !== 'nameplate' && values.speed !== 'exact') {
    console.error(`--speed is nameplate or exact, not ${values.speed}`);
    return 2;
  }
  const path = values.index ?? findRecordings();
  if (path === undefined) {
    console.log('skipped: ../shared/recordings not present (recordings are not part of the product)');
    return 0;
  }
  const index = readIndex(path, values.root);
  const only = values.only?.split(',').map((name) => name.trim());
  const known = new Set(sets.flatMap(([, datasets]) => datasets));
  const skipped = index.records
    .filter((record) => !known.has(record.dataset))
    .map(({ id, dataset }) => ({ id, why: `data set ${dataset} is not known` }));
  const told: Told = { speed: values.speed, caution: Number(values.caution) };
  const perSet: Record<string, unknown> = {};
  const results: Record<string, SetResult> = {};
  const perRecord: Record<string, unknown>[] = [];
  let met = true;
  for (const [name, datasets, run] of sets) {
    if (only && !only.includes(name)) continue;
    const records = index.records.filter((record) => datasets.includes(record.dataset));
    if (records.length === 0) continue;
    const result = run(index, records, told);
    results[name] = result;
    const metSet = result.goals.every((goal) => goal.met);
    met &&= metSet;
    perSet[name] = {
      metrics: result.metrics.map((metric) => ({
        ...metric,
        value: tidy(metric.value),
        ...(metric.interval ? { interval: metric.interval.map(tidy) } : {}),
      })),
      goals: result.goals,
      baselines: Object.fromEntries(
        result.metrics.filter((metric) => metric.beside).map((metric) => [metric.name, metric.beside]),
      ),
      met: metSet,
    };
    perRecord.push(...result.perRecord.map((record) => ({ set: name, ...record })));
    if (!values.json) print(name, records.length, result);
  }
  for (const { id, why } of skipped) if (!values.json) console.log(`skipped ${id}: ${why}`);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const report = `${JSON.stringify({
    schema: 'kizashi-accuracy/1',
    index: { sha256: index.sha256, records: index.records.length },
    package: version,
    kernel: KERNEL,
    speed: told.speed,
    perSet,
    perRecord,
    skipped,
  })}\n`;
  if (values.out) writeFileSync(values.out, report);
  if (values.markdown) writeFileSync(values.markdown, markdownOf(results));
  if (values.json) process.stdout.write(report);
  else console.log(met ? '\nEvery goal is met.' : '\nNot every goal is met.');
  return met ? 0 : 1;
}

function print(name: string, records: number, result: SetResult): void {
  console.log(`\n${name}: ${records} records`);
  for (const metric of result.metrics) console.log(`  ${metric.name.padEnd(46)} ${shown(metric)}`);
  for (const goal of result.goals) console.log(`  ${goal.met ? 'met    ' : 'NOT MET'} ${goal.metric} ${goal.goal}`);
}

function shown({ value, unit, interval, beside, note }: Metric): string {
  const number = value === null ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(3);
  const parts = [`${number}${unit ? ` ${unit}` : ''}`];
  if (interval) parts.push(`[${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]`);
  if (note) parts.push(`(${note})`);
  for (const [who, what] of Object.entries(beside ?? {}))
    parts.push(`| ${who}: ${typeof what === 'number' ? Number(what.toFixed(3)) : (what ?? '–')}`);
  return parts.join(' ');
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof KizashiError)) throw error;
  console.error(`${error.message} (${error.code})\n${error.fix}`);
  process.exitCode = 2;
}
