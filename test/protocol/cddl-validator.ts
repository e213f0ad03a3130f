/**
 * A validator over the tree that the npm parser `cddl` makes of kz1.cddl, and over its `@` comments. It shares nothing with protocol/ but
 * the generic CBOR values, so it is an independent opinion about which messages the grammar allows.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'cddl';
import type { CborTagged, CborValue } from '../../protocol/index.js';

// biome-ignore lint/suspicious/noExplicitAny: the parser's own types leave most of the tree open
type Node = any;

export interface Grammar {
  rules: Map<string, Node>;
  /** RULE → hex of its protected header. */
  protectedHeaders: Map<string, string>;
  /** RULE → rules one of which its payload holds. */
  payloads: Map<string, string[]>;
  /** RULE → [key, external_aad, with sid]. */
  keys: Map<string, { key: string; aad: string; withSid: boolean }>;
  /** All names the grammar refers to. */
  references: Set<string>;
}

export function loadGrammar(file: 'kz1.cddl' | 'evidence.cddl'): Grammar {
  const path = fileURLToPath(new URL(`../../protocol/${file}`, import.meta.url));
  const text = readFileSync(path, 'utf8');
  const grammar: Grammar = {
    rules: new Map(),
    protectedHeaders: new Map(),
    payloads: new Map(),
    keys: new Map(),
    references: new Set(),
  };
  for (const rule of parse(path) as Node[]) {
    if (grammar.rules.has(rule.Name)) throw new Error(`${rule.Name} is defined twice`);
    grammar.rules.set(rule.Name, rule);
  }
  for (const line of text.split('\n')) {
    const [, tag, rule, rest] = /^; @(prot|cbor|key)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (rule === 'RULE') continue;
    if (tag === 'prot') grammar.protectedHeaders.set(rule, rest);
    if (tag === 'cbor') grammar.payloads.set(rule, rest.split(/\s+/));
    if (tag === 'key') {
      const [key, aad] = rest.split(/\s+/);
      grammar.keys.set(rule, { key, aad: aad.replace('+sid', ''), withSid: aad.endsWith('+sid') });
    }
  }
  collectReferences([...grammar.rules.values()], grammar.references);
  return grammar;
}

function collectReferences(node: Node, into: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) collectReferences(item, into);
  else if (node && typeof node === 'object') {
    if (node.Type === 'group' && typeof node.Value === 'string') into.add(node.Value);
    for (const value of Object.values(node)) collectReferences(value, into);
  }
}

function isTagged(value: CborValue): value is CborTagged {
  return (
    typeof value === 'object' && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Uint8Array)
  );
}

function sizeFits(size: Node, measure: number): boolean {
  if (size.Type === 'range') return measure >= size.Value.Min.Value && measure <= size.Value.Max.Value;
  return measure === size.Value;
}

/** `decode` turns payload bytes into a value, or throws; it is handed in so that this file depends on no decoder. */
export class Validator {
  constructor(
    readonly grammar: Grammar,
    readonly decode: (bytes: Uint8Array) => CborValue,
  ) {}

  /** Whether `value` matches the rule of that name. */
  matches(name: string, value: CborValue): boolean {
    const rule = this.grammar.rules.get(name);
    if (!rule) return this.#prelude(name, value);
    if (!this.#matchesRule(rule, value)) return false;
    return this.#matchesTags(name, value);
  }

  /** Names in the choice `name` that match. */
  alternatives(name: string, value: CborValue): string[] {
    const rule = this.grammar.rules.get(name);
    return rule.PropertyType.map((type: Node) => type.Value).filter((one: string) => this.matches(one, value));
  }

  #prelude(name: string, value: CborValue): boolean {
    if (name === 'bool') return typeof value === 'boolean';
    throw new Error(`${name} is not defined`);
  }

  /** What the grammar says in comments: protected headers, payloads, and the lengths of samples. */
  #matchesTags(name: string, value: CborValue): boolean {
    if (name === 's16le') {
      const { length } = (value as CborTagged).value as Uint8Array;
      return length >= 2 && length <= 1280 && length % 2 === 0;
    }
    if (name === 'u10') return (value as Uint8Array).length % 5 === 0;
    const header = this.grammar.protectedHeaders.get(name);
    if (header !== undefined) return Buffer.from((value as CborValue[])[0] as Uint8Array).toString('hex') === header;
    const payloads = this.grammar.payloads.get(name);
    if (payloads === undefined) return true;
    try {
      const payload = this.decode(((value as CborTagged).value as CborValue[])[2] as Uint8Array);
      return payloads.filter((one) => this.matches(one, payload)).length === 1;
    } catch {
      return false;
    }
  }

  #matchesRule(rule: Node, value: CborValue): boolean {
    if (rule.Type === 'variable') return rule.PropertyType.some((type: Node) => this.#matchesType(type, value));
    if (rule.Type === 'array') return this.#matchesArray(rule.Values, value);
    if (rule.Type === 'group') return this.#matchesMap(rule.Properties, value);
    throw new Error(`rule of type ${rule.Type}`);
  }

  #matchesArray(members: Node[], value: CborValue): boolean {
    if (!Array.isArray(value)) return false;
    if (members.length === 1 && members[0].Name === '') {
      const { n, m } = members[0].Occurrence;
      return (
        value.length >= n &&
        value.length <= (m ?? Infinity) &&
        value.every((item) => this.#matchesAny(members[0].Type, item))
      );
    }
    return value.length === members.length && members.every((member, k) => this.#matchesAny(member.Type, value[k]));
  }

  #matchesMap(members: Node[], value: CborValue): boolean {
    if (!(value instanceof Map)) return false;
    const [member] = members;
    if (member === undefined) return value.size === 0;
    const { n, m } = member.Occurrence;
    if (value.size < n || value.size > (m ?? Infinity)) return false;
    return [...value].every(([key, item]) => this.matches(member.Name, key) && this.#matchesAny(member.Type, item));
  }

  #matchesAny(types: Node[], value: CborValue): boolean {
    return types.some((type) => this.#matchesType(type, value));
  }

  #matchesType(type: Node, value: CborValue): boolean {
    if (type === 'bool') return typeof value === 'boolean';
    if (type === 'bstr') return value instanceof Uint8Array;
    const size = type.Operator?.Type === 'size' ? type.Operator.Value : undefined;
    switch (type.Type) {
      case 'literal':
        return value === type.Value;
      case 'range':
        return typeof value === 'number' && value >= type.Value.Min.Value && value <= type.Value.Max.Value;
      case 'uint':
        return typeof value === 'number' && (!size || value < 256 ** size.Value);
      case 'bstr':
        return value instanceof Uint8Array && (!size || sizeFits(size, value.length));
      case 'tstr':
        return typeof value === 'string' && (!size || sizeFits(size, Buffer.byteLength(value)));
      case 'tag': {
        // the parser gives the tag 6.17 as a decimal number
        const tag = Number(String(type.Value.NumericPart).slice(2));
        return isTagged(value) && value.tag === tag && this.#matchesType(type.Value.TypePart, value.value);
      }
      case 'group':
        return this.matches(type.Value, value);
      default:
        throw new Error(`type ${JSON.stringify(type)}`);
    }
  }
}
