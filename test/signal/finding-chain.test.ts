/** kz-speed/2 and kz-bearing/2 as a whole against their transcription in NumPy and SciPy (test/golden/finding_chain.py). */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Xoshiro128 } from '../../host/signal/index.js';
import { judgeBearing } from '../../host/wear/bearing.js';
import { drawDecoys } from '../../host/wear/decoys.js';
import { estimateSpeed, logLines } from '../../host/wear/index.js';
import { relL2, struck } from '../golden/signals.js';

const golden = JSON.parse(readFileSync(new URL('../golden/finding.json', import.meta.url), 'utf8'));

for (const { seed, order, frHz, uncertainty, df, lines, decoys, families } of golden.cases) {
  t.test(order === 0 ? 'a shaft that nothing strikes' : `strikes at order ${order}`, async (t) => {
    const axes = [0, 1].map((axis) => ({
      channel: `a${axis}`,
      spans: [struck(40000, seed + 10 * axis, 12000, 24.6, order)],
    }));
    const speed = estimateSpeed(axes, 12000, 25, 0.05);
    t.ok(Math.abs(speed.frHz / frHz - 1) < 1e-9, `speed ${speed.frHz} against ${frHz}`);
    t.ok(Math.abs(speed.uncertainty / uncertainty - 1) < 1e-9, 'half width');

    // The golden's own speed from here on, so that a difference stays where it arises.
    const log = logLines(axes, 12000, frHz);
    if ('code' in log) return t.fail(log.text);
    t.equal(log.dfHz, df);
    const got = log.lines.subarray(0, 2000).filter((_, i) => i % 5 === 0);
    t.ok(relL2(got, lines) < 1e-9, `lines: ${relL2(got, lines)}`);

    const random = () => new Xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => seed + i));
    const { race, cage } = drawDecoys(random(), [golden.orders]);
    t.same([race.orders[0], race.orders[399], cage.orders[399]], decoys, 'the same decoys, bit for bit');

    const variant = { id: 'v', designation: '6205', balls: 9, orders: golden.orders };
    const result = judgeBearing(log, [variant], uncertainty, random());
    t.equal(result.families.length, Object.keys(families).length);
    for (const { family, score, p, severityDb, foundOrder, holds } of result.families) {
      const expected = families[family];
      t.ok(Math.abs(score / expected.score - 1) < 1e-9, `${family}: T ${score}`);
      t.equal(p, expected.p, `${family}: p`);
      t.ok(Math.abs(severityDb - expected.severityDb) < 1e-8, `${family}: ${severityDb} dB`);
      t.ok(Math.abs(foundOrder / expected.foundOrder - 1) < 1e-9, `${family}: order ${foundOrder}`);
      const struckHere = order > 0 && family === (order < 4 ? 'outer' : 'inner');
      t.equal(holds, struckHere, `${family} ${struckHere ? 'holds' : 'does not hold'} both keys`);
    }
  });
}
