/** docs/protocol.md says what the code does: its bytes, its grammar, its names. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import * as protocol from '../../protocol/index.js';
import { loadGrammar } from './cddl-validator.js';
import { docPath, withBlocks } from './write-doc.js';

const doc = readFileSync(docPath, 'utf8');

t.test('every block of bytes is what the code makes', async (t) => {
  t.equal(withBlocks(doc), doc, 'npx tsx test/protocol/write-doc.ts makes them anew');
  t.match(doc, /8b01182a48b32311584f085c57/);
});

t.test('every function it names is exported, every message of the grammar is explained', async (t) => {
  const named = [...doc.matchAll(/`(\w+)`/g)]
    .map(([, name]) => name)
    .filter((name) => /^(encode|decode|sign|verify|tag|hmac|crc|blake)\w*[A-Z0-9]/.test(name));
  t.ok(named.length > 10);
  for (const name of named) t.equal(typeof (protocol as Record<string, unknown>)[name], 'function', name);
  const prose = doc.replace(/```[\s\S]*?```/g, '');
  const { rules } = loadGrammar('kz1.cddl');
  for (const direction of ['h2d', 'd2h']) {
    // biome-ignore lint/suspicious/noExplicitAny: the parser's tree
    for (const { Value } of (rules.get(direction) as any).PropertyType)
      t.ok(prose.includes(`\`${Value}\``), `\`${Value}\` in the prose`);
  }
});
