/** Rates, counts and scales: what is asked, what the wire says, what comes out in SI units. */
import t from 'tap';
import { type CapturePlan, planCapture } from '../../host/capture/index.js';
import { measuredRate, scaleCapture } from '../../host/capture/scaling.js';
import type { ProvenCapture } from '../../host/capture/verify.js';
import { type Begin, type Caps, type Data, encoding, packSamples, type Seal } from '../../protocol/index.js';
import { uno } from '../session/bench.js';

const caps: Caps = {
  chans: 6,
  rate: 24_000,
  samples: 120,
  sealing: 0,
  encs: 3,
  body: 160,
  signMs: 500,
  flags: 0,
  relays: 1,
};
const channels = (n: number) => Array.from({ length: n }, (_, k) => ({ id: `c${k}`, pin: `A${k}` }));
const plan = (n: number, rateHz: number, more: Partial<CapturePlan> = {}) =>
  planCapture({ channels: channels(n), rateHz, seconds: 1, ...more }, uno, caps);

t.test('the table of rates of the Uno', (t) => {
  // channels, rate asked for, decimation, period and div on the wire (firmware: table of rates)
  const rows = [
    [1, 8000, 1, 250, 1],
    [3, 4000, 1, 166, 3],
    [3, 8000, 1, 83, 3],
    [1, 4000, 1, 496, 1],
    [3, 1000, 4, 166, 12],
    [2, 8000, 1, 125, 2],
  ] as const;
  for (const [n, rate, decimate, period, div] of rows) {
    const planned = plan(n, rate, { decimate });
    t.match(planned.args, { period, div });
    t.same(planned.rate, { hz: 2_000_000, ticks: period * div });
    t.equal(planned.args.enc, decimate > 1 ? encoding.s16 : encoding.u10);
  }
  t.end();
});

t.test('counts are whole scans and whole groups of four', (t) => {
  for (const n of [1, 2, 3, 4, 5, 6]) {
    const { args, samples } = plan(n, 1000, { seconds: 0.777 });
    t.equal(args.count % n, 0);
    t.equal(args.count % 4, 0);
    t.equal(samples, args.count / n);
    t.ok(Math.abs(samples / (0.777 * (2_000_000 / (args.period * args.div))) - 1) < 0.01);
  }
  t.end();
});

t.test('a sensor with a FIFO: its own rates, whole triples, the encoding that loses nothing', (t) => {
  const fifoCaps = { ...caps, encs: 15 };
  const channels = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor: 'adxl345' }));
  for (const [rateHz, odr, enc] of [
    [3200, 3200, encoding.fifoU10],
    [2000, 3200, encoding.fifoU10],
    [1600, 1600, encoding.fifoU10],
    [800, 800, encoding.fifoS16],
    [90, 100, encoding.fifoS16],
  ] as const) {
    const { args, samples, samplingMs } = planCapture({ channels, rateHz, seconds: 2 }, uno, fifoCaps);
    t.match(args, { period: 1000 * odr, div: 0, chans: [8, 9, 10], enc, sign: 0 });
    t.equal(args.count % 12, 0);
    t.equal(samples, 2 * odr);
    t.ok(Math.abs(samplingMs - 2000) < 1);
  }
  const refused: [object, Caps, RegExp][] = [
    [{ channels: channels.slice(0, 2) }, fifoCaps, /x, y and z together/],
    [{ channels: [...channels].reverse() }, fifoCaps, /in this order/],
    [{ rateHz: 3300 }, fifoCaps, /at most 3200/],
    [{ seconds: 61 }, fifoCaps, /60 s/],
    [{ decimate: 2 }, fifoCaps, /does not sum/],
    [{}, caps, /flash kz-uno-spi/],
  ];
  for (const [more, by, message] of refused)
    t.throws(() => planCapture({ channels, rateHz: 3200, seconds: 1, ...more }, uno, by), { code: 'KZ0501', message });
  t.end();
});

