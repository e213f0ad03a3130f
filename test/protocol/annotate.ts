/** Takes an item apart byte by byte, with the member names of the grammar; for docs/protocol.md. */

import { Cursor, major } from '../../protocol/cursor.js';
import { type CborTagged, type CborValue, decodeCbor } from '../../protocol/index.js';
import type { Validator } from './cddl-validator.js';
import { hex } from './specimens.js';

// biome-ignore lint/suspicious/noExplicitAny: the parser's own types leave most of the tree open
type Node = any;

/** Bytes shown in one line. */
const width = 16;

export class Annotator {
  readonly #validator: Validator;
  #lines: string[] = [];

  constructor(validator: Validator) {
    this.#validator = validator;
  }

  /** The item of `rule` as lines of offset, bytes and meaning. */
  annotate(item: Uint8Array, rule: string): string {
    this.#lines = [];
    this.#item(new Cursor(item), decodeCbor(item), rule, rule, 0);
    return this.#lines.join('\n');
  }

  #line(cursor: Cursor, from: number, depth: number, says: string): void {
    const bytes = cursor.bytes.subarray(from, cursor.at);
    for (let k = 0; k < bytes.length; k += width) {
      const at = String(from + k).padStart(4);
      const text = hex(bytes.subarray(k, k + width));
      const line = k === 0 ? `${at}  ${text.padEnd(2 * width)}  ${'  '.repeat(depth)}${says}` : `${at}  ${text}`;
      this.#lines.push(line.trimEnd());
    }
  }

  /** The array rule behind a name, through choices. */
  #arrayRule(name: string, value: CborValue): Node {
    const rule = this.#validator.grammar.rules.get(name) as Node;
    if (!rule || rule.Type === 'array') return rule;
    const next = rule.PropertyType?.find(
      (type: Node) => type.Type === 'group' && this.#validator.matches(type.Value, value),
    );
    return next ? this.#arrayRule(next.Value, value) : undefined;
  }

  #item(cursor: Cursor, value: CborValue, label: string, rule: string | undefined, depth: number): void {
    const from = cursor.at;
    const type = cursor.peek();
    if (type === major.array) {
      cursor.head(type);
      const members = (rule && this.#arrayRule(rule, value)?.Values) || [];
      const items = value as CborValue[];
      this.#line(cursor, from, depth, `${label}: array of ${items.length}`);
      items.forEach((item, k) => {
        const member = members.length === items.length || members[k]?.Name ? members[k] : undefined;
        const inner = member?.Type?.[0]?.Type === 'group' ? member.Type[0].Value : undefined;
        this.#item(cursor, item, member?.Name || `[${k}]`, inner, depth + 1);
      });
    } else if (type === major.map) {
      const pairs = cursor.head(type);
      this.#line(cursor, from, depth, `${label}: map of ${pairs}`);
      for (const [key, item] of value as Map<CborValue, CborValue>) {
        this.#item(cursor, key, 'key', undefined, depth + 1);
        this.#item(cursor, item, rule === 'kid-header' ? 'kid' : 'value', undefined, depth + 1);
      }
    } else if (type === major.tag) {
      cursor.head(type);
      const { tag, value: inner } = value as CborTagged;
      const envelope = tag === 17 ? 'mac0' : tag === 18 ? 'sign1' : undefined;
      this.#line(
        cursor,
        from,
        depth,
        `${label}: tag ${tag}${envelope ? `, COSE_${tag === 17 ? 'Mac0' : 'Sign1'}` : ''}`,
      );
      if (!envelope) this.#item(cursor, inner, 'bytes', undefined, depth + 1);
      else this.#envelope(cursor, inner as CborValue[], envelope, rule as string, depth);
    } else if (type === major.bytes) {
      const length = cursor.head(type);
      this.#line(cursor, from, depth, `${label}: ${length} bytes${length ? '' : ' (empty)'}`);
      if (length === 0) return;
      const start = cursor.at;
      cursor.at += length;
      this.#line(cursor, start, depth + 1, '');
    } else if (type === major.text) {
      cursor.text(4096);
      this.#line(cursor, from, depth, `${label}: "${value}"`);
    } else if (type === major.simple) {
      cursor.bool();
      this.#line(cursor, from, depth, `${label}: ${value}`);
    } else {
      cursor.uint();
      this.#line(cursor, from, depth, `${label}: ${value}`);
    }
  }

  /** An envelope with its payload taken apart in place. */
  #envelope(cursor: Cursor, members: CborValue[], envelope: string, rule: string, depth: number): void {
    const head = cursor.at;
    cursor.head(major.array);
    this.#line(cursor, head, depth + 1, `${envelope}: array of 4`);
    this.#item(cursor, members[0], 'protected', undefined, depth + 2);
    this.#item(cursor, members[1], 'unprotected', envelope === 'sign1' ? 'kid-header' : undefined, depth + 2);
    const from = cursor.at;
    const length = cursor.head(major.bytes);
    this.#line(cursor, from, depth + 2, `payload: ${length} bytes, holding`);
    const payload = decodeCbor(members[2] as Uint8Array);
    const body = this.#validator.grammar.payloads.get(rule)?.find((one) => this.#validator.matches(one, payload));
    this.#item(cursor, payload, body ?? 'payload', body, depth + 3);
    this.#item(cursor, members[3], envelope === 'sign1' ? 'signature' : 'tag', undefined, depth + 2);
  }
}
