/** A small site for tests: one emulated Uno on a virtual motor, its state folder with motor file, history, evidence and public keys. */

import { startFleet } from '../../host/cli/demo/fleet.js';
import { demoMotors } from '../../host/cli/demo/motors.js';

/** Takes `captures` of the motor with the damaged bearing. @returns id of the motor */
export async function makeSite(folder: string, captures = 1, seconds = 4): Promise<string> {
  const [demo] = demoMotors;
  const fleet = await startFleet({
    motors: [demo],
    folder,
    version: '0.0.0',
    captureSeconds: seconds,
    intervalSeconds: 15,
    seed: 20,
  });
  for (let i = 0; i < captures; i++) await fleet.world.until(fleet.monitor.capture(demo.motor.id), 600);
  await fleet.close();
  return demo.motor.id;
}