t.test('what cannot be is refused with its limit', (t) => {
  const cases: [() => unknown, RegExp][] = [
    [() => plan(0, 1000), /1 to 6 channels/],
    [() => plan(7, 1000), /1 to 6 channels/],
    [() => plan(1, 8000, { channels: [{ id: 'x', pin: 'A9' }] }), /no analog pin A9/],
    [() => planCapture({ channels: channels(2), rateHz: 1000, seconds: 61 }, uno, caps), /60 s/],
    [() => planCapture({ channels: channels(1), rateHz: 8000, seconds: 1 }, uno, { ...caps, rate: 7400 }), /7400 S\/s/],
    [() => plan(1, 25_000), /at most at 24096 S\/s/],
    [() => plan(1, 0), /positive/],
    [() => plan(1, Number.NaN), /positive/],
    [
      () =>
        planCapture(
          {
            channels: [
              { id: 'x', pin: 'A0' },
              { id: 'x', pin: 'A1' },
            ],
            rateHz: 1000,
            seconds: 1,
          },
          uno,
          caps,
        ),
      /same id/,
    ],
    [
      () =>
        planCapture(
          {
            channels: [
              { id: 'x', pin: 'A0' },
              { id: 'y', pin: 'A0' },
            ],
            rateHz: 1000,
            seconds: 1,
          },
          uno,
          caps,
        ),
      /same pin/,
    ],
  ];
  for (const [run, message] of cases) t.throws(run, { code: 'KZ0501', message });
  t.end();
});

/** A proof as `verifyCapture` gives it, of frames with these counts and gaps. */
function proof(
  begin: Partial<Begin>,
  frames: { values: number[]; gap?: number; dt?: number; level?: number }[],
): ProvenCapture {
  const whole: Begin = {
    type: 'begin',
    rec: 1,
    sid: new Uint8Array(8),
    boot: 1,
    t0: 0,
    clock: { kind: 0, hz: 2_000_000, period: 250, div: 1 },
    chans: [0],
    enc: encoding.s16,
    count: 0,
    win: 4,
    cfg: new Uint8Array(0),
    ...begin,
  };
  return {
    ok: true,
    begin: whole,
    seal: {} as Seal,
    holes: [],
    frames: frames.map(({ values, gap = 0, dt = 0, level }, i): Data => {
      const samples = packSamples(whole.enc, values);
      return { type: 'data', rec: 1, i, dt, gap, enc: whole.enc, level, samples };
    }),
  };
}

