/**
 * Merkle tree of an append-only log: SHA-256, leaves and nodes told apart by their first byte (RFC 6962 section 2.1). Proofs are made from
 * hashes of complete subtrees, so that whoever keeps tiles needs no tree in memory; they are checked by the algorithms of RFC 9162, which
 * share no code with the making.
 */
import { createHash } from 'node:crypto';

/** Hash of the complete subtree over the leaves [index · 2^height, (index + 1) · 2^height). */
export type NodeAt = (height: number, index: number) => Uint8Array;

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

const leafHead = Uint8Array.of(0);
const nodeHead = Uint8Array.of(1);

/** H(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(leafHead, entry);
}

/** H(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(nodeHead, left, right);
}

/** Largest power of two below n, n > 1. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

function rangeHash(nodeAt: NodeAt, from: number, to: number): Uint8Array {
  const n = to - from;
  const height = Math.log2(n);
  if (Number.isInteger(height) && from % n === 0) return nodeAt(height, from / n);
  const k = split(n);
  return nodeHash(rangeHash(nodeAt, from, from + k), rangeHash(nodeAt, from + k, to));
}

/** Root over `size` leaves; SHA-256 of nothing for the empty tree. */
export function rootOf(nodeAt: NodeAt, size: number): Uint8Array {
  return size === 0 ? sha256() : rangeHash(nodeAt, 0, size);
}

/** PATH(index, D[size]), lowest level first. */
export function inclusionProof(nodeAt: NodeAt, index: number, size: number): Uint8Array[] {
  const path = (from: number, to: number): Uint8Array[] => {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle
      ? [...path(from, middle), rangeHash(nodeAt, middle, to)]
      : [...path(middle, to), rangeHash(nodeAt, from, middle)];
  };
  return path(0, size);
}

/** PROOF(older, D[size]): that the tree of `size` leaves begins with that of `older` leaves, older > 0. */
export function consistencyProof(nodeAt: NodeAt, older: number, size: number): Uint8Array[] {
  const sub = (m: number, from: number, to: number, whole: boolean): Uint8Array[] => {
    if (m === to - from) return whole ? [] : [rangeHash(nodeAt, from, to)];
    const k = split(to - from);
    return m <= k
      ? [...sub(m, from, from + k, whole), rangeHash(nodeAt, from + k, to)]
      : [...sub(m - k, from + k, to, false), rangeHash(nodeAt, from, from + k)];
  };
  return sub(older, 0, size, true);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const half = (n: number): number => Math.floor(n / 2);

/** Whether `leaf` stands at `index` of the tree with that size and root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(p, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else hash = nodeHash(hash, p);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(hash, root);
}

/** Whether the younger tree only appended to the older one (RFC 9162 section 2.1.4.2). Never true for an older size of 0: that proves nothing. */
export function verifyConsistency(
  older: { size: number; root: Uint8Array },
  younger: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (older.size < 1 || older.size > younger.size) return false;
  if (older.size === younger.size) return proof.length === 0 && same(older.root, younger.root);
  const path = Number.isInteger(Math.log2(older.size)) ? [older.root, ...proof] : [...proof];
  if (path.length === 0) return false;
  let [fn, sn] = [older.size - 1, younger.size - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [fr, sr] = [path[0], path[0]];
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else sr = nodeHash(sr, c);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(fr, older.root) && same(sr, younger.root);
}
