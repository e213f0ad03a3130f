/**
 * False alarms of lasting change over a thousand motor-years, and how long a true change takes, at the default settings. Motors are drawn at
 * random, their indicators with them: log-normal, correlated with each other and in time, with outliers and a daily cycle. Every capture goes
 * through the product's own `learn` and `changesOf`. Counts are exact repeats for the same number of years.
 *
 *     npm run bench:alarms [-- --years 1000] [--json]
 */
import { changeScore, risingScore } from '../host/wear/change.js';
import { averageRunLength, defaultSettings, type History, newHistory } from '../host/wear/index.js';
import { Machine, names, regimeOf, step } from './alarms/motor-noise.js';
import { type BenchRow, median, report } from './table.js';

const at = process.argv.indexOf('--years');
const YEARS = at > 0 ? Number(process.argv[at + 1]) : 1000;
/** Captures a year: one an hour. */
const YEAR = 8760;
const MONTHS = 12;
/** Lasting rises in every indicator, as factors, and how long they are followed. */
const RISES = [1.41, 2, 4] as const;
const PATIENCE = 1000;

const settings = defaultSettings;

let raisings = 0;
let alarms = 0;
let decisions = 0;
const learning: number[] = [];
const delays = RISES.map((): number[] => []);
const rising = RISES.map((): number[] => []);

for (let year = 1; year <= YEARS; year++) {
  const machine = new Machine(year);
  let history: History = newHistory();
  let hour = 0;
  while (!regimeOf(history)?.baseline) history = step(history, machine.next(1), hour++).history;
  learning.push(hour);
  let changed = false;
  let alarmed = false;
  for (let n = 0; n < YEAR; n++) {
    const result = step(history, machine.next(1), hour++);
    history = result.history;
    const nowChanged = changeScore(result.changes, settings) > 1;
    const nowAlarmed = risingScore(result.changes, settings) > 1;
    if (nowChanged && !changed) raisings++;
    if (nowAlarmed && !alarmed) alarms++;
    changed = nowChanged;
    alarmed = nowAlarmed;
    decisions++;
  }
  const after = history;
  const end = hour;
  if (year % 10 !== 1) continue;
  RISES.forEach((rise, r) => {
    history = after;
    let found = Number.POSITIVE_INFINITY;
    let sure = Number.POSITIVE_INFINITY;
    for (let n = 1; n <= PATIENCE && sure === Number.POSITIVE_INFINITY; n++) {
      const result = step(history, machine.next(rise), end + n);
      history = result.history;
      if (changeScore(result.changes, settings) > 1) found = Math.min(found, n);
      if (risingScore(result.changes, settings) > 1) sure = n;
    }
    delays[r].push(found);
    rising[r].push(sure);
  });
}

/** The same motors with the learned noise taken as it looks. */
const plainYears = Math.min(YEARS, 20);
let plain = 0;
for (let year = 1; year <= plainYears; year++) {
  const machine = new Machine(year);
  let history: History = newHistory({ caution: 0 });
  let changed = false;
  let hour = 0;
  while (!regimeOf(history)?.baseline) history = step(history, machine.next(1), hour++).history;
  for (let n = 0; n < YEAR; n++) {
    const result = step(history, machine.next(1), hour++);
    history = result.history;
    const now = changeScore(result.changes, settings) > 1;
    if (now && !changed) plain++;
    changed = now;
  }
}

const perFleet = (n: number) => (1000 * n) / (YEARS * MONTHS);
const rows: BenchRow[] = [
  {
    row: 'changes raised, any indicator, either way',
    value: perFleet(raisings),
    unit: 'per 1,000 motors and month',
    reference: `${raisings} in ${YEARS} motor-years, ${decisions} captures of ${names.length} indicators`,
    goal: 'at most 1',
    holds: perFleet(raisings) <= 1,
  },
  {
    row: 'alarms of rising wear',
    value: perFleet(alarms),
    unit: 'per 1,000 motors and month',
    reference: `${alarms} in ${YEARS} motor-years`,
    goal: 'at most 1',
    holds: perFleet(alarms) <= 1,
  },
  {
    row: 'captures until the baseline is complete',
    value: median(learning),
    unit: 'median',
    reference: `${Math.min(...learning)} to ${Math.max(...learning)}: noise that lasts takes longer to know`,
    goal: '',
    holds: null,
  },
];
RISES.forEach((rise, r) => {
  const late = (list: number[]) => [...list].sort((a, b) => a - b)[Math.ceil(0.9 * list.length) - 1];
  const told = (n: number) => (Number.isFinite(n) ? `${n}` : `over ${PATIENCE}`);
  const middle = median(delays[r]);
  rows.push({
    row: `captures until a rise to ${rise} times is raised`,
    value: Number.isFinite(middle) ? middle : PATIENCE,
    unit: 'median',
    reference: `90 % by ${told(late(delays[r]))}; as rising wear ${told(median(rising[r]))}, 90 % by ${told(late(rising[r]))}`,
    goal: '',
    holds: null,
  });
});
rows.push({
  row: 'for comparison: changes raised with no caution',
  value: (1000 * plain) / (plainYears * MONTHS),
  unit: 'per 1,000 motors and month',
  reference: `${plain} in ${plainYears} motor-years: the learned noise taken as it looks and as independent`,
  goal: '',
  holds: null,
});
rows.push({
  row: 'for comparison: one sum of independent Gaussian values',
  value: (1000 * 730) / averageRunLength(settings.k, settings.h),
  unit: 'per 1,000 motors and month',
  reference: `Siegmund's formula, k = ${settings.k}, h = ${settings.h}: what a motor does not obey`,
  goal: '',
  holds: null,
});
report('alarms', rows);
