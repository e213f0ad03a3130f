/**
 * Shapes: one description of a rule of kz1.cddl that reads, checks and writes. A shape's `read` throws a plain ProtocolError at the first
 * byte that does not fit; protocol/decode.ts decides whether the fault was the profile's or the shape's.
 */
import { type Cursor, major, type Writer } from './cursor.js';
import { ProtocolError } from './errors.js';

export interface Shape<T> {
  read(cursor: Cursor): T;
  write(writer: Writer, value: T): void;
}

/** What a shape describes. */
export type Of<S> = S extends Shape<infer T> ? T : never;

/** Refuses bytes that are CBOR but not of the shape. */
export function misfit(why: string): never {
  throw new ProtocolError('shape', why);
}

/** Refuses a value that has no place in the grammar. */
export function refuseValue(why: string): never {
  throw new ProtocolError('value', why);
}

/** An integer from `least` to `most`. */
export function integer(least: number, most: number): Shape<number> {
  return {
    read(cursor) {
      const value = cursor.uint();
      return value < least || value > most ? misfit(`${value} is not in ${least}..${most}`) : value;
    },
    write(writer, value) {
      if (!(value >= least && value <= most)) refuseValue(`${value} is not in ${least}..${most}`);
      writer.uint(value);
    },
  };
}

/** A byte string of `least` to `most` bytes, read as a view of the body; with `unit` its length is a multiple of that. */
export function bytes(least: number, most = least, unit = 1): Shape<Uint8Array> {
  const fits = (n: number) => n >= least && n <= most && n % unit === 0;
  return {
    read(cursor) {
      const value = cursor.bytesView();
      return fits(value.length) ? value : misfit(`a byte string of ${value.length} bytes`);
    },
    write(writer, value) {
      if (!(value instanceof Uint8Array) || !fits(value.length)) {
        refuseValue(`a byte string of ${value?.length} bytes where ${least} to ${most} belong`);
      }
      writer.byteString(value);
    },
  };
}

/** A text of `least` to `most` bytes of UTF-8. */
export function text(least: number, most: number): Shape<string> {
  const fits = (value: string) => {
    const n = Buffer.byteLength(value);
    return n >= least && n <= most;
  };
  return {
    read(cursor) {
      const value = cursor.text(most);
      return fits(value) ? value : misfit('an empty text');
    },
    write(writer, value) {
      if (!fits(value) || /\p{Surrogate}/u.test(value))
        refuseValue(`"${value}" is not a text of ${least} to ${most} bytes`);
      writer.text(value);
    },
  };
}

export const flag: Shape<boolean> = {
  read: (cursor) => cursor.bool(),
  write: (writer, value) => writer.bool(value),
};

/** An array of `least` to `most` items of one shape. */
export function list<T>(item: Shape<T>, least: number, most: number): Shape<T[]> {
  return {
    read(cursor) {
      const length = cursor.head(major.array);
      if (length < least || length > most) misfit(`a list of ${length}`);
      const values: T[] = [];
      for (let k = 0; k < length; k++) values.push(item.read(cursor));
      return values;
    },
    write(writer, values) {
      if (values.length < least || values.length > most) refuseValue(`a list of ${values.length}`);
      writer.head(major.array, values.length);
      for (const value of values) item.write(writer, value);
    },
  };
}

/** A literal integer that the value does not carry (a message type, an operation). */
export function literal(expected: number): Shape<void> {
  return {
    read(cursor) {
      const value = cursor.uint();
      if (value !== expected) misfit(`${value} where ${expected} belongs`);
    },
    write: (writer) => writer.uint(expected),
  };
}

/** A tag around one item. */
export function tagged<T>(tag: number, inner: Shape<T>): Shape<T> {
  return {
    read(cursor) {
      if (cursor.head(major.tag) !== tag) misfit(`not tag ${tag}`);
      return inner.read(cursor);
    },
    write(writer, value) {
      writer.head(major.tag, tag);
      inner.write(writer, value);
    },
  };
}

export type Fields<T> = { [K in keyof T]-?: Shape<T[K]> };

/**
 * A CDDL array of named members: the literals `lead` first, then `fields` in the order written. `senseless` names what the grammar allows and
 * a receiver would answer with ack code 1; such values are not written, but they are read.
 */
export function row<T extends object>(
  lead: readonly number[],
  fields: Fields<T>,
  senseless?: (value: T) => string | undefined,
): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const shapes = names.map((name) => fields[name]);
  const length = lead.length + names.length;
  return {
    read(cursor) {
      if (cursor.head(major.array) !== length) misfit(`not an array of ${length}`);
      for (const expected of lead) if (cursor.uint() !== expected) misfit(`not the literal ${expected}`);
      const value = {} as T;
      for (let k = 0; k < names.length; k++) value[names[k]] = shapes[k].read(cursor);
      return value;
    },
    write(writer, value) {
      const wrong = senseless?.(value);
      if (wrong !== undefined) refuseValue(wrong);
      writer.head(major.array, length);
      for (const expected of lead) writer.uint(expected);
      for (let k = 0; k < names.length; k++) shapes[k].write(writer, value[names[k]]);
    },
  };
}

/** A choice settled by looking ahead (the cursor is put back) when reading, and by the value when writing. */
export function choice<T>(
  pick: (cursor: Cursor) => Shape<T> | undefined,
  of: (value: T) => Shape<T> | undefined,
): Shape<T> {
  return {
    read(cursor) {
      const from = cursor.at;
      const shape = pick(cursor);
      cursor.at = from;
      return shape ? shape.read(cursor) : misfit('no rule fits');
    },
    write(writer, value) {
      const shape = of(value);
      if (!shape) refuseValue('no rule fits');
      shape.write(writer, value);
    },
  };
}
