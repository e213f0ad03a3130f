/** `kizashi explain WORD`: codes, exit codes, grades, statuses, reasons, indicators, in one or two sentences each. */
import { KizashiError } from '../../errors.js';
import { errorEntries, exitCodes } from '../error-page.js';
import { type GlossaryEntry, glossary, nearest } from '../glossary.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, out }) => {
  const all = [...glossary, ...codeEntries()];
  const asked = args[0];
  if (asked === undefined) {
    for (const kind of new Set(glossary.map((entry) => entry.kind))) {
      out.line(out.style('bold', kind));
      const rows = glossary
        .filter((entry) => entry.kind === kind)
        .map(({ word, text }) => [`  ${word}`, firstSentence(text)]);
      for (const line of tableLines(['  WORD', ''], rows).slice(1)) out.line(line);
    }
    out.line('Codes: kizashi errors');
    out.result({ words: glossary });
    return 0;
  }
  const word = asked.replace(/^exit[ -]?/i, 'exit ').toLowerCase();
  const found = all.filter((entry) => [entry.word, ...(entry.also ?? [])].some((w) => w.toLowerCase() === word));
  if (found.length === 0) {
    const near = nearest(
      asked,
      all.flatMap((entry) => [entry.word, ...(entry.also ?? [])]),
    );
    throw new KizashiError(
      'KZ1402',
      `no entry for "${asked}"`,
      { word: asked, near },
      near ? { fix: `kizashi explain ${near}` } : {},
    );
  }
  for (const entry of found) {
    out.line(`${out.style('bold', entry.word)}  (${entry.kind})`);
    for (const line of entry.text.split('\n').flatMap((text) => wrap(text, Math.min(100, out.width) - 2)))
      out.line(`  ${line}`);
  }
  out.result({ entries: found });
  return 0;
};

function firstSentence(text: string): string {
  return text.split('\n')[0].replace(/\. .*$/, '.');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  // leading spaces of `why   …` stay
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function codeEntries(): GlossaryEntry[] {
  const errors = errorEntries().map(({ code, exit, what, why, fix }) => ({
    word: code,
    kind: 'error code',
    text: `${what} (exit ${exit})\nwhy   ${why}\nfix   ${fix}`,
  }));
  return [...errors, ...exitCodes.map(([code, text]) => ({ word: `exit ${code}`, kind: 'exit code', text }))];
}
