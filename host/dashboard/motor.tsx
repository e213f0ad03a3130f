import { useEffect, useState } from 'preact/hooks';
import type { MotorState, TrendPoint } from '../monitor/fleet.js';
import { decodePicture, type PictureHeader } from '../serve/picture.js';
import { findingWords, subjectWords } from '../wear/finding-words.js';
import { Chart, type Marker } from './chart.js';
import { Mark } from './mark.js';
import { basisText, fleet, go, language, reasonText, stateWord, unseenText, words } from './state.js';

interface Picture {
  header: PictureHeader;
  values: Float32Array;
}

/** Loads a plot's data again whenever the motor's last capture changed. */
function usePicture(motor: MotorState, kind: PictureHeader['kind']): Picture | null {
  const [picture, setPicture] = useState<Picture | null>(null);
  useEffect(() => {
    let current = true;
    fetch(`/api/v1/motors/${motor.id}/${kind}`)
      .then(async (answer) => (answer.ok ? decodePicture(new Uint8Array(await answer.arrayBuffer())) : null))
      .then((loaded) => {
        if (current && loaded) setPicture(loaded);
      })
      .catch(() => undefined); // the header already says that the server is gone
    return () => {
      current = false;
    };
  }, [motor.id, motor.captures, kind]);
  return picture;
}

