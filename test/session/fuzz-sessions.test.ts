/** Short form of `npm run fuzz:sessions`: forged greetings and acknowledgements of real sessions are refused. */
import t from 'tap';
import { fuzzSessions, recordSessions } from '../../bench/fuzz-sessions.js';

t.test('bent, spliced, replayed and stripped greetings and acknowledgements', async (t) => {
  const heard = await recordSessions();
  t.equal(heard.length, 6, 'three sessions of each of two boards');
  const result = fuzzSessions(heard, 10_000, 7);
  t.same(result.accepted, []);
  for (const reason of ['mac', 'stale nonce', 'foreign', 'cbor', 'refused']) {
    t.ok((result.reasons.get(reason) ?? 0) > 0, `${reason}: ${result.reasons.get(reason)}`);
  }
});

t.test(
  'the fuzzer would notice: with the key of another session an acknowledgement of that session passes',
  async (t) => {
    const [first, second] = await recordSessions();
    const confused = [{ ...first, key: second.key, sid: second.sid, acks: first.acks }, second];
    const result = fuzzSessions(confused, 5_000, 7);
    t.ok(result.accepted.length > 0, `${result.accepted.length} found`);
  },
);
