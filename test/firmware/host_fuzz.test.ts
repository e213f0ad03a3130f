/**
 * The firmware's core natively, in short form: the committed inputs of every fuzz target under the address and undefined-behaviour sanitizers,
 * and 20,000 messages through its decoder and the host's (bench/fuzz-c.ts and bench/fuzz-decoders.ts are the long forms).
 */
import { readdirSync } from 'node:fs';
import t from 'tap';
import { buildTargets, corpusOf, fuzzerPresent, runTarget, targets } from '../../bench/fuzz-c.js';
import { buildDecoder, CDecoder, decoderPresent } from '../../bench/fuzz-c-decoder.js';
import { compare, type DecoderFuzz, fuzzDecoders } from '../../bench/fuzz-decoders.js';
import { specimenBodies } from '../../bench/fuzz-hostile-frames.js';
import { encodeMessage } from '../../protocol/index.js';
import { specimen } from '../protocol/specimens.js';

t.setTimeout(300_000); // a cold build of everything under sanitizers

const skip = !fuzzerPresent() && 'clang with libFuzzer is not installed';
t.test('the corpus of every target, under sanitizers', { skip, timeout: 120_000 }, async (t) => {
  buildTargets();
  for (const target of targets) {
    const corpus = corpusOf(target.name);
    const files = readdirSync(corpus).length;
    t.ok(files >= 10, `${target.name}: ${files} inputs`);
    const run = await runTarget(target, 0, 1, corpus);
    t.equal(run.finding, undefined, `${target.name}: ${run.executions} inputs replayed`);
  }
});

const none = (): DecoderFuzz => ({
  inputs: 0,
  accepted: 0,
  refusedAs: { cbor: 0, shape: 0 },
  disagreements: [],
  miscounted: [],
  cpuSeconds: 0,
});

t.test(
  'C and TypeScript decode alike',
  { skip: !decoderPresent() && 'clang for wasm32 is not installed', timeout: 60_000 },
  async (t) => {
    buildDecoder();
    const c = new CDecoder();
    const specimens = none();
    for (const body of specimenBodies) if (body.length <= 160) compare(c, body, specimens);
    t.same(specimens.disagreements, [], 'the specimen of every message');
    t.ok(specimens.accepted > 10);

    const result = fuzzDecoders(20_000, 1, c);
    t.same(result.disagreements, []);
    t.ok(
      result.accepted > 2000 && result.refusedAs.cbor > 2000 && result.refusedAs.shape > 1000,
      JSON.stringify(result),
    );

    // the comparison itself: a decoder that reads something else is noticed
    const ping = encodeMessage({ type: 'ping', n: 77 });
    const deaf = none();
    compare(Object.assign(new CDecoder(), { counted: () => 'shape' as const }), ping, deaf);
    compare(Object.assign(new CDecoder(), { reply: () => new Uint8Array(0) }), ping, deaf);
    compare(Object.assign(new CDecoder(), { provision: () => Buffer.alloc(48) }), specimen('provision').item, deaf);
    compare(Object.assign(new CDecoder(), { command: () => Buffer.alloc(8) }), specimen('sensor').item, deaf);
    t.equal(deaf.disagreements.length, 4);
  },
);