function useTrend(motor: MotorState): TrendPoint[] {
  const [points, setPoints] = useState<TrendPoint[]>([]);
  useEffect(() => {
    let current = true;
    fetch(`/api/v1/motors/${motor.id}/trend?points=1000`)
      .then(async (answer) => (answer.ok ? ((await answer.json()) as { points: TrendPoint[] }).points : []))
      .then((loaded) => {
        if (current) setPoints(loaded);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [motor.id, motor.captures]);
  return points;
}

/** x axis and line amplitudes up to `limitHz`. */
function axis(picture: Picture, limitHz: number): { x: Float64Array; y: Float32Array } {
  const { x0, dx, count } = picture.header;
  const n = Math.min(count, Math.ceil((limitHz - x0) / dx) + 1);
  return { x: Float64Array.from({ length: n }, (_, i) => x0 + i * dx), y: picture.values.subarray(0, n) };
}

/** Markers of a fault family at its first four multiples, or of the shaft's. */
function family(label: string, order: number, speedHz: number): Marker[] {
  return [1, 2, 3, 4].map((h) => ({ at: h * order * speedHz, label: h === 1 ? label : `${h}×` }));
}

export function Envelope({ motor }: { motor: MotorState }) {
  const w = words();
  const picture = usePicture(motor, 'envelope');
  const found = motor.findings.find((f) => f.order !== null && f.cause !== 'unbalance');
  const [chosen, choose] = useState<string | null>(null);
  const label =
    chosen ?? motor.orders.find((o) => found?.cause.includes(o.label.toLowerCase()))?.label ?? found?.cause ?? 'BPFO';
  if (!picture) return <p>{w.noCapture}</p>;
  const speed = picture.header.speedHz ?? motor.speedHz;
  const order =
    chosen === null && found?.order
      ? found.order
      : (motor.orders.find((o) => o.label === label)?.order ?? motor.orders[0]?.order);
  const { x, y } = axis(picture, speed && order ? Math.min(4.6 * order * speed, picture.header.fsHz / 2) : 500);
  const markers =
    speed && order
      ? family(chosen ?? motor.orders.find((o) => Math.abs(o.order - order) < 0.05)?.label ?? label, order, speed)
      : [];
  return (
    <>
      <fieldset class="marker-choice">
        <legend class="visually-hidden">{w.order}</legend>
        {motor.orders.map((o) => (
          <button
            type="button"
            key={o.label}
            aria-pressed={
              o.label === chosen || (chosen === null && order !== undefined && Math.abs(o.order - order) < 0.05)
            }
            onClick={() => choose(o.label)}
          >
            {o.label} {o.order.toFixed(2)}×
          </button>
        ))}
      </fieldset>
      <Chart
        key={x.length}
        x={x}
        y={y}
        markers={markers}
        unit=""
        summary={`${w.envelope}, ${motor.name}, df ${picture.header.dx.toPrecision(3)} Hz`}
      />
    </>
  );
}

function Spectrum({ motor }: { motor: MotorState }) {
  const w = words();
  const picture = usePicture(motor, 'spectrum');
  if (!picture) return <p>{w.noCapture}</p>;
  const speed = picture.header.speedHz ?? motor.speedHz;
  const { x, y } = axis(picture, 1000);
  const markers = speed ? [1, 2, 3].map((h) => ({ at: h * speed, label: `${h}x` })) : [];
  return (
    <Chart
      key={x.length}
      x={x}
      y={y}
      markers={markers}
      unit="m/s²"
      summary={`${w.spectrum}, ${motor.name}, df ${picture.header.dx.toPrecision(3)} Hz`}
    />
  );
}

export function Trends({ motor }: { motor: MotorState }) {
  const w = words();
  const points = useTrend(motor);
  if (points.length === 0) return <p>{w.noCapture}</p>;
  const x = points.map((p) => p.at / 1000);
  const limits = motor.velocityZone?.limits ?? [];
  const bands = limits.map((to, i) => ({ label: 'ABC'[i], from: i === 0 ? 0 : limits[i - 1], to }));
  if (limits.length > 0) bands.push({ label: 'D', from: limits[limits.length - 1], to: 1e6 });
  return (
    <div class="two">
      <section>
        <h2>{w.velocityTrend}</h2>
        <Chart
          time
          x={x}
          y={points.map((p) => p.velocityRmsMmS)}
          bands={bands}
          yTop={2}
          unit="mm/s"
          summary={`${w.velocityTrend}, ${points.length}`}
        />
        <p class="basis">{basisText(motor) ?? w.noZone}</p>
      </section>
      <section>
        <h2>{w.bearingTrend}</h2>
        <Chart
          time
          x={x}
          y={points.map((p) => (p.bearingDb === null ? null : Math.max(0, p.bearingDb)))}
          yTop={10}
          unit="dB"
          summary={`${w.bearingTrend}, ${points.length}`}
        />
      </section>
    </div>
  );
}

function Findings({ motor }: { motor: MotorState }) {
  const w = words();
  if (motor.findings.length === 0) return <p>{w.noFindings}</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {[w.finding, w.subject, w.order, w.frequency, w.severity, w.pValue, w.algorithm].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {motor.findings.map((f) => (
            <tr key={f.id}>
              <td>{findingWords(f, language.value)}</td>
              <td>{subjectWords(f.subject, language.value)}</td>
              <td>{f.order === null ? '–' : `${f.order.toFixed(3)}×`}</td>
              <td>{f.frequencyHz === null ? '–' : `${f.frequencyHz.toFixed(1)} Hz`}</td>
              <td>{f.severityDb === null ? '–' : `${f.severityDb.toFixed(1)} dB`}</td>
              <td>{f.p === null ? '–' : f.p.toPrecision(2)}</td>
              <td>
                <code>
                  {f.algorithm} {f.seed.slice(0, 8)}
                </code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Evidence({ motor }: { motor: MotorState }) {
  const w = words();
  const latest = motor.evidence[motor.evidence.length - 1];
  const facts: [string, string][] = [
    [w.verdict, w.verdicts[motor.verdict]],
    [w.grade, motor.emulated ? `${w.grades(motor.grade)} (${w.emulated})` : w.grades(motor.grade)],
    [w.key, motor.kid ?? '–'],
    [w.board, motor.board],
    [w.captures, String(motor.captures)],
    [w.rejected, String(motor.rejected)],
    [w.lastCapture, motor.lastCaptureAt === null ? w.never : new Date(motor.lastCaptureAt).toISOString()],
  ];
  return (
    <>
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {latest ? (
        <p>
          <a href={`/evidence/${latest}`} download>
            {latest}
          </a>
          <br />
          {w.verifyWith}: <code>kizashi verify {latest} --keys pinned.json --cross-check</code>
        </p>
      ) : (
        <p>{w.evidenceNone}</p>
      )}
    </>
  );
}

/** What this record cannot judge: never silence, and folded where it is long. */
function Unseen({ motor }: { motor: MotorState }) {
  const w = words();
  const lines = unseenText(motor);
  if (lines.length === 0) return <p class="blind">{w.seesAll}</p>;
  return (
    <details class="blind" open={lines.length <= 3}>
      <summary>
        {w.blind} ({lines.length})
      </summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}

export function Motor({ id }: { id: string }) {
  const w = words();
  const state = fleet.value;
  if (!state) return <p>{w.loading}</p>;
  const motor = state.motors.find((m) => m.id === id);
  if (!motor) return <p>{w.notFound}</p>;
  const number = (value: number | null, unit: string): string =>
    value === null ? '–' : `${value.toPrecision(4)} ${unit}`;
  return (
    <article class="motor">
      <p>
        <a href="/" onClick={(event) => go(event, '/')}>
          ← {w.back}
        </a>
      </p>
      <header class="motor-head">
        <Mark status={motor.status} grey={motor.grey} size={40} label={stateWord(motor)} />
        <div>
          <h1>
            {motor.name} <span class="state-word">{stateWord(motor)}</span>
          </h1>
          <p class="reason">{reasonText(motor)}</p>
        </div>
      </header>
      <ul class="facts">
        <li>
          {w.velocity} <strong>{number(motor.velocityRmsMmS, 'mm/s')}</strong>
          {motor.velocityZone?.zone ? ` (${w.zone} ${motor.velocityZone.zone})` : ''}
        </li>
        <li>
          {w.speed} <strong>{number(motor.speedHz, 'Hz')}</strong>
        </li>
        <li>
          {w.current} <strong>{number(motor.currentRmsA, 'A')}</strong>
        </li>
        <li>
          {w.line} <strong>{number(motor.lineHz, 'Hz')}</strong>
        </li>
      </ul>
      <Unseen motor={motor} />
      <Trends motor={motor} />
      <section>
        <h2>{w.spectrum}</h2>
        <Spectrum motor={motor} />
      </section>
      <section>
        <h2>{w.envelope}</h2>
        <Envelope motor={motor} />
      </section>
      <section>
        <h2>{w.findings}</h2>
        <Findings motor={motor} />
      </section>
      <section>
        <h2>{w.evidence}</h2>
        <Evidence motor={motor} />
      </section>
      {motor.truth && (
        <section>
          <h2>{w.truth}</h2>
          <p>{motor.truth}</p>
        </section>
      )}
    </article>
  );
}
