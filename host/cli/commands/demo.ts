/**
 * `kizashi demo`: three emulated Unos with the real firmware, from the first signed frame to the verdict, in the terminal and on a page.
 *
 * First as fast as the machine can, until each motor has its captures (a finding must persist before it counts); then in step with the
 * wall clock until Ctrl-C.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { attackKinds } from '../../emulate/attack.js';
import { KizashiError } from '../../errors.js';
import type { MotorState } from '../../monitor/index.js';
import { type RunningServer, serveFleet } from '../../serve/index.js';
import type { Health } from '../../wear/types.js';
import { type Fleet, startFleet } from '../demo/fleet.js';
import { demoMotors } from '../demo/motors.js';
import { type DemoVerdict, judge } from '../demo/verdict.js';
import { digits, type Output, version } from '../output.js';
import { reasonText, statusStyle, statusWord } from '../status.js';
import type { Run } from '../tree.js';

/** Length of a capture in seconds: ten and a little, since velocity is averaged over at least ten. */
const captureSeconds = 10.24;
const intervalSeconds = 15;
/** A finding stands when it is seen in three of the last four captures. */
const capturesToVerdict = 3;

export const run: Run = async ({ options, out, signal }) => {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const once = options.once === true;
  const folder = resolve(typeof options.state === 'string' ? options.state : 'kizashi-demo');
  clear(folder);
  out.note('three emulated Arduino Unos run the real firmware image   EMULATED: grade E, never evidence');

  const fleet = await startFleet({
    motors: demoMotors,
    folder,
    version: version(),
    captureSeconds,
    intervalSeconds,
    seed: 20,
    onProgress: (text) => out.note(`  ${digits(seconds(), 2)} s  ${text}`),
  });
  let server: RunningServer | undefined;
  try {
    if (!once) {
      server = await serveFleet({ source: fleet.monitor, port: (options.http as number | undefined) ?? 0 });
      out.note(`page ${server.url}`);
    }
    const publisher = server;
    fleet.monitor.on('motor', () => publisher?.publish());
    if (options.attack === true) arm(fleet, out);
    const firstVerdictS = await fastForward(fleet, out, signal, seconds);
    const verdicts = demoMotors.map((demo) =>
      judge(demo, stateOf(fleet, demo.motor.id), fleet.monitor.assessments(demo.motor.id)),
    );
    print(fleet, verdicts, out, folder, server?.url);
    out.result(result(fleet, verdicts, folder, { firstVerdictS, seconds: seconds(), url: server?.url ?? null }));
    const correct = verdicts.every((verdict) => verdict.correct) && attacksAllRefused(fleet);
    if (once || signal.aborted) return correct ? 0 : 1;

    out.note('goes on in step with the clock; Ctrl-C stops');
    fleet.world.pace(true);
    fleet.monitor.start();
    await new Promise<void>((stopped) => {
      if (signal.aborted) stopped();
      signal.addEventListener('abort', () => stopped(), { once: true });
    });
    fleet.world.pace(false);
    return 0;
  } finally {
    await server?.close();
    await fleet.close();
  }
};

