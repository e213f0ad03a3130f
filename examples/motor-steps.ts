/**
 * Steps a motor through speeds with Johnny-Five, takes a signed capture at each, and prints what the shaft's orders carry.
 *
 *   node dist/examples/motor-steps.js --sim                      an emulated Uno and motor, grade E
 *   node dist/examples/motor-steps.js /dev/ttyACM0 ./keys        a board with kz-uno-io; ./keys: its key store
 *
 * PWM of the motor driver on pin 3, an analog accelerometer on A0. In a project of your own import from 'kizashi' and 'kizashi/johnny-five'.
 */
import { createRequire } from 'node:module';
import { startCapture } from '../host/capture/index.js';
import { Kizashi } from '../host/johnny-five/index.js';
import { delay, loadBoard } from '../host/link/index.js';
import { KeyStore } from '../host/provision/index.js';
import { attend } from '../host/session/index.js';
import { lineNear, lineSpectrum } from '../host/signal/index.js';

const five = createRequire(import.meta.url)('johnny-five');

export interface Step {
  /** PWM, 0 to 255. */
  duty: number;
  /** Speed found in the spectrum, in Hz of the shaft. */
  shaftHz: number;
  /** Amplitudes of the orders 1x, 2x, 3x in volts. */
  orders: number[];
  record: number;
  verdict: string;
  grade: string;
}

/** Seconds for the motor to settle, and of each capture. */
const settleS = 3;
const captureS = 4;

/** Drives the motor to each duty in turn and captures there. @throws what the board says, and where a capture is rejected */
export async function motorSteps(io: Kizashi, duties: number[]): Promise<Step[]> {
  const board = new five.Board({ io, repl: false, debug: false, sigint: false });
  await new Promise((ready) => board.on('ready', ready));
  const motor = new five.Motor({ pins: { pwm: 3, dir: 4 }, board });
  const steps: Step[] = [];
  for (const duty of duties) {
    motor.forward(duty);
    await delay(io.session.clock, 1000 * settleS);
    const plan = { channels: [{ id: 'v', pin: 'A0' }], rateHz: 2000, seconds: captureS };
    const result = await startCapture(io.session, plan).result;
    if (!result.ok) throw new Error(`capture rejected: ${result.text}`);
    const { capture, record } = result;
    const spectrum = lineSpectrum(capture.channels[0].samples, capture.fsHz, { window: 'flattop' });
    // the shaft is the strongest line between 3 and 60 Hz; a captured motor turns no faster
    const shaft = lineNear(spectrum, 31.5, 28.5);
    const orders = [1, 2, 3].map((k) => lineNear(spectrum, k * shaft.fHz, 4 * spectrum.df).amplitude);
    steps.push({ duty, shaftHz: shaft.fHz, orders, record, verdict: capture.verdict.kind, grade: capture.grade });
  }
  motor.stop();
  await delay(io.session.clock, 200);
  return steps;
}

/** One line a step. */
export function report(steps: Step[]): string {
  const rows = steps.map(({ duty, shaftHz, orders, record, verdict, grade }) => {
    const amplitudes = orders.map((v, k) => `${k + 1}x ${(1000 * v).toFixed(1).padStart(6)} mV`).join('   ');
    return `PWM ${String(duty).padStart(3)}   ${(60 * shaftHz).toFixed(0).padStart(5)} rpm   ${amplitudes}   record ${record} ${verdict} ${grade}`;
  });
  return rows.join('\n');
}

async function main(): Promise<void> {
  const duties = [64, 128, 192];
  const [path, keys] = process.argv.slice(2);
  if (path === '--sim') {
    const { emulatedMotor } = await import('./emulated-motor.js');
    const bench = await emulatedMotor();
    console.log(report(await bench.world.until(motorSteps(bench.io, duties), 120)));
    await bench.close();
  } else if (path && keys) {
    const port = attend({ path, board: loadBoard('arduino-avr-uno'), keyring: new KeyStore(keys) });
    const io = new Kizashi({ port });
    console.log(report(await motorSteps(io, duties)));
    await io.close();
    await port.close();
  } else console.error('motor-steps --sim | motor-steps PORT KEYS');
}

if (/motor-steps\.[jt]s$/.test(process.argv[1] ?? '')) await main();
