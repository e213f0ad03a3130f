/**
 * `kizashi collect MOTOR`: captures of a motor now, each verified, kept as an evidence file and judged. One line a capture (NDJSON with
 * `--json`), the last line a summary.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureProgress } from '../../capture/index.js';
import { KizashiError } from '../../errors.js';
import { Monitor, type MotorState } from '../../monitor/index.js';
import { motorNamed } from '../../motors/index.js';
import { Store } from '../../store/index.js';
import { digits, type Output, version } from '../output.js';
import { settingsOf } from '../settings.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { SitePorts } from '../site-ports.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import { reasonText, statusStyle, statusWord } from '../status.js';
import type { Run } from '../tree.js';
import { watchedMotor } from '../watched-motor.js';

export const run: Run = async ({ args, options, out, signal }) => {
  const state = stateFolder(options);
  const settings = settingsOf(options);
  const { motor } = motorNamed(state.motors, args[0]);
  const port = options.port as string | undefined;
  const access = await portAccess(options, port);
  const keys = siteKeys(state, access);
  const ports = new SitePorts(access, keys, { ...(port ? { only: port } : {}), onAlarm: (text) => out.warn(text) });
  const seconds = settings.seconds.value;
  let store: Store | undefined;
  try {
    const watched = watchedMotor({
      motor,
      keys,
      ports,
      access,
      state,
      rateHz: settings.rate.value,
      seconds,
      intervalS: settings.interval.value,
      onProgress: (step) => tellProgress(out, step),
    });
    makePrivate(state.evidence);
    store = Store.open(state.root);
    const monitor = new Monitor({
      site: settings.site.value,
      version: version(),
      clock: access.clock,
      store,
      evidenceFolder: state.evidence,
    });
    monitor.add(watched);
    let trouble: Error | undefined;
    monitor.on('trouble', (_, error) => {
      trouble = error;
    });
    monitor.on('rejected', ({ reason, text }) => out.warn(`capture rejected: ${text} (${reason})`));
    const count = (options.count as number | undefined) ?? 1;
    const files: string[] = [];
    let refused = 0;
    for (let i = 0; i < count && !signal.aborted; i++) {
      const before = files.length;
      const seen: string | undefined = monitor.state().motors[0].evidence.at(-1);
      const stopped = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
      await access.during(Promise.race([monitor.capture(motor.id), stopped]));
      if (signal.aborted) break;
      if (trouble) throw trouble;
      const after = monitor.state().motors[0];
      const file = after.evidence.at(-1);
      if (file === undefined || file === seen) {
        refused++;
        continue;
      }
      let path = join(state.evidence, file);
      const target = options.out as string | undefined;
      if (target !== undefined)
        path = copied(path, count === 1 ? target : `${target.replace(/\.kzev$/, '')}-${i + 1}.kzev`);
      files.push(path);
      if (files.length > before) say(out, after, path);
    }
    if (signal.aborted) out.note(`interrupted: ${files.length} captures are kept, the one under way is not`);
    out.result({ event: 'summary', motor: motor.id, captures: files.length, refused, files, keys: state.publicKeys });
    return refused > 0 && files.length === 0 ? 8 : 0;
  } finally {
    await access.during(ports.close()).catch(() => {});
    store?.close();
    await access.close();
  }
};

let tenth = -1;

/** A bar on a terminal, elsewhere one line each tenth of the way. */
function tellProgress(out: Output, { phase, frames, framesExpected, lostFrames, leftMs }: CaptureProgress): void {
  const share = framesExpected > 0 ? frames / framesExpected : 0;
  const lost = lostFrames > 0 ? `   ${lostFrames} frames lost` : '';
  const left = leftMs === undefined ? '' : `   ${Math.ceil(leftMs / 1000)} s left`;
  const text = `  ${phase.padEnd(10)} ${Math.floor(100 * share)} %   ${frames}/${framesExpected} frames${lost}${left}`;
  if (out.bar(() => text)) return;
  const now = phase === 'capturing' ? Math.floor(10 * share) : -1;
  if (now > tenth) out.note(text);
  tenth = now;
}

function say(out: Output, state: MotorState, path: string): void {
  const word = statusWord({ status: state.status, grey: state.grey as never });
  const numbers = [
    state.velocityRmsMmS === null ? '' : `${digits(state.velocityRmsMmS, 3)} mm/s`,
    state.currentRmsA === null ? '' : `${digits(state.currentRmsA, 3)} A`,
  ].filter(Boolean);
  out.line(
    `${path}   ${state.verdict}   ${state.emulated ? 'grade E: EMULATED, never evidence' : `grade ${state.grade}`}`,
  );
  out.line(
    `  ${out.style(statusStyle(state), word.padEnd(8))} ${reasonText(state)}${numbers.length > 0 ? `   ${numbers.join('   ')}` : ''}`,
  );
  const { id, status, reason, verdict, grade, findings, velocityRmsMmS, currentRmsA, speedHz } = state;
  out.result({
    event: 'capture',
    file: path,
    motor: id,
    status,
    reason,
    verdict,
    grade,
    findings,
    velocityRmsMmS,
    currentRmsA,
    speedHz,
  });
}

function copied(from: string, to: string): string {
  try {
    copyFileSync(from, to);
    return to;
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1406', `cannot write ${to}: ${errno}`, { path: to, errno }, { cause: error });
  }
}
