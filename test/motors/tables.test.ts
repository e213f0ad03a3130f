/** The tables of facts: bearings check themselves, sensors keep their schema. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import * as z from 'zod';
import {
  bearingRows,
  bearingVariants,
  contradictions,
  ordersOf,
  plainDesignation,
  variantOf,
} from '../../host/motors/bearing-table.js';
import { sensorOf, sensorTable } from '../../host/motors/sensor-table.js';

t.test('bearing table: every row verifies itself', async (t) => {
  const rows = bearingRows();
  t.equal(new Set(rows.map((row) => row.id)).size, rows.length, 'ids are unique');
  t.equal(rows.length, 33);
  for (const row of rows) {
    t.same(contradictions(row), [], row.id);
    const orders = variantOf(row).orders;
    t.ok(Math.abs(orders.BPFO + orders.BPFI - row.balls) < 1e-12, `${row.id}: BPFO + BPFI = n`);
    t.ok(Math.abs(orders.FTF - orders.BPFO / row.balls) < 1e-15, `${row.id}: FTF = BPFO/n`);
  }
});

t.test('bearing table: known misprints do not pass', async (t) => {
  const row = (id: string) => bearingRows().find((one) => one.id === id)!;
  const good = row('6205-skf-2rs-jem');
  t.not(
    contradictions({ ...good, boundary: { boreMm: 25, outerMm: 62, widthMm: 17 } }).length,
    0,
    'a 6205 called 6305',
  );
  t.match(contradictions({ ...good, printed: { BSF: 4.7135 } }).join(), /BSF/, 'the doubled ball frequency');
  t.match(contradictions({ ...row('nice-mfpt'), printed: { FTF: 0.5935 } }).join(), /FTF/, 'shaft minus cage');
  t.match(contradictions({ ...good, printed: { BPFO: 3.585, BPFI: 5.615 } }).join(), /BPFO \+ BPFI|BPFI/);
  t.match(contradictions({ ...good, source: '' }).join(), /source/);
  t.match(contradictions({ ...row('er-12k'), grade: 'derived' }).join(), /measured/);
});

t.test('designations', async (t) => {
  t.equal(plainDesignation('SKF 6205-2RS1/C3'), '6205');
  t.equal(plainDesignation('6203ZZ'), '6203');
  t.equal(plainDesignation('er16k'), 'ER-16K');
  t.same(
    bearingVariants('6205-2RSR').map((v) => v.id),
    ['6205-skf-2rs-jem', '6205-generic'],
    'published first',
  );
  t.same(bearingVariants('6305'), [], 'no verified source: no variant');
  t.throws(() => ordersOf({ balls: 9, ballMm: 40, pitchMm: 30 }), { code: 'KZ0751' });
  const contact = ordersOf({ balls: 12, ballMm: 10, pitchMm: 50, contactDeg: 40 });
  t.ok(Math.abs(contact.BPFO - 6 * (1 - 0.2 * 0.766044443118978)) < 1e-12, 'contact angle reduces r');
});

t.test('sensors keep the schema and name their sources', async (t) => {
  const folder = new URL('../../boards/', import.meta.url);
  const schema = z.fromJSONSchema(JSON.parse(readFileSync(new URL('schema/sensor.json', folder), 'utf8')));
  const files = readdirSync(new URL('sensors/', folder)).filter((name) => name.endsWith('.json'));
  t.ok(files.length >= 15);
  for (const file of files) {
    const sensor = JSON.parse(readFileSync(new URL(`sensors/${file}`, folder), 'utf8'));
    const verdict = schema.safeParse(sensor);
    t.ok(verdict.success, `${file}: ${verdict.error?.message ?? ''}`);
    t.equal(`${sensor.id}.json`, file);
    for (const field of Object.keys(sensor.source))
      t.ok(field in sensor, `${file}: source of a field that exists: ${field}`);
    if (sensor.bus.includes('analog')) t.ok(sensor.analog, `${file} says volts per unit`);
    if (sensor.quantity === 'acceleration') t.equal(sensor.noiseUgRtHz.length, sensor.axes, `${file} noise per axis`);
  }
  t.equal(sensorTable().size, files.length);
  t.throws(() => sensorOf('adxl9000'), { code: 'KZ0752' });
  t.notOk(schema.safeParse({ id: 'x' }).success, 'the schema refuses something');
});
