/** The report as tables for docs/accuracy.md. */
import type { Goal, Metric } from './scoring.js';

export interface SetReport {
  metrics: Metric[];
  goals: Goal[];
}

const titles: Record<string, string> = {
  cwru: 'CWRU bearing rig: is the bearing bad, and what is it consistent with',
  mfpt: 'MFPT bearing faults',
  wrong: 'Bearings that are not in the machine',
  adi: 'MEMS accelerometer on a fault simulator (Analog Devices)',
  itsc: 'Inter-turn shorts, streamed a tenth of a second at a time',
  mcsa: 'Parallel misalignment in the motor current (negative control)',
  pronostia: 'Bearings run to their end (PRONOSTIA)',
  fan: 'Ceiling fan, one coin on a blade',
  skab: 'Pump rig, one row of values a second (SKAB)',
};

const number = (value: number): string => (Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3))));

function cell(metric: Metric): string {
  const value = metric.value === null ? '–' : number(metric.value);
  const interval = metric.interval ? ` [${metric.interval.map((one) => one.toFixed(2)).join(', ')}]` : '';
  return `${value}${metric.unit ? ` ${metric.unit}` : ''}${interval}${metric.note ? ` (${metric.note})` : ''}`;
}

function beside(metric: Metric): string {
  return Object.entries(metric.beside ?? {})
    .map(([who, what]) => `${who}: ${typeof what === 'number' ? number(what) : (what ?? '–')}`)
    .join('; ');
}

/** One table a set: metric, value, baseline, goal. */
export function markdownOf(sets: Record<string, SetReport>): string {
  const parts: string[] = [];
  for (const [name, { metrics, goals }] of Object.entries(sets)) {
    parts.push(`### ${titles[name] ?? name}`, '', '| measure | value | baselines in the same run |', '|---|---|---|');
    for (const metric of metrics) parts.push(`| ${metric.name} | ${cell(metric)} | ${beside(metric)} |`);
    const unmet = goals.filter((goal) => !goal.met);
    const said =
      unmet.length === 0 ? 'all met' : `not met: ${unmet.map((goal) => `${goal.metric} ${goal.goal}`).join('; ')}`;
    parts.push('', `Goals (${goals.length}): ${said}.`, '');
  }
  return parts.join('\n');
}