t.test('scales', (t) => {
  const lsbMv = 5000 / 1024;
  t.test('volts where no sensor is named', (t) => {
    const { channels } = scaleCapture(proof({}, [{ values: [0, 512, 1023] }]), [{ id: 'v', pin: 'A0' }], uno, 8000);
    const [v] = channels;
    t.match(v, { unit: 'V', quantity: 'voltage' });
    const expected = [0, 512, 1023].map((step) => (step * lsbMv) / 1000);
    t.ok(v.samples.every((x, k) => Math.abs(x - expected[k]) < 1e-12));
    t.same(
      v.range?.map((x) => x.toFixed(6)),
      [expected[0], expected[2]].map((x) => x.toFixed(6)),
    );
    t.end();
  });
  t.test('an accelerometer around half the supply, 40 mV/g', (t) => {
    const { channels } = scaleCapture(
      proof({}, [{ values: [512, 553] }]),
      [{ id: 'a', pin: 'A0', sensor: 'adxl1002' }],
      uno,
      8000,
    );
    const [a] = channels;
    t.ok(Math.abs(a.samples[0]) < 1e-9, 'code 512 stands for half the supply: the first step lies at half a count');
    // 41 steps of 4.88 mV at 40 mV/g
    t.ok(Math.abs(a.samples[1] - a.samples[0] - ((41 * lsbMv) / 40) * 9.80665) < 1e-9);
    t.end();
  });
  t.test('a clamp behind a divider, and sums of four conversions', (t) => {
    const begin = { clock: { kind: 0 as const, hz: 2_000_000, period: 250, div: 4 } };
    const wired = { id: 'i', pin: 'A0', sensor: 'sct-013-030', gain: 0.5 };
    const { channels } = scaleCapture(proof(begin, [{ values: [2048, 2052] }]), [wired], uno, 2000);
    // four counts of a sum are one step; 33.3 mV/A halved
    t.ok(Math.abs(channels[0].samples[1] - channels[0].samples[0] - lsbMv / (33.333333333333336 * 0.5)) < 1e-9);
    t.end();
  });
  t.test('channels interleaved, spans split at gaps and holes', (t) => {
    const frames = [
      { values: [1, 2, 3, 4] },
      { values: [5, 6, 7, 8], gap: 8 },
      { values: [9, 10, 11, 12] },
      { values: [13, 14, 15, 16] },
    ];
    const holed = proof({ chans: [0, 1], clock: { kind: 0, hz: 2_000_000, period: 125, div: 2 } }, frames);
    holed.frames[2] = undefined;
    const wiring = [
      { id: 'a', pin: 'A0' },
      { id: 'b', pin: 'A1' },
    ];
    const { channels, spans } = scaleCapture(holed, wiring, uno, 8000);
    const counts = (k: number) => Array.from(channels[k].samples, (x) => Math.round((x * 1000) / lsbMv));
    t.same(counts(0), [1, 3, 5, 7, 13, 15]);
    t.same(counts(1), [2, 4, 6, 8, 14, 16]);
    t.same(spans, [
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    t.ok(Math.abs((channels[1].skewS ?? 0) - 1 / 16_000) < 1e-12);
    t.end();
  });
  t.test('an ADXL345 by the registers under the seal', (t) => {
    const wiring = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor: 'adxl345' }));
    const clock = { kind: 1 as const, hz: 2_000_000, odrMhz: 3_200_000 };
    for (const [format, enc, perG, top] of [
      [0x01, encoding.fifoU10, 128, 4],
      [0x02, encoding.fifoU10, 64, 8],
      [0x0b, encoding.fifoS16, 256, 16],
    ] as const) {
      const begin = { enc, chans: [8, 9, 10], clock, cfg: Uint8Array.of(2, 15, format, 0x94, 0, 0, 0) };
      const values = [perG, -perG, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      const { channels } = scaleCapture(proof(begin, [{ values }]), wiring, uno, 3200);
      t.ok(Math.abs(channels[0].samples[0] - 9.80665) < 1e-9, `format ${format}: ${perG} counts are 1 g`);
      t.ok(Math.abs(channels[1].samples[0] + 9.80665) < 1e-9);
      t.ok(Math.abs((channels[2].range?.[0] ?? 0) + top * 9.80665) < 1e-9, `range ±${top} g`);
    }
    t.end();
  });
  t.test('a FIFO sensor: the rate is that of its own clock', (t) => {
    // asked 3200 Hz, true 3265 Hz, read every 16 scans with what is left in the FIFO stated
    const trueHz = 3265;
    let produced = 0;
    const frames = Array.from({ length: 60 }, (_, i) => {
      produced += 16;
      const level = i % 5;
      return { values: new Array(48).fill(100), level, dt: Math.round(((produced + level) / trueHz) * 2_000_000) };
    });
    const begin = {
      enc: encoding.fifoS16,
      chans: [0, 1, 2],
      clock: { kind: 1 as const, hz: 2_000_000, odrMhz: 3_200_000 },
    };
    const rate = measuredRate(proof(begin, frames), { hz: 2_004_000, ratio: 1.002, uncertainty: 1e-5, pings: 50 });
    t.ok(Math.abs(rate.fsHz / (trueHz * 1.002) - 1) < 1e-4, `${rate.fsHz}`);
    t.ok(rate.fsUncertainty > 1e-5 && rate.fsUncertainty < 1e-3);
    t.end();
  });
  t.end();
});
