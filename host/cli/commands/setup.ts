/**
 * `kizashi setup [PORT]`: from a board in a box to a watched motor, one step after the other. Every step is a command of its own and every
 * question a flag; a setup that was stopped goes on where the state folder says.
 */
import { type CaptureResult, capture } from '../../capture/index.js';
import { motorNamed, sensorOf } from '../../motors/index.js';
import { mayAsk, missingAnswer } from '../asking.js';
import { boardOn, portOf } from '../board-port.js';
import { examine, thisMachine } from '../doctor-checks.js';
import { motorInput, statesMotor } from '../motor-input.js';
import { Output } from '../output.js';
import { doneSteps, noteSetup, recallSetup, type SetupMemory, tapSeconds, tapTest } from '../setup-steps.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { boardOfMotor, SitePorts } from '../site-ports.js';
import { makePrivate, type StateFolder, stateFolder } from '../state-folder.js';
import type { CommandContext, Run } from '../tree.js';
import { planOf } from '../watched-motor.js';
import { wiringDrawing, wiringPlan } from '../wiring-plan.js';

/** How long a board may take to appear, in ms. */
const findMs = 30_000;

/** A step that ended with an exit code of its own, after it has said why. */
class Ended extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

export const run: Run = async (context) => {
  try {
    return await setUp(context);
  } catch (error) {
    if (error instanceof Ended) return error.code;
    throw error;
  }
};

async function setUp(context: CommandContext): Promise<number> {
  const { options, out, signal } = context;
  const state = stateFolder(options);
  makePrivate(state.root);
  const answers: SetupMemory = recallSetup(state);
  // steps speak on stderr: stdout is for the result
  const steps = new Output(
    'setup',
    { quiet: out.quiet, verbose: out.verbose },
    { stdout: process.stderr, stderr: process.stderr },
  );
  const step = async (
    load: Promise<{ run: Run }>,
    args: string[],
    more: Record<string, unknown> = {},
  ): Promise<void> => {
    const { run } = await load;
    const code = await run({
      args,
      options: { ...options, ...more },
      out: out.quiet ? new Output('setup', { quiet: true, json: false }, silent) : steps,
      signal,
    });
    if (code !== 0) throw new Ended(code);
  };
  const title = (n: number, text: string, done = false): void =>
    out.note(`${n}/8 ${text}${done ? ': done before' : ''}`);

  title(1, 'this computer');
  const checks = await examine(thisMachine(), state.root);
  for (const { level, text, fix } of checks)
    if (level !== 'ok') out.note(`  ${level}  ${text}${fix ? `   -> ${fix}` : ''}`);

  const port = await findPort(context, answers);
  title(2, `board: ${port.board} on ${port.path}`);
  Object.assign(answers, {
    port: port.path,
    board: port.board,
    name: (options.name as string | undefined) ?? answers.name,
  });
  noteSetup(state, answers);
  answers.name ??= await ask(context, '--name NAME', 'Name of the board', 'board-1');
  noteSetup(state, answers);
  answers.motor =
    (options.motor as string | undefined) ??
    answers.motor ??
    (await ask(context, '--motor NAME', 'Name of the motor', answers.name));
  noteSetup(state, answers);
  let done = doneSteps(state, answers);

  title(3, 'owner of the keys', done.owner);
  if (!done.owner) await step(import('./init.js'), []);

  const flashed = done.pinned || answers.flashed === port.path;
  title(4, 'firmware', flashed);
  if (!flashed) {
    await step(import('./flash.js'), [port.path], { board: port.board });
    noteSetup(state, Object.assign(answers, { flashed: port.path }));
  }
  title(5, 'key of the board', done.pinned);
  if (!done.pinned) await step(import('./provision.js'), [port.path], { board: port.board, name: answers.name });

  title(6, `motor ${answers.motor}`, done.motor);
  if (!done.motor) await step(import('./motors-add.js'), [answers.motor], await motorOptions(context, answers));
  const { motor } = motorNamed(state.motors, answers.motor);
  showWiring(context, motor, port.board);

  title(7, 'sensor: tap test', answers.tapped !== undefined);
  if (answers.tapped === undefined) {
    answers.tapped = await tapStep(context, state, motor, port.path);
    noteSetup(state, answers);
  }
  title(8, 'first capture; the baseline starts', done.measured);
  if (!done.measured) await step(import('./collect.js'), [motor.id], { port: port.path, count: 1, out: undefined });
  done = doneSteps(state, answers);
  out.line(`${motor.id} is watched by ${answers.name} on ${port.path}`);
  out.line('  next    kizashi serve   (or kizashi watch, collect, check, report)');
  out.result({ ...answers, done, checks: checks.filter(({ level }) => level !== 'ok') });
  return 0;
}

