/**
 * `kizashi steps MOTOR --rpm 600,1200,1800 --hold 60`: a run-up in steps, as in a laboratory. At each speed it waits until the machine has
 * settled, takes one verified capture and judges it for that speed; one table at the end. Nothing of it enters the history: a run-up is no
 * normal running.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Capture, capture, evidenceOf } from '../../capture/index.js';
import { KizashiError } from '../../errors.js';
import { delay } from '../../link/index.js';
import { type Motor, motorContext, motorNamed } from '../../motors/index.js';
import { lineNear, lineSpectrum } from '../../signal/index.js';
import type { Assessment } from '../../wear/types.js';
import { missingAnswer } from '../asking.js';
import { assessCapture } from '../assess-capture.js';
import { digits } from '../output.js';
import { settingsOf } from '../settings.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { boardOfMotor, SitePorts } from '../site-ports.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import { reasonText, statusWord } from '../status.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';
import { planOf } from '../watched-motor.js';

const findMs = 30_000;
/** A step is reached within this share of its speed. */
const tolerance = 0.05;
/** How far beyond the slowest and the fastest step a speed is sought, as a share. */
const margin = 0.15;
const mostRpm = 200_000;

interface Step {
  rpm: number;
  record: number | null;
  /** Shaft speed by the record alone; null where it shows none. */
  foundRpm: number | null;
  /** Found within 5 % of what was asked: only then the record is judged for that speed. */
  reached: boolean;
  velocityRmsMmS: number | null;
  accelerationRmsMS2: number | null;
  /** RMS of the line at the shaft speed. */
  order1MS2: number | null;
  status: string;
  reason: string;
  verdict: string;
  grade: string;
  file: string | null;
}

export const run: Run = async ({ args, options, out, signal }) => {
  const state = stateFolder(options);
  const { motor } = motorNamed(state.motors, args[0]);
  const speeds = speedsOf(options.rpm as string | undefined);
  const holdS = (options.hold as number | undefined) ?? 60;
  const settings = settingsOf(options);
  const port = options.port as string | undefined;
  const access = await portAccess(options, port);
  const keys = siteKeys(state, access);
  const ports = new SitePorts(access, keys, { ...(port ? { only: port } : {}), onAlarm: (text) => out.warn(text) });
  const steps: Step[] = [];
  try {
    const board = boardOfMotor(motor, keys);
    const plan = planOf(motor, settings.rate.value, settings.seconds.value);
    makePrivate(state.evidence);
    for (const [i, rpm] of speeds.entries()) {
      out.note(`${i + 1}/${speeds.length}  bring ${motor.id} to ${rpm} r/min: the capture begins in ${holdS} s`);
      await access.during(wait(access.clock, holdS * 1000, signal));
      if (signal.aborted) break;
      const open = await access.during(ports.find(board, findMs));
      const onRejected = ({ text }: { text: string }) => out.warn(`capture rejected: ${text}`);
      const result = await access.during(capture(open, plan, { onRejected }));
      if (signal.aborted) break;
      const step: Step = { ...nothing(rpm), record: result.record ?? null };
      if (result.ok) {
        step.file = `${motor.id}-step-${rpm}-${String(result.record).padStart(6, '0')}.kzev`;
        writeFileSync(join(state.evidence, step.file), evidenceOf(result.items, board, plan.win ?? 32), {
          mode: 0o600,
        });
        Object.assign(step, judged(result.capture, motor, rpm, speeds));
        Object.assign(step, { verdict: result.capture.verdict.kind, grade: result.capture.grade });
      } else Object.assign(step, { reason: result.text, verdict: `rejected: ${result.why}` });
      out.note(`       ${step.foundRpm === null ? 'no speed found' : `${digits(step.foundRpm)} r/min found`}`);
      steps.push(step);
    }
  } finally {
    await access.during(ports.close()).catch(() => {});
    await access.close();
  }
  if (steps.length > 0) {
    const head = ['R/MIN', 'FOUND', 'VELOCITY', 'ACCELERATION', '1x', 'STATE', 'WHY'];
    for (const line of tableLines(head, steps.map(cells), [0, 1, 2, 3, 4])) out.line(line);
    if (steps.some(({ grade }) => grade === 'E')) out.note('grade E: EMULATED, never evidence');
  }
  out.result({ motor: motor.id, holdS, seconds: settings.seconds.value, steps });
  return steps.some(({ file }) => file !== null) ? 0 : 9;
};

