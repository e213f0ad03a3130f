/** Thirty minutes of a healthy motor, through the real firmware and the whole chain: nothing may be raised. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startFleet } from '../../host/cli/demo/fleet.js';
import { demoMotors } from '../../host/cli/demo/motors.js';

t.setTimeout(280_000);

t.test('a healthy motor raises nothing in 30 minutes of machine time', async (t) => {
  const healthy = demoMotors.filter((motor) => motor.expected === null);
  const fleet = await startFleet({
    motors: healthy,
    folder: mkdtempSync(join(tmpdir(), 'kizashi-healthy-')),
    version: 'test',
    captureSeconds: 10.24,
    intervalSeconds: 60,
    seed: 31,
  });
  const raised: string[] = [];
  const trouble: string[] = [];
  fleet.monitor.on('motor', (_state, assessments) =>
    raised.push(...assessments.flatMap((a) => a.findings).map((f) => f.words)),
  );
  fleet.monitor.on('trouble', (_motor, error) => trouble.push(error.message));
  const from = fleet.world.clock.now();
  fleet.monitor.start();
  await fleet.world.run(30 * 60);
  const [state] = fleet.monitor.state().motors;
  t.equal(fleet.world.clock.now() - from, 30 * 60 * 1000);
  t.ok(state.captures >= 29, `${state.captures} captures`);
  t.same(raised, [], 'no finding in any of them');
  t.same(trouble, []);
  t.equal(state.rejected, 0);
  t.not(state.status, 'failure');
  t.match(state.reason, /no evidence of race damage/);
  await fleet.close();
});
