/**
 * The generated blocks of docs/protocol.md: `npx tsx test/protocol/write-doc.ts` writes them, test/protocol/doc.test.ts compares. A block
 * stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { decodeCbor, encodeFrame } from '../../protocol/index.js';
import { Annotator } from './annotate.js';
import { loadGrammar, Validator } from './cddl-validator.js';
import { longestFrame } from './longest-items.js';
import { bytes, specimens } from './specimens.js';

export const docPath = new URL('../../docs/protocol.md', import.meta.url);
const read = (path: string) => readFileSync(new URL(`../../protocol/${path}`, import.meta.url), 'utf8');

const fence = (text: string, language = '') => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

function sizesTable(): string {
  const rows = ['| message | specimen | longest |', '|---|---|---|'];
  const frame = (name: string) => {
    const found = specimens.find((one) => one.name === name);
    return found ? { usual: encodeFrame(found.item).length, longest: longestFrame(found.item.length) } : undefined;
  };
  for (const { name, largest } of specimens) {
    if (largest && frame(name.replace('-largest', ''))) continue;
    const usual = largest ? undefined : frame(name)?.usual;
    const longest = largest ? frame(name)?.longest : frame(`${name}-largest`)?.longest;
    rows.push(`| ${name.replace('-largest', '')} | ${usual ?? ''} | ${longest ?? ''} |`);
  }
  return rows.join('\n');
}

function exampleText(): string {
  const v = JSON.parse(read('vectors/worked-example.json'));
  const values = [
    ['seed', v.seed],
    ['K_claim', v.kClaim],
    ['hr', v.hr],
    ['dr', v.dr],
    ['K_pair', v.kPair],
    ['K_admin', v.kAdmin],
    ['pk', v.pk],
    ['hn', v.hn],
    ['dn', v.dn],
    ['K_s', v.kSession],
    ['sid', v.sid],
    ['bd', v.bd],
    ['cd', v.cd],
    ['next prev', v.nextPrev],
    ['stop lock', v.stopLock],
  ].map(([name, value]) => `${name.padEnd(11)} ${value}`);
  const items = Object.entries(v.items as Record<string, string>).flatMap(([name, item]) => {
    const lines = item.match(/.{1,96}/g) ?? [];
    return lines.map((line, k) =>
      k === 0 ? `${name.padEnd(8)} ${String(item.length / 2).padStart(5)}  ${line}` : `${' '.repeat(16)}${line}`,
    );
  });
  const wire = Object.entries(v.frames as Record<string, string>).map(
    ([name, frame]) => `${name} on the wire  ${frame}`,
  );
  return fence(
    [...values, '', 'name     bytes  item (hex, without CRC, COBS, 0x00)', ...items, '', ...wire].join('\n'),
  );
}

function annotatedText(): string {
  const v = JSON.parse(read('vectors/worked-example.json')).items as Record<string, string>;
  const validator = new Validator(loadGrammar('kz1.cddl'), decodeCbor);
  const annotator = new Annotator(validator);
  return ['open', 'hello', 'command', 'ack', 'begin', 'data0', 'mark0', 'seal', 'stop']
    .map((name) => {
      const item = bytes(v[name]);
      const direction = ['open', 'command', 'stop'].includes(name) ? 'h2d' : 'd2h';
      const [rule] = validator.alternatives(direction, decodeCbor(item));
      return fence(annotator.annotate(item, rule));
    })
    .join('\n\n');
}

/** Text of every block by name. */
export function docBlocks(): Record<string, string> {
  return {
    grammar: fence(read('kz1.cddl'), 'cddl'),
    'evidence-grammar': fence(read('evidence.cddl'), 'cddl'),
    sizes: sizesTable(),
    example: exampleText(),
    annotated: annotatedText(),
  };
}

/** The document with its blocks made anew. */
export function withBlocks(doc: string): string {
  let text = doc;
  for (const [name, block] of Object.entries(docBlocks())) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`no block ${name}`);
    text = `${text.slice(0, from + begin.length)}\n${block}\n${text.slice(to)}`;
  }
  return text;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(docPath, withBlocks(readFileSync(docPath, 'utf8')));
}