function nothing(rpm: number): Step {
  return {
    rpm,
    record: null,
    foundRpm: null,
    reached: false,
    velocityRmsMmS: null,
    accelerationRmsMS2: null,
    order1MS2: null,
    status: 'grey',
    reason: '',
    verdict: '',
    grade: '-',
    file: null,
  };
}

function vibrationOf(assessments: readonly Assessment[]): Assessment {
  return assessments.find(({ kind }) => kind === 'vibration') ?? assessments[0];
}

/** First the speed, sought over the range of the whole run-up, then everything else at the speed that was asked. */
function judged(taken: Capture, motor: Motor, rpm: number, all: readonly number[]): Partial<Step> {
  const [low, high] = [(1 - margin) * Math.min(...all), (1 + margin) * Math.max(...all)];
  const range = { nominalRpm: (low + high) / 2, tolerance: (high - low) / (high + low), source: 'nameplate' as const };
  const context = { ...motorContext(motor), speed: range, ratedRpm: rpm };
  const free = vibrationOf(assessCapture(taken, context)).speed;
  const candidates = free ? [free.frHz, free.ambiguousHz ?? Number.NaN] : [];
  const reached = candidates.some((hz) => Math.abs((hz * 60) / rpm - 1) <= tolerance);
  const told = { ...context, speed: { nominalRpm: rpm, tolerance, source: 'nameplate' as const }, ratedRpm: rpm };
  const { indicators, speed, health } = vibrationOf(assessCapture(taken, reached ? told : context));
  const valued = (id: string) => indicators.find((one) => one.id.split('.')[0] === id && one.valid === true);
  return {
    foundRpm: speed ? speed.frHz * 60 : null,
    reached,
    velocityRmsMmS: valued('rmsVelocity')?.value ?? null,
    accelerationRmsMS2: valued('rmsAcceleration')?.value ?? null,
    order1MS2: reached && speed ? lineAt(taken, speed.frHz) : null,
    status: reached ? statusWord(health) : 'check',
    reason: reached ? reasonText(health) : `the shaft was not found at ${rpm} r/min: no verdict for that speed`,
  };
}

/** RMS in m/s² of the line at the shaft speed, of the first acceleration channel. */
function lineAt({ channels, fsHz }: Capture, hz: number): number | null {
  const channel = channels.find(({ quantity }) => quantity === 'acceleration');
  if (!channel) return null;
  const spectrum = lineSpectrum(channel.samples, fsHz);
  return lineNear(spectrum, hz, 2 * spectrum.df).amplitude / Math.SQRT2;
}

function cells(step: Step): string[] {
  const number = (value: number | null, unit: string): string => (value === null ? '-' : `${digits(value, 3)} ${unit}`);
  return [
    String(step.rpm),
    step.foundRpm === null ? 'not found' : digits(step.foundRpm),
    number(step.velocityRmsMmS, 'mm/s'),
    number(step.accelerationRmsMS2, 'm/s²'),
    number(step.order1MS2, 'm/s²'),
    step.status,
    step.reason,
  ];
}

/** @throws KZ1401 none, or no speeds */
function speedsOf(text: string | undefined): number[] {
  if (text === undefined) throw missingAnswer('--rpm 600,1200,1800', 'the speeds of the steps are not known');
  const speeds = text.split(',').map(Number);
  if (speeds.every((rpm) => rpm > 0 && rpm <= mostRpm)) return speeds;
  throw new KizashiError(
    'KZ1401',
    `--rpm ${text} is no list of speeds`,
    { rpm: text },
    { why: 'it takes r/min, separated by commas', fix: '--rpm 600,1200,1800' },
  );
}

/** Ends at once when the command is interrupted. */
function wait(clock: Parameters<typeof delay>[0], ms: number, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  return Promise.race([delay(clock, ms), stopped]);
}
