import type { MotorState } from '../monitor/fleet.js';
import { Mark } from './mark.js';
import { Envelope, Trends } from './motor.js';
import { fleet, go, reasonText, stateWord, words } from './state.js';
import { TileGrid } from './tiles.js';

/** Up to this many motors a tile has room for words; more are drawn as a grid of small tiles. */
const cardLimit = 24;

const order = ['failure', 'maintenance-required', 'out-of-specification', 'check-function', 'grey', 'good'];

/** Worst first, then longest known. */
export function byUrgency(a: MotorState, b: MotorState): number {
  return order.indexOf(a.status) - order.indexOf(b.status) || b.score - a.score || a.name.localeCompare(b.name);
}

function Card({ motor }: { motor: MotorState }) {
  const w = words();
  return (
    <a class={`card ${motor.status}`} href={`/m/${motor.id}`} onClick={(event) => go(event, `/m/${motor.id}`)}>
      <span class="card-head">
        <Mark status={motor.status} grey={motor.grey} label={stateWord(motor)} />
        <strong>{motor.name}</strong>
        <span class="card-state">{stateWord(motor)}</span>
      </span>
      <span class="card-reason">{reasonText(motor)}</span>
      <span class="card-facts">
        <span>
          {motor.velocityRmsMmS === null ? '–' : motor.velocityRmsMmS.toPrecision(3)} mm/s
          {motor.velocityZone?.zone ? ` · ${w.zone} ${motor.velocityZone.zone}` : ''}
        </span>
        <span>{motor.currentRmsA === null ? '–' : motor.currentRmsA.toPrecision(3)} A</span>
        <span>
          {w.verdicts[motor.verdict]} · {w.grades(motor.grade)}
        </span>
      </span>
      <span class="score" aria-hidden="true">
        <i style={{ width: `${Math.min(100, (motor.score / 1.25) * 100)}%` }} />
      </span>
    </a>
  );
}

/** Grey for now by design: learning, stopped, starting. Nobody has to act on these. */
const quiet = new Set(['learning', 'stopped', 'starting']);

function Attention({ motors }: { motors: MotorState[] }) {
  const w = words();
  const listed = motors.filter((m) => m.status !== 'good' && !(m.status === 'grey' && quiet.has(m.grey ?? '')));
  return (
    <section class="attention" aria-labelledby="attention">
      <h2 id="attention">{w.needsAttention(listed.length)}</h2>
      {listed.length === 0 && <p>{w.nothingNeedsAttention}</p>}
      <ol>
        {listed.slice(0, 12).map((motor) => (
          <li key={motor.id}>
            <a href={`/m/${motor.id}`} onClick={(event) => go(event, `/m/${motor.id}`)}>
              <Mark status={motor.status} grey={motor.grey} label={stateWord(motor)} />
              <span>
                <strong>{motor.name}</strong>
                <span>{reasonText(motor)}</span>
              </span>
            </a>
          </li>
        ))}
      </ol>
      {listed.length > 12 && <p>{w.more(listed.length - 12)}</p>}
    </section>
  );
}

export function Fleet() {
  const w = words();
  const state = fleet.value;
  if (!state) return <p>{w.loading}</p>;
  const motors = [...state.motors].sort(byUrgency);
  return (
    <div class="fleet">
      <h1 class="visually-hidden">{w.fleet}</h1>
      <section aria-label={w.fleet}>
        {motors.length <= cardLimit ? (
          <div class="cards">
            {motors.map((motor) => (
              <Card key={motor.id} motor={motor} />
            ))}
          </div>
        ) : (
          <TileGrid motors={state.motors} />
        )}
        {motors[0]?.captures > 0 && (
          <div class="worst" key={motors[0].id}>
            <h2>
              {motors[0].name}: {w.envelope}
            </h2>
            <Envelope motor={motors[0]} />
            <Trends motor={motors[0]} />
          </div>
        )}
      </section>
      <Attention motors={motors} />
    </div>
  );
}