/** A demo starts from nothing: its boards have new keys. Only what an earlier demo wrote is taken away. */
function clear(folder: string): void {
  if (!existsSync(folder)) return;
  const ours = /^(kizashi\.db(-wal|-shm)?|pinned\.json|evidence|motors)$/;
  const foreign = readdirSync(folder).filter((name) => !ours.test(name));
  if (foreign.length > 0) {
    throw new KizashiError(
      'KZ1404',
      `${folder} holds something that no demo wrote: ${foreign.slice(0, 3).join(', ')}`,
      { folder },
    );
  }
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function stateOf(fleet: Fleet, id: string) {
  const state = fleet.monitor.state().motors.find((motor) => motor.id === id);
  if (!state) throw new TypeError(`no state of ${id}`);
  return state;
}

/** A state's status in the form that the words are made from; a motor that starts has no grey of wear's yet. */
function healthOf({ status, grey }: MotorState): Pick<Health, 'status' | 'grey'> {
  return { status, grey: grey === 'starting' ? undefined : grey };
}

/** Every kind of attack once, spread over the boards; those that need an earlier capture wait for one. */
function arm(fleet: Fleet, out: Output): void {
  const boards = [...fleet.ports.keys()];
  for (const [i, kind] of attackKinds.entries()) fleet.attacker.arm(boards[i % boards.length], kind);
  fleet.monitor.on('rejected', ({ motor, reason, text }) => out.note(`  refused  ${motor}: ${text} (${reason})`));
}

/** Captures of all motors as fast as the machine can, until each has enough for a verdict. Returns the seconds to the first one. */
async function fastForward(
  fleet: Fleet,
  out: Output,
  signal: AbortSignal,
  seconds: () => number,
): Promise<number | null> {
  const { monitor, world } = fleet;
  let first: number | null = null;
  monitor.on('trouble', (motor, error) => out.warn(`${motor}: ${error.message}`));
  const series = demoMotors.map(async ({ motor }) => {
    for (
      let round = 0;
      stateOf(fleet, motor.id).captures < capturesToVerdict && round < 3 * capturesToVerdict;
      round++
    ) {
      if (signal.aborted) return;
      const state = await monitor.capture(motor.id);
      out.note(
        `  ${digits(seconds(), 3)} s  ${motor.id}  capture ${state.captures} of ${capturesToVerdict}  ${state.verdict}  ${statusWord(healthOf(state))}: ${reasonText(state)}`,
      );
    }
    first ??= seconds();
  });
  const stopped = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  await world.until(Promise.race([Promise.all(series), stopped]), 3600);
  return first;
}

/** Nothing that was attacked on the wire may have become a capture, and every attack must have been noticed. */
function attacksAllRefused(fleet: Fleet): boolean {
  const accepted = acceptedAttacks(fleet);
  const refused = fleet.monitor.state().motors.reduce((sum, motor) => sum + motor.rejected, 0);
  return accepted.length === 0 && fleet.attacker.pending === 0 && refused >= fleet.attacker.done.length;
}

/** Attacks whose very capture was taken for good. */
function acceptedAttacks(fleet: Fleet) {
  return fleet.attacker.done.filter(({ board, record }) => {
    const motor = demoMotors.find((demo) => demo.motor.board === board);
    return motor && fleet.store.captures(motor.motor.id).some((capture) => capture.record === record);
  });
}

function print(fleet: Fleet, verdicts: DemoVerdict[], out: Output, folder: string, url?: string): void {
  const wide = Math.max(...verdicts.map(({ id }) => id.length));
  for (const verdict of verdicts) {
    const word = verdict.correct ? 'right' : out.style(['bold', 'red'], `WRONG: ${verdict.wrong}`);
    const state = healthOf(stateOf(fleet, verdict.id));
    const said = out.style(statusStyle(state), statusWord(state).padEnd(8));
    out.line(`${verdict.id.padEnd(wide)}  ${said}  ${reasonText(verdict)}`);
    out.line(`${' '.repeat(wide)}  truth     ${verdict.truth}: the verdict is ${word}`);
  }
  const { done } = fleet.attacker;
  if (done.length > 0) {
    const accepted = acceptedAttacks(fleet).length;
    out.line(`${done.length} captures were attacked on the wire, ${accepted} accepted:`);
    for (const { board, reason, text, count } of fleet.store.refusals())
      out.line(`  ${board}  ${reason}  ${text}  (${count}x)`);
  }
  out.line(`evidence  ${join(folder, 'evidence')}`);
  const [file] = fleet.store.captures(demoMotors[0].motor.id, 1);
  if (file)
    out.line(`verify    kizashi verify ${join(folder, 'evidence', file.file)} --keys ${fleet.keysFile} --cross-check`);
  if (url) out.line(`page      ${url}`);
}

function result(
  fleet: Fleet,
  verdicts: DemoVerdict[],
  folder: string,
  times: { firstVerdictS: number | null; seconds: number; url: string | null },
): Record<string, unknown> {
  return {
    emulated: true,
    motors: verdicts.map((verdict) => {
      const state = stateOf(fleet, verdict.id);
      const assessments = fleet.monitor.assessments(verdict.id);
      return {
        id: verdict.id,
        name: verdict.name,
        truth: verdict.truth,
        verdict: verdict.status,
        reason: verdict.reason,
        correct: verdict.correct,
        ...(verdict.correct ? {} : { wrong: verdict.wrong }),
        findings: assessments.flatMap((assessment) => assessment.findings),
        velocityRmsMmS: state.velocityRmsMmS,
        currentRmsA: state.currentRmsA,
        lineHz: state.lineHz,
        speedHz: state.speedHz,
        captures: state.captures,
        rejected: state.rejected,
        captureVerdict: state.verdict,
        grade: state.grade,
        evidence: state.evidence.map((name) => join(folder, 'evidence', name)),
      };
    }),
    attacks: {
      carriedOut: fleet.attacker.done,
      accepted: acceptedAttacks(fleet).length,
      rejected: fleet.store
        .refusals()
        .map(({ board, motor, reason, text, count }) => ({ board, motor, reason, text, count })),
    },
    keys: fleet.keysFile,
    url: times.url,
    firstVerdictSeconds: times.firstVerdictS,
    machineSeconds: fleet.world.clock.now() / 1000,
    seconds: times.seconds,
  };
}
