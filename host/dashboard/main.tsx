/** The page: a header that says whose fleet this is and how fresh it is, then the fleet or one motor. */
import { render } from 'preact';
import { Fleet } from './fleet.js';
import { Motor } from './motor.js';
import { fleet, follow, go, heardAt, language, now, path, setLanguage, stateWord, words } from './state.js';
import './style.css';

function Header() {
  const w = words();
  const state = fleet.value;
  const age = Math.max(0, Math.round((now.value - heardAt.value) / 1000));
  const counts = new Map<string, number>();
  for (const motor of state?.motors ?? []) counts.set(stateWord(motor), (counts.get(stateWord(motor)) ?? 0) + 1);
  return (
    <header class="site">
      <a class="brand" href="/" onClick={(event) => go(event, '/')}>
        kizashi <span lang="ja">兆し</span>
      </a>
      {state && (
        <>
          <strong>{state.site}</strong>
          <span>{w.site(state.motors.length)}</span>
          {[...counts].map(([word, n]) => (
            <span key={word}>
              {word} {n}
            </span>
          ))}
          {state.emulated && (
            <span class="emulated" title={w.emulatedLong}>
              {w.emulated}
            </span>
          )}
        </>
      )}
      <span class="spacer" />
      {state && age <= 20 && <span class="age">{w.updated(age)}</span>}
      <button type="button" class="language" onClick={() => setLanguage(language.value === 'ja' ? 'en' : 'ja')}>
        {w.language}
      </button>
    </header>
  );
}

/** What was refused on the wire stands under the header of every page, apart from the state of any motor. */
function SecurityBanner() {
  const w = words();
  const rejections = fleet.value?.rejections ?? [];
  if (rejections.length === 0) return null;
  const total = rejections.reduce((sum, r) => sum + r.count, 0);
  return (
    <section class="security" aria-label={w.refusedWhy}>
      <strong>{w.refused(total)}</strong>
      <ul>
        {rejections.slice(-6).map((r) => (
          <li key={`${r.board}-${r.reason}`}>
            {r.motor}: {r.text} ({r.reason}, {r.count}×)
          </li>
        ))}
      </ul>
    </section>
  );
}

function App() {
  const w = words();
  const age = Math.round((now.value - heardAt.value) / 1000);
  const motor = /^\/m\/([^/]+)$/.exec(path.value);
  return (
    <>
      <Header />
      {fleet.value && age > 20 && (
        <p class="disconnected" role="alert">
          {w.disconnected(age)}
        </p>
      )}
      <SecurityBanner />
      <main>{motor ? <Motor key={motor[1]} id={decodeURIComponent(motor[1])} /> : <Fleet />}</main>
    </>
  );
}

follow();
const root = document.getElementById('app');
if (root) render(<App />, root);