const silent = {
  stdout: { write: () => true } as unknown as NodeJS.WriteStream,
  stderr: process.stderr,
};

async function findPort(
  { args, options }: CommandContext,
  answers: SetupMemory,
): Promise<{ path: string; board: string }> {
  const named = args[0] ?? answers.port;
  const access = await portAccess(options, named);
  try {
    const port = await portOf(named, access);
    return { path: port.path, board: boardOn(port, options.board ?? answers.board).id };
  } finally {
    await access.close();
  }
}

async function ask(context: CommandContext, flag: string, message: string, fallback: string): Promise<string> {
  if (!mayAsk(context)) throw missingAnswer(flag, `${message.toLowerCase()} is not known`);
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message, placeholder: fallback, defaultValue: fallback });
  if (isCancel(answer)) throw missingAnswer(flag, 'setup was left; it goes on from here the next time');
  return answer;
}

/** The board's name stands in the motor file whatever was asked; on a terminal the wizard asks for the rest. */
async function motorOptions(context: CommandContext, answers: SetupMemory): Promise<Record<string, unknown>> {
  const wire = (context.options.wire as string[] | undefined) ?? ['ax=A0:adxl1002,axis=radial'];
  const fixed = { board: answers.name, wire };
  if (statesMotor({ ...context.options, board: undefined, wire: undefined }) || !mayAsk(context)) return fixed;
  const { askMotor } = await import('../motor-wizard.js');
  const input = await askMotor(answers.motor ?? '', motorInput({ ...context.options, ...fixed }));
  if (!input) throw missingAnswer('--rpm 1480', 'setup was left; it goes on from here the next time');
  const { nameplate = {}, bearings = [] } = input;
  return {
    ...fixed,
    kw: nameplate.kW,
    rpm: nameplate.rpm,
    poles: nameplate.poles,
    supplyHz: nameplate.supplyHz,
    drive: input.drive,
    mounting: input.mounting,
    bearing: bearings.map(({ position, designation, geometry: g }) =>
      designation === undefined && g
        ? `${position}=n=${g.balls},d=${g.ballMm},D=${g.pitchMm}`
        : `${position}=${designation}`,
    ),
  };
}

function showWiring({ out }: CommandContext, motor: ReturnType<typeof motorNamed>['motor'], boardId: string): void {
  for (const { sensor: id, pin } of motor.channels ?? []) {
    if (id === undefined) continue;
    const sensor = sensorOf(id);
    const board = boardOn({ path: '', accessible: true }, boardId);
    const plan = wiringPlan(sensor, board, { rateHz: 8000, ...(pin === undefined ? {} : { pin }) });
    for (const line of wiringDrawing(sensor, board, plan)) out.note(`  ${line}`);
  }
}

async function tapStep(
  { options, out, signal }: CommandContext,
  state: StateFolder,
  motor: ReturnType<typeof motorNamed>['motor'],
  path: string,
): Promise<'felt' | 'skipped'> {
  const access = await portAccess(options, path);
  if (options.skipTap === true || access.emulated) {
    await access.close();
    out.note(`  skipped${access.emulated ? ': nobody can tap an emulated sensor' : ''}`);
    return 'skipped';
  }
  const keys = siteKeys(state, access);
  const ports = new SitePorts(access, keys, { only: path });
  try {
    const board = boardOfMotor(motor, keys);
    const taken = async (): Promise<CaptureResult> => {
      const port = await access.during(ports.find(board, findMs));
      return access.during(capture(port, planOf(motor, 8000, tapSeconds)));
    };
    await tapTest(taken, (text) => out.note(`  ${text}`), signal);
    return 'felt';
  } finally {
    await access.during(ports.close()).catch(() => {});
    await access.close();
  }
}
