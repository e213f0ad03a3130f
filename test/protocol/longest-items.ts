/**
 * How long an item can be that kz1.cddl allows, computed from the parsed grammar alone: every number at the top of its range, every string
 * and list as long as it may be. So a limit on the line is a property of the grammar and not of the specimens that somebody thought of.
 */
import type { Grammar } from './cddl-validator.js';

// biome-ignore lint/suspicious/noExplicitAny: the parser's own types leave most of the tree open
type Node = any;

/** Bytes of the shortest head of an argument (RFC 8949 section 3). */
function head(argument: number): number {
  return argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : argument < 0x100000000 ? 5 : 9;
}

const string = (length: number) => head(length) + length;
const sum = (sizes: number[]) => sizes.reduce((a, b) => a + b, 0);

export interface Narrowed {
  /** One rule of those that the payload of an envelope may match; all of them by default. */
  payload?: string;
  /** Bytes of samples in a data frame; 1,280 by default. */
  samples?: number;
}

/** Bytes of the longest item of the rule `name`. @throws Error where the grammar sets no bound */
export function longestItem(grammar: Grammar, name: string, narrowed: Narrowed = {}): number {
  const { samples = 1280 } = narrowed;

  function named(rule: string): number {
    // the bounds of samples stand in comments and are narrowed by the caller
    if (rule === 's16le') return head(77) + string(samples);
    if (rule === 'u10') return string(samples);
    const node = grammar.rules.get(rule);
    if (!node) {
      if (rule === 'bool') return 1;
      throw new Error(`${rule} is not defined`);
    }
    const payloads = grammar.payloads.get(rule);
    if (payloads) {
      const among = narrowed.payload === undefined ? payloads : payloads.filter((one) => one === narrowed.payload);
      if (among.length === 0) throw new Error(`${rule} holds no ${narrowed.payload}`);
      const inner = among.map((one) => string(longestItem(grammar, one, { samples })));
      const tag = node.PropertyType[0];
      return head(17) + envelope(tag.Value.TypePart.Value, Math.max(...inner));
    }
    return ofRule(node);
  }

  /** COSE_Sign1 or COSE_Mac0, the length of whose payload the grammar leaves to the payload's rule. */
  function envelope(rule: string, payload: number): number {
    const members: Node[] = grammar.rules.get(rule).Values;
    return head(members.length) + sum(members.map(({ Name, Type }) => (Name === 'payload' ? payload : anyOf(Type))));
  }

  function ofRule(node: Node): number {
    if (node.Type === 'variable') return anyOf(node.PropertyType);
    const members: Node[] = node.Type === 'array' ? node.Values : node.Properties;
    const repeated = members.length === 1 && members[0].Occurrence;
    if (node.Type === 'array' && !(repeated && members[0].Name === ''))
      return head(members.length) + sum(members.map(({ Type }) => anyOf(Type)));
    if (members.length === 0) return head(0);
    const most = members[0].Occurrence.m;
    if (!Number.isFinite(most)) throw new Error(`no bound on ${node.Name}`);
    const key = node.Type === 'array' ? 0 : named(members[0].Name);
    return head(most) + most * (key + anyOf(members[0].Type));
  }

  function anyOf(types: Node | Node[]): number {
    return Math.max(...[types].flat().map(ofType));
  }

  function ofType(type: Node): number {
    if (type === 'bool') return 1;
    const size = type.Operator?.Type === 'size' ? type.Operator.Value : undefined;
    const most = size?.Type === 'range' ? size.Value.Max.Value : size?.Value;
    switch (type.Type) {
      case 'literal':
        return head(type.Value);
      case 'range':
        return head(type.Value.Max.Value);
      case 'uint':
        return head(256 ** most - 1);
      case 'bstr':
      case 'tstr':
        if (most === undefined) throw new Error('no bound on a string');
        return string(most);
      case 'group':
        return named(type.Value);
      default:
        throw new Error(`type ${JSON.stringify(type)}`);
    }
  }

  return named(name);
}

/** Longest frame around a body of `n` bytes, none of which is zero: COBS, CRC and delimiter included. */
export const longestFrame = (n: number): number => n + 2 + Math.ceil((n + 2) / 254) + 1;
